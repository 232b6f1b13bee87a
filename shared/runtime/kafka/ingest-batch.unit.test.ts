/** The handler of batches inside the real kafkajs runner, on a group that is a stand-in: what becomes of its errors is decided there. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Batch, EachBatchPayload } from 'kafkajs';
import Runner from 'kafkajs/src/consumer/runner';
import { KafkaJSProtocolError } from 'kafkajs/src/errors';
import type { Guards } from './guards.js';
import { ingestBatch } from './ingest-batch.js';
import type { FetchedMessage, Ingest } from './ingest-batch.js';
import { StoppedPartitions, stepOverOf, type StepOver } from './stopped-partitions.js';
import { waitFor, without, work } from './testing.js';
import { Watchdog } from './watchdog.js';

const logger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
  namespace: (): object => logger,
};

const rebalancing = (): Error =>
  new KafkaJSProtocolError({ message: 'The group is rebalancing', type: 'REBALANCE_IN_PROGRESS', code: 27, retriable: false });

const message = {
  offset: '7',
  key: Buffer.from('k'),
  value: Buffer.from('{}'),
  timestamp: '1700000000000',
  headers: { a: Buffer.from('1'), b: [Buffer.from('1'), Buffer.from('2')], c: undefined },
};

const batchOf = (messages: readonly object[]): Batch =>
  ({
    topic: 'p.t',
    partition: 3,
    messages,
    highWatermark: '8',
    firstOffset: () => '7',
    lastOffset: () => (messages.at(-1) as { readonly offset: string }).offset,
    offsetLag: () => '0',
    offsetLagLow: () => '0',
    isEmpty: () => false,
    isEmptyDueToFiltering: () => false,
  }) as unknown as Batch;

/** A group of one partition whose only message is fetched again until its offset is resolved. */
const groupWithOneMessage = () => {
  let resolved = false;
  const events: string[] = [];
  const batch = batchOf([message]);
  const group = {
    getNodeIds: () => [1],
    connect: () => Promise.resolve(),
    joinAndSync: jest.fn(async () => Promise.resolve(void events.push('join'))),
    leave: () => Promise.resolve(),
    fetch: jest.fn(async () => {
      await work(5);
      return resolved ? [] : [batch];
    }),
    heartbeat: jest.fn(async () => Promise.resolve()),
    resolveOffset: () => {
      resolved = true;
      events.push('resolved');
    },
    commitOffsets: jest.fn(async (_offsets: unknown) => Promise.resolve(void events.push('committed'))),
    commitOffsetsIfNecessary: () => Promise.resolve(),
    hasSeekOffset: () => false,
  };
  return { group, events, isResolved: () => resolved };
};

const closing: (() => Promise<void>)[] = [];
const hanging: (() => void)[] = [];
const hang = (): Promise<void> => new Promise((done) => hanging.push(done));
afterEach(async () => {
  for (const release of hanging.splice(0)) release();
  for (const close of closing.splice(0)) await close();
});

const run = async (ingest: Ingest, guards: Guards, more: { handlerDeadlineMs?: number } = {}, own = groupWithOneMessage()) => {
  const crashes: Error[] = [];
  const expired: string[] = [];
  const watchdog = new Watchdog(10, (what) => void expired.push(what));
  const stop = new AbortController();
  const runner: Runner = new Runner({
    logger,
    consumerGroup: own.group,
    instrumentationEmitter: { emit: () => undefined },
    heartbeatInterval: 0,
    retry: { initialRetryTime: 10, maxRetryTime: 20, retries: 3, factor: 0, multiplier: 1 },
    autoCommit: false,
    eachBatchAutoResolve: false,
    concurrency: 1,
    onCrash: (error) => void crashes.push(error),
    eachBatch: ingestBatch({
      ingest: ingest,
      topicPrefix: 'p.',
      heartbeatIntervalMs: 20,
      handlerDeadlineMs: more.handlerDeadlineMs ?? 5_000,
      watchdog,
      stop: stop.signal,
      onProgress: () => undefined,
      log: () => undefined,
      guards,
      stopped: new StoppedPartitions(() => undefined, []),
      commitOutside: (topic, partition, offset) => runner.commitOffsets({ topics: [{ topic, partitions: [{ partition, offset }] }] }),
    }),
  });
  closing.push(async () => {
    stop.abort();
    watchdog.stop();
    await runner.stop();
  });
  await runner.start();
  return { ...own, crashes, expired, stop };
};

