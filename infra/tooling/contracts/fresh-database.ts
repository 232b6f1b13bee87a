import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { migrate } from '../../../migrations/index.js';
import { startPostgres } from '../../sandbox/postgres.js';
import { printCatalogue, readCatalogue } from './schema-dump.js';

const connected = async <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const onServer = async (url: string): Promise<string> => {
  const name = `cmw_contracts_${randomBytes(5).toString('hex')}`;
  const fresh = new URL(url);
  fresh.pathname = `/${name}`;
  await connected(url, (admin) => admin.query(`create database ${name}`));
  try {
    await migrate(fresh.toString());
    return printCatalogue(await connected(fresh.toString(), readCatalogue));
  } finally {
    await connected(url, (admin) => admin.query(`drop database if exists ${name} with (force)`));
  }
};

/**
 * The schema of a database that was made and migrated for this and is dropped again: on this server, or on one of our own.
 * @throws MissingPrerequisite when there is neither.
 */
export const dumpFreshSchema = async (databaseUrl: string | undefined): Promise<string> => {
  if (databaseUrl !== undefined && databaseUrl !== '') return onServer(databaseUrl);
  const postgres = await startPostgres();
  try {
    return await onServer(postgres.url);
  } finally {
    await postgres.stop();
  }
};
