/**
 * What a Kafka client must do for this product, whichever it is. Each scenario runs on a real broker and sees only what the product sees.
 * The guards inside a client are its own matter, and so are their tests.
 */
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ensureTopics, pingKafka } from '../../shared/runtime/kafka/admin.js';
import type { KafkaOptions } from '../../shared/runtime/kafka/client.js';
import type { Consumer, ConsumerOptions, FetchedMessage, startConsumer } from '../../shared/runtime/kafka/consumer.js';
import { HoldPartition } from '../../shared/runtime/kafka/errors.js';
import type { OutgoingMessage, Producer, startProducer } from '../../shared/runtime/kafka/producer.js';
import type { readTopic } from '../../shared/runtime/kafka/read-topic.js';
import { waitFor, work } from '../../shared/runtime/kafka/testing.js';
import type { endOffsets, topicState } from '../../shared/runtime/kafka/topic-state.js';

/** All that the product calls. */
export type KafkaDriver = {
  readonly startProducer: typeof startProducer;
  readonly startConsumer: typeof startConsumer;
  readonly ensureTopics: typeof ensureTopics;
  readonly pingKafka: typeof pingKafka;
  readonly readTopic: typeof readTopic;
  readonly topicState: typeof topicState;
  readonly endOffsets: typeof endOffsets;
};

const SESSION = { sessionTimeoutMs: 1_500, heartbeatIntervalMs: 300 };
const TOO_LARGE = 'x'.repeat(1_100_000);

const messages = (count: number, topic = 't'): OutgoingMessage[] =>
  Array.from({ length: count }, (_, n) => ({ topic, key: `key-${String(n)}`, value: String(n), headers: { 'event-id': randomUUID() } }));
const idsOf = (list: readonly Pick<OutgoingMessage, 'headers'>[]): string[] => list.map(({ headers }) => headers['event-id'] ?? '').sort();