describe('a handler that fails (guard waitInsideBatch)', () => {
  const parseError = (): Error => new SyntaxError('Unexpected token');

  it('is called again with the same batch, and the consumer lives on as a member', async () => {
    let calls = 0;
    const seen = await run(() => ((calls += 1) < 3 ? Promise.reject(parseError()) : Promise.resolve()), without().guards);
    await waitFor(seen.isResolved, () => `${calls} calls, crashes ${String(seen.crashes)}`);
    expect(calls).toBe(3);
    expect(seen.crashes).toEqual([]);
    expect(seen.group.heartbeat.mock.calls.length).toBeGreaterThanOrEqual(2);
  });

  it('without the guard one SyntaxError ends the consumer for good, and the process does not notice', async () => {
    const seen = await run(() => Promise.reject(parseError()), without('waitInsideBatch').guards);
    await waitFor(
      () => seen.crashes.length > 0,
      () => 'no crash',
    );
    expect(seen.crashes[0]).toMatchObject({ name: 'KafkaJSNonRetriableError', retriable: false });
    expect(seen.isResolved()).toBe(false);
  });

  it('without the guard any other error makes the whole member crash after some tries', async () => {
    let calls = 0;
    const seen = await run(() => {
      calls += 1;
      return Promise.reject(new Error('database away'));
    }, without('waitInsideBatch').guards);
    await waitFor(
      () => seen.crashes.length > 0,
      () => `${calls} calls`,
    );
    expect(seen.crashes[0]).toMatchObject({ name: 'KafkaJSNumberOfRetriesExceeded' });
  });

  it('may also throw before it returns a promise', async () => {
    let calls = 0;
    const seen = await run(() => {
      calls += 1;
      if (calls === 1) throw new TypeError('not a function');
      return Promise.resolve();
    }, without().guards);
    await waitFor(seen.isResolved, () => `${calls} calls`);
    expect(seen.crashes).toEqual([]);
  });

  it('stops waiting when the process stops, and leaves the offset alone', async () => {
    let calls = 0;
    const seen = await run(() => {
      calls += 1;
      return Promise.reject(new Error('database away'));
    }, without().guards);
    await waitFor(
      () => calls > 0,
      () => 'not called',
    );
    seen.stop.abort();
    const callsAtStop = calls;
    const fetchesAtStop = seen.group.fetch.mock.calls.length;
    await waitFor(
      () => seen.group.fetch.mock.calls.length > fetchesAtStop + 3,
      () => 'the batch was not given back',
    );
    expect(calls).toBe(callsAtStop);
    expect(seen.events).toEqual(['join']);
  });
});

