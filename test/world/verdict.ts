/**
 * The verdict on one run, from the outside world's own books: the one judge of the demo, the torture and the tests. The middleware is
 * believed in one thing only: that somebody waits for a person, and why; and even then never that more was paid than was asked. Pure.
 */
import { isZero, minus, type Decimal } from '../../shared/kernel/decimal.js';
import { booksOf, type Books, type CustomerBooks } from './books.js';
import { tableOf, type BooksTable, type Explanation } from './books-table.js';
import type { Entered } from './customers.js';
import { isAtRest, waitsForPeople, type Facts, type Waiting } from './facts.js';
import type { PlannedCustomer } from './mix.js';
import { alwaysWrong, isPaidTwice, sumsOf, wrongAtTheEnd, type ExpectedEnd, type Sums } from './money-rules.js';

/** How a customer's story ended, if it did. */
export type End = 'paid' | 'called off' | 'waits for a person' | 'under way' | 'WRONG';

export interface CustomerVerdict extends Sums {
  readonly number: number;
  readonly portfolioId: string;
  readonly kind: PlannedCustomer['kind'];
  readonly asked: Decimal | 'everything';
  readonly end: End;
  readonly waitsFor: string | null;
  readonly reason: string | null;
  /** What is wrong. Empty when nothing is. */
  readonly problems: readonly string[];
  readonly paidTwice: boolean;
}

/** At an end, or a person's turn: nothing more happens by itself. */
export const isOver = ({ end }: Pick<CustomerVerdict, 'end'>): boolean => end !== 'under way' && end !== 'WRONG';

/** The outside may raise what was planned, so the plan says the least. Sales of a cancelled request may be too many. */
const expectedOf = ({ asked, cash, requests }: PlannedCustomer): ExpectedEnd =>
  asked === null
    ? { paid: 'everything' }
    : { paid: { atLeast: asked }, ...(requests.some(({ request }) => request.action === 'cancel') ? {} : { cashBefore: cash }) };

const describeOpen = (facts: Facts, portfolioId: string): readonly string[] =>
  facts.journeys
    .filter((one) => one.portfolioId === portfolioId && !isAtRest(one))
    .map(({ journey, status, reason }) => `${journey} is ${status}${reason === undefined ? '' : ` (${reason})`}`);

interface Judged {
  readonly end: End;
  readonly problems: readonly string[];
}

const judgeEnded = (books: CustomerBooks, plan: PlannedCustomer): Judged => {
  const problems = [...alwaysWrong(books), ...wrongAtTheEnd(books, expectedOf(plan))];
  if (problems.length > 0) return { end: 'WRONG', problems };
  return { end: isZero(sumsOf(books).paid) ? 'called off' : 'paid', problems };
};

const judgeWaiting = (books: CustomerBooks, waiting: Waiting): Judged => {
  const problems = [...alwaysWrong(books), ...(waiting.reason === '' ? ['waits for a person without a reason'] : [])];
  return { end: problems.length > 0 ? 'WRONG' : 'waits for a person', problems };
};

const judgeUnderWay = (books: CustomerBooks, open: readonly string[]): Judged => {
  const problems = alwaysWrong(books);
  return problems.length > 0 ? { end: 'WRONG', problems } : { end: 'under way', problems: open };
};

/** One customer as the books stand now. */
const judgeCustomer = ({ plan, customer }: Entered, allBooks: Books, facts: Facts): CustomerVerdict => {
  const { portfolioId } = customer;
  const books = booksOf(customer, allBooks);
  if (books === null) throw new Error(`the books know nothing of ${portfolioId}`);
  const waiting = waitsForPeople(facts, portfolioId);
  const open = describeOpen(facts, portfolioId);
  const judged = waiting !== null ? judgeWaiting(books, waiting) : open.length > 0 ? judgeUnderWay(books, open) : judgeEnded(books, plan);
  return {
    number: plan.number,
    portfolioId,
    kind: plan.kind,
    asked: plan.asked === null ? 'everything' : books.investSuite.asked,
    ...sumsOf(books),
    ...judged,
    paidTwice: isPaidTwice(books),
    waitsFor: waiting?.for ?? null,
    reason: waiting?.reason ?? null,
  };
};

export interface Verdict {
  readonly customers: readonly CustomerVerdict[];
  readonly books: BooksTable;
  /** Carried out twice at the bank or the broker, whoever asked for it. */
  readonly doubles: readonly string[];
  /** What is wrong beyond single customers, the doubles among it. */
  readonly problems: readonly string[];
  readonly ok: boolean;
}

const explainedBy = (customers: readonly CustomerVerdict[]): readonly Explanation[] =>
  customers
    .filter((one) => one.end === 'waits for a person')
    .map(({ number, cashedOut, paid, withdrawn, end, reason }) => ({
      number,
      brokerLessBank: minus(cashedOut, paid),
      bankLessInvestSuite: minus(paid, withdrawn),
      why: reason ?? end,
    }))
    .filter((one) => !isZero(one.brokerLessBank) || !isZero(one.bankLessInvestSuite));

export const doublesIn = ({ broker, bank }: Pick<Books, 'broker' | 'bank'>): readonly string[] => [
  ...bank.duplicates.references.map((one) => `bank: one reference paid twice: ${JSON.stringify(one)}`),
  ...bank.conflicts.map((reference) => `bank: ${reference} used for two payments`),
  ...broker.duplicates.orderKeys.map((key) => `broker: order ${key} placed twice`),
  ...[...broker.duplicates.redemptionKeys, ...broker.duplicates.redemptionNotes].map(
    (one) => `broker: cash-out made twice: ${JSON.stringify(one)}`,
  ),
  ...broker.keysWithAnotherBody.map((key) => `broker: key ${key} used for two things`),
];

/** Wrong in the books as a whole. */
const wrongBooks = (books: Books, table: BooksTable, customers: readonly CustomerVerdict[]): readonly string[] => {
  const { investSuite, broker, bank } = books;
  const known = new Set(customers.map(({ portfolioId }) => portfolioId));
  const { brokerLessBank, bankLessInvestSuite } = table.differences.unexplained;
  const waiting = customers.filter(({ end }) => end === 'waits for a person').length;
  const violations = investSuite.violations.filter(({ portfolioId }) => !known.has(portfolioId));
  return [
    ...violations.map((line) => `violation at InvestSuite: ${JSON.stringify(line)}`),
    ...(broker.booksAgree ? [] : ["the broker's own books do not agree"]),
    ...(bank.booksAgree ? [] : ["the bank's own books do not agree"]),
    ...(isZero(brokerLessBank) ? [] : [`broker and bank differ by ${brokerLessBank}, and nobody explains it`]),
    ...(isZero(bankLessInvestSuite) ? [] : [`bank and InvestSuite differ by ${bankLessInvestSuite}, and nobody explains it`]),
    ...(bank.totals.onTheWay > waiting ? [`${bank.totals.onTheWay} payments are still on their way`] : []),
  ];
};

/**
 * Everything as it stands now. Good only when every customer has ended or waits for a person with a reason, and the books agree.
 * Without customers only the books as a whole are judged, and nobody explains a difference.
 */
export const judge = (entered: readonly Entered[], books: Books, facts: Facts): Verdict => {
  const customers = entered.map((one) => judgeCustomer(one, books, facts));
  const table = tableOf(books, explainedBy(customers));
  const doubles = doublesIn(books);
  const problems = [...doubles, ...wrongBooks(books, table, customers)];
  const ok = customers.length > 0 && problems.length === 0 && customers.every(isOver);
  return { customers, books: table, doubles, problems, ok };
};
