/** What must be true of one customer's money, by the books of others alone: at any moment, and at the end. Pure. */
import {
  compare,
  decimal,
  greatest,
  isPositive,
  isZero,
  minus,
  plus,
  sum,
  times,
  ZERO,
  type Decimal,
} from '../../shared/kernel/decimal.js';
import type { CustomerBooks } from './books.js';
import { CURRENCY } from './stack.js';
import { INSTRUMENTS } from './world.js';

/** How a customer's story must end. Whoever judges says what it knows; what is left out is not judged. */
export interface ExpectedEnd {
  /** Everything there was; each payment; or all that InvestSuite knows to be asked for, which is at least this much. */
  readonly paid: 'everything' | readonly Decimal[] | { readonly atLeast: Decimal };
  /** How many payments, where `paid` does not list them. */
  readonly payments?: number;
  /** Divest amount that is left at InvestSuite. Default `0`. */
  readonly level?: string;
  /** Payments that the bank sent back after they were settled. */
  readonly returned?: number;
  /** Cash-outs that people had undone at the broker. */
  readonly movedBack?: number;
  /** Cash from before the first divest request: shares may only be sold for what was missing. */
  readonly cashBefore?: Decimal;
}

export interface Sums {
  /** Settled by the bank on the counter account. */
  readonly paid: Decimal;
  readonly cashedOut: Decimal;
  readonly withdrawn: Decimal;
  /** What came back after it was settled. */
  readonly returned: Decimal;
}

const same = (a: Decimal, b: Decimal): boolean => compare(a, b) === 0;
const above = (a: Decimal, b: Decimal): boolean => compare(a, b) > 0;

export const sumsOf = ({ investSuite, broker, bank }: CustomerBooks): Sums => ({
  paid: bank.settledSum,
  returned: bank.returnedSum,
  cashedOut: minus(broker.cashOuts.sum, broker.cashOuts.returnedSum),
  withdrawn: investSuite.withdrawn,
});

/** More was paid than was asked for, or more often than cash was taken out for it. */
export const isPaidTwice = ({ investSuite, broker, bank }: CustomerBooks): boolean =>
  (!investSuite.everything && above(bank.settledSum, investSuite.asked)) || bank.settledCount > broker.cashOuts.count;

/** Wrong at any moment, whoever waits for what: money follows broker, bank, InvestSuite in this order, and never more than was asked. */
export const alwaysWrong = (books: CustomerBooks): readonly string[] => {
  const { paid, cashedOut, withdrawn } = sumsOf(books);
  const { asked, everything, beyondRequest: beyondRequest, notifications, withdrawals, violations } = books.investSuite;
  const settled = withdrawals.filter((one) => one.status === 'SETTLED');
  const wrong: string[] = violations.map((line) => `InvestSuite: ${line.kind}: ${line.detail}`);
  if (!everything && above(paid, asked)) wrong.push(`paid ${paid}, asked ${asked}`);
  if (beyondRequest !== null && isPositive(beyondRequest)) wrong.push(`InvestSuite shows ${beyondRequest} withdrawn that nobody asked for`);
  if (above(paid, cashedOut)) wrong.push(`paid ${paid}, but only ${cashedOut} left the broker account`);
  if (above(withdrawn, paid)) wrong.push(`InvestSuite shows ${withdrawn} withdrawn, but ${paid} was paid`);
  if (books.bank.settledCount > books.broker.cashOuts.count) wrong.push('more payments than cash-outs');
  if (notifications.count > settled.length) wrong.push(`${notifications.count} messages to the customer for ${settled.length} withdrawals`);
  if (above(notifications.total, withdrawn)) wrong.push(`the customer was told of ${notifications.total}, withdrawn is ${withdrawn}`);
  return wrong;
};

/** What the customer owns at InvestSuite, less what the broker holds. */
const holdingsWrong = ({ investSuite, broker }: CustomerBooks): readonly string[] => {
  const atBroker: Readonly<Record<string, Decimal>> = { ...broker.positions, [`$${CURRENCY}`]: broker.cash.booked };
  const names = [...new Set([...Object.keys(atBroker), ...Object.keys(investSuite.holdings)])];
  const wrong = names.flatMap((name) => {
    const [shown, real] = [investSuite.holdings[name] ?? ZERO, atBroker[name] ?? ZERO];
    return same(shown, real) ? [] : [`InvestSuite shows ${shown} ${name}, the broker has ${real}`];
  });
  const unbooked = Object.entries(investSuite.holdingsDifference).map(
    ([name, value]) => `holdings differ from the movements by ${value} ${name}`,
  );
  return [...wrong, ...unbooked];
};

