/**
 * The three numbers. They come from the books of broker, bank and InvestSuite; of the product only one thing is asked: what its operators
 * can see, and why.
 */
import type { Facts } from './facts.js';
import type { CustomerVerdict, Verdict } from './verdict.js';
import type { Books } from './world.js';
import type { UnderWay } from './snapshot.js';

/** Each line says who and what. All three lists empty, and only then, the run is good. */
export interface ThreeNumbers {
  /** Money moved more than once, or more than was asked for. */
  readonly paidTwice: readonly string[];
  /** A wish, a payment, a booking or a message to the customer is missing or wrong, and nobody is working on it. */
  readonly lost: readonly string[];
  /** Neither at its end nor in a list of the operators with a reason. */
  readonly stuckUnseen: readonly string[];
}
export interface Waits {
  readonly number: number;
  readonly portfolioId: string;
  readonly waitsFor: string;
  readonly reason: string;
}

const who = ({ number, kind, portfolioId }: CustomerVerdict): string => `#${String(number).padStart(3, '0')} ${kind} ${portfolioId}`;
const said = (one: CustomerVerdict): string => `${who(one)}: ${one.problems.join('; ')}`;

const doubles = ({ broker, bank }: Books): readonly string[] => [
  ...bank.duplicates.references.map((one) => `bank: one reference, several payments: ${JSON.stringify(one)}`),
  ...bank.conflicts.map((reference) => `bank: ${reference} used for two different payments`),
  ...broker.duplicates.orderKeys.map((key) => `broker: order ${key} placed twice`),
  ...[...broker.duplicates.redemptionKeys, ...broker.duplicates.redemptionNotes].map(
    (one) => `broker: cash-out made twice: ${JSON.stringify(one)}`,
  ),
  ...broker.keysWithAnotherBody.map((key) => `broker: key ${key} used for two things`),
];

/** Messages that nobody has handled, outside of lanes that wait, in sight, behind a dead letter. */
const unhandled = (underWay: readonly UnderWay[], facts: Facts): readonly string[] => {
  const seen = new Set(facts.deadLetters.map(({ portfolioId }) => portfolioId));
  return underWay
    .filter(({ portfolioId }) => !seen.has(portfolioId))
    .map(({ service, what, portfolioId, note }) => `${service}: ${what} of ${portfolioId}: ${note}`);
};

export const threeNumbers = (verdict: Verdict, books: Books, facts: Facts, underWay: readonly UnderWay[]): ThreeNumbers => {
  const wrong = verdict.customers.filter(({ end }) => end === 'WRONG');
  const unseen = verdict.customers.filter(({ end, reason }) => end === 'under way' || (end === 'waits for a person' && reason === ''));
  const twice = [...wrong.filter(({ paidTwice }) => paidTwice).map(said), ...doubles(books)];
  const lost = wrong.filter((one) => !one.paidTwice && !unseen.includes(one)).map(said);
  const stuckUnseen = [...unseen.map(said), ...unhandled(underWay, facts)];
  // What is wrong in the books as a whole and was not said yet, by whatever name.
  const rest = twice.length + lost.length + stuckUnseen.length === 0 ? verdict.problems : [];
  return { paidTwice: twice, lost: [...lost, ...rest], stuckUnseen };
};

export const waitingOf = (verdict: Verdict): readonly Waits[] =>
  verdict.customers
    .filter(({ end }) => end === 'waits for a person')
    .map(({ number, portfolioId, waitsFor, reason }) => ({
      number,
      portfolioId,
      waitsFor: waitsFor ?? '',
      reason: reason ?? '',
    }));

export const isGood = ({ paidTwice, lost, stuckUnseen }: ThreeNumbers): boolean =>
  paidTwice.length + lost.length + stuckUnseen.length === 0;
