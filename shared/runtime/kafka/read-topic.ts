import { askAdmin, inner, openKafka, patientRetry, probeRetry } from './client.js';
import type { Inner, KafkaOptions } from './client.js';
import { within } from './deadline.js';
import { KafkaUnavailable, asError } from './errors.js';

export type WholeTopic = {
  /** Without the prefix. It must exist. */
  readonly topic: string;
  /** A group of its own, one reader at a time: nothing is committed, so each reading begins at the beginning. */
  readonly groupId: string;
  readonly deadlineMs: number;
};

type Ends = ReadonlyMap<number, bigint>;

/** The next offset of each partition that holds anything now. */
const endsOf = async (options: KafkaOptions, { topic, deadlineMs }: WholeTopic, own: Inner): Promise<Ends> => {
  const offsets = await askAdmin(
    options,
    { retry: probeRetry, deadlineMs, what: `asking how long ${topic} is` },
    (admin) => admin.fetchTopicOffsets(`${options.topicPrefix}${topic}`),
    own,
  );
  return new Map(offsets.flatMap(({ partition, low, high }) => (BigInt(high) > BigInt(low) ? [[partition, BigInt(high)] as const] : [])));
};

/**
 * The values of all messages that a topic holds now, in the order of each partition. For small topics: all of it is in memory.
 * Throws KafkaUnavailable, at the latest after twice the deadline.
 */
export const readTopic = async (options: KafkaOptions, wanted: WholeTopic, own: Inner = inner): Promise<readonly Buffer[]> => {
  const { topic, groupId, deadlineMs } = wanted;
  const left = new Map(await endsOf(options, wanted, own));
  if (left.size === 0) return [];
  const values: Buffer[] = [];
  const consumer = openKafka(options, patientRetry, own).consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 200,
    retry: patientRetry,
  });
  const whole = async (): Promise<void> => {
    await consumer.connect();
    await consumer.subscribe({ topics: [`${options.topicPrefix}${topic}`], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        reject(payload.error);
      });
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            const end = left.get(batch.partition);
            if (end === undefined) return;
            for (const { offset, value } of batch.messages) if (value !== null && BigInt(offset) < end) values.push(value);
            if (BigInt(batch.lastOffset()) + 1n >= end) left.delete(batch.partition);
            if (left.size === 0) resolve();
            await Promise.resolve();
          },
        })
        .catch(reject);
    });
  };
  try {
    await within(deadlineMs, whole(), () => new KafkaUnavailable(`reading ${topic}: not read within ${String(deadlineMs)} ms`));
    return values;
  } catch (thrown) {
    if (thrown instanceof KafkaUnavailable) throw thrown;
    throw new KafkaUnavailable(`reading ${topic}: ${asError(thrown).message}`, { cause: thrown });
  } finally {
    consumer
      .disconnect()
      .catch((thrown: unknown) => options.log('debug', 'kafka: closing a connection failed', { error: asError(thrown).message }));
  }
};
