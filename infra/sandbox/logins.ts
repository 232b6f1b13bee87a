/** One login of Postgres for each service: it may take the role of its service, and no other. */
import { createHmac } from 'node:crypto';
import { Client } from 'pg';
import type { TlsMaterial } from '../../shared/kernel/tls.js';
import { schemaOf, type ServiceName } from '../../contracts/internal/services.js';

// Any fixed number: two runs at once wait for one another. Logins belong to the whole server.
const LOCK = 7_215_003;

const loginOf = (service: string): string => `${schemaOf(service)}_login`;

/** Follows from the owner's password, so that runs beside each other agree. A server without passwords does not ask for this one. */
const passwordOf = (ownerUrl: URL, login: string): string =>
  createHmac('sha256', decodeURIComponent(ownerUrl.password)).update(login).digest('base64url');

/** The address of this database for the login of one service. The login has to be there: `ensureLogins`. */
export const urlOfService = (ownerUrl: string, service: string): string => {
  const url = new URL(ownerUrl);
  const login = loginOf(service);
  url.password = passwordOf(new URL(ownerUrl), login);
  url.username = login;
  return url.toString();
};

/** Makes the logins that are missing. The roles of the services are there: `npm run migrate` has made them. */
export const ensureLogins = async (ownerUrl: string, services: readonly ServiceName[], tls?: TlsMaterial): Promise<void> => {
  const client = new Client({ connectionString: ownerUrl, ssl: tls ?? false });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    for (const service of services) {
      const login = loginOf(service);
      const { rows } = await client.query('select 1 from pg_roles where rolname = $1', [login]);
      // Base64url has no quote in it.
      if (rows.length === 0) await client.query(`create role ${login} login password '${passwordOf(new URL(ownerUrl), login)}'`);
      await client.query(`grant cmw_${schemaOf(service)} to ${login}`);
    }
  } finally {
    await client.end();
  }
};
