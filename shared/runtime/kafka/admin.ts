import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, ITopicConfig } from 'kafkajs';
import { Bug } from '../../kernel/bug.js';
import { askAdmin, inner, patientRetry, probeRetry } from './client.js';
import type { Inner, KafkaOptions } from './client.js';
import { KafkaUnavailable, asError } from './errors.js';

export type Topic = {
  /** Without the prefix. */
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Kafka topic settings, such as `retention.ms`. */
  readonly configEntries?: readonly { readonly name: string; readonly value: string }[];
};

const CLEANUP = 'cleanup.policy';

/** A compacted topic forgets messages by itself, and a consumer can get stuck at a cleaned offset. Events of money are neither forgotten nor stuck. */
const settings = (topic: Topic, { guards }: Inner): { name: string; value: string }[] => {
  const entries = (topic.configEntries ?? []).map(({ name, value }) => ({ name, value }));
  if (!guards.neverCompacted) return entries;
  const cleanup = entries.find(({ name }) => name === CLEANUP);
  if (cleanup && cleanup.value !== 'delete') throw new Bug(`topic ${topic.name}: ${CLEANUP} ${cleanup.value} is not for events`);
  return cleanup ? entries : [...entries, { name: CLEANUP, value: 'delete' }];
};

type Readiness = { readonly ready: boolean; readonly why: string };

const readiness = async (admin: Admin, wanted: readonly ITopicConfig[]): Promise<Readiness> => {
  try {
    const found = await admin.fetchTopicMetadata({ topics: wanted.map(({ topic }) => topic) });
    const leaderless = found.topics.find(({ partitions }) => partitions.length === 0 || partitions.some(({ leader }) => leader < 0));
    return leaderless ? { ready: false, why: `${leaderless.name} has a partition without leader` } : { ready: true, why: '' };
  } catch (thrown) {
    return { ready: false, why: asError(thrown).message };
  }
};

/** Kafka lets the number of partitions grow later, but then keys move to other partitions. So a difference is said, not repaired. */
const sayDifferences = async (admin: Admin, options: KafkaOptions, wanted: readonly ITopicConfig[]): Promise<void> => {
  const { topics } = await admin.fetchTopicMetadata({ topics: wanted.map(({ topic }) => topic) });
  for (const { topic, numPartitions } of wanted) {
    const exists = topics.find(({ name }) => name === topic)?.partitions.length;
    if (exists !== numPartitions)
      options.log('warn', 'kafka: a topic has another number of partitions than asked for', { topic, exists, asked: numPartitions });
  }
};

const DEADLINE_MS = 30_000;
const POLL_MS = 50;

export const ensureTopicsWith = async (options: KafkaOptions, topics: readonly Topic[], own: Inner): Promise<void> => {
  if (topics.length === 0) return;
  const wanted = topics.map((topic): ITopicConfig => ({
    topic: `${options.topicPrefix}${topic.name}`,
    numPartitions: topic.partitions,
    replicationFactor: topic.replicationFactor,
    configEntries: settings(topic, own),
  }));
  const giveUpAtMs = Date.now() + DEADLINE_MS;
  await askAdmin(
    options,
    { retry: patientRetry, deadlineMs: DEADLINE_MS + 1_000, what: 'creating topics' },
    async (admin) => {
      await admin.createTopics({ topics: wanted, waitForLeaders: false, timeout: 10_000 });
      for (;;) {
        const { ready, why } = await readiness(admin, wanted);
        if (ready) break;
        if (Date.now() > giveUpAtMs) throw new KafkaUnavailable(`topics are not ready: ${why}`);
        await delay(POLL_MS);
      }
      await sayDifferences(admin, options, wanted);
    },
    own,
  );
};

/**
 * Creates what does not exist yet, and returns when every partition of all of them has a leader. Safe to run from several processes at
 * once. Throws KafkaUnavailable after 30 s; Bug when a topic is asked to be compacted.
 */
export const ensureTopics = async (options: KafkaOptions, topics: readonly Topic[]): Promise<void> =>
  ensureTopicsWith(options, topics, inner);

/** Resolves when a broker answers. Throws KafkaUnavailable, at the latest after `deadlineMs` (default 2 s). */
export const pingKafka = async (options: KafkaOptions, deadlineMs = 2_000): Promise<void> => {
  await askAdmin(options, { retry: probeRetry, deadlineMs, what: 'asking Kafka' }, (admin) => admin.describeCluster());
};