/** The three books against each other, once nothing is under way. */
const booksDiffer = (books: CustomerBooks): readonly string[] => {
  const { paid, cashedOut, withdrawn } = sumsOf(books);
  const { investSuite, broker, bank } = books;
  const settled = investSuite.withdrawals.filter((one) => one.status === 'SETTLED');
  const cashOuts = broker.cashOuts.count - broker.cashOuts.returnedCount;
  const wrong: string[] = [...holdingsWrong(books)];
  if (!same(cashedOut, paid)) wrong.push(`${cashedOut} left the broker account and ${paid} was paid`);
  if (cashOuts !== bank.settledCount) wrong.push(`${cashOuts} cash-outs, ${bank.settledCount} payments`);
  if (!same(paid, withdrawn)) wrong.push(`paid ${paid}, but InvestSuite shows ${withdrawn} withdrawn`);
  if (bank.settledCount !== settled.length) wrong.push(`${bank.settledCount} payments, ${settled.length} withdrawals at InvestSuite`);
  if (investSuite.withdrawals.length !== settled.length) wrong.push('a withdrawal at InvestSuite that is not SETTLED');
  if (investSuite.notifications.count !== settled.length)
    wrong.push(`${investSuite.notifications.count} messages to the customer for ${settled.length} withdrawals`);
  if (!same(investSuite.notifications.total, withdrawn))
    wrong.push(`the customer was told of ${investSuite.notifications.total}, withdrawn is ${withdrawn}`);
  if (isPositive(investSuite.missingRequest)) wrong.push(`a request for ${investSuite.missingRequest} is erased`);
  if (broker.orders.open > 0) wrong.push(`${broker.orders.open} orders are open at the broker`);
  if (!isZero(broker.cash.pendingOut)) wrong.push(`${broker.cash.pendingOut} is still leaving the broker account`);
  return wrong;
};

const hundredth = decimal('0.01');

/** Sold for nothing: more than what was missing in cash. An order may bring in one share too many, and two parts in a hundred for costs. */
const soldTooMuch = ({ broker, investSuite }: CustomerBooks, cashBefore: Decimal): readonly string[] => {
  const missing = greatest(ZERO, minus(investSuite.asked, cashBefore));
  const dearest = INSTRUMENTS.map(({ price }) => decimal(price)).reduce(greatest);
  const most = plus(plus(missing, times(missing, plus(hundredth, hundredth))), times(dearest, decimal(String(broker.orders.placed))));
  return above(broker.orders.soldGross, most)
    ? [`sold shares for ${broker.orders.soldGross} in ${broker.orders.placed} orders, though only ${missing} was missing`]
    : [];
};

const isList = (paid: ExpectedEnd['paid']): paid is readonly Decimal[] => Array.isArray(paid);

const paidWrong = ({ investSuite, broker, bank }: CustomerBooks, { paid, level = '0' }: ExpectedEnd): readonly string[] => {
  if (paid === 'everything') {
    const positions = Object.keys(broker.positions).length;
    return isPositive(broker.cash.booked) || positions > 0
      ? [`everything was asked for; ${broker.cash.booked} and ${positions} positions are left`]
      : [];
  }
  const wrong: string[] = [];
  if (isList(paid)) {
    if (!same(bank.settledSum, sum(paid))) wrong.push(`paid ${bank.settledSum}, expected ${sum(paid)}`);
  } else if (above(paid.atLeast, investSuite.asked)) wrong.push(`asked was ${paid.atLeast}, InvestSuite knows of ${investSuite.asked}`);
  const toPay = minus(investSuite.asked, decimal(level));
  if (!same(bank.settledSum, toPay))
    wrong.push(`asked ${investSuite.asked}, paid ${bank.settledSum}${level === '0' ? '' : `, left ${level}`}`);
  return wrong;
};

const counted = (what: string, seen: number, wanted: number | undefined): readonly string[] =>
  wanted === undefined || seen === wanted ? [] : [`${what}: ${seen}, not ${wanted}`];

/** Wrong once nothing is under way: between the books, and between them and what was expected. */
export const wrongAtTheEnd = (books: CustomerBooks, expected: ExpectedEnd): readonly string[] => {
  const { investSuite, broker, bank } = books;
  const { paid, level = '0', payments, returned, movedBack, cashBefore } = expected;
  return [
    ...booksDiffer(books),
    ...(investSuite.level === level ? [] : [`the level is still ${investSuite.level}${level === '0' ? '' : `, not ${level}`}`]),
    ...paidWrong(books, expected),
    ...counted('payments at the bank', bank.settledCount, isList(paid) ? paid.length : payments),
    ...counted('payments that came back', bank.returnedCount, returned),
    ...counted('cash-outs that were undone', broker.cashOuts.returnedCount, movedBack),
    ...(cashBefore === undefined ? [] : soldTooMuch(books, cashBefore)),
  ];
};
