/** Who may do what on a cluster that refuses what nobody has allowed. */
import { setTimeout as delay } from 'node:timers/promises';
import type { AclEntry, Admin } from 'kafkajs';
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
  /** All whose names begin with `name` are meant. */
  readonly namesBeginSo?: boolean;
  readonly operations: readonly AccessOperation[];
};

const OPERATIONS: Readonly<Record<AccessOperation, AclOperationTypes>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};
const DEADLINE_MS = 30_000;
const POLL_MS = 100;

/** Whether the broker that answers knows each of these. */
const areKnown = async (admin: Admin, wanted: readonly AclEntry[]): Promise<boolean> => {
  const { resources } = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  });
  const nameOf = (type: number, name: string, principal: string, operation: number): string =>
    [type, name, principal, operation].map(String).join(' ');
  const known = new Set(
    resources.flatMap(({ resourceType, resourceName, acls }) =>
      acls.map(({ principal, operation }) => nameOf(resourceType, resourceName, principal, operation)),
    ),
  );
  return wanted.every(({ resourceType, resourceName, principal, operation }) =>
    known.has(nameOf(resourceType, resourceName, principal, operation)),
  );
};

/** Allows this, from any address, and returns when it holds; what is allowed already stays. Throws KafkaUnavailable, also when the asking user may not allow anything. */
export const ensureAccess = async (options: KafkaOptions, wanted: readonly Access[]): Promise<void> => {
  const acl = wanted.flatMap(({ user, resource, name, operations, namesBeginSo }) =>
    operations.map((operation) => ({
      resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
      resourceName: `${options.topicPrefix}${name}`,
      resourcePatternType: namesBeginSo === true ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
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
    async (admin) => {
      await admin.createAcls({ acl });
      // The controller has them now; the brokers, who ask, hear of them a moment later.
      while (!(await areKnown(admin, acl))) await delay(POLL_MS);
    },
    inner,
  );
};
