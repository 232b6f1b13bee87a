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

export const ownTopics = [
  'payout.requested',
  'payout.finished',
  'portfolio.change-requested',
  'portfolio.changed',
  'portfolio.cash-settled',
  'operator.decision',
  'reconciliation.break',
] as const;

export const topics = [...outsideTopics, ...ownTopics] as const;
export type Topic = (typeof topics)[number];
export type DeadLetterTopic = `${Topic}.dlq`;
export const deadLetterTopic = (topic: Topic): DeadLetterTopic => `${topic}.dlq`;

/** Partitions of each topic when we create it. More partitions later change the order of a key once; plan for it. */
export const PARTITIONS = 6;
