/**
 * The verdict on one run, from the outside world's own books. The middleware is believed in one thing only: that somebody waits for a
 * person, and why; and even then never that more was paid than was asked. Pure.
 */
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
import type { PortfolioVerdict } from '../simulators/investsuite/verdict.js';
import { isAtRest, waitsForPeople, type Facts, type Waiting } from './facts.js';
import type { PlannedCustomer } from './mix.js';
import { INSTRUMENTS, type BankVerdict, type Books, type BrokerVerdict, type Customer } from './world.js';

/** How a customer's story ended, if it did. */
export type End = 'paid' | 'called off' | 'waits for a person' | 'under way' | 'WRONG';

export interface CustomerVerdict {
  readonly number: number;
  readonly portfolioId: string;
  readonly kind: PlannedCustomer['kind'];
  readonly asked: Decimal | 'everything';
  /** Settled by the bank on the counter account. */
  readonly paid: Decimal;
  readonly cashedOut: Decimal;
  readonly withdrawn: Decimal;
  /** What came back after it was settled. */
  readonly returned: Decimal;
  readonly end: End;
  readonly waitsFor: string | null;
  readonly reason: string | null;
  /** What is wrong. Empty when nothing is. */
  readonly problems: readonly string[];
  /** More was paid than asked for, or more often than cash was taken out for it. */
  readonly paidTwice: boolean;
}

type BrokerAccount = BrokerVerdict['accounts'][number];
type Creditor = BankVerdict['creditors'][number];

export interface CustomerBooks {
  readonly plan: PlannedCustomer;
  readonly customer: Customer;
  readonly investSuite: PortfolioVerdict;
  readonly broker: BrokerAccount;
  readonly bank: Creditor;
  readonly currency: string;
}

const same = (a: Decimal, b: Decimal): boolean => compare(a, b) === 0;
const above = (a: Decimal, b: Decimal): boolean => compare(a, b) > 0;

interface Sums {
  readonly paid: Decimal;
  readonly cashedOut: Decimal;
  readonly withdrawn: Decimal;
  readonly returned: Decimal;
}
const sumsOf = ({ investSuite, broker, bank }: CustomerBooks): Sums => ({
  paid: bank.settledSum,
  returned: bank.returnedSum,
  cashedOut: minus(broker.cashOuts.sum, broker.cashOuts.returnedSum),
  withdrawn: investSuite.withdrawn,
});

const isPaidTwice = ({ investSuite, broker, bank }: CustomerBooks): boolean =>
  (!investSuite.everything && above(bank.settledSum, investSuite.asked)) || bank.settledCount > broker.cashOuts.count;

/** Wrong at any moment, whoever waits for what: money follows broker, bank, InvestSuite in this order, and never more than was asked. */
const alwaysWrong = (books: CustomerBooks): readonly string[] => {
  const { paid, cashedOut, withdrawn } = sumsOf(books);
  const { asked, everything, beyondWish, notifications, withdrawals, violations } = books.investSuite;
  const settled = withdrawals.filter((one) => one.status === 'SETTLED');
  const wrong: string[] = violations.map((line) => `InvestSuite: ${line.kind}: ${line.detail}`);
  if (!everything && above(paid, asked)) wrong.push(`paid ${paid}, asked ${asked}`);
  if (beyondWish !== null && isPositive(beyondWish)) wrong.push(`InvestSuite shows ${beyondWish} withdrawn that nobody asked for`);
  if (above(paid, cashedOut)) wrong.push(`paid ${paid}, but only ${cashedOut} left the broker account`);
  if (above(withdrawn, paid)) wrong.push(`InvestSuite shows ${withdrawn} withdrawn, but ${paid} was paid`);
  if (books.bank.settledCount > books.broker.cashOuts.count) wrong.push('more payments than cash-outs');
  if (notifications.count > settled.length) wrong.push(`${notifications.count} messages to the customer for ${settled.length} withdrawals`);
  if (above(notifications.total, withdrawn)) wrong.push(`the customer was told of ${notifications.total}, withdrawn is ${withdrawn}`);
  return wrong;
};

