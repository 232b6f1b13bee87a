/** The topics and rights of a cluster as commands of Kafka's own tools, for those who run it. */
import type { Access } from '../../shared/runtime/kafka/access.js';
import type { Topic } from '../../shared/runtime/kafka/admin.js';

const SERVER = '--bootstrap-server "$BROKERS" --command-config "$ADMIN"';

const topicLine = (prefix: string, { name, partitions, replicationFactor, configEntries }: Topic): string =>
  [
    `kafka-topics.sh ${SERVER} --create --if-not-exists --topic '${prefix}${name}'`,
    `--partitions ${String(partitions)} --replication-factor ${String(replicationFactor)}`,
    ...(configEntries ?? []).map((entry) => `--config ${entry.name}=${entry.value}`),
  ].join(' ');

const accessLine = (prefix: string, { user, resource, name, operations, namesBeginSo }: Access): string =>
  [
    `kafka-acls.sh ${SERVER} --add --allow-principal 'User:${user}' --${resource} '${prefix}${name}'`,
    ...(namesBeginSo === true ? ['--resource-pattern-type prefixed'] : []),
    ...operations.map((operation) => `--operation ${operation}`),
  ].join(' ');

export const printPlan = (prefix: string, topics: readonly Topic[], access: readonly Access[]): string =>
  [
    '# BROKERS: host:port of the cluster. ADMIN: a client configuration of somebody who may do this.',
    ...topics.map((topic) => topicLine(prefix, topic)),
    ...access.map((one) => accessLine(prefix, one)),
    '',
  ].join('\n');
