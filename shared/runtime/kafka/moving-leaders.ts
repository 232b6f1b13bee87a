/** For the torture and this folder's own tests: leaders go to other nodes while messages are on their way, as in every rolling restart. */
import { askAdmin, patientRetry, type KafkaOptions } from './client.js';

const DEADLINE_MS = 10_000;

const rotated = (nodes: readonly number[], by: number): number[] => {
  const at = by % nodes.length;
  return [...nodes.slice(at), ...nodes.slice(0, at)];
};

/**
 * Gives about half of all partitions another leader, by another order of the nodes that hold them; which ones and which leader follows
 * from `choice`. The copies stay where they are. Returns how many. Throws KafkaUnavailable; then some may have moved.
 */
export const moveSomeLeaders = async (options: KafkaOptions, choice: number): Promise<number> =>
  askAdmin(options, { retry: patientRetry, deadlineMs: DEADLINE_MS, what: 'moving leaders' }, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata();
    const wanted = topics
      .filter(({ name }) => !name.startsWith('__'))
      .map(({ name, partitions }) => ({
        topic: name,
        partitionAssignment: partitions
          .filter(({ partitionId, replicas }) => replicas.length > 1 && (partitionId + choice) % 2 === 0)
          .map(({ partitionId, replicas }) => ({
            partition: partitionId,
            replicas: rotated([...replicas].sort(), choice),
          })),
      }))
      .filter(({ partitionAssignment }) => partitionAssignment.length > 0);
    if (wanted.length > 0) await admin.alterPartitionReassignments({ topics: wanted });
    return wanted.reduce((sum, { partitionAssignment }) => sum + partitionAssignment.length, 0);
  });