describe('the offset', () => {
  it('is committed as the next one, after the handler said durable (guard commitAfterDurable)', async () => {
    let finish: () => void = () => undefined;
    const seen = await run(() => new Promise<void>((done) => (finish = done)), without().guards);
    await waitFor(
      () => seen.group.heartbeat.mock.calls.length > 2,
      () => 'no heartbeat while the handler works',
    );
    expect(seen.group.commitOffsets).not.toHaveBeenCalled();
    finish();
    await waitFor(seen.isResolved, () => seen.events.join());
    expect(seen.events.slice(-2)).toEqual(['committed', 'resolved']);
    expect(seen.group.commitOffsets).toHaveBeenCalledWith({ topics: [{ topic: 'p.t', partitions: [{ partition: 3, offset: '8' }] }] });
  });

  it('without the guard is committed although nothing is durable: a crash now loses the message', async () => {
    const seen = await run(hang, without('commitAfterDurable', 'heartbeatWhileHandling').guards);
    await waitFor(
      () => seen.events.includes('committed'),
      () => seen.events.join(),
    );
    expect(seen.isResolved()).toBe(false);
  });

  it('when the group rebalances at the commit: joins again and takes the batch again (guard commitInsideBatch)', async () => {
    let calls = 0;
    const seen = await run(() => Promise.resolve(void (calls += 1)), without().guards);
    seen.group.commitOffsets.mockRejectedValueOnce(rebalancing());
    await waitFor(seen.isResolved, () => seen.events.join());
    expect(seen.events).toEqual(['join', 'join', 'committed', 'resolved']);
    expect(calls).toBe(2);
    expect(seen.crashes).toEqual([]);
  });

  it('without the guard a rebalance at the commit ends the consumer for good', async () => {
    const seen = await run(() => Promise.resolve(), without('commitInsideBatch').guards);
    seen.group.commitOffsets.mockRejectedValue(rebalancing());
    await waitFor(
      () => seen.crashes.length > 0,
      () => seen.events.join(),
    );
    expect(seen.crashes[0]).toMatchObject({ name: 'KafkaJSNonRetriableError', retriable: false });
    expect(seen.events).toEqual(['join']);
  });
});

describe('batches that become durable at once', () => {
  const handleBoth = async (commit: (offsets: unknown) => Promise<void>) => {
    const resolved: string[] = [];
    const handle = ingestBatch({
      ingest: () => Promise.resolve(),
      topicPrefix: 'p.',
      heartbeatIntervalMs: 1_000,
      handlerDeadlineMs: 5_000,
      watchdog: new Watchdog(1_000, () => undefined),
      stop: new AbortController().signal,
      onProgress: () => undefined,
      log: () => undefined,
      guards: without().guards,
      stopped: new StoppedPartitions(() => undefined, []),
      commitOutside: () => Promise.reject(new Error('outside')),
    });
    const payload = (topic: string, partition: number): EachBatchPayload => ({
      batch: { topic, partition, messages: [message], lastOffset: () => '7' } as unknown as Batch,
      resolveOffset: () => void resolved.push(`${topic}/${partition}`),
      heartbeat: () => Promise.resolve(),
      pause: () => () => undefined,
      commitOffsetsIfNecessary: (offsets) => commit(offsets),
      uncommittedOffsets: () => ({ topics: [] }),
      isRunning: () => true,
      isStale: () => false,
    });
    const results = await Promise.allSettled([payload('p.t', 3), payload('p.u', 1), payload('p.t', 4)].map(handle));
    return { results: results.map(({ status }) => status), resolved };
  };

  it('are committed in one request', async () => {
    const commit = jest.fn((_offsets: unknown) => Promise.resolve());
    const { results, resolved } = await handleBoth(commit);
    expect(results).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(commit.mock.calls).toEqual([
      [
        {
          topics: [
            {
              topic: 'p.t',
              partitions: [
                { partition: 3, offset: '8' },
                { partition: 4, offset: '8' },
              ],
            },
            { topic: 'p.u', partitions: [{ partition: 1, offset: '8' }] },
          ],
        },
      ],
    ]);
    expect(resolved.sort()).toEqual(['p.t/3', 'p.t/4', 'p.u/1']);
  });

  it('all hear when the group does not take that commit, and none counts as read', async () => {
    const commit = jest.fn((_offsets: unknown) => Promise.reject(rebalancing()));
    const { results, resolved } = await handleBoth(commit);
    expect(results).toEqual(['rejected', 'rejected', 'rejected']);
    expect(commit).toHaveBeenCalledTimes(1);
    expect(resolved).toEqual([]);
  });
});

