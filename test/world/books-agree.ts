/** What must be true at a customer's end, told as the differences that are left. Empty: the books agree. */
import type { Customer } from './world.js';
import { compare, decimal, isZero, minus, sum, ZERO, type Decimal } from '../../shared/kernel/decimal.js';
import type { Snapshot } from './snapshot.js';

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

const CASH = '$USD';

class Differences {
  readonly found: string[] = [];
  readonly #who: string;
  constructor(who: string) {
    this.#who = who;
  }
  expect(what: string, seen: unknown, wanted: unknown): void {
    const [a, b] = [JSON.stringify(seen), JSON.stringify(wanted)];
    if (a !== b) this.found.push(`${this.#who}: ${what} is ${a}, not ${b}`);
  }
  amount(what: string, seen: Decimal, wanted: Decimal): void {
    if (compare(seen, wanted) !== 0) this.found.push(`${this.#who}: ${what} is ${seen}, not ${wanted}`);
  }
}

const withoutZeros = (units: Readonly<Record<string, Decimal>>): readonly (readonly [string, Decimal])[] =>
  Object.entries(units)
    .filter(([, value]) => !isZero(value))
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** Journeys that are still to come to an end, of one customer or, without one, of all. */
const unfinished = (snapshot: Snapshot, portfolioId: string | null): readonly string[] => {
  const concerns = (one: { readonly portfolioId: string }): boolean => portfolioId === null || one.portfolioId === portfolioId;
  const open = snapshot.journeys.filter((one) => concerns(one) && !one.ended && !(one.flow === 'portfolio' && one.status === 'Idle'));
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
const moneyDifferences = (snapshot: Snapshot, end: CustomerEnd, differences: Differences): void => {
  const { customer } = end;
  const portfolio = snapshot.investSuite.portfolios.find((one) => one.portfolioId === customer.portfolioId);
  const account = snapshot.broker.accounts.find((one) => one.accountNo === customer.accountNo);
  // A look may have begun before the customer was entered; the next one shows them.
  if (portfolio === undefined || account === undefined) {
    differences.expect('entered at InvestSuite and at the broker', [portfolio !== undefined, account !== undefined], [true, true]);
    return;
  }
  const creditor = snapshot.bank.creditors.find((one) => one.creditorIban === customer.iban);
  const settled = creditor?.settledSum ?? ZERO;
  const count = creditor?.settledCount ?? 0;
  differences.expect('payments at the bank', count, end.paid === 'everything' ? 1 : end.paid.length);
  if (end.paid !== 'everything') differences.amount('sum paid at the bank', settled, sum(end.paid.map(decimal)));
  differences.expect('payments that came back', creditor?.returnedCount ?? 0, end.returned ?? 0);
  const { cashOuts } = account;
  differences.expect('cash-outs at the broker', cashOuts.count - cashOuts.returnedCount, count);
  differences.expect('cash-outs that were undone', cashOuts.returnedCount, end.movedBack ?? 0);
  differences.amount('sum cashed out at the broker', minus(cashOuts.sum, cashOuts.returnedSum), settled);
  differences.expect('open orders at the broker', account.orders.open, 0);
  differences.amount('sum withdrawn at InvestSuite', portfolio.withdrawn, settled);
  differences.expect('push messages', portfolio.notifications.count, count);
  differences.amount('sum in push messages', portfolio.notifications.total, settled);
  differences.expect('divest amount', portfolio.level, end.level ?? '0');
  differences.amount('wish that got lost', portfolio.missingWish, ZERO);
  differences.amount('paid beyond the wish', portfolio.beyondWish ?? ZERO, ZERO);
  differences.expect('holdings less movements', portfolio.holdingsDifference, {});
  differences.expect('rules of InvestSuite that were broken', portfolio.violations, []);
  differences.amount('cash in the holdings', portfolio.holdings[CASH] ?? ZERO, account.cash.booked);
  const { [CASH]: _cash, ...units } = portfolio.holdings;
  differences.expect('units in the holdings', withoutZeros(units), withoutZeros(account.positions));
  if (end.paid === 'everything')
    differences.expect('what is left at the broker', [account.cash.booked, withoutZeros(account.positions)], ['0', []]);
};

/** `mayWait`: the withdrawal waits for a person or has not come to its end on purpose; then its journeys are not looked at. */
export const differencesOf = (snapshot: Snapshot, end: CustomerEnd): readonly string[] => {
  const { customer } = end;
  const differences = new Differences(`customer ${String(customer.number)}`);
  moneyDifferences(snapshot, end, differences);
  const withdrawals = snapshot.journeys.filter(
    (one) => one.flow === 'withdrawal' && one.portfolioId === customer.portfolioId && one.status !== 'NothingAsked',
  );
  const wanted = end.withdrawals ?? (end.paid === 'everything' ? ['Completed'] : end.paid.map(() => 'Completed'));
  differences.expect(
    'withdrawals',
    withdrawals.map((one) => one.status),
    wanted,
  );
  // Whoever waits for a person is named in `withdrawals`, and looked at by the test itself.
  if (wanted.every((status) => status === 'Completed' || status === 'Cancelled'))
    differences.expect('unfinished', unfinished(snapshot, customer.portfolioId), []);
  return differences.found;
};

/** What no customer's end can show: doubles anywhere, sums that do not hold, work that is left. */
export const differencesAtLast = (snapshot: Snapshot): readonly string[] => {
  const differences = new Differences('at last');
  const { bank, broker, investSuite } = snapshot;
  differences.expect('payments under one reference', bank.duplicates.references, []);
  differences.expect('payments on their way', bank.totals.onTheWay, 0);
  differences.expect("the bank's own books agree", bank.booksAgree, true);
  differences.expect('doubles at the broker', broker.duplicates, { orderKeys: [], redemptionKeys: [], redemptionNotes: [] });
  differences.expect("the broker's own books agree", broker.booksAgree, true);
  differences.expect('rules of InvestSuite that were broken', investSuite.violations, []);
  differences.expect('work of InvestSuite still to come', investSuite.pending, { optimisations: 0, heldEvents: 0, deliveries: 0 });
  return differences.found;
};

export const unfinishedOf = unfinished;
