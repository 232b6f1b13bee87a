/** One customer's books as a test begins with them: everything good, or held. A test then breaks one thing. */
import { decimal as d, ZERO, type Decimal } from '../../shared/kernel/decimal.js';
import type { PortfolioVerdict, Verdict as InvestSuiteVerdict } from '../simulators/investsuite/verdict.js';
import type { BankVerdict, Books, BrokerVerdict } from '../world/books.js';
import { NOTHING_SAID as nobody, type Facts, type Journey } from '../world/facts.js';
import type { PlannedCustomer } from '../world/mix.js';
import type { Customer } from '../world/world.js';

export { nobody };

/** What a test changes before it is judged. */
export type Mutable<T> = T extends string | number | boolean | null | undefined ? T : { -readonly [Key in keyof T]: Mutable<T[Key]> };

export const customer: Customer = { number: 1, portfolioId: 'P1', userId: 'U1', externalId: 'C1', accountNo: 'A1', iban: 'DE1' };
export const plan: PlannedCustomer = {
  number: 1,
  kind: 'cash-enough',
  cash: d('1000'),
  positions: [],
  requests: [{ afterMs: 0, request: { action: 'set', amount: d('250') } }],
  faults: [],
  asked: d('250'),
};
export const everything: PlannedCustomer = {
  ...plan,
  kind: 'everything',
  requests: [{ afterMs: 0, request: { action: 'everything' } }],
  asked: null,
};

export const portfolio = (paid: Decimal): PortfolioVerdict => ({
  portfolioId: 'P1',
  externalId: null,
  currency: 'USD',
  robo: true,
  version: 3,
  level: '0',
  levels: [],
  asked: paid,
  everything: false,
  withdrawn: paid,
  withdrawals: [{ transactionId: 'T1', externalId: 'w1', status: 'SETTLED', amount: d(`-${paid}`), datetime: '' }],
  missingRequest: ZERO,
  beyondRequest: ZERO,
  notifications: { count: 1, total: paid, amounts: [paid], repeatedCalls: 0 },
  depositNotifications: { count: 0, total: ZERO },
  holdings: { $USD: d('750') },
  holdingsByMovements: { $USD: d('750') },
  holdingsDifference: {},
  holdingsHistory: [],
  openOptimizationId: null,
  violations: [],
  warnings: [],
});
const investSuiteOf = (one: PortfolioVerdict): InvestSuiteVerdict => ({
  portfolios: [one],
  violations: [],
  warnings: [],
  pending: { optimisations: 0, heldEvents: 0, deliveries: 0 },
});
const brokerOf = (paid: Decimal): BrokerVerdict => ({
  accounts: [
    {
      accountNo: 'A1',
      cash: { booked: d('750'), withdrawable: d('750'), pendingSettlement: ZERO, pendingOut: ZERO },
      positions: {},
      cashOuts: { count: 1, sum: paid, returnedCount: 0, returnedSum: ZERO },
      orders: { placed: 0, fills: 0, open: 0, soldGross: ZERO },
    },
  ],
  totals: { orders: 0, redemptions: 1, cashOuts: 1, cashOutSum: paid },
  duplicates: { orderKeys: [], redemptionKeys: [], redemptionNotes: [] },
  keysWithAnotherBody: [],
  strikes: {},
  booksAgree: true,
});
const bankOf = (paid: Decimal): BankVerdict => ({
  creditors: [{ creditorIban: 'DE1', settledCount: 1, settledSum: paid, returnedCount: 0, returnedSum: ZERO }],
  totals: { payments: 1, settled: 1, settledSum: paid, returned: 0, returnedSum: ZERO, refused: 0, onTheWay: 0 },
  duplicates: { references: [] },
  conflicts: [],
  strikes: {},
  booksAgree: true,
});

/** Books of one customer who asked for 250 of 1000 and has got them. */
export const paidBooks = (): Mutable<Books> =>
  structuredClone({
    investSuite: investSuiteOf(portfolio(d('250'))),
    broker: brokerOf(d('250')),
    bank: bankOf(d('250')),
  }) as Mutable<Books>;

export const journey = (more: Partial<Journey>): Journey => ({
  id: 'po-1',
  journey: 'payout',
  portfolioId: 'P1',
  status: 'Transferring',
  ended: false,
  ...more,
});
export const heldPayout: Facts = {
  ...nobody,
  journeys: [journey({ reason: 'the bank refused: AC04' })],
  parked: [{ effectId: 'po-1:Pay', service: 'payout', journeyId: 'po-1', portfolioId: 'P1', effect: 'PayCounterAccount', note: 'AC04' }],
};

/** Cashed out at the broker, refused by the bank. */
export const refusedBooks = (): Mutable<Books> => {
  const books = paidBooks();
  books.bank.creditors = [];
  Object.assign(books.bank.totals, { settled: 0, settledSum: ZERO, refused: 1 });
  const [one] = books.investSuite.portfolios;
  Object.assign(one!, {
    level: '250',
    asked: d('250'),
    withdrawn: ZERO,
    withdrawals: [],
    notifications: { count: 0, total: ZERO, amounts: [], repeatedCalls: 0 },
    holdings: { $USD: d('1000') },
  });
  return books;
};