describe('a handler at work', () => {
  it('hears from a failing heartbeat that the partition is no longer ours; then the member joins again', async () => {
    const heard: boolean[] = [];
    let calls = 0;
    const ingest: Ingest = async (_batch, pulse) => {
      calls += 1;
      if (calls > 1) return;
      heard.push(pulse.stopping());
      await waitFor(
        () => pulse.stopping(),
        () => 'never told',
      );
      heard.push(true);
      throw new Error('gave up, as told');
    };
    const own = run(ingest, without().guards);
    const seen = await own;
    seen.group.heartbeat.mockRejectedValueOnce(rebalancing());
    await waitFor(seen.isResolved, () => seen.events.join());
    expect(heard).toEqual([false, true]);
    expect(seen.events).toEqual(['join', 'join', 'committed', 'resolved']);
  });

  it('without heartbeatWhileHandling nobody speaks for it, and it hears nothing', async () => {
    const beatsAtTheEnd: number[] = [];
    const group = groupWithOneMessage();
    const seen = await run(
      async () => {
        await work(100);
        beatsAtTheEnd.push(group.group.heartbeat.mock.calls.length);
      },
      without('heartbeatWhileHandling').guards,
      {},
      group,
    );
    await waitFor(seen.isResolved, () => seen.events.join());
    expect(beatsAtTheEnd).toEqual([0]);
  });

  it('that hangs is noticed although heartbeats go on (guard handlerWatchdog)', async () => {
    const seen = await run(hang, without().guards, { handlerDeadlineMs: 60 });
    await waitFor(
      () => seen.expired.length > 0,
      () => 'nobody noticed',
    );
    expect(seen.expired).toEqual(['handler of t/3']);
    expect(seen.group.heartbeat.mock.calls.length).toBeGreaterThan(0);
  });

  it('that hangs is never noticed without the guard', async () => {
    const seen = await run(hang, without('handlerWatchdog').guards, { handlerDeadlineMs: 60 });
    await waitFor(
      () => seen.group.heartbeat.mock.calls.length > 10,
      () => 'no heartbeats',
    );
    expect(seen.expired).toEqual([]);
  });

  it('that is slow and says so is left alone', async () => {
    const seen = await run(
      async (_batch, pulse) => {
        for (let n = 0; n < 10; n += 1) {
          await work(20);
          await pulse.heartbeat();
        }
      },
      without().guards,
      { handlerDeadlineMs: 100 },
    );
    await waitFor(seen.isResolved, () => seen.events.join());
    expect(seen.expired).toEqual([]);
  });
});

describe('a taken message', () => {
  it('has its topic without the prefix, and headers as text', async () => {
    const ingest = jest.fn<Ingest>(() => Promise.resolve());
    const seen = await run(ingest, without().guards);
    await waitFor(seen.isResolved, () => seen.events.join());
    expect(ingest.mock.calls[0]?.[0]).toEqual({
      topic: 't',
      partition: 3,
      messages: [
        {
          topic: 't',
          partition: 3,
          offset: '7',
          key: 'k',
          value: Buffer.from('{}'),
          headers: { a: '1', b: '2' },
          timestampMs: 1_700_000_000_000,
        },
      ],
    });
  });
});

describe('what kafkajs hands over', () => {
  it('reads a header without a value as an absent one, and bytes that are no text as base64 [C1]', async () => {
    const own = groupWithOneMessage();
    const odd = {
      ...message,
      key: Buffer.from([0xff]),
      headers: { a: null, b: [Buffer.from('1'), null], c: Buffer.from([0xff]), d: ['x', 'y'] },
    };
    own.group.fetch.mockImplementation(async () => {
      await work(5);
      return own.isResolved() ? [] : [{ ...batchOf([odd]) }];
    });
    const seen: FetchedMessage[] = [];
    const { crashes } = await run(async ({ messages }) => Promise.resolve(void seen.push(...messages)), without().guards, {}, own);
    await waitFor(own.isResolved, () => `nothing was taken in: ${String(crashes)}`);
    expect(seen[0]).toMatchObject({ key: 'base64:/w==', headers: { c: 'base64:/w==', d: 'y' } });
    expect(Object.keys(seen[0]?.headers ?? {}).sort()).toEqual(['c', 'd']);
    expect(crashes).toEqual([]);
  });
  it('is handed on in parts where it is very many: one statement must not grow without end [C1]', async () => {
    const own = groupWithOneMessage();
    const many = Array.from({ length: 4_500 }, (_, n) => ({ ...message, offset: String(n) }));
    own.group.fetch.mockImplementation(async () => {
      await work(5);
      return own.events.includes('committed') ? [] : [batchOf(many)];
    });
    const sizes: number[] = [];
    await run(async ({ messages }) => Promise.resolve(void sizes.push(messages.length)), without().guards, {}, own);
    await waitFor(
      () => sizes.length === 3,
      () => `parts: ${sizes.join()}`,
    );
    expect(sizes).toEqual([2_000, 2_000, 500]);
  });
});

