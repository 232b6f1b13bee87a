/** For the torture and tests: partitions get other leaders while messages are on their way, as in every rolling restart. */
import { askAdmin, patientRetry, type KafkaOptions } from './client.js';

const DEADLINE_MS = 10_000;

/** The brokers of one partition, the wanted leader first. */
export type Placement = { readonly partition: number; readonly brokers: readonly number[] };

const ask = <T>(options: KafkaOptions, question: Parameters<typeof askAdmin<T>>[2]): Promise<T> =>
  askAdmin(options, { retry: patientRetry, deadlineMs: DEADLINE_MS, what: 'moving leaders' }, question);

/** Throws KafkaUnavailable. */
export const createPlacedTopic = async (options: KafkaOptions, topic: string, placements: readonly Placement[]): Promise<void> => {
  const replicaAssignment = placements.map(({ partition, brokers }) => ({ partition, replicas: [...brokers] }));
  await ask(options, (admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic, replicaAssignment }] }));
};

/** Resolves when the cluster has taken the divest request; the moves follow in the background. Throws KafkaUnavailable. */
export const place = async (options: KafkaOptions, topics: readonly string[], placements: readonly Placement[]): Promise<void> => {
  const partitionAssignment = placements.map(({ partition, brokers }) => ({ partition, replicas: [...brokers] }));
  await ask(options, (admin) => admin.alterPartitionReassignments({ topics: topics.map((topic) => ({ topic, partitionAssignment })) }));
};

const rotated = (nodes: readonly number[], by: number): number[] => {
  const at = by % nodes.length;
  return [...nodes.slice(at), ...nodes.slice(0, at)];
};

/**
 * Gives about half of all partitions another order of the brokers that hold them; which ones, and which order, follows from `choice`. The
 * copies stay where they are: the first of the order leads at the cluster's next look at imbalance. Returns how many. Throws KafkaUnavailable.
 */
export const moveSomeLeaders = async (options: KafkaOptions, choice: number): Promise<number> =>
  ask(options, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata();
    const wanted = topics
      .filter(({ name }) => !name.startsWith('__'))
      .map(({ name, partitions }) => ({
        topic: name,
        partitionAssignment: partitions
          .filter(({ partitionId, replicas }) => replicas.length > 1 && (partitionId + choice) % 2 === 0)
          .map(({ partitionId, replicas }) => ({ partition: partitionId, replicas: rotated([...replicas].sort(), choice) })),
      }))
      .filter(({ partitionAssignment }) => partitionAssignment.length > 0);
    if (wanted.length > 0) await admin.alterPartitionReassignments({ topics: wanted });
    return wanted.reduce((sum, { partitionAssignment }) => sum + partitionAssignment.length, 0);
  });
