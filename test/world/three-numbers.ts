/**
 * The three numbers. They come from the books of broker, bank and InvestSuite; of the product only one thing is asked: what its operators
 * can see, and why.
 */
import type { Facts } from './facts.js';
import { labelOf } from './mix.js';
import type { UnderWay } from './snapshot.js';
import type { CustomerVerdict, Verdict } from './verdict.js';

/** Each line says who and what. All three lists empty, and only then, the run is good. */
export interface ThreeNumbers {
  /** Money moved more than once, or more than was asked for. */
  readonly paidTwice: readonly string[];
  /** A divest request, a payment, a booking or a message to the customer is missing or wrong, and nobody is working on it. */
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

const who = ({ number, kind, portfolioId }: CustomerVerdict): string => `${labelOf(number)} ${kind} ${portfolioId}`;
const said = (one: CustomerVerdict): string => `${who(one)}: ${one.problems.join('; ')}`;

/** Messages that nobody has handled, outside of lanes that wait, in sight, behind a dead letter. */
const unhandled = (underWay: readonly UnderWay[], facts: Facts): readonly string[] => {
  const seen = new Set(facts.deadLetters.map(({ portfolioId }) => portfolioId));
  return underWay
    .filter(({ portfolioId }) => !seen.has(portfolioId))
    .map(({ service, what, portfolioId, note }) => `${service}: ${what} of ${portfolioId}: ${note}`);
};

export const threeNumbers = (verdict: Verdict, facts: Facts, underWay: readonly UnderWay[]): ThreeNumbers => {
  const wrong = verdict.customers.filter(({ end }) => end === 'WRONG');
  const unseen = verdict.customers.filter(({ end, reason }) => end === 'under way' || (end === 'waits for a person' && reason === ''));
  const twice = [...wrong.filter(({ paidTwice }) => paidTwice).map(said), ...verdict.doubles];
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
