/** Forward only, safe to run twice and at the same time. Names have no file extension: they are recorded for ever. */
import knexFactory, { type Knex } from 'knex';
import { Client, type ClientConfig } from 'pg';
import { placeOf, type DatabaseReached } from '../shared/runtime/postgres/database.js';
import * as engine from './0001-engine.js';
import * as gatewayAndOperator from './0002-gateway-and-operator.js';
import * as acts from './0003-acts.js';
import * as earlierRequests from './0004-earlier-requests.js';
import * as leanSteps from './0005-lean-steps.js';
import * as outboxOrder from './0006-outbox-order.js';
import * as engineSchemas from './0007-engine-schemas.js';
import { engineSchemas as listed } from './engine-schemas.js';
import * as journeyPolicy from './0008-journey-policy.js';
import * as unsignedUntil from './0009-unsigned-until.js';
import * as decisionsOfPeople from './0011-decisions-of-people.js';
import * as signedActs from './0012-signed-acts.js';
import * as stopActs from './0013-stop-acts.js';
import * as writeCheck from './0014-write-check.js';
import * as limits from './0017-limits.js';
import * as sealed from './0020-sealed.js';

export type Migration = { readonly name: string; readonly up: (knex: Knex) => Promise<void> };

export const migrations: readonly Migration[] = [
  { name: '0001-engine', up: engine.up },
  { name: '0002-gateway-and-operator', up: gatewayAndOperator.up },
  { name: '0003-acts', up: acts.up },
  { name: '0004-earlier-requests', up: earlierRequests.up },
  { name: '0005-lean-steps', up: leanSteps.up },
  { name: '0006-outbox-order', up: outboxOrder.up },
  { name: '0007-engine-schemas', up: engineSchemas.up },
  { name: '0008-journey-policy', up: journeyPolicy.up },
  { name: '0009-unsigned-until', up: unsignedUntil.up },
  { name: '0011-decisions-of-people', up: decisionsOfPeople.up },
  { name: '0012-signed-acts', up: signedActs.up },
  { name: '0013-stop-acts', up: stopActs.up },
  { name: '0014-write-check', up: writeCheck.up },
  { name: '0017-limits', up: limits.up },
  { name: '0020-sealed', up: sealed.up },
];

const forwardOnly = (): Promise<never> => Promise.reject(new Error('migrations go forward only'));

const sourceOf = (list: readonly Migration[]): Knex.MigrationSource<Migration> => ({
  getMigrations: () => Promise.resolve([...list]),
  getMigrationName: (migration) => migration.name,
  getMigration: (migration) => Promise.resolve({ up: migration.up, down: forwardOnly }),
});

/**
 * The certificates of now: a migration ends before they do. Each connection gets an object of its own: the driver hides the key in the
 * one that it is given. Knex would then copy it without the key.
 */
const connectionTo = ({ url, tls }: DatabaseReached): ClientConfig => {
  const { ssl: _asked, ...place } = placeOf({ url });
  return { ...place, ssl: tls === undefined ? false : { ...tls(), rejectUnauthorized: true } };
};
/** Knex hands it to the same driver as it is; only its type is another. */
const forKnex = (connection: ClientConfig): Knex.PgConnectionConfig => connection as Knex.PgConnectionConfig;

/** The schemas that hold the engine's tables, of a database that is up to date. */
export const engineSchemasOf = async (database: DatabaseReached): Promise<readonly string[]> => {
  const knex = knexFactory({ client: 'pg', connection: forKnex(connectionTo(database)), pool: { min: 0, max: 1 } });
  try {
    return await listed(knex);
  } finally {
    await knex.destroy();
  }
};

// Any fixed number: two runs at once wait for one another.
const LOCK = 7_215_001;

/** Returns the names that were applied now. `list`: for tests, which go a part of the way, or further. */
export const migrate = async (database: string | DatabaseReached, list: readonly Migration[] = migrations): Promise<readonly string[]> => {
  const reached = typeof database === 'string' ? { url: database } : database;
  const guard = new Client({ ...connectionTo(reached), application_name: 'migrate' });
  await guard.connect();
  const knex = knexFactory({ client: 'pg', connection: forKnex(connectionTo(reached)), pool: { min: 0, max: 2 } });
  try {
    await guard.query('select pg_advisory_lock($1)', [LOCK]);
    const config: Knex.MigratorConfig = { migrationSource: sourceOf(list), tableName: 'migration', schemaName: 'public' };
    // A run that was killed leaves its lock row behind; ours is the lock that counts.
    if (await knex.schema.withSchema('public').hasTable('migration_lock')) await knex.migrate.forceFreeMigrationsLock(config);
    const [, applied] = (await knex.migrate.latest(config)) as [number, string[]];
    return applied;
  } finally {
    await knex.destroy();
    await guard.end();
  }
};
