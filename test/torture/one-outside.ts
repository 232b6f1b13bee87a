/**
 * The verdict on two installations on one outside, from the outside's own books. The two are believed in one thing only: that a payout of
 * theirs waits for people, and for which reason. Pure.
 */
import type { Facts } from '../world/facts.js';

/** What the outside's books say of one customer. */
export interface CustomerOutside {
  readonly number: number;
  readonly portfolioId: string;
  /** Settled at the bank. */
  readonly payments: number;
  /** The broker's ids of the cash-outs that have not failed, whatever else has become of them, in the order in which they were made. */
  readonly cashOutIds: readonly string[];
}

export interface CustomerBetweenTwo extends CustomerOutside {
  /** Reasons of the payouts that wait for people because of a cash-out that their books do not know, one of each installation at most. */
  readonly held: readonly string[];
  /** Empty when nothing is wrong. */
  readonly problems: readonly string[];
}

const UNKNOWN_TO_BOOKS = 'a cash-out that our books do not know';

/** Why a payout of this portfolio waits for people, in one installation; null when none does, or another reason stands there. */
const heldIn = ({ journeys, parked }: Facts, portfolioId: string): string | null => {
  const own = journeys.filter((one) => one.journey === 'payout' && one.portfolioId === portfolioId && !one.ended);
  const waiting = own.find(({ id }) => parked.some(({ journeyId }) => journeyId === id));
  return waiting?.reason?.includes(UNKNOWN_TO_BOOKS) === true ? waiting.reason : null;
};

const wrongWith = ({ payments, cashOutIds }: CustomerOutside, held: readonly string[]): readonly string[] => {
  const unpaid = cashOutIds.length - payments;
  const wrong: string[] = [];
  if (payments > 1) wrong.push(`paid ${String(payments)} times`);
  if (payments > cashOutIds.length) wrong.push('more payments than cash-outs');
  // Cash that has left the account, or is to leave it, and that no payment stands for, is where people see it.
  if (unpaid > held.length) wrong.push(`${String(unpaid)} cash-outs without a payment, and ${String(held.length)} payouts on hold`);
  if (payments === 0 && held.length === 0) wrong.push('neither paid nor on hold');
  const named = held.filter((reason) => cashOutIds.some((id) => reason.includes(id)));
  if (named.length < held.length) wrong.push('a payout is on hold, and names no cash-out of the account');
  return wrong;
};

export const judgeTwo = (customers: readonly CustomerOutside[], installations: readonly Facts[]): readonly CustomerBetweenTwo[] =>
  customers.map((customer) => {
    const held = installations.map((facts) => heldIn(facts, customer.portfolioId)).filter((reason) => reason !== null);
    return { ...customer, held, problems: wrongWith(customer, held) };
  });

export interface TwoInstallationsCounts {
  readonly paidTwice: number;
  readonly secondCashOuts: number;
  readonly secondCashOutsHeld: number;
  readonly paidOnce: number;
  readonly heldByOne: number;
  readonly heldByBoth: number;
}

export const countsOf = (customers: readonly CustomerBetweenTwo[]): TwoInstallationsCounts => {
  const second = customers.filter(({ cashOutIds }) => cashOutIds.length > 1);
  return {
    paidTwice: customers.filter(({ payments }) => payments > 1).length,
    secondCashOuts: second.length,
    secondCashOutsHeld: second.filter(({ cashOutIds, payments, held }) => held.length >= Math.max(1, cashOutIds.length - payments)).length,
    paidOnce: customers.filter(({ payments }) => payments === 1).length,
    heldByOne: customers.filter(({ held }) => held.length === 1).length,
    heldByBoth: customers.filter(({ held }) => held.length > 1).length,
  };
};