/** What the customer owns at InvestSuite, less what the broker holds. */
const holdingsWrong = ({ investSuite, broker, currency }: CustomerBooks): readonly string[] => {
  const cash = `$${currency}`;
  const atBroker: Readonly<Record<string, Decimal>> = { ...broker.positions, [cash]: broker.cash.booked };
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

/** Wrong once nothing is under way and nobody waits. */
const wrongAtTheEnd = (books: CustomerBooks): readonly string[] => {
  const { paid, cashedOut, withdrawn } = sumsOf(books);
  const { investSuite, broker, bank } = books;
  const settled = investSuite.withdrawals.filter((one) => one.status === 'SETTLED');
  const wrong: string[] = [...holdingsWrong(books)];
  if (!same(cashedOut, paid)) wrong.push(`${cashedOut} left the broker account and ${paid} was paid`);
  if (!same(paid, withdrawn)) wrong.push(`paid ${paid}, but InvestSuite shows ${withdrawn} withdrawn`);
  if (bank.settledCount !== settled.length) wrong.push(`${bank.settledCount} payments, ${settled.length} withdrawals at InvestSuite`);
  if (investSuite.withdrawals.length !== settled.length) wrong.push('a withdrawal at InvestSuite that is not SETTLED');
  if (investSuite.notifications.count !== settled.length)
    wrong.push(`${investSuite.notifications.count} messages to the customer for ${settled.length} withdrawals`);
  if (!same(investSuite.notifications.total, withdrawn))
    wrong.push(`the customer was told of ${investSuite.notifications.total}, withdrawn is ${withdrawn}`);
  if (isPositive(investSuite.missingWish)) wrong.push(`a wish for ${investSuite.missingWish} is erased`);
  if (broker.orders.open > 0) wrong.push(`${broker.orders.open} orders are open at the broker`);
  if (isPositive(broker.cash.pendingOut)) wrong.push(`${broker.cash.pendingOut} is still leaving the broker account`);
  return wrong;
};

const hundredth = decimal('0.01');

/**
 * Sold for nothing: more than what was missing in cash. An order may bring in one share too many, and two parts in a hundred for costs.
 * Not where everything was asked for, nor where a wish was called off after its sale.
 */
const soldTooMuch = ({ plan, broker, investSuite }: CustomerBooks): readonly string[] => {
  if (plan.asked === null || plan.wishes.some(({ wish }) => wish.action === 'cancel')) return [];
  const missing = greatest(ZERO, minus(investSuite.asked, plan.cash));
  const dearest = INSTRUMENTS.map(({ price }) => decimal(price)).reduce(greatest);
  const most = plus(plus(missing, times(missing, plus(hundredth, hundredth))), times(dearest, decimal(String(broker.orders.placed))));
  return above(broker.orders.soldGross, most)
    ? [`sold shares for ${broker.orders.soldGross} in ${broker.orders.placed} orders, though only ${missing} was missing`]
    : [];
};

/** Nothing may be left to ask for, and all that was asked for is paid. */
const wrongLevel = ({ investSuite, broker, bank, plan }: CustomerBooks): readonly string[] => {
  const wrong: string[] = investSuite.level === '0' ? [] : [`the level is still ${investSuite.level}`];
  if (plan.asked === null) {
    const positions = Object.keys(broker.positions).length;
    if (isPositive(broker.cash.booked) || positions > 0)
      wrong.push(`everything was asked for; ${broker.cash.booked} and ${positions} positions are left`);
    return wrong;
  }
  if (!same(bank.settledSum, investSuite.asked)) wrong.push(`asked ${investSuite.asked}, paid ${bank.settledSum}`);
  if (above(plan.asked, investSuite.asked)) wrong.push(`asked was ${plan.asked}, InvestSuite knows of ${investSuite.asked}`);
  return wrong;
};

const describeOpen = (facts: Facts, portfolioId: string): readonly string[] =>
  facts.journeys
    .filter((one) => one.portfolioId === portfolioId && !isAtRest(one))
    .map(({ journey, status, reason }) => `${journey} is ${status}${reason === undefined ? '' : ` (${reason})`}`);

const judgeEnded = (books: CustomerBooks): { readonly end: End; readonly problems: readonly string[] } => {
  const problems = [...alwaysWrong(books), ...wrongAtTheEnd(books), ...wrongLevel(books), ...soldTooMuch(books)];
  if (problems.length > 0) return { end: 'WRONG', problems };
  return { end: isZero(sumsOf(books).paid) ? 'called off' : 'paid', problems };
};

const judgeWaiting = (books: CustomerBooks, waiting: Waiting): { readonly end: End; readonly problems: readonly string[] } => {
  const problems = [...alwaysWrong(books), ...(waiting.reason === '' ? ['waits for a person without a reason'] : [])];
  return { end: problems.length > 0 ? 'WRONG' : 'waits for a person', problems };
};

const judgeUnderWay = (books: CustomerBooks, open: readonly string[]): { readonly end: End; readonly problems: readonly string[] } => {
  const problems = alwaysWrong(books);
  return problems.length > 0 ? { end: 'WRONG', problems } : { end: 'under way', problems: open };
};

/** One customer as the books stand now. */
export const judgeCustomer = (books: CustomerBooks, facts: Facts): CustomerVerdict => {
  const { portfolioId } = books.customer;
  const waiting = waitsForPeople(facts, portfolioId);
  const open = describeOpen(facts, portfolioId);
  const judged = waiting !== null ? judgeWaiting(books, waiting) : open.length > 0 ? judgeUnderWay(books, open) : judgeEnded(books);
  return {
    number: books.plan.number,
    portfolioId,
    kind: books.plan.kind,
    asked: books.plan.asked === null ? 'everything' : books.investSuite.asked,
    ...sumsOf(books),
    ...judged,
    paidTwice: isPaidTwice(books),
    waitsFor: waiting?.for ?? null,
    reason: waiting?.reason ?? null,
  };
};

const nothingPaid = (iban: string): Creditor => ({
  creditorIban: iban,
  settledCount: 0,
  settledSum: ZERO,
  returnedCount: 0,
  returnedSum: ZERO,
});

const found = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`the books know nothing of ${what}`);
  return value;
};

