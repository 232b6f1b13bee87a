import { afterAll, beforeAll } from '@jest/globals';
import { Pool } from 'pg';
import { openClient, openPool } from '../../shared/runtime/postgres/database.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { engineStoreContract } from './engine-store.contract.js';

const LOCK_CLASS = 4_712;
const EVERY_TABLE = 'inbox, journey, effect, outbox, blocked_lane, quarantine, history';

let database: TestDatabase;
let pool: Pool;
let admin: Pool;
const optionsOf = ({ url }: TestDatabase) => ({
  ...{ url, schema: 'payout', role: 'cmw_payout', applicationName: 'store-contract', maxConnections: 2, statementTimeoutMs: 5_000 },
});
beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(optionsOf(database), () => undefined);
  admin = new Pool({ connectionString: database.url, max: 1, options: '-c search_path=payout' });
});
afterAll(async () => {
  await pool.end();
  await admin.end();
  await database.drop();
});

let owners = 0;
engineStoreContract('Postgres', async () => {
  await admin.query(`truncate ${EVERY_TABLE}`);
  const owner = async () => {
    const id = ++owners;
    const client = await openClient(optionsOf(database));
    await client.query('select pg_advisory_lock($1, $2)', [LOCK_CLASS, id]);
    const release = async (): Promise<void> => {
      await client.end();
      // The server notices a moment later that the connection has gone.
      for (;;) {
        const { rows } = await admin.query('select 1 from pg_locks where locktype = $1 and objid = $2', ['advisory', id]);
        if (rows.length === 0) return;
      }
    };
    return { id, release };
  };
  return { store: new PostgresStore(pool, LOCK_CLASS), nowMs: Date.now, owner };
});