/** @param freshOptions of a broker, with a client name and a prefix of topics that nobody else uses. */
export const kafkaDriverContract = (driver: KafkaDriver, freshOptions: (brokers?: readonly string[]) => KafkaOptions): void => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const freshKafka = async (partitions: number): Promise<KafkaOptions> => {
    const kafka = freshOptions();
    await driver.ensureTopics(kafka, [{ name: 't', partitions, replicationFactor: 1 }]);
    return kafka;
  };
  const producerOf = async (kafka: KafkaOptions): Promise<Producer> => {
    const producer = await driver.startProducer(kafka);
    closing.push(() => producer.stop());
    return producer;
  };
  type Watched = Consumer & { readonly fatal: Error[] };
  const consumerOf = async (
    kafka: KafkaOptions,
    ingest: ConsumerOptions['ingest'],
    more: Partial<ConsumerOptions> = {},
  ): Promise<Watched> => {
    const fatal: Error[] = [];
    const options = { ...kafka, groupId: kafka.topicPrefix, topics: ['t'], ...SESSION, ...more };
    const consumer = await driver.startConsumer({ ...options, ingest, onFatal: (error) => void fatal.push(error) });
    closing.push(() => consumer.stop(500));
    return Object.assign(consumer, { fatal });
  };
  const keep =
    (into: FetchedMessage[]): ConsumerOptions['ingest'] =>
    ({ messages: batch }) => {
      into.push(...batch);
      return Promise.resolve();
    };
  const untilTaken = (taken: readonly unknown[], count: number, withinMs?: number): Promise<void> =>
    waitFor(
      () => taken.length >= count,
      () => `${String(taken.length)} of ${String(count)} taken`,
      withinMs,
    );

  describe('a message', () => {
    it('arrives whole, in the order of its key, and its offset is committed', async () => {
      const kafka = await freshKafka(6);
      await driver.pingKafka(kafka, 10_000);
      const producer = await producerOf(kafka);
      const sent = Array.from({ length: 300 }, (_, n) => ({
        ...{ topic: 't', key: `portfolio-${String(n % 20)}`, value: JSON.stringify({ n }) },
        headers: { 'event-id': randomUUID() },
      }));
      await Promise.all([producer.send(sent.slice(0, 150)), producer.send(sent.slice(150))]);
      const taken: FetchedMessage[] = [];
      const consumer = await consumerOf(kafka, keep(taken));
      await untilTaken(taken, 300);
      expect(idsOf(taken)).toEqual(idsOf(sent));
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
    it('that was there before its group is taken, too', async () => {
      const kafka = await freshKafka(1);
      await (await producerOf(kafka)).send(messages(3));
      const taken: FetchedMessage[] = [];
      await consumerOf(kafka, keep(taken));
      await untilTaken(taken, 3);
      expect(taken.map(({ value }) => value?.toString())).toEqual(['0', '1', '2']);
    });
    it('stays where it is while the consumer is paused, and comes after resume', async () => {
      const kafka = await freshKafka(2);
      const producer = await producerOf(kafka);
      const taken: FetchedMessage[] = [];
      const consumer = await consumerOf(kafka, keep(taken));
      consumer.pause();
      expect(consumer.paused()).toBe(true);
      const pausedAtMs = Date.now();
      await producer.send(messages(1));
      // Two fetch rounds of a paused consumer, seen by its signs of life.
      await waitFor(
        () => consumer.lastProgressAtMs() > pausedAtMs + 500,
        () => 'no sign of life while paused',
      );
      expect(taken).toHaveLength(0);
      expect((await consumer.lag()).sum).toBe(1);
      consumer.resume();
      await untilTaken(taken, 1);
    });
  });

  describe('a send', () => {
    it('says of each message what became of it, and refuses no other for one', async () => {
      const kafka = await freshKafka(2);
      const producer = await producerOf(kafka);
      const [good, alsoGood] = messages(2);
      if (good === undefined || alsoGood === undefined) throw new Error('two were made');
      const outcomes = await producer.sendEach([good, { ...good, value: TOO_LARGE }, { ...good, key: '' }, alsoGood]);
      expect(outcomes.map((outcome) => outcome?.name ?? 'stored')).toEqual(['stored', 'MessageTooLarge', 'Bug', 'stored']);
      const taken: FetchedMessage[] = [];
      await consumerOf(kafka, keep(taken));
      await untilTaken(taken, 2);
      expect(idsOf(taken)).toEqual(idsOf([good, alsoGood]));
    });
    it('to a topic that is not there is refused, and another topic goes on', async () => {
      const kafka = await freshKafka(1);
      const producer = await producerOf(kafka);
      const outcomes = await producer.sendEach([...messages(1, 'nowhere'), ...messages(1)], { deadlineMs: 10_000 });
      expect(outcomes.map((outcome) => outcome?.name ?? 'stored')).toEqual(['TopicRefused', 'stored']);
    });
    it('says in time that Kafka is away, and so does a question', async () => {
      const away = freshOptions(['127.0.0.1:1']);
      const producer = await producerOf(away);
      const startMs = Date.now();
      await expect(producer.send(messages(1), { deadlineMs: 500 })).rejects.toMatchObject({ name: 'KafkaUnavailable' });
      expect(Date.now() - startMs).toBeLessThan(1_500);
      await expect(driver.pingKafka(away, 500)).rejects.toMatchObject({ name: 'KafkaUnavailable' });
    });
    it('is stored once, also right after its topic was made', async () => {
      const kafka = freshOptions();
      const producer = await producerOf(kafka);
      for (let round = 0; round < 4; round += 1) {
        const topic = `t${String(round)}`;
        await driver.ensureTopics(kafka, [{ name: topic, partitions: 6, replicationFactor: 1 }]);
        await producer.send(messages(24, topic));
        const ends = await driver.endOffsets(kafka, [topic]);
        expect(ends.map(({ offset }) => Number(offset)).reduce((sum, one) => sum + one, 0)).toBe(24);
      }
    });
  });

  describe('a handler', () => {
    it('that fails, with whatever error, gets the same messages again, and nothing is lost', async () => {
      const kafka = await freshKafka(2);
      const sent = messages(20);
      await (await producerOf(kafka)).send(sent);
      const errors = [new SyntaxError('a bug'), new TypeError('another'), new Error('away')];
      const taken: FetchedMessage[] = [];
      const consumer = await consumerOf(kafka, ({ messages: batch }) => {
        const error = errors.pop();
        if (error !== undefined) return Promise.reject(error);
        taken.push(...batch);
        return Promise.resolve();
      });
      await waitFor(
        async () => (await consumer.lag()).sum === 0,
        () => `${String(taken.length)} taken`,
      );
      expect(idsOf(taken)).toEqual(idsOf(sent));
      expect(consumer.fatal).toEqual([]);
    });
    it('that waits for longer than a session keeps its membership', async () => {
      const kafka = await freshKafka(1);
      await (await producerOf(kafka)).send(messages(1));
      let began = 0;
      const slow: ConsumerOptions['ingest'] = async () => {
        began += 1;
        await work(SESSION.sessionTimeoutMs * 2);
      };
      const first = await consumerOf(kafka, slow);
      await waitFor(
        () => began === 1,
        () => 'not begun',
      );
      await consumerOf({ ...kafka, clientId: `${kafka.clientId}-second` }, slow);
      await waitFor(
        async () => (await first.lag()).sum === 0,
        () => `${String(began)} began`,
        15_000,
      );
      expect(began).toBe(1);
    });
    it('may leave one partition alone for a while, and the others go on', async () => {
      const kafka = await freshKafka(6);
      const sent = messages(30);
      await (await producerOf(kafka)).send(sent);
      const taken: FetchedMessage[] = [];
      let held: number | null = null;
      let heldAtMs = 0;
      const again: number[] = [];
      await consumerOf(kafka, ({ partition, messages: batch }) => {
        if (held === null) {
          held = partition;
          heldAtMs = Date.now();
          return Promise.reject(new HoldPartition('not now', 2_000));
        }
        if (partition === held) again.push(Date.now() - heldAtMs);
        taken.push(...batch);
        return Promise.resolve();
      });
      await untilTaken(taken, 30, 15_000);
      expect(idsOf(taken)).toEqual(idsOf(sent));
      expect(Math.min(...again)).toBeGreaterThanOrEqual(1_900);
      expect(taken.findIndex(({ partition }) => partition === held)).toBeGreaterThan(0);
    });
    it('that has not returned has taken nothing: the next member gets the message', async () => {
      const kafka = await freshKafka(1);
      const sent = messages(1);
      await (await producerOf(kafka)).send(sent);
      let giveUp: () => void = () => undefined;
      let began = false;
      const stuck = await consumerOf(kafka, async () => {
        began = true;
        await new Promise<void>((_resolve, reject) => {
          giveUp = () => {
            reject(new Error('cut off'));
          };
        });
      });
      await waitFor(
        () => began,
        () => 'not begun',
      );
      expect(await stuck.stop(300)).toBe('abandoned');
      // The process would end now, and its handler with it.
      giveUp();
      const taken: FetchedMessage[] = [];
      await consumerOf({ ...kafka, clientId: `${kafka.clientId}-next` }, keep(taken));
      await untilTaken(taken, 1, 15_000);
      expect(idsOf(taken)).toEqual(idsOf(sent));
    });
  });

  describe('a group', () => {
    it('whose members come and go takes every message', async () => {
      const kafka = await freshKafka(6);
      const producer = await producerOf(kafka);
      const taken: FetchedMessage[] = [];
      const first = await consumerOf(kafka, keep(taken));
      const sent = messages(60);
      await producer.send(sent.slice(0, 20));
      const second = await consumerOf({ ...kafka, clientId: `${kafka.clientId}-second` }, keep(taken));
      await producer.send(sent.slice(20, 40));
      expect(await first.stop()).toBe('stopped');
      await producer.send(sent.slice(40));
      await waitFor(
        async () => (await second.lag()).sum === 0,
        () => `${String(taken.length)} taken`,
        20_000,
      );
      expect([...new Set(idsOf(taken))].sort()).toEqual(idsOf(sent));
      expect([first.fatal, second.fatal]).toEqual([[], []]);
    });
  });

  describe('topics', () => {
    it('can be made by several processes at once, and are ready for all of them', async () => {
      const kafka = freshOptions();
      const wanted = ['a', 'b', 'c'].map((name) => ({
        ...{ name, partitions: 3, replicationFactor: 1 },
        configEntries: [{ name: 'retention.ms', value: '600000' }],
      }));
      await Promise.all(Array.from({ length: 4 }, () => driver.ensureTopics(kafka, wanted)));
      const producer = await producerOf(kafka);
      await producer.send(wanted.map(({ name }) => ({ topic: name, key: 'k', value: 'v', headers: {} })));
      await driver.ensureTopics(kafka, [...wanted, { name: 'd', partitions: 1, replicationFactor: 1 }]);
      await producer.send([{ topic: 'd', key: 'k', value: 'v', headers: {} }]);
    });
    it('that would forget messages by themselves are refused', async () => {
      const compacted = { name: 't', partitions: 1, replicationFactor: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] };
      await expect(driver.ensureTopics(freshOptions(), [compacted])).rejects.toThrow('not for events');
    });
    it('that are missing are named', async () => {
      const kafka = await freshKafka(1);
      expect(await driver.topicState(kafka, ['t', 'nowhere'])).toEqual({ missing: ['nowhere'], forbidden: [] });
    });
    it('can be read as a whole', async () => {
      const kafka = await freshKafka(1);
      const reading = { topic: 't', groupId: `${kafka.topicPrefix}whole`, deadlineMs: 10_000 };
      expect(await driver.readTopic(kafka, reading)).toEqual([]);
      await (await producerOf(kafka)).send(messages(5));
      const values = async (): Promise<string[]> => (await driver.readTopic(kafka, reading)).map(String);
      expect(await values()).toEqual(['0', '1', '2', '3', '4']);
      // Nothing was committed: the next reading begins at the beginning, too.
      expect(await values()).toEqual(['0', '1', '2', '3', '4']);
    });
  });
};
