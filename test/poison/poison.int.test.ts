/** One lane in trouble among thousands: it is stopped at once and seen, and every other one comes to its end. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import type { Log } from '../../shared/runtime/process/log.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startEngineCopy, take, taken, task, taskValue, type CopySettings, type EngineCopy } from '../support/engine-copy.js';
import { eventually } from '../support/eventually.js';

const LANES = 5_000;
const WITHIN_MS = 60_000;

describe('a bad lane', () => {
  let database: TestDatabase;
  let admin: Pool;
  let copy: EngineCopy;
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url, max: 2, options: '-c search_path=payout' });
  });
  afterEach(async () => {
    await copy.stop();
    await admin.query('truncate inbox, journey, effect, outbox, blocked_lane, quarantine, history');
  });
  afterAll(async () => {
    await admin.end();
    await database.drop();
  });
  const start = async (settings: Partial<CopySettings> = {}): Promise<void> => {
    copy = await startEngineCopy({ url: database.url, log: createLog('poison', 'silent'), ...settings });
  };
  const count = async (query: string): Promise<number> =>
    Number((await admin.query<{ n: string }>(`select count(*) as n from ${query}`)).rows[0]?.n);
  const untilCount = (what: string, query: string, wanted: number): Promise<number> =>
    eventually(
      what,
      () => count(query),
      (seen) => seen === wanted,
      WITHIN_MS,
      50,
    );
  const blocked = async (): Promise<readonly string[]> =>
    (await admin.query<{ portfolio_id: string }>('select portfolio_id from blocked_lane order by portfolio_id')).rows.map(
      (row) => row.portfolio_id,
    );

  it(`of each sort among ${String(LANES)}: all others finish, the bad ones are seen, and what follows in them waits`, async () => {
    await start();
    const bad = { throws: 'b-throws', refused: 'b-refused', impossible: 'b-impossible', hangs: 'b-hangs' } as const;
    const good = Array.from({ length: LANES - 5 }, (_, index) => task(`g${String(index)}`));
    const messages = [
      ...good.slice(0, 2_000),
      task(bad.throws, 'throws'),
      task(bad.refused, 'refused'),
      taken('b-unreadable', '{"half'),
      ...good.slice(2_000),
      task(bad.impossible, 'impossible'),
      task(bad.hangs, 'hangs'),
      // Behind the trouble, in the same lanes.
      ...Object.values(bad).map((lane) => taken(lane, taskValue(lane, 'fine', `second-${lane}`))),
    ];
    for (let from = 0; from < messages.length; from += 1_000) await take(copy, messages.slice(from, from + 1_000));
    await untilCount('all good lanes are done', `journey where status = 'Done'`, LANES - 5);
    expect(await blocked()).toEqual(['b-impossible', 'b-refused', 'b-throws', 'b-unreadable']);
    expect(await count('quarantine where resolved_at is null')).toBe(4);
    // Two in a lane of what cannot be stepped: the second one waits. The lane of the outside system that hangs is not stopped: it waits.
    expect(await count(`inbox where handled_at is null`)).toBe(3);
    expect(await count(`effect where status = 'sending' and journey_id in (select id from journey where portfolio_id = 'b-hangs')`)).toBe(
      1,
    );
    expect(copy.published.filter(({ topic }) => topic.endsWith('.dlq'))).toHaveLength(4);
    expect(copy.published.filter(({ topic }) => topic === 'payout.finished')).toHaveLength(LANES - 5);
    expect(copy.engine.waitsBecause).toBeNull();
  });

  it('that cannot be looked at is left alone for a while, not tried each second at the cost of its neighbours', async () => {
    const failures: string[] = [];
    const log = { ...silent, error: (entry: { lane?: string }) => failures.push(entry.lane ?? '') } as unknown as Log;
    await start({ log, sweepEveryMs: 50 });
    await take(copy, [task('b-looks', 'looks')]);
    await eventually(
      'it was looked at',
      () => failures.filter((lane) => lane === 'b-looks').length,
      (seen) => seen > 0,
    );
    // Many sweeps later, by what they do and not by the clock.
    for (let round = 0; round < 10; round++) {
      await take(copy, [task(`g${String(round)}`)]);
      await untilCount('a neighbour is done', `journey where status = 'Done'`, round + 1);
      await copy.sweepOnce();
    }
    expect(failures.filter((lane) => lane === 'b-looks')).toHaveLength(1);
  });

  it('stays stopped while the database is asked which lanes are', async () => {
    await start({ sweepEveryMs: 3_600_000 });
    // The answer is on its way when the lane is stopped, and does not know of it.
    const asking = copy.engine.refreshBlocked();
    await take(copy, [taken('b1', '{"half')]);
    await asking;
    await take(copy, [taken('b1', taskValue('b1', 'fine', 'behind'))]);
    await take(copy, [task('g1')]);
    await untilCount('the neighbour is done', `journey where status = 'Done'`, 1);
    expect(await count(`inbox where event_id = 'behind' and handled_at is null`)).toBe(1);
  });
});

const silent = createLog('poison', 'silent');
