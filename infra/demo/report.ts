/** The result in words and as JSON. */
import { isZero, withDigits, scaleOf, type Decimal } from '../../shared/kernel/decimal.js';
import type { Printable } from '../../shared/kernel/json.js';
import { KINDS } from '../../test/world/mix.js';
import type { BooksTable, CustomerVerdict, Verdict } from '../../test/world/verdict.js';

const money = (amount: Decimal): string => withDigits(amount, Math.max(2, scaleOf(amount)));
const asked = ({ asked: what }: CustomerVerdict): string => (what === 'everything' ? what : money(what));
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const endInWords = (one: CustomerVerdict): string => {
  if (one.end === 'waits for a person') return `waits for ${one.waitsFor ?? 'a person'}: ${one.reason ?? ''}`;
  if (one.end === 'WRONG' || one.end === 'under way') return `${one.end}: ${one.problems.join('; ')}`;
  return one.end;
};

export const lineOf = (one: CustomerVerdict, ms: number): string =>
  [
    `#${String(one.number).padStart(3, '0')}`,
    KINDS[one.kind].padEnd(30),
    `asked ${asked(one).padStart(10)}`,
    `paid ${money(one.paid).padStart(10)}`,
    seconds(ms).padStart(7),
    endInWords(one),
  ].join('  ');

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
    ...(isZero(brokerLessBank)
      ? []
      : [row(`  explained by #${String(number).padStart(3, '0')}`, '', brokerLessBank, `left the broker, not paid: ${why}`)]),
    ...(isZero(bankLessInvestSuite)
      ? []
      : [row(`  explained by #${String(number).padStart(3, '0')}`, '', bankLessInvestSuite, `paid, not booked: ${why}`)]),
  ]),
  row('not explained, broker - bank', '', differences.unexplained.brokerLessBank),
  row('not explained, bank - InvestSuite', '', differences.unexplained.bankLessInvestSuite),
];

export const verdictLines = (verdict: Verdict): readonly string[] => {
  const waiting = verdict.customers.filter(({ end }) => end === 'waits for a person');
  const bad = verdict.customers.filter(({ end }) => end === 'WRONG' || end === 'under way');
  return [
    '',
    ...tableLines(verdict.books),
    '',
    ...(waiting.length === 0
      ? ['Nobody waits for a person.']
      : ['Waiting for a person:', ...waiting.map((one) => `  #${String(one.number).padStart(3, '0')} ${endInWords(one)}`)]),
    ...bad.map((one) => `#${String(one.number).padStart(3, '0')} ${KINDS[one.kind]}, ${one.portfolioId}: ${endInWords(one)}`),
    ...verdict.problems.map((problem) => `WRONG: ${problem}`),
    verdict.ok ? 'The books agree: nobody is paid twice, nobody is forgotten.' : 'The books do NOT agree, or somebody is forgotten.',
  ];
};

/** Amounts as text, `ms` from the customer's first wish to the end. */
export const asJson = (seed: number, verdict: Verdict, msOf: (number: number) => number | null): Printable => ({
  seed,
  customers: verdict.customers.map((one) => ({
    number: one.number,
    portfolioId: one.portfolioId,
    kind: one.kind,
    asked: one.asked,
    paid: one.paid,
    end: one.end,
    ms: msOf(one.number),
    ...(one.waitsFor === null ? {} : { waitsFor: one.waitsFor }),
    ...(one.reason === null ? {} : { reason: one.reason }),
    ...(one.problems.length === 0 ? {} : { problems: [...one.problems] }),
  })),
  books: {
    broker: { ...verdict.books.broker },
    bank: { ...verdict.books.bank },
    investSuite: { ...verdict.books.investSuite },
    differences: {
      ...verdict.books.differences,
      explained: verdict.books.differences.explained.map((one) => ({ ...one })),
      unexplained: { ...verdict.books.differences.unexplained },
    },
  },
  problems: [...verdict.problems],
  ok: verdict.ok,
});
