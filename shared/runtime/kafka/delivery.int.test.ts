import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ensureTopics, pingKafka } from './admin.js';
import type { KafkaOptions } from './client.js';
import { startConsumer } from './consumer.js';
import type { Consumer, FetchedMessage } from './consumer.js';
import { startProducer } from './producer.js';
import type { Producer } from './producer.js';
import { optionsFor, waitFor } from './testing.js';
import { reachedByEnvironment } from '../../../test/support/kafka.js';

const kafkaForTest = (): KafkaOptions => optionsFor(reachedByEnvironment());

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const producerOf = async (options: KafkaOptions): Promise<Producer> => {
  const producer = await startProducer(options);
  closing.push(() => producer.stop());
  return producer;
};

const consumerOf = async (options: KafkaOptions, groupId: string, into: FetchedMessage[], topics = ['t']): Promise<Consumer> => {
  const consumer = await startConsumer({
    ...options,
    groupId,
    topics,
    ingest: async ({ messages }) => {
      into.push(...messages);
      return Promise.resolve();
    },
    onFatal: (error) => {
      throw error;
    },
    sessionTimeoutMs: 3_000,
    heartbeatIntervalMs: 500,
  });
  closing.push(() => consumer.stop());
  return consumer;
};

describe('a message goes through', () => {
  it('arrives whole, in the order of its key, and its offset is committed', async () => {
    const kafka = kafkaForTest();
    await pingKafka(kafka);
    await ensureTopics(kafka, [{ name: 't', partitions: 6, replicationFactor: 1 }]);
    const producer = await producerOf(kafka);
    const sent = Array.from({ length: 300 }, (_, n) => ({
      topic: 't',
      key: `portfolio-${n % 20}`,
      value: JSON.stringify({ n }),
      headers: { 'event-id': randomUUID() },
    }));
    await Promise.all([producer.send(sent.slice(0, 150)), producer.send(sent.slice(150))]);

    const taken: FetchedMessage[] = [];
    const consumer = await consumerOf(kafka, randomUUID(), taken);
    await waitFor(
      () => taken.length >= 300,
      () => `${taken.length} of 300 taken`,
    );
    expect(taken).toHaveLength(300);
    expect(new Set(taken.map(({ headers }) => headers['event-id']))).toEqual(new Set(sent.map(({ headers }) => headers['event-id'])));
    for (const key of new Set(sent.map((message) => message.key))) {
      const own = taken.filter((message) => message.key === key);
      expect(own.map(({ value }) => value?.toString())).toEqual(sent.filter((message) => message.key === key).map(({ value }) => value));
      expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
    }
    expect(taken[0]?.topic).toBe('t');
    expect(Math.abs(Date.now() - (taken[0]?.timestampMs ?? 0))).toBeLessThan(60_000);
    await waitFor(
      async () => (await consumer.lag()).sum === 0,
      async () => `lag ${JSON.stringify(await consumer.lag())}`,
    );
    expect((await consumer.lag()).partitions).toHaveLength(6);
  });

  it('stays where it is while paused, and comes after resume', async () => {
    const kafka = kafkaForTest();
    await ensureTopics(kafka, [{ name: 't', partitions: 2, replicationFactor: 1 }]);
    const producer = await producerOf(kafka);
    const taken: FetchedMessage[] = [];
    const consumer = await consumerOf(kafka, randomUUID(), taken);
    consumer.pause();
    expect(consumer.paused()).toBe(true);
    const pausedAtMs = Date.now();
    await producer.send([{ topic: 't', key: 'k', value: '1', headers: {} }]);
    // Two fetch rounds of a paused consumer, seen by its signs of life.
    await waitFor(
      () => consumer.lastProgressAtMs() > pausedAtMs + 500,
      () => 'no sign of life while paused',
    );
    expect(taken).toHaveLength(0);
    expect((await consumer.lag()).sum).toBe(1);
    consumer.resume();
    await waitFor(
      () => taken.length === 1,
      () => `${taken.length} of 1 taken`,
    );
  });
});

describe('topics', () => {
  it('can be made by several processes at once, and are ready for all of them', async () => {
    const kafka = kafkaForTest();
    const wanted = ['a', 'b', 'c'].map((name) => ({
      name,
      partitions: 3,
      replicationFactor: 1,
      configEntries: [{ name: 'retention.ms', value: '600000' }],
    }));
    await Promise.all(Array.from({ length: 4 }, () => ensureTopics(kafka, wanted)));
    const producer = await producerOf(kafka);
    await producer.send(wanted.map(({ name }) => ({ topic: name, key: 'k', value: 'v', headers: {} })));
    await ensureTopics(kafka, [...wanted, { name: 'd', partitions: 1, replicationFactor: 1 }]);
    await producer.send([{ topic: 'd', key: 'k', value: 'v', headers: {} }]);
  });
});
