/** Guards shown on one real broker: with each the right thing happens, without it the fault is there. */
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ensureTopicsWith, ensureTopics } from './admin.js';
import { askAdmin, openKafka, patientRetry } from './client.js';
import type { Inner, KafkaOptions } from './client.js';
import { startConsumerWith } from './consumer.js';
import type { Consumer, ConsumerOptions, FetchedMessage } from './consumer.js';
import { startProducerWith } from './producer.js';
import type { OutgoingMessage, Producer } from './producer.js';
import { optionsFor, waitFor, without, work } from './testing.js';
import { reachedByEnvironment } from '../../../test/support/kafka.js';

const reached = reachedByEnvironment();

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const freshKafka = async (partitions: number): Promise<KafkaOptions> => {
  const kafka = optionsFor(reached);
  await ensureTopics(kafka, [{ name: 't', partitions, replicationFactor: 1 }]);
  return kafka;
};

const producerOf = async (kafka: KafkaOptions, own: Inner): Promise<Producer> => {
  const producer = await startProducerWith(kafka, own);
  closing.push(() => producer.stop());
  return producer;
};

const consumerOf = async (
  kafka: KafkaOptions,
  own: Inner,
  ingest: ConsumerOptions['ingest'],
  more: Partial<ConsumerOptions> = {},
): Promise<Consumer & { fatal: Error[] }> => {
  const fatal: Error[] = [];
  const options = { groupId: kafka.topicPrefix, topics: ['t'], sessionTimeoutMs: 3_000, heartbeatIntervalMs: 500, ...kafka, ...more };
  const consumer = await startConsumerWith({ ...options, ingest, onFatal: (error) => void fatal.push(error) }, own);
  closing.push(() => consumer.stop(500));
  return Object.assign(consumer, { fatal });
};

const keep =
  (into: FetchedMessage[]): ConsumerOptions['ingest'] =>
  async ({ messages }) => {
    into.push(...messages);
    return Promise.resolve();
  };

const messages = (count: number): OutgoingMessage[] =>
  Array.from({ length: count }, (_, n) => ({ topic: 't', key: `key-${n}`, value: String(n), headers: { 'event-id': randomUUID() } }));

/** How many records the topic holds. */
const storedIn = async (kafka: KafkaOptions, topic: string): Promise<number> => {
  const offsets = await askAdmin(kafka, { retry: patientRetry, deadlineMs: 10_000, what: 'counting' }, (admin) =>
    admin.fetchTopicOffsets(`${kafka.topicPrefix}${topic}`),
  );
  return offsets.reduce((sum, { high, low }) => sum + Number(BigInt(high) - BigInt(low)), 0);
};

describe('right after a topic was made', () => {
  /** Many topics one after the other, because the broker knows the first leaders of each at slightly different moments. */
  const storedForSent = async (own: Inner): Promise<{ sent: number; stored: number }> => {
    const kafka = optionsFor(reached);
    const producer = await producerOf(kafka, own);
    let stored = 0;
    for (let round = 0; round < 12; round += 1) {
      const topic = `t${round}`;
      await askAdmin(kafka, { retry: patientRetry, deadlineMs: 10_000, what: 'creating' }, (admin) =>
        admin.createTopics({
          topics: [{ topic: `${kafka.topicPrefix}${topic}`, numPartitions: 6, replicationFactor: 1 }],
          waitForLeaders: true,
        }),
      );
      await producer.send(messages(24).map((message) => ({ ...message, topic })));
      stored += await storedIn(kafka, topic);
    }
    return { sent: 12 * 24, stored };
  };

  it('every message is stored once', async () => {
    await expect(storedForSent(without())).resolves.toEqual({ sent: 288, stored: 288 });
  });
});

describe('a group without a committed offset (guard fromBeginning)', () => {
  const takenOfOlder = async (own: Inner): Promise<readonly (string | undefined)[]> => {
    const kafka = await freshKafka(1);
    const producer = await producerOf(kafka, without());
    await producer.send([{ topic: 't', key: 'k', value: 'older', headers: {} }]);
    const taken: FetchedMessage[] = [];
    const consumer = await consumerOf(kafka, own, keep(taken));
    // The group has its place once it has fetched.
    const joinedAtMs = Date.now();
    await waitFor(
      () => consumer.lastProgressAtMs() > joinedAtMs + 300,
      () => 'not fetching',
    );
    await producer.send([{ topic: 't', key: 'k', value: 'newer', headers: {} }]);
    await waitFor(
      () => taken.some(({ value }) => value?.toString() === 'newer'),
      () => `${taken.length} taken`,
    );
    return taken.map(({ value }) => value?.toString());
  };

  it('starts with the oldest message', async () => {
    await expect(takenOfOlder(without())).resolves.toEqual(['older', 'newer']);
  });
  it('without the guard skips what was there', async () => {
    await expect(takenOfOlder(without('fromBeginning'))).resolves.toEqual(['newer']);
  });
});

