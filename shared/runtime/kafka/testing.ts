/** For this folder's own tests, and for benches. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { askAdmin, inner, patientRetry } from './client.js';
import type { Inner, KafkaOptions, PasswordLogin } from './client.js';
import { allGuards } from './guards.js';
import type { Guards } from './guards.js';

/** A Kafka and the user that may do everything there. */
export type Reached = Pick<KafkaOptions, 'brokers'> & { readonly sasl?: PasswordLogin };

export type TestOptions = Omit<KafkaOptions, 'sasl'> & Reached;

/** Of a Kafka that is given: for tests, benches and the torture. */
export const optionsOf = ({ brokers, sasl }: Reached, clientId: string, topicPrefix = ''): TestOptions => ({
  brokers,
  ...(sasl === undefined ? {} : { sasl }),
  clientId,
  ssl: false,
  topicPrefix,
  log: () => undefined,
});

/** Topics and names of its own for every call, so that tests can run side by side on one broker. */
export const optionsFor = (reached: readonly string[] | Reached): TestOptions => ({
  ...('brokers' in reached
    ? { brokers: reached.brokers, ...(reached.sasl === undefined ? {} : { sasl: reached.sasl }) }
    : { brokers: reached }),
  clientId: `test-${randomUUID()}`,
  ssl: false,
  topicPrefix: `${randomUUID()}.`,
  log: () => undefined,
});

/** With every guard but the named ones. */
export const without = (...names: (keyof Guards)[]): Inner => ({
  ...inner,
  guards: { ...allGuards, ...Object.fromEntries(names.map((name) => [name, false])) },
});

/** Something that is slow: what a handler or a broker is in a test. Not for waiting. */
export const work = (durationMs: number): Promise<void> => delay(durationMs);

/** Waits for a condition; at the deadline it throws what was seen instead. */
export const waitFor = async (
  condition: () => boolean | Promise<boolean>,
  seen: () => string | Promise<string>,
  deadlineMs = 8_000,
): Promise<void> => {
  const giveUpAtMs = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > giveUpAtMs) throw new Error(`after ${deadlineMs} ms: ${await seen()}`);
    await delay(20);
  }
};

/** For kafkajs as it comes. */
export const stockConfig = ({ brokers, sasl }: Reached): Pick<KafkaConfig, 'brokers' | 'sasl' | 'logLevel'> => ({
  brokers: [...brokers],
  ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
  logLevel: logLevel.NOTHING,
});
/** What an administrator does: from now on the topic takes batches of so many bytes at most. */
export const limitTopic = async (options: KafkaOptions, topic: string, mostBytes: number): Promise<void> => {
  const name = `${options.topicPrefix}${topic}`;
  const configEntries = [{ name: 'max.message.bytes', value: String(mostBytes) }];
  await askAdmin(options, { retry: patientRetry, deadlineMs: 10_000, what: 'limiting a topic' }, (admin) =>
    admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }] }),
  );
};

export type StockReader = { stop(): Promise<void> };
export type StockReaderOptions = {
  readonly reached: Reached;
  readonly groupId: string;
  readonly topic: string;
  readonly onBatch: (messages: number) => void;
};

/** kafkajs as it comes, reading a topic and doing nothing with it: a floor for the speed of ours. It promises nothing. */
export const startStockReader = async ({ reached, groupId, topic, onBatch }: StockReaderOptions): Promise<StockReader> => {
  const kafka = new Kafka({ ...stockConfig(reached), clientId: groupId });
  const consumer = kafka.consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachBatch: async ({ batch }) => onBatch(batch.messages.length) });
  return { stop: () => consumer.disconnect() };
};
