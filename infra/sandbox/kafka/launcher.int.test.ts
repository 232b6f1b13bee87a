import { afterEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { ensureTopics } from '../../../shared/runtime/kafka/admin.js';
import { type KafkaOptions, inner } from '../../../shared/runtime/kafka/client.js';
import { startConsumer } from '../../../shared/runtime/kafka/consumer.js';
import { groupLag } from '../../../shared/runtime/kafka/lag.js';
import { startProducer } from '../../../shared/runtime/kafka/producer.js';
import { isAlive } from '../liveness.js';
import { waitUntil } from '../wait-until.js';
import { type Kafka, type KafkaOptions as LauncherOptions, startKafka } from './launcher.js';
import { askCluster } from './probe.js';

const started: Kafka[] = [];
const start = async (options?: LauncherOptions): Promise<Kafka> => {
  const kafka = await startKafka(options);
  started.push(kafka);
  return kafka;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map(async (kafka) => kafka.stop()));
});

const optionsFor = (kafka: Kafka): KafkaOptions => ({
  brokers: kafka.brokers,
  sasl: kafka.sasl,
  clientId: 'launcher-test',
  ssl: false,
  topicPrefix: '',
  log: () => undefined,
});

const produce = async (kafka: Kafka, topic: string, values: string[]): Promise<void> => {
  const producer = await startProducer(optionsFor(kafka));
  await producer.send(values.map((value) => ({ topic, key: 'a', value, headers: {} })));
  await producer.stop();
};

/** Messages on the topic: what a group that never read has before it. A broker that has just come back may not know its groups yet. */
const count = async (kafka: Kafka, topic: string): Promise<number> =>
  waitUntil(`the size of ${topic}`, async () => (await groupLag(optionsFor(kafka), 'never-read', [topic], inner)).sum, {
    timeoutMs: 20_000,
  });

/** The first so many values of a topic. */
const valuesOf = async (kafka: Kafka, topic: string, many: number): Promise<readonly string[]> => {
  const values: string[] = [];
  const consumer = await startConsumer({
    ...optionsFor(kafka),
    groupId: 'reader',
    topics: [topic],
    ingest: async ({ messages }) => {
      values.push(...messages.map(({ value }) => String(value)));
      return Promise.resolve();
    },
    onFatal: (error) => {
      throw error;
    },
  });
  await waitUntil(`${many} messages of ${topic}`, () => values.length >= many, { timeoutMs: 30_000 });
  await consumer.stop();
  return values;
};

describe('one Kafka node', () => {
  it('keeps what it acknowledged over a kill -9, on the same port', async () => {
    const kafka = await start();
    await ensureTopics(optionsFor(kafka), [{ name: 'kept', partitions: 1, replicationFactor: 1 }]);
    await produce(kafka, 'kept', ['1', '2']);
    const before = { pids: kafka.pids, brokers: [...kafka.brokers] };

    await kafka.crash();
    expect(kafka.pids).toEqual([]);
    expect(before.pids.map((pid) => isAlive(pid))).toEqual([false]);
    await kafka.start();

    expect(kafka.brokers).toEqual(before.brokers);
    expect(kafka.pids).not.toEqual(before.pids);
    expect(await count(kafka, 'kept')).toBe(2);
  });

  it('leaves no process and no folder after stop', async () => {
    const kafka = await start();
    const [pid = 0] = kafka.pids;
    expect(isAlive(pid)).toBe(true);
    await kafka.stop();
    expect([isAlive(pid), existsSync(kafka.folder)]).toEqual([false, false]);
  });
});

describe('three Kafka nodes', () => {
  it('go on serving without one of them, and take it back', async () => {
    const kafka = await start({ nodes: 3 });
    await ensureTopics(optionsFor(kafka), [{ name: 'copied', partitions: 1, replicationFactor: 3 }]);
    await kafka.nodes[1]?.crash();
    await produce(kafka, 'copied', ['1']);
    await kafka.nodes[1]?.start();

    expect(kafka.pids.length).toBe(3);
    // Kept; perhaps twice: a producer whose acknowledgement died with the node sends again, and receivers know an event by its id.
    expect(new Set(await valuesOf(kafka, 'copied', await count(kafka, 'copied')))).toEqual(new Set(['1']));
    expect((await askCluster(kafka.nodes[1]?.port ?? 0, kafka.sasl)).nodeIds).toEqual([1, 2, 3]);
  });
});
