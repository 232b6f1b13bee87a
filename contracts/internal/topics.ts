/** Every topic of the middleware. Names of outside events are the owner's; each topic has a dead-letter twin `<name>.dlq`. */
export const outsideTopics = [
  'optimisations.status-update',
  'optimisations.owner-choice-update',
  'portfolio.withdrawal-request',
  'portfolio.status-update',
  'portfolio.creation',
  'broker.order-status',
  'broker.cash-status',
  'core-banking.transfer-status',
  'core-banking.deposit',
] as const;

export type OutsideTopic = (typeof outsideTopics)[number];
const outside: ReadonlySet<string> = new Set(outsideTopics);
export const isOutsideTopic = (topic: string): topic is OutsideTopic => outside.has(topic);

export const ownTopics = [
  'payout.requested',
  'payout.finished',
  'portfolio.change-requested',
  'portfolio.changed',
  'portfolio.cash-settled',
  'operator.decision',
  'audit.head',
  'reconciliation.break',
] as const;

export const topics = [...outsideTopics, ...ownTopics] as const;
export type Topic = (typeof topics)[number];

/**
 * Version of what stands in `data` on a topic now. The first release forwarded the sender's body itself from outside, as
 * version 1; from version 2 on `data` speaks our words.
 */
export const versionOf = (topic: string): '1' | '2' => (isOutsideTopic(topic) ? '2' : '1');

/** Kafka's own settings of a topic, where they are not the cluster's. A head of the audit log is a witness for ever: never dropped, never compacted. */
export const topicSettings = (topic: Topic): readonly { readonly name: string; readonly value: string }[] =>
  topic === 'audit.head'
    ? [
        { name: 'retention.ms', value: '-1' },
        { name: 'retention.bytes', value: '-1' },
        { name: 'cleanup.policy', value: 'delete' },
      ]
    : [];

export type DeadLetterTopic = `${Topic}.dlq`;
export const isDeadLetterTopic = (topic: string): boolean => topic.endsWith('.dlq');
export const deadLetterTopic = (topic: Topic): DeadLetterTopic => `${topic}.dlq`;

/** Partitions of each topic when we create it. More partitions later change the order of a key once; plan for it. */
export const PARTITIONS = 6;
