/** When most of what comes fails, nothing more is taken in: it says so, fills no dead-letter topic, and goes on without loss. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { HoldPartition } from '../../shared/runtime/kafka/errors.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MORE_TASKS, startEngineCopy, take, taken, task, taskValue, TASKS, type Course, type EngineCopy } from '../support/engine-copy.js';
import { eventually } from '../support/eventually.js';
import type { FetchedMessage } from '../../shared/runtime/kafka/consumer.js';

const NEVER_MS = 3_600_000;

describe('a flood', () => {
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
  const start = async (tryEveryMs: number): Promise<void> => {
    copy = await startEngineCopy({ url: database.url, log: createLog('flood', 'silent'), tryEveryMs });
  };
  const count = async (query: string): Promise<number> =>
    Number((await admin.query<{ n: string }>(`select count(*) as n from ${query}`)).rows[0]?.n);
  const untilDone = (wanted: number): Promise<number> =>
    eventually(
      `${String(wanted)} tasks are done`,
      () => count(`journey where status = 'Done'`),
      (seen) => seen === wanted,
    );
  /** As the consumer does: the same messages again until they are taken in. */
  const until = (messages: readonly FetchedMessage[]): Promise<unknown> =>
    eventually(
      'the messages are taken in',
      () =>
        take(copy, messages).then(
          () => true,
          (error: unknown) => {
            if (error instanceof HoldPartition) return false;
            throw error;
          },
        ),
      (done) => done,
      20_000,
      5,
    );
  const unreadable = (n: number): FetchedMessage => taken(`u${String(n)}`, 'rubbish');
  const tasks = (from: number, length: number, course: Course): FetchedMessage[] =>
    Array.from({ length }, (_, index) => task(`${course}-${String(from + index)}`, course));

  it('of messages that cannot be read is noticed although they come one by one', async () => {
    await start(NEVER_MS);
    let ingested = 0;
    const held = await (async (): Promise<unknown> => {
      for (; ingested < 60; ingested++) await take(copy, [unreadable(ingested)]);
      return null;
    })().catch((error: unknown) => error);
    expect(held).toBeInstanceOf(HoldPartition);
    expect(ingested).toBe(19);
    expect(await count('quarantine')).toBe(19);
    expect(copy.published).toHaveLength(19);
    expect(copy.inboxWriter.heldBecause).toEqual([`most messages of ${TASKS}/0 cannot be read`]);
  });

  it('keeps what it holds back once, also when its neighbours could not be written at first', async () => {
    await start(NEVER_MS);
    const query = copy.pool.query.bind(copy.pool) as (...args: readonly unknown[]) => Promise<unknown>;
    let cuts = 2;
    const cut = (...args: readonly unknown[]): Promise<unknown> =>
      (args[0] as { name?: string }).name?.startsWith('step') === true && cuts-- > 0
        ? Promise.reject(Object.assign(new Error('cut'), { code: 'ECONNRESET' }))
        : query(...args);
    Object.assign(copy.pool, { query: cut });
    await take(copy, [...tasks(0, 25, 'throws'), ...tasks(0, 5, 'fine')]);
    await eventually(
      'the others are begun',
      () => count(`journey`),
      (seen) => seen === 5,
    );
    expect(cuts).toBeLessThan(0);
    // What the good ones do next waits with them: their answers may be there already.
    expect(copy.engine.load).toBeGreaterThanOrEqual(25);
    expect(copy.engine.load).toBeLessThanOrEqual(30);
  });

  it('is of one partition: others go on, and do not end it', async () => {
    await start(NEVER_MS);
    const flood = Array.from({ length: 30 }, (_, n) => unreadable(n));
    await expect(take(copy, flood)).rejects.toThrow(HoldPartition);
    await take(copy, [taken('g1', taskValue('g1', 'fine'), TASKS, 1)]);
    await take(copy, [taken('g2', taskValue('g2', 'fine', undefined, MORE_TASKS), MORE_TASKS, 0)]);
    await untilDone(2);
    expect(copy.inboxWriter.heldBecause).toHaveLength(1);
    await expect(take(copy, flood)).rejects.toThrow(HoldPartition);
    expect(await count('quarantine')).toBe(0);
  });

  it('that is no majority is none: each bad message has its own place', async () => {
    await start(NEVER_MS);
    await take(copy, [...Array.from({ length: 30 }, (_, n) => unreadable(n)), ...tasks(0, 40, 'fine')]);
    await untilDone(40);
    expect(await count('quarantine')).toBe(30);
    expect(copy.inboxWriter.heldBecause).toEqual([]);
  });

  it('ends with the bug of ours, and nothing is lost', async () => {
    await start(NEVER_MS);
    copy.ways.unreadableTopic = TASKS;
    const messages = tasks(0, 200, 'fine');
    await expect(take(copy, messages)).rejects.toThrow('cannot be read');
    expect(await count('quarantine')).toBe(0);
    copy.ways.unreadableTopic = null;
    await until(messages);
    await untilDone(200);
    expect(copy.inboxWriter.heldBecause).toEqual([]);
    expect(await count('quarantine')).toBe(0);
  });

  it('of a sender is worked off slowly, one message at a time, and what is behind it is reached', async () => {
    await start(20);
    const messages = [...Array.from({ length: 40 }, (_, n) => unreadable(n)), ...tasks(0, 30, 'fine')];
    await until(messages);
    await untilDone(30);
    expect(await count('quarantine')).toBe(40);
    // Each once, however often the batch was handed over.
    expect(new Set(copy.published.filter(({ topic }) => topic === `${TASKS}.dlq`).map(({ headers }) => headers['dlq-event-id'])).size).toBe(
      40,
    );
    expect(copy.published.filter(({ topic }) => topic === `${TASKS}.dlq`)).toHaveLength(40);
  });

  it.each(['throws', 'refused'] as const)(
    'of decisions where each %s stops fewer than 20 lanes, not all, and nothing more is taken in',
    async (course) => {
      await start(NEVER_MS);
      await take(copy, tasks(0, 300, course));
      await eventually(
        'the engine says why it waits',
        () => copy.engine.waitsBecause,
        (why) => why !== null,
      );
      expect(await count('blocked_lane')).toBeLessThan(20);
      await expect(take(copy, tasks(300, 1, 'fine'))).rejects.toThrow('most steps fail');
      expect(copy.inboxWriter.heldBecause).toEqual([expect.stringContaining('task')]);
      expect(await count(`inbox where handled_at is null`)).toBe(300 - (await count('quarantine')));
    },
  );

  it.each(['throws', 'refused'] as const)(
    'of decisions where each %s goes on by itself once they are mended, and nothing is lost',
    async (course) => {
      await start(50);
      await take(copy, tasks(0, 300, course));
      await eventually(
        'the engine says why it waits',
        () => copy.engine.waitsBecause,
        (why) => why !== null,
      );
      copy.ways.mended = true;
      await eventually(
        'all are done or in quarantine',
        async () => (await count(`journey where status = 'Done'`)) + (await count('quarantine')),
        (seen) => seen === 300,
        30_000,
      );
      expect(await count('quarantine')).toBeLessThan(60);
      expect(await count('inbox where handled_at is null')).toBe(0);
      await until(tasks(300, 1, 'fine'));
      expect(copy.inboxWriter.heldBecause).toEqual([]);
      expect(copy.engine.waitsBecause).toBeNull();
    },
  );

  it('of messages that can be read and cannot be true holds their partition, and the steps of others go on', async () => {
    await start(NEVER_MS);
    for (let n = 0; n < 25; n++) await take(copy, tasks(n, 1, 'impossible')).catch(() => undefined);
    await eventually(
      'the partition is held',
      () =>
        take(copy, tasks(100, 1, 'impossible')).then(
          () => '',
          (error: unknown) => (error as Error).message,
        ),
      (why) => why.includes('end in quarantine'),
    );
    expect(await count('quarantine')).toBeLessThan(40);
    await take(copy, [taken('g2', taskValue('g2', 'fine', undefined, MORE_TASKS), MORE_TASKS, 0)]);
    await untilDone(1);
  });
});