describe('a database that is away for longer than a session (guards waitInsideBatch, heartbeatWhileHandling)', () => {
  it('costs no message, no copy, no membership', async () => {
    const kafka = await freshKafka(2);
    const producer = await producerOf(kafka, without());
    const all = messages(20);
    await producer.send(all);
    const backAtMs = Date.now() + 3_000;
    const taken: FetchedMessage[] = [];
    const consumer = await consumerOf(
      kafka,
      without(),
      async ({ messages: batch }) => {
        if (Date.now() < backAtMs) throw new Error('database away');
        taken.push(...batch);
        return Promise.resolve();
      },
      { sessionTimeoutMs: 1_200, heartbeatIntervalMs: 300 },
    );
    await waitFor(
      async () => (await consumer.lag()).sum === 0,
      () => `${taken.length} taken`,
    );
    expect(taken.map(({ value }) => value?.toString()).sort()).toEqual(all.map(({ value }) => value).sort());
    expect(consumer.fatal).toEqual([]);
  });
});

describe('a handler slower than a session, and a second member (guard heartbeatWhileHandling)', () => {
  /** How often the one message was being handled at the same time. */
  const atTheSameTime = async (own: Inner): Promise<number> => {
    const kafka = await freshKafka(1);
    const producer = await producerOf(kafka, without());
    let running = 0;
    let most = 0;
    let began = 0;
    const slow: ConsumerOptions['ingest'] = async () => {
      began += 1;
      running += 1;
      most = Math.max(most, running);
      await work(4_000);
      running -= 1;
    };
    const session = { sessionTimeoutMs: 1_200, heartbeatIntervalMs: 300 };
    await consumerOf(kafka, own, slow, session);
    await producer.send(messages(1));
    await waitFor(
      () => began === 1,
      () => `${began} began`,
    );
    const second = consumerOf({ ...kafka, clientId: `${kafka.clientId}-second` }, own, slow, session);
    await waitFor(
      () => running === 0 || most > 1,
      () => `running ${running}`,
    );
    await second;
    return most;
  };

  it('is not run twice at once', async () => {
    await expect(atTheSameTime(without())).resolves.toBe(1);
  });
  it('without the guard is', async () => {
    await expect(atTheSameTime(without('heartbeatWhileHandling'))).resolves.toBe(2);
  });
});

describe('an instance that was killed and starts again (guard evictPreviousRun)', () => {
  /** A member that shows no life any more, as after kill -9: its handler never returns and beats no more. */
  const leavePreviousRun = async (kafka: KafkaOptions): Promise<void> => {
    let release: () => void = () => undefined;
    const stuck = new Promise<void>((done) => (release = done));
    const previousRun = openKafka(kafka, patientRetry, without()).consumer({
      groupId: kafka.topicPrefix,
      sessionTimeout: 6_000,
      heartbeatInterval: 500,
      maxWaitTimeInMs: 200,
    });
    let began = false;
    await previousRun.connect();
    await previousRun.subscribe({ topics: [`${kafka.topicPrefix}t`], fromBeginning: true });
    await previousRun.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async () => {
        began = true;
        await stuck;
      },
    });
    closing.push(async () => {
      release();
      await previousRun.disconnect();
    });
    await waitFor(
      () => began,
      () => 'the previous run got no message',
    );
  };

  const servedAfterMs = async (own: Inner): Promise<number> => {
    const kafka = await freshKafka(2);
    const producer = await producerOf(kafka, without());
    await producer.send(messages(10));
    await leavePreviousRun(kafka);
    const taken: FetchedMessage[] = [];
    const startedAtMs = Date.now();
    await consumerOf(kafka, own, keep(taken), { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 500 });
    await waitFor(
      () => taken.length === 10,
      () => `${taken.length} of 10 taken`,
      12_000,
    );
    return Date.now() - startedAtMs;
  };

  it('serves its partitions at once', async () => {
    expect(await servedAfterMs(without())).toBeLessThan(3_000);
  });
  it('without the guard waits until the session of the dead one ends', async () => {
    expect(await servedAfterMs(without('evictPreviousRun'))).toBeGreaterThan(3_500);
  });
});

describe('a compacted topic (guard neverCompacted)', () => {
  const compacted = [{ name: 't', partitions: 1, replicationFactor: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }];
  it('is refused', async () => {
    await expect(ensureTopicsWith(optionsFor(reached), compacted, without())).rejects.toThrow('not for events');
  });
  it('without the guard is made', async () => {
    await expect(ensureTopicsWith(optionsFor(reached), compacted, without('neverCompacted'))).resolves.toBeUndefined();
  });
});

describe('Kafka is away', () => {
  it('a producer starts all the same, and a send says so in time', async () => {
    const away = { ...optionsFor(['127.0.0.1:1']) };
    const producer = await producerOf(away, without());
    const startedAtMs = Date.now();
    await expect(producer.send(messages(1), { deadlineMs: 500 })).rejects.toMatchObject({ name: 'KafkaUnavailable' });
    expect(Date.now() - startedAtMs).toBeLessThan(1_500);
  });
});
