/** Two messages under one id: the first one stands, the second is kept for people under an id of its own, and the lane goes on. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import type { FetchedMessage } from '../../shared/runtime/kafka/consumer.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startEngineCopy, take, taken, taskValue, TASKS, type EngineCopy } from '../support/engine-copy.js';
import { eventually } from '../support/eventually.js';

describe('an event id that comes twice', () => {
  let database: TestDatabase;
  let admin: Pool;
  let copy: EngineCopy;
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url, max: 2, options: '-c search_path=payout' });
    copy = await startEngineCopy({ url: database.url, log: createLog('other-body', 'silent') });
  });
  beforeEach(() => {
    copy.published.length = 0;
  });
  afterAll(async () => {
    await copy.stop();
    await admin.end();
    await database.drop();
  });
  let n = 0;
  const requested = (lane: string, id: string, wanted = lane): FetchedMessage =>
    taken(lane, taskValue(wanted, 'fine', id).replace(`"portfolioId":"${wanted}"`, `"portfolioId":"${lane}"`));
  const done = (lane: string): Promise<unknown> =>
    eventually(
      `the tasks of ${lane} are done`,
      async () => (await admin.query(`select 1 from journey where portfolio_id = $1 and status = 'Done'`, [lane])).rowCount,
      (seen) => (seen ?? 0) > 0,
    );
  const kept = async (lane: string): Promise<readonly { event_id: string; value: string; error_class: string }[]> =>
    (
      await admin.query<{ event_id: string; value: string; error_class: string }>(
        'select event_id, value, error_class from quarantine where portfolio_id = $1',
        [lane],
      )
    ).rows;
  const letters = (): readonly string[] =>
    copy.published.filter(({ topic }) => topic === `${TASKS}.dlq`).map(({ headers }) => headers['dlq-event-id'] ?? '');

  it.each([
    ['in one batch', (messages: readonly FetchedMessage[]) => take(copy, messages)],
    [
      'in two',
      async (messages: readonly FetchedMessage[]) => {
        for (const message of messages) await take(copy, [message]);
      },
    ],
  ])('with another body, %s, is kept once and stops nobody', async (_what, hand) => {
    const lane = `lane${String(++n)}`;
    const [first, second] = [requested(lane, `id-${lane}`), requested(lane, `id-${lane}`, `${lane}-other`)];
    await hand([first, second, second]);
    await hand([second, first]);
    await done(lane);
    const [one, ...others] = await kept(lane);
    expect([one?.error_class, one?.value, others]).toEqual(['OtherBody', second.value?.toString(), []]);
    expect(one?.event_id).toContain(`id-${lane}:other-body:`);
    expect(letters()).toEqual([one?.event_id]);
    await take(copy, [requested(lane, `next-${lane}`, `${lane}-next`)]);
    await eventually(
      'what follows in the lane is done',
      async () => (await admin.query(`select 1 from journey where subject = $1 and status = 'Done'`, [`${lane}-next`])).rowCount,
      (seen) => seen === 1,
    );
    expect((await admin.query('select 1 from blocked_lane')).rowCount).toBe(0);
    expect((await admin.query('select 1 from journey where subject = $1', [`${lane}-other`])).rowCount).toBe(0);
  });

  it('with the same content and another time is a repetition', async () => {
    const lane = `lane${String(++n)}`;
    const first = requested(lane, `id-${lane}`);
    const again = {
      ...first,
      value: Buffer.from((first.value?.toString() ?? '').replace('2026-01-01T00:00:00Z', '2026-01-02T11:22:33.444Z')),
    };
    expect(again.value).not.toEqual(first.value);
    await take(copy, [first]);
    await take(copy, [again]);
    await done(lane);
    expect(await kept(lane)).toEqual([]);
  });

  it('of which nothing can be read the second time is kept whole as well', async () => {
    const lane = `lane${String(++n)}`;
    await take(copy, [requested(lane, `id-${lane}`)]);
    await take(copy, [{ ...taken(lane, '{"half'), headers: { 'event-id': `id-${lane}` } }]);
    expect((await kept(lane)).map(({ value }) => value)).toEqual(['{"half']);
    expect((await admin.query('select 1 from blocked_lane')).rowCount).toBe(0);
  });

  it('runs when people say so, under its own id, and other trouble of the lane does not take it for what stopped it', async () => {
    const lane = `lane${String(++n)}`;
    await take(copy, [requested(lane, `id-${lane}`), requested(lane, `id-${lane}`, `${lane}-other`)]);
    await take(copy, [{ ...taken(lane, '{"half'), headers: { 'event-id': `bad-${lane}` } }]);
    const store = new PostgresStore(copy.pool, 4_712);
    expect(await store.blockedLanes()).toEqual(new Set([lane]));
    expect(await store.discard(`bad-${lane}`, 'discarded by anna')).toBe(true);
    expect(await store.blockedLanes()).toEqual(new Set());
    const [other] = (await kept(lane)).filter(({ error_class }) => error_class === 'OtherBody');
    const row = await store.replay(other?.event_id ?? '', null, 'replayed by anna');
    if (row === null) throw new Error('nothing to run again');
    const item = await copy.inboxWriter.again(row);
    if (item === null) throw new Error('nothing to step');
    await copy.engine.refreshBlocked();
    copy.engine.enqueue(item);
    await eventually(
      'the other task is done too',
      async () => (await admin.query(`select 1 from journey where subject = $1 and status = 'Done'`, [`${lane}-other`])).rowCount,
      (seen) => seen === 1,
    );
  });

  it('because Kafka delivered it again after people had corrected it is no other body', async () => {
    const lane = `lane${String(++n)}`;
    const bad = { ...taken(lane, '{"half'), headers: { 'event-id': `id-${lane}` } };
    await take(copy, [bad]);
    const store = new PostgresStore(copy.pool, 4_712);
    await store.replay(`id-${lane}`, taskValue(lane, 'fine', `id-${lane}`), 'corrected by anna');
    await take(copy, [bad]);
    expect((await kept(lane)).map(({ event_id }) => event_id)).toEqual([`id-${lane}`]);
    expect(letters()).toHaveLength(1);
  });

  it('too large for Kafka has a dead letter that says so, and lies whole in the quarantine', async () => {
    const lane = `lane${String(++n)}`;
    const large = `{"half${'x'.repeat(1_000_000)}`;
    await take(copy, [{ ...taken(lane, large), headers: { 'event-id': `id-${lane}`, pad: 'y'.repeat(60_000) } }]);
    const [letter] = copy.published;
    expect(letter?.value).toBe('');
    expect(letter?.headers).toMatchObject({
      'dlq-value': expect.stringContaining('1000006 bytes'),
      'dlq-headers': expect.stringContaining('left out'),
    });
    expect((await kept(lane))[0]?.value).toBe(large);
  });
});
