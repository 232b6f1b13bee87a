/**
 * What is personal, said once: which members of `data`, by topic, and which members of what is stored of a journey, by flow. On a topic and at
 * rest they are sealed, together, as the member `sealed`.
 */
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

const NOTHING: readonly string[] = [];
/** Top-level members of the state, of requests and of results that say something personal: accounts, names, and what people write. */
const OF_FLOW: Readonly<Record<string, readonly string[]>> = {
  payout: [
    ...['owner', 'counterAccount', 'limitsPassed'],
    ...['account', 'shownIban', 'restsOn', 'creditorName', 'creditorIban', 'debtorIban', 'remittanceInformation', 'passed'],
  ],
};
/** Empty of a flow that holds nothing personal. */
export const personalMembersOfFlow = (flow: string): readonly string[] => OF_FLOW[flow] ?? NOTHING;
/** Flows that hold something personal. */
export const personalFlows: readonly string[] = Object.keys(OF_FLOW);
