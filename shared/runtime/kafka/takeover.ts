import type { Kafka } from 'kafkajs';
import { askAdmin, briefRetry } from './client.js';
import type { Inner, KafkaOptions } from './client.js';
import { within } from './deadline.js';
import { KafkaUnavailable, asError } from './errors.js';

const DEADLINE_MS = 5_000;

type Coordinator = { leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown> };
type Cluster = {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(group: { groupId: string }): Promise<Coordinator>;
};
type ClusterFactory = (options: object) => Cluster;

/** kafkajs 2.2.4 has no public LeaveGroup for another member; its client keeps the way to a cluster under a symbol. */
const openCluster = (kafka: Kafka): Cluster => {
  const symbol = Object.getOwnPropertySymbols(kafka).find((one) => String(one).includes('createCluster'));
  const factory: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol);
  if (typeof factory !== 'function') throw new Error('this kafkajs has another inside than 2.2.4');
  return (factory as ClusterFactory)({});
};

const leave = async (kafka: Kafka, groupId: string, memberIds: readonly string[]): Promise<void> => {
  const cluster = openCluster(kafka);
  await cluster.connect();
  try {
    const coordinator = await cluster.findGroupCoordinator({ groupId });
    for (const memberId of memberIds) await coordinator.leaveGroup({ groupId, memberId });
  } finally {
    await cluster.disconnect();
  }
};

/**
 * Takes this instance's previous run (same clientId) out of the group, so that its partitions are served at once and the healthy members are not
 * held up until the session of the dead one ends. One that still lives only has its commits rejected.
 * Never rejects: without it the takeover is slower, not wrong.
 */
export const evictPreviousRun = async (options: KafkaOptions, groupId: string, kafka: Kafka, own: Inner): Promise<void> => {
  try {
    const ask = { retry: briefRetry, deadlineMs: DEADLINE_MS, what: `looking into the group ${groupId}` };
    const { groups } = await askAdmin(options, ask, (admin) => admin.describeGroups([groupId]), own);
    const previousRuns = (groups[0]?.members ?? []).filter(({ clientId }) => clientId === options.clientId).map(({ memberId }) => memberId);
    if (previousRuns.length === 0) return;
    await within(DEADLINE_MS, leave(kafka, groupId, previousRuns), () => new KafkaUnavailable(`leaving took more than ${DEADLINE_MS} ms`));
    options.log('info', 'kafka: took a previous run of this instance out of the group', { groupId, members: previousRuns.length });
  } catch (thrown) {
    options.log('warn', 'kafka: a previous run of this instance may still be in the group', { groupId, error: asError(thrown).message });
  }
};
