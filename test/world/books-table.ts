/** The three books side by side, as sums and as lines to print. Pure. */
import { isZero, minus, scaleOf, sum, withDigits, type Decimal } from '../../shared/kernel/decimal.js';
import type { Books } from './books.js';
import { labelOf } from './mix.js';

/** A difference between two books that one customer explains, who waits for a person. */
export interface Explanation {
  readonly number: number;
  readonly brokerLessBank: Decimal;
  readonly bankLessInvestSuite: Decimal;
  readonly why: string;
}

/** What is between two of the books must be explained, cent by cent, by customers who wait. */
export interface BooksTable {
  readonly broker: { readonly cashOuts: number; readonly sum: Decimal };
  readonly bank: { readonly payments: number; readonly sum: Decimal; readonly returned: Decimal };
  readonly investSuite: { readonly withdrawals: number; readonly sum: Decimal; readonly notifications: number };
  readonly differences: {
    readonly brokerLessBank: Decimal;
    readonly bankLessInvestSuite: Decimal;
    /** Part of the two above that customers explain who wait for a person. */
    readonly explained: readonly Explanation[];
    /** What nobody explains: 0. */
    readonly unexplained: { readonly brokerLessBank: Decimal; readonly bankLessInvestSuite: Decimal };
  };
}

export const tableOf = ({ investSuite, broker, bank }: Books, explained: readonly Explanation[]): BooksTable => {
  const cashedOut = minus(broker.totals.cashOutSum, sum(broker.accounts.map((one) => one.cashOuts.returnedSum)));
  const withdrawn = sum(investSuite.portfolios.map((one) => one.withdrawn));
  const brokerLessBank = minus(cashedOut, bank.totals.settledSum);
  const bankLessInvestSuite = minus(bank.totals.settledSum, withdrawn);
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

export const money = (amount: Decimal): string => withDigits(amount, Math.max(2, scaleOf(amount)));

const row = (name: string, count: string, amount: Decimal, more = ''): string =>
  `  ${name.padEnd(34)}${count.padStart(6)}${money(amount).padStart(16)}${more === '' ? '' : `   ${more}`}`;

export const tableLines = ({ broker, bank, investSuite, differences }: BooksTable): readonly string[] => [
  `  ${'books'.padEnd(34)}${'count'.padStart(6)}${'sum'.padStart(16)}`,
  row('broker: cash-outs', String(broker.cashOuts), broker.sum),
  row(
    'bank: payments settled',
    String(bank.payments),
    bank.sum,
    isZero(bank.returned) ? '' : `of which sent back later: ${money(bank.returned)}`,
  ),
  row('InvestSuite: withdrawals', String(investSuite.withdrawals), investSuite.sum, `${investSuite.notifications} messages to customers`),
  row('difference broker - bank', '', differences.brokerLessBank),
  row('difference bank - InvestSuite', '', differences.bankLessInvestSuite),
  ...differences.explained.flatMap(({ number, brokerLessBank, bankLessInvestSuite, why }) => [
    ...(isZero(brokerLessBank) ? [] : [row(`  explained by ${labelOf(number)}`, '', brokerLessBank, `left the broker, not paid: ${why}`)]),
    ...(isZero(bankLessInvestSuite) ? [] : [row(`  explained by ${labelOf(number)}`, '', bankLessInvestSuite, `paid, not booked: ${why}`)]),
  ]),
  row('not explained, broker - bank', '', differences.unexplained.brokerLessBank),
  row('not explained, bank - InvestSuite', '', differences.unexplained.bankLessInvestSuite),
];