describe('a partition that cannot be read on', () => {
  const unread = { firstOffset: '8', lastOffset: '9', reason: 'compression 5 is unknown', bytes: Buffer.from([1, 0xff]) };
  const mark = { ...message, offset: '9223372036854775807', value: null, unread };
  const runWith = async (stepOver: readonly StepOver[]) => {
    const said: Record<string, unknown>[] = [];
    const stopped = new StoppedPartitions((_level, text, fields) => void said.push({ text, ...fields }), stepOver);
    const taken: FetchedMessage[] = [];
    const committed: unknown[] = [];
    const pauses: string[] = [];
    const handle = ingestBatch({
      ingest: async ({ messages }) => Promise.resolve(void taken.push(...messages)),
      topicPrefix: 'p.',
      heartbeatIntervalMs: 20,
      handlerDeadlineMs: 5_000,
      watchdog: new Watchdog(1_000, () => undefined),
      stop: new AbortController().signal,
      onProgress: () => undefined,
      log: () => undefined,
      guards: without().guards,
      stopped,
      commitOutside: () => Promise.resolve(),
    });
    const resolved: string[] = [];
    await handle({
      batch: { ...batchOf([message, mark]), fetchedOffset: '7' },
      resolveOffset: (offset: string) => void resolved.push(offset),
      heartbeat: () => Promise.resolve(),
      pause: () => {
        pauses.push('paused');
        return () => undefined;
      },
      commitOffsetsIfNecessary: (offsets: unknown) => Promise.resolve(void committed.push(offsets)),
      uncommittedOffsets: () => ({ topics: [] }),
      isRunning: () => true,
      isStale: () => false,
    } as unknown as EachBatchPayload);
    return { said, stopped, taken, resolved, pauses };
  };

  it('hands over what comes before, and stands still, named [C2]', async () => {
    const { said, stopped, taken, resolved, pauses } = await runWith([]);
    expect([taken.map(({ offset }) => offset), resolved, pauses]).toEqual([['7'], ['7'], ['paused']]);
    expect(stopped.list).toEqual([{ topic: 't', partition: 3, offset: '8', lastOffset: '9', reason: unread.reason }]);
    expect(said).toMatchObject([{ alarm: 'stopped-partition', topic: 't', partition: 3, offset: '8' }]);
  });
  it("is stepped over by a person's word about exactly this place, and what was there is handed over as it is [C2]", async () => {
    const elsewhere = { topic: 't', partition: 3, first: 7n, last: 9n };
    expect((await runWith([elsewhere])).resolved).toEqual(['7']);
    const { taken, resolved, stopped } = await runWith([elsewhere, { topic: 't', partition: 3, first: 8n, last: 9n }]);
    expect([resolved, stopped.list]).toEqual([['7', '9'], []]);
    expect(taken[1]).toMatchObject({ offset: '8', key: null, value: unread.bytes, headers: { 'unread-reason': unread.reason } });
  });
  it('is named in the form that a person writes [C2]', () => {
    expect(stepOverOf('payout.requested/3/8-9')).toEqual({ topic: 'payout.requested', partition: 3, first: 8n, last: 9n });
    for (const wrong of ['', 'a/1/2', 'a/1/3-2', 'a/x/1-2', '/1/1-2', 'a/1/1-2/3']) expect(stepOverOf(wrong)).toBeNull();
  });
});
