/** A service without its tables must not start: it would take messages in and fail at every one. */
import { openClient, type DatabaseOptions } from './database.js';
import type { Log } from '../process/log.js';
import { untilNoProblem } from './until-no-problem.js';

/** Made by migration 0020, so it is missing in a database that an earlier release has left. */
const NEWEST = 'public.data_key';

const problemsOf = async (options: DatabaseOptions, schemas: readonly string[]): Promise<readonly string[]> => {
  // Without the role of the service: where its schema is missing the role may be missing, too, and then nothing would be told apart.
  const client = await openClient({ ...options, role: null, schema: 'pg_catalog' });
  // A line that breaks ends the query with the same error.
  client.on('error', () => undefined);
  try {
    const { rows } = await client.query<{ name: string; is_there: boolean; migrated: boolean }>(
      'select name, to_regnamespace(name) is not null as is_there, to_regclass($2) is not null as migrated from unnest($1::text[]) as wanted(name)',
      [schemas, NEWEST],
    );
    const missing = rows.filter((row) => !row.is_there).map(({ name }) => name);
    if (missing.length > 0) return missing.map((name) => `DATABASE_URL names a database without the schema "${name}": run npm run migrate`);
    return rows.every(({ migrated }) => migrated)
      ? []
      : ['DATABASE_URL names a database that an earlier release has left: run npm run migrate'];
  } finally {
    await client.end();
  }
};

/**
 * Waits while the database cannot be reached.
 * @throws ConfigurationError when it is there and has not all of these schemas.
 */
export const untilSchemasAreThere = (options: DatabaseOptions, schemas: readonly string[], log: Log): Promise<void> =>
  untilNoProblem(log, () => problemsOf(options, schemas));
