/** A database of its own for each test file: made from a migrated template, so it costs a copy and not a migration. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { serviceNames, type ServiceName } from '../../contracts/internal/services.js';
import { ensureLogins, urlOfService } from '../../infra/sandbox/logins.js';
import { migrate } from '../../migrations/index.js';

const TEMPLATE = 'cmw_test_template';
const LOCK = 7_215_002;

const serverUrl = (): string => {
  const url = process.env['DATABASE_URL'];
  if (url === undefined) throw new Error('DATABASE_URL is not set: this test needs the servers that the jest set-up starts');
  return url;
};
export const withDatabase = (url: string, database: string): string => {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.toString();
};

const asAdmin = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const ensureTemplate = (): Promise<void> =>
  asAdmin(async (admin) => {
    await admin.query('select pg_advisory_lock($1)', [LOCK]);
    const { rows } = await admin.query('select 1 from pg_database where datname = $1 and datistemplate', [TEMPLATE]);
    if (rows.length > 0) return;
    await admin.query(`drop database if exists ${TEMPLATE}`);
    await admin.query(`create database ${TEMPLATE}`);
    await migrate(withDatabase(serverUrl(), TEMPLATE));
    await ensureLogins(serverUrl(), serviceNames);
    await admin.query(`alter database ${TEMPLATE} is_template true`);
  });

export type TestDatabase = {
  /** Of the owner of everything. */
  readonly url: string;
  /** Of the login of one service, as it has it in production. */
  readonly urlOf: (service: ServiceName) => string;
  readonly name: string;
  readonly drop: () => Promise<void>;
};

export const createTestDatabase = async (): Promise<TestDatabase> => {
  await ensureTemplate();
  const name = `cmw_test_${randomBytes(5).toString('hex')}`;
  await asAdmin(async (admin) => {
    // A copy needs the template to be free of connections; another file may be copying it now.
    await admin.query('select pg_advisory_lock($1)', [LOCK]);
    await admin.query(`create database ${name} template ${TEMPLATE}`);
  });
  return {
    url: withDatabase(serverUrl(), name),
    urlOf: (service) => urlOfService(withDatabase(serverUrl(), name), service),
    name,
    drop: () =>
      asAdmin(async (admin) => {
        await admin.query(`drop database if exists ${name} with (force)`);
      }),
  };
};
