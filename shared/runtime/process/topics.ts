/** The topics of the middleware as a cluster has to hold them, and who may use which: all from the list of services. */
import {
  emittersOf,
  engineServiceNames,
  serviceNames,
  takersOf,
  topicsReadWholeBy,
  topicsTakenBy,
  services,
  type ServiceName,
} from '../../../contracts/internal/services.js';
import { deadLetterTopic, PARTITIONS, topics, topicSettings, type Topic } from '../../../contracts/internal/topics.js';
import type { Access } from '../kafka/access.js';
import type { Topic as ClusterTopic } from '../kafka/admin.js';
import type { KafkaOptions } from '../kafka/client.js';
import { isLoginRefused } from '../kafka/errors.js';
import { topicState } from '../kafka/topic-state.js';
import { ConfigurationError } from './config.js';
import type { Log } from './log.js';

const DAY_MS = 86_400_000;
/** Longer than an outage, and shorter than the age at which a message is refused (MESSAGE_MAX_AGE_DAYS). */
const RETENTION_DAYS = 14;
/** Kafka's own default, written out: a smaller one of the cluster would refuse what we hold for sendable. */
const LARGEST_BATCH_BYTES = 1_048_588;

/** `own`: what a topic demands besides, or otherwise. */
const settingsOf = (replicationFactor: number, own: ReturnType<typeof topicSettings> = []): ClusterTopic['configEntries'] =>
  Object.entries({
    'cleanup.policy': 'delete',
    'retention.ms': RETENTION_DAYS * DAY_MS,
    'max.message.bytes': LARGEST_BATCH_BYTES,
    'min.insync.replicas': Math.max(1, replicationFactor - 1),
    ...Object.fromEntries(own.map(({ name, value }) => [name, value])),
  }).map(([name, value]) => ({ name, value: String(value) }));

export const plannedTopics = (replicationFactor: number): readonly ClusterTopic[] => {
  const ofLetters = settingsOf(replicationFactor) ?? [];
  return topics.flatMap((name) => [
    { name, partitions: PARTITIONS, replicationFactor, configEntries: settingsOf(replicationFactor, topicSettings(name)) ?? [] },
    { name: deadLetterTopic(name), partitions: 1, replicationFactor, configEntries: ofLetters },
  ]);
};

const lettersOf = (name: ServiceName): readonly string[] => topicsTakenBy(name).map(deadLetterTopic);
/** What a service writes: what it emits, and the dead letters of what it takes. */
export const topicsWrittenBy = (name: ServiceName): readonly string[] => [...new Set([...services[name].emits, ...lettersOf(name)])];
const topicsUsedBy = (name: ServiceName): readonly string[] => [...new Set([...topicsTakenBy(name), ...topicsWrittenBy(name)])];

/** The group of one reading of a whole topic, without the prefix. Each has its own: a reader that was killed would hold up the next one. */
export const readingGroupOf = (service: ServiceName, reading: string): string => `${service}-reads-${reading}`;

/** `userOf`: the Kafka user of a service. Default: its name. */
export const plannedAccess = (userOf: (service: ServiceName) => string = (service) => service): readonly Access[] =>
  serviceNames.flatMap((service): readonly Access[] => {
    const user = userOf(service);
    const readWhole = topicsReadWholeBy(service);
    const isOnEngine = (engineServiceNames as readonly ServiceName[]).includes(service);
    return [
      ...[...topicsTakenBy(service), ...readWhole].map((name): Access => ({
        user,
        resource: 'topic',
        name,
        operations: ['Read', 'Describe'],
      })),
      // The limits of a topic are read before anything is sent to it.
      ...topicsWrittenBy(service).map((name): Access => ({
        user,
        resource: 'topic',
        name,
        operations: ['Write', 'Describe', 'DescribeConfigs'],
      })),
      ...(isOnEngine ? [{ user, resource: 'group', name: service, operations: ['Read', 'Describe'] } satisfies Access] : []),
      ...(readWhole.length > 0
        ? [
            {
              user,
              resource: 'group',
              name: readingGroupOf(service, ''),
              namesBeginSo: true,
              operations: ['Read', 'Describe'],
            } satisfies Access,
          ]
        : []),
    ];
  });

/** Topics that somebody writes and somebody reads: whatever lies there from before services signed may still be read. */
export const topicsTaken = (): readonly Topic[] => topics.filter((topic) => takersOf(topic).length > 0 && emittersOf(topic).length > 0);

/** Rights that were given a moment ago are known to every broker after so long. */
const RIGHTS_SPREAD_MS = 8_000;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5_000;

/** A wrong login must not look like an outage. People may still make the user, so the service waits in both cases. */
export const whyWaiting = (error: unknown): string =>
  isLoginRefused(error)
    ? 'Kafka refused our login: check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD; waiting'
    : 'Kafka is not there yet; waiting';

/**
 * A service makes no topics. It waits until those that it uses are there.
 *
 * @throws ConfigurationError when it may not even see one of them, after some seconds: waiting longer would not help.
 */
export const untilTopicsAreThere = async (kafka: KafkaOptions, service: ServiceName, log: Log): Promise<void> => {
  let forbiddenSinceMs: number | null = null;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
    try {
      const { missing, forbidden } = await topicState(kafka, topicsUsedBy(service));
      forbiddenSinceMs = forbidden.length === 0 ? null : (forbiddenSinceMs ?? Date.now());
      if (forbiddenSinceMs !== null && Date.now() - forbiddenSinceMs > RIGHTS_SPREAD_MS)
        throw new ConfigurationError([
          `KAFKA_SASL_USERNAME may not see ${forbidden.join(', ')}: npm run topics allows each service what it needs`,
        ]);
      if (missing.length + forbidden.length === 0) return;
      if (forbidden.length > 0) log.warn({ topics: forbidden }, 'topics may not be seen by this Kafka user; waiting a moment');
      if (missing.length > 0) log.warn({ topics: missing }, 'topics are missing: npm run topics makes them; waiting');
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, whyWaiting(error));
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
};
