/** How a test says a customer's story must have ended, and the differences that are left. Empty: the books agree. */
import { decimal } from '../../shared/kernel/decimal.js';
import { booksOf } from './books.js';
import { isAtRest, NOTHING_SAID } from './facts.js';
import { alwaysWrong, wrongAtTheEnd, type ExpectedEnd } from './money-rules.js';
import type { Snapshot } from './snapshot.js';
import { judge } from './verdict.js';
import type { Customer } from './world.js';

export interface CustomerEnd {
  readonly customer: Customer;
  /** One amount per payment, or `everything`: all cash there was, in one payment. */
  readonly paid: readonly string[] | 'everything';
  /** Divest amount that is left at InvestSuite. Default `0`. */
  readonly level?: string;
  /** Status of each withdrawal, in the order in which they were opened. Default: one `Completed` per payment; `NothingAsked` is never counted. */
  readonly withdrawals?: readonly string[];
  /** Payments that the bank sent back. Default 0. */
  readonly returned?: number;
  /** Cash-outs that people had undone at the broker. Default 0. */
  readonly movedBack?: number;
}

const expectedOf = ({ paid, level = '0', returned = 0, movedBack = 0 }: CustomerEnd): ExpectedEnd => ({
  ...(paid === 'everything' ? { paid, payments: 1 } : { paid: paid.map(decimal) }),
  level,
  returned,
  movedBack,
});

/** Journeys that are still to come to an end, of one customer, with the requests and messages that they wait for. */
export const unfinishedOf = (snapshot: Snapshot, portfolioId: string): readonly string[] => {
  const concerns = (one: { readonly portfolioId: string }): boolean => one.portfolioId === portfolioId;
  const open = snapshot.journeys.filter((one) => concerns(one) && !isAtRest({ ...one, journey: one.flow }));
  return [
    ...open.map(
      (one) =>
        `${one.flow} ${one.id} is ${one.status}${one.held === null ? '' : `, held: ${one.held}`}${one.reason === null ? '' : ` (${one.reason})`}`,
    ),
    ...snapshot.effects
      .filter(
        (one) =>
          concerns(one) && open.some((journey) => journey.id === one.journeyId) && one.status !== 'applied' && one.status !== 'rejected',
      )
      .map((one) => `${one.id} is ${one.status}: ${one.note ?? ''}`),
    ...snapshot.underWay.filter(concerns).map((one) => `${one.service} ${one.what}: ${one.note}`),
  ];
};

/** The three books against each other and against what was expected. */
export const moneyDifferences = (books: Snapshot['books'], end: CustomerEnd): readonly string[] => {
  const own = booksOf(end.customer, books);
  // A look may have begun before the customer was entered; the next one shows them.
  return own === null ? ['not entered yet'] : [...alwaysWrong(own), ...wrongAtTheEnd(own, expectedOf(end))];
};

const journeyDifferences = (snapshot: Snapshot, end: CustomerEnd): readonly string[] => {
  const { portfolioId } = end.customer;
  const statuses = snapshot.journeys
    .filter((one) => one.flow === 'withdrawal' && one.portfolioId === portfolioId && one.status !== 'NothingAsked')
    .map((one) => one.status);
  const wanted = end.withdrawals ?? (end.paid === 'everything' ? ['Completed'] : end.paid.map(() => 'Completed'));
  const [seen, expected] = [statuses.join(', '), wanted.join(', ')];
  // Whoever waits for a person is named in `withdrawals`, and looked at by the test itself.
  const ends = wanted.every((status) => status === 'Completed' || status === 'Cancelled');
  return [
    ...(seen === expected ? [] : [`withdrawals are [${seen}], not [${expected}]`]),
    ...(ends ? unfinishedOf(snapshot, portfolioId).map((line) => `unfinished: ${line}`) : []),
  ];
};

export const differencesOf = (snapshot: Snapshot, end: CustomerEnd): readonly string[] =>
  [...moneyDifferences(snapshot.books, end), ...journeyDifferences(snapshot, end)].map(
    (line) => `customer ${String(end.customer.number)}: ${line}`,
  );

/** What no customer's end can show: doubles anywhere, sums that do not hold, work that is left. */
export const differencesAtLast = ({ books }: Snapshot): readonly string[] => [
  ...judge([], books, NOTHING_SAID).problems,
  ...Object.entries(books.investSuite.pending)
    .filter(([, count]) => count !== 0)
    .map(([what, count]) => `InvestSuite has ${String(count)} ${what} still to come`),
];
