import { askAdmin, briefRetry } from './client.js';
import type { Inner, KafkaOptions } from './client.js';
import { asError } from './errors.js';

const KNOWN_FOR_MS = 300_000;

type Known = { readonly partitions: number; readonly untilMs: number };

/**
 * How many partitions a topic has, by its name on the cluster, remembered for five minutes. A topic that does not exist is a
 * KafkaUnavailable like any other trouble: somebody may be creating it.
 */
export const partitionCounts = (options: KafkaOptions, own: Inner) => {
  const known = new Map<string, Known>();
  let asking: Promise<void> = Promise.resolve();

  const ask = async (topics: readonly string[], deadlineMs: number): Promise<void> => {
    const found = await askAdmin(
      options,
      { retry: briefRetry, deadlineMs, what: `looking up ${topics.join(', ')}` },
      (admin) => admin.fetchTopicMetadata({ topics: [...topics] }),
      own,
    );
    for (const { name, partitions } of found.topics)
      known.set(name, { partitions: partitions.length, untilMs: performance.now() + KNOWN_FOR_MS });
  };

  /** Old knowledge is better than none: the number of partitions hardly ever changes. */
  const refresh = async (topics: readonly string[], deadlineMs: number): Promise<void> => {
    const missing = topics.filter((topic) => (known.get(topic)?.untilMs ?? 0) < performance.now());
    if (missing.length === 0) return;
    try {
      await ask(missing, deadlineMs);
    } catch (thrown) {
      if (missing.some((topic) => !known.has(topic))) throw thrown;
      options.log('warn', 'kafka: using the partition counts known so far', { topics: missing, error: asError(thrown).message });
    }
  };

  return async (topics: readonly string[], deadlineMs: number): Promise<ReadonlyMap<string, number>> => {
    const names = [...new Set(topics)];
    const isFresh = (topic: string): boolean => (known.get(topic)?.untilMs ?? 0) >= performance.now();
    if (!names.every(isFresh)) {
      // One at a time: many first sends at once ask once.
      const mine = asking.then(() => refresh(names, deadlineMs));
      asking = mine.catch(() => undefined);
      await mine;
    }
    return new Map(
      names.flatMap((topic) => {
        const partitions = known.get(topic)?.partitions ?? 0;
        return partitions > 0 ? [[topic, partitions] as const] : [];
      }),
    );
  };
};
