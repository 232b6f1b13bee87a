/** The result in words and as JSON. */
import type { Printable } from '../../shared/kernel/json.js';
import { KINDS, labelOf } from '../../test/world/mix.js';
import { money, tableLines } from '../../test/world/books-table.js';
import { isOver, type CustomerVerdict, type Verdict } from '../../test/world/verdict.js';

const asked = ({ asked: what }: CustomerVerdict): string => (what === 'everything' ? what : money(what));
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const endInWords = (one: CustomerVerdict): string => {
  if (one.end === 'waits for a person') return `waits for ${one.waitsFor ?? 'a person'}: ${one.reason ?? ''}`;
  if (one.end === 'WRONG' || one.end === 'under way') return `${one.end}: ${one.problems.join('; ')}`;
  return one.end;
};

export const lineOf = (one: CustomerVerdict, ms: number): string =>
  [
    labelOf(one.number),
    KINDS[one.kind].padEnd(30),
    `asked ${asked(one).padStart(10)}`,
    `paid ${money(one.paid).padStart(10)}`,
    seconds(ms).padStart(7),
    endInWords(one),
  ].join('  ');

/** More cash-outs than customers look like a mistake to whoever does not know how customers ask. */
const moreCashOuts = ({ customers, books }: Verdict): readonly string[] =>
  books.broker.cashOuts > customers.length
    ? [`${String(customers.length)} customers, ${String(books.broker.cashOuts)} cash-outs: some customers asked twice.`]
    : [];

export const verdictLines = (verdict: Verdict): readonly string[] => {
  const waiting = verdict.customers.filter(({ end }) => end === 'waits for a person');
  const bad = verdict.customers.filter((one) => !isOver(one));
  return [
    '',
    ...tableLines(verdict.books),
    ...moreCashOuts(verdict),
    '',
    ...(waiting.length === 0
      ? ['Nobody waits for a person.']
      : ['Waiting for a person:', ...waiting.map((one) => `  ${labelOf(one.number)} ${endInWords(one)}`)]),
    ...bad.map((one) => `${labelOf(one.number)} ${KINDS[one.kind]}, ${one.portfolioId}: ${endInWords(one)}`),
    ...verdict.problems.map((problem) => `WRONG: ${problem}`),
    verdict.ok ? 'The books agree: nobody is paid twice, nobody is forgotten.' : 'The books do NOT agree, or somebody is forgotten.',
  ];
};

/** Amounts as text, `ms` from the customer's first divest request to the end. */
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