export const booksOf = (
  plan: PlannedCustomer,
  customer: Customer,
  { investSuite, broker, bank }: Books,
  currency: string,
): CustomerBooks => ({
  plan,
  customer,
  currency,
  investSuite: found(
    investSuite.portfolios.find((one) => one.portfolioId === customer.portfolioId),
    customer.portfolioId,
  ),
  broker: found(
    broker.accounts.find((one) => one.accountNo === customer.accountNo),
    customer.accountNo,
  ),
  bank: bank.creditors.find((one) => one.creditorIban === customer.iban) ?? nothingPaid(customer.iban),
});

/** The three books side by side. What is between two of them must be explained, cent by cent, by customers who wait. */
export interface BooksTable {
  readonly broker: { readonly cashOuts: number; readonly sum: Decimal };
  readonly bank: { readonly payments: number; readonly sum: Decimal; readonly returned: Decimal };
  readonly investSuite: { readonly withdrawals: number; readonly sum: Decimal; readonly notifications: number };
  readonly differences: {
    readonly brokerLessBank: Decimal;
    readonly bankLessInvestSuite: Decimal;
    /** Part of the two above that customers explain who wait for a person. */
    readonly explained: readonly {
      readonly number: number;
      readonly brokerLessBank: Decimal;
      readonly bankLessInvestSuite: Decimal;
      readonly why: string;
    }[];
    /** What nobody explains: 0. */
    readonly unexplained: { readonly brokerLessBank: Decimal; readonly bankLessInvestSuite: Decimal };
  };
}
export interface Verdict {
  readonly customers: readonly CustomerVerdict[];
  readonly books: BooksTable;
  /** What is wrong beyond single customers. */
  readonly problems: readonly string[];
  readonly ok: boolean;
}

