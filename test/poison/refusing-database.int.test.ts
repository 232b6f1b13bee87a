/**
 * A database that answers and refuses, by turns: read only after a failover, without a right that an administrator took away, closed to our
 * login. Nothing of that is about a row. The engine waits, no lane is blamed, and no answer that is in hand is asked for again.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { writeCheck } from '../../shared/runtime/postgres/write-check.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startEngineCopy, take, task, type EngineCopy } from '../support/engine-copy.js';
import { eventually } from '../support/eventually.js';

/** So many that some are under way when the database begins to refuse. */
const MANY = 400;
const log = createLog('refusing-database', 'silent');

describe('a database that refuses by turns', () => {
  let database: TestDatabase;
  /** The administrator; on the same server, in another database, where nothing is refused. */
  let admin: Pool;
  let inside: Pool;
  let copy: EngineCopy;
  beforeAll(async () => {
    database = await createTestDatabase();
    const elsewhere = new URL(database.url);
    elsewhere.pathname = '/postgres';
    admin = new Pool({ connectionString: elsewhere.toString(), max: 1 });
    inside = new Pool({ connectionString: database.url, max: 1, options: '-c search_path=payout -c default_transaction_read_only=off' });
    inside.on('error', () => undefined);
    copy = await startEngineCopy({ url: database.url, log });
  });
  afterAll(async () => {
    await copy.stop();
    await inside.end();
    await admin.end();
    await database.drop();
  });

  /** Settings of a database count for new connections only: a failover gives everybody new ones. */
  const failOver = async (setting: string): Promise<void> => {
    await admin.query(`alter database ${database.name} ${setting}`);
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [database.name]);
  };
  const counts = async (): Promise<Record<string, number>> => {
    const { rows } = await inside.query<Record<string, string>>(
      `select (select count(*) from journey where status = 'Done') as done, (select count(*) from journey) as journeys,
         (select count(*) from quarantine) as quarantined, (select count(*) from blocked_lane) as blocked`,
    );
    return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, value]) => [name, Number(value)]));
  };
  const change = async (rights: string): Promise<void> => {
    await inside.query(rights);
  };
  const refusals: readonly (readonly [what: string, readiness: RegExp, refuse: () => Promise<void>, allow: () => Promise<void>])[] = [
    [
      'read only (25006)',
      /SQLSTATE 25006/,
      () => failOver('set default_transaction_read_only = on'),
      () => failOver('set default_transaction_read_only = off'),
    ],
    [
      'without a right (42501)',
      // It may still write its own row; the steps say what they wait for.
      /^ready$/,
      () => change('revoke insert, update on history, outbox, journey, effect from cmw_payout'),
      () => change('grant insert on history, outbox, journey, effect to cmw_payout; grant update on outbox, journey, effect to cmw_payout'),
    ],
    [
      'closed to logins (55000)',
      /55000|57P01|terminated/,
      () => failOver('allow_connections false'),
      () => failOver('allow_connections true'),
    ],
  ];

  it.each(refusals)('blames no lane while it is %s, and goes on by itself [C3]', async (what, readiness, refuse, allow) => {
    const name = what.replace(/\W/g, '');
    const before = await counts();
    const batch = (n: number) => Array.from({ length: MANY }, (_, at) => task(`${name}-${String(n)}-${String(at)}`));
    const isTaken = (): Promise<boolean> =>
      take(copy, batch(1)).then(
        () => true,
        () => false,
      );
    await take(copy, batch(0));
    await refuse();
    const check = writeCheck(copy.pool);
    await eventually(
      'readiness says so',
      () => check().then(() => 'ready', String),
      (said) => readiness.test(said),
    );
    // Steps and answers that are under way meet the refusal now, and what comes in meets it, too.
    const coming = eventually('more is taken in', isTaken, (taken) => taken, 40_000);
    await eventually(
      'steps wait for the database',
      () => Promise.resolve(copy.engine.awayBecause),
      (why) => why !== null,
    );
    expect(copy.engine.waitsBecause).toBeNull();
    await allow();
    await coming;
    const after = await eventually('everything is done', counts, ({ done = 0 }) => done === (before['done'] ?? 0) + 2 * MANY, 50_000);
    expect(after).toMatchObject({ quarantined: 0, blocked: 0, journeys: (before['journeys'] ?? 0) + 2 * MANY });
    expect(copy.engine.awayBecause).toBeNull();
  });
});
