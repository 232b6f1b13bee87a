/** Which members of `data` are personal, by topic. On a topic they travel sealed, together, as `data.sealed`. */
import { ownTopics, type Topic } from './topics.js';

/** What the sender wrote, unchanged: it may hold anything. */
const OF_OUTSIDE: readonly string[] = ['original'];
const NONE: readonly string[] = [];
const OF_TOPIC: Readonly<Partial<Record<Topic, readonly string[]>>> = {
  'core-banking.deposit': ['iban', 'remittanceInformation', ...OF_OUTSIDE],
  // What people write: they may name anybody.
  'operator.decision': ['evidence', 'correctedValue', 'why'],
};
const own: ReadonlySet<string> = new Set(ownTopics);

/** Empty for a topic that carries nothing personal. */
export const personalMembersOf = (topic: string): readonly string[] => OF_TOPIC[topic as Topic] ?? (own.has(topic) ? NONE : OF_OUTSIDE);

/** Under this name the sealed members stand. */
export const SEALED = 'sealed';
