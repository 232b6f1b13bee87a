/** Who may do what on a cluster that refuses what nobody has allowed. */
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { askAdmin, inner, patientRetry } from './client.js';
import type { KafkaOptions } from './client.js';

export type AccessOperation = 'Read' | 'Write' | 'Describe' | 'DescribeConfigs';
export type Access = {
  /** Kafka user, without `User:`. */
  readonly user: string;
  readonly resource: 'topic' | 'group';
  /** Without the prefix. */
  readonly name: string;
  readonly operations: readonly AccessOperation[];
};

const OPERATIONS: Readonly<Record<AccessOperation, AclOperationTypes>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};
const DEADLINE_MS = 30_000;

/** Allows this, from any address; what is allowed already stays. Throws KafkaUnavailable, also when the asking user may not allow anything. */
export const ensureAccess = async (options: KafkaOptions, wanted: readonly Access[]): Promise<void> => {
  const acl = wanted.flatMap(({ user, resource, name, operations }) =>
    operations.map((operation) => ({
      resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
      resourceName: `${options.topicPrefix}${name}`,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${user}`,
      host: '*',
      operation: OPERATIONS[operation],
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
  if (acl.length === 0) return;
  await askAdmin(
    options,
    { retry: patientRetry, deadlineMs: DEADLINE_MS, what: 'allowing access' },
    (admin) => admin.createAcls({ acl }),
    inner,
  );
};
