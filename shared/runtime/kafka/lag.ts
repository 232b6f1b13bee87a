import { askAdmin, probeRetry } from './client.js';
import type { Inner, KafkaOptions } from './client.js';

/** How far a group is behind in one partition: `end` is the next offset to be written, `committed` the next to be read ("-1": none yet). */
export type PartitionLag = {
  readonly topic: string;
  readonly partition: number;
  readonly committed: string;
  readonly end: string;
  readonly lag: number;
};

/** `sum` counts messages of all partitions, whichever member reads them. */
export type Lag = { readonly sum: number; readonly partitions: readonly PartitionLag[] };

const DEADLINE_MS = 5_000;

/** Throws KafkaUnavailable. */
export const groupLag = async (options: KafkaOptions, groupId: string, topics: readonly string[], own: Inner): Promise<Lag> => {
  const named = topics.map((topic) => `${options.topicPrefix}${topic}`);
  return askAdmin(
    options,
    { retry: probeRetry, deadlineMs: DEADLINE_MS, what: 'measuring the lag' },
    async (admin) => {
      const committed = new Map(
        (await admin.fetchOffsets({ groupId, topics: named })).flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, offset }) => [`${topic}/${partition}`, offset] as const),
        ),
      );
      const partitions: PartitionLag[] = [];
      for (const name of named) {
        for (const { partition, low, high } of await admin.fetchTopicOffsets(name)) {
          const offset = committed.get(`${name}/${partition}`) ?? '-1';
          const from = BigInt(offset) < BigInt(low) ? BigInt(low) : BigInt(offset);
          partitions.push({
            topic: name.slice(options.topicPrefix.length),
            partition,
            committed: offset,
            end: high,
            lag: Number(BigInt(high) - from),
          });
        }
      }
      return { sum: partitions.reduce((sum, { lag }) => sum + lag, 0), partitions };
    },
    own,
  );
};