const explainedBy = (customers: readonly CustomerVerdict[]): BooksTable['differences']['explained'] =>
  customers
    .filter((one) => one.end === 'waits for a person')
    .map(({ number, cashedOut, paid, withdrawn, end, reason }) => ({
      number,
      brokerLessBank: minus(cashedOut, paid),
      bankLessInvestSuite: minus(paid, withdrawn),
      why: reason ?? end,
    }))
    .filter((one) => !isZero(one.brokerLessBank) || !isZero(one.bankLessInvestSuite));

const tableOf = ({ investSuite, broker, bank }: Books, customers: readonly CustomerVerdict[]): BooksTable => {
  const cashedOut = minus(broker.totals.cashOutSum, sum(broker.accounts.map((one) => one.cashOuts.returnedSum)));
  const withdrawn = sum(investSuite.portfolios.map((one) => one.withdrawn));
  const brokerLessBank = minus(cashedOut, bank.totals.settledSum);
  const bankLessInvestSuite = minus(bank.totals.settledSum, withdrawn);
  const explained = explainedBy(customers);
  return {
    broker: { cashOuts: broker.totals.cashOuts, sum: cashedOut },
    bank: { payments: bank.totals.settled, sum: bank.totals.settledSum, returned: bank.totals.returnedSum },
    investSuite: {
      withdrawals: investSuite.portfolios.flatMap((one) => one.withdrawals.filter(({ status }) => status === 'SETTLED')).length,
      sum: withdrawn,
      notifications: investSuite.portfolios.reduce((count, one) => count + one.notifications.count, 0),
    },
    differences: {
      brokerLessBank,
      bankLessInvestSuite,
      explained,
      unexplained: {
        brokerLessBank: minus(brokerLessBank, sum(explained.map((one) => one.brokerLessBank))),
        bankLessInvestSuite: minus(bankLessInvestSuite, sum(explained.map((one) => one.bankLessInvestSuite))),
      },
    },
  };
};

const listed = (what: string, items: readonly unknown[]): readonly string[] =>
  items.length === 0 ? [] : [`${what}: ${JSON.stringify(items)}`];

/** Wrong in the books as a whole. */
const wrongBooks = (books: Books, table: BooksTable, customers: readonly CustomerVerdict[]): readonly string[] => {
  const { investSuite, broker, bank } = books;
  const known = new Set(customers.map(({ portfolioId }) => portfolioId));
  const { unexplained } = table.differences;
  const waiting = customers.filter(({ end }) => end === 'waits for a person').length;
  return [
    ...listed('orders placed twice', broker.duplicates.orderKeys),
    ...listed('cash-outs made twice', [...broker.duplicates.redemptionKeys, ...broker.duplicates.redemptionNotes]),
    ...listed('keys used for two things at the broker', broker.keysWithAnotherBody),
    ...listed('references paid twice', bank.duplicates.references),
    ...listed('references used for two payments', bank.conflicts),
    ...listed(
      'violations at InvestSuite',
      investSuite.violations.filter(({ portfolioId }) => !known.has(portfolioId)),
    ),
    ...(broker.booksAgree ? [] : ["the broker's own books do not agree"]),
    ...(bank.booksAgree ? [] : ["the bank's own books do not agree"]),
    ...(isZero(unexplained.brokerLessBank) ? [] : [`broker and bank differ by ${unexplained.brokerLessBank}, and nobody explains it`]),
    ...(isZero(unexplained.bankLessInvestSuite)
      ? []
      : [`bank and InvestSuite differ by ${unexplained.bankLessInvestSuite}, and nobody explains it`]),
    ...(bank.totals.onTheWay > waiting ? [`${bank.totals.onTheWay} payments are still on their way`] : []),
  ];
};

/** Everything as it stands now. Good only when every customer has ended or waits for a person with a reason, and the books agree. */
export const judge = (all: readonly CustomerBooks[], books: Books, facts: Facts): Verdict => {
  const customers = all.map((one) => judgeCustomer(one, facts));
  const table = tableOf(books, customers);
  const problems = wrongBooks(books, table, customers);
  const ok = customers.length > 0 && problems.length === 0 && customers.every(({ end }) => end !== 'WRONG' && end !== 'under way');
  return { customers, books: table, problems, ok };
};
