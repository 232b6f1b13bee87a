/** What a user of the cluster sees of topics: those that are there, that are missing, and that it may not even see. */
import { askAdmin, inner, patientRetry, probeRetry } from './client.js';
import type { KafkaOptions } from './client.js';

export type TopicState = { readonly missing: readonly string[]; readonly forbidden: readonly string[] };

const DEADLINE_MS = 10_000;
/** Protocol error 29 of Kafka. */
const FORBIDDEN = 'TOPIC_AUTHORIZATION_FAILED';

const isForbidden = (thrown: unknown): boolean => {
  for (let error = thrown; error instanceof Error; error = (error as { cause?: unknown }).cause)
    if ((error as { type?: unknown }).type === FORBIDDEN) return true;
  return false;
};

/** A cluster lists only what the user may see: of the others each is asked for by name. Throws KafkaUnavailable. */
export const topicState = async (options: KafkaOptions, topics: readonly string[]): Promise<TopicState> =>
  askAdmin(
    options,
    { retry: probeRetry, deadlineMs: DEADLINE_MS, what: 'looking for topics' },
    async (admin) => {
      const listed = new Set(await admin.listTopics());
      const missing: string[] = [];
      const forbidden: string[] = [];
      for (const topic of topics) {
        const name = `${options.topicPrefix}${topic}`;
        if (listed.has(name)) continue;
        const thrown = await admin.fetchTopicMetadata({ topics: [name] }).then(
          () => null,
          (error: unknown) => error,
        );
        if (thrown === null) continue;
        (isForbidden(thrown) ? forbidden : missing).push(topic);
      }
      return { missing, forbidden };
    },
    inner,
  );

/** The next offset of each partition. Throws KafkaUnavailable; also when a topic is not there. */
export const endOffsets = async (
  options: KafkaOptions,
  topics: readonly string[],
): Promise<readonly { readonly topic: string; readonly partition: number; readonly offset: string }[]> =>
  askAdmin(
    options,
    // A topic that was made a moment ago may not have its leader yet.
    { retry: patientRetry, deadlineMs: 30_000, what: 'reading the ends of topics' },
    async (admin) => {
      const ends = [];
      for (const topic of topics)
        for (const { partition, high } of await admin.fetchTopicOffsets(`${options.topicPrefix}${topic}`))
          ends.push({ topic, partition, offset: high });
      return ends;
    },
    inner,
  );
