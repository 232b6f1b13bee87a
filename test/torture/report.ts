/** The result in words and as JSON. */
import { serviceNames } from '../../contracts/internal/services.js';
import type { Printable } from '../../shared/kernel/json.js';
import { tableLines } from '../world/books-table.js';
import { labelOf } from '../world/mix.js';
import { distributionOf, kindOf, recoveredMs, type Distribution, type Kind, type Recovered } from './recovery.js';
import type { TortureResult } from './run.js';

const KINDS: readonly Kind[] = [...serviceNames, 'kafka', 'postgres'];

interface Row {
  readonly kind: string;
  readonly back: Distribution | null;
  readonly recovered: Distribution | null;
}

export const recoveryRows = (all: readonly Recovered[]): readonly Row[] => {
  const row = (kind: string, some: readonly Recovered[]): Row => ({
    kind,
    back: distributionOf(some.map(({ backMs }) => backMs)),
    recovered: distributionOf(some.map(recoveredMs).filter((ms) => ms !== null)),
  });
  return [
    ...KINDS.map((kind) =>
      row(
        kind,
        all.filter(({ victim }) => kindOf(victim) === kind),
      ),
    ),
    row('all', all),
  ];
};

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const cells = (one: Distribution | null): string =>
  one === null ? '-'.padStart(9) : [one.minMs, one.p50Ms, one.p90Ms, one.p99Ms, one.maxMs].map((ms) => seconds(ms).padStart(9)).join('');

const recoveryLines = (recovered: readonly Recovered[]): readonly string[] => [
  'From kill -9 until the killed one is back and work goes through it:',
  `  ${'victim'.padEnd(13)}${'kills'.padStart(6)}${['min', 'p50', 'p90', 'p99', 'max'].map((name) => name.padStart(9)).join('')}   back, p50`,
  ...recoveryRows(recovered).map(
    ({ kind, back, recovered: times }) =>
      `  ${kind.padEnd(13)}${String(back?.count ?? 0).padStart(6)}${cells(times)}   ${back === null ? '-' : seconds(back.p50Ms)}`,
  ),
];

const inFlightLine = (recovered: readonly Recovered[]): string => {
  const known = distributionOf(recovered.map(({ inFlight }) => inFlight).filter((count) => count !== null));
  return known === null
    ? 'How many withdrawals were open at the kills is not known.'
    : `Withdrawals open at a kill: at least ${known.minMs}, half of the time ${known.p50Ms} or more, at most ${known.maxMs}.`;
};

const counted = (title: string, counts: Readonly<Record<string, number>>): readonly string[] => {
  const sorted = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  return [`${title}: ${total}`, ...sorted.map(([what, count]) => `  ${String(count).padStart(4)}  ${what}`)];
};

const named = (title: string, lines: readonly string[]): readonly string[] => [
  `${title.padEnd(14)}${lines.length}`,
  ...lines.map((line) => `  ${line}`),
];

const strikesOf = ({ books }: TortureResult): Readonly<Record<string, number>> => {
  const sums = new Map<string, number>();
  for (const { strikes } of [books.broker, books.bank])
    for (const [fault, count] of Object.entries(strikes)) sums.set(fault, (sums.get(fault) ?? 0) + count);
  return Object.fromEntries(sums);
};

export const resultLines = (result: TortureResult, seed: number): readonly string[] => {
  const { numbers, waiting, happened, recovered, ownEnds, verdict } = result;
  return [
    '',
    ...counted('Killed (-9)', happened.kills),
    ...counted('Also', happened.others),
    ...counted('Faults of broker and bank that struck', strikesOf(result)),
    inFlightLine(recovered),
    'Each boundary of the engine is hit on purpose by npm run torture -- --crash-points.',
    '',
    ...recoveryLines(recovered),
    '',
    ...(ownEnds.length === 0
      ? []
      : [
          'Ended by themselves and started again:',
          ...ownEnds.map(({ victim, how, lastWords }) => `  ${victim}: ${how}: ${lastWords.slice(-800)}`),
        ]),
    ...tableLines(verdict.books),
    '',
    ...(waiting.length === 0
      ? ['Nobody waits for a person.']
      : ['Waiting for a person:', ...waiting.map((one) => `  ${labelOf(one.number)} waits for ${one.waitsFor}: ${one.reason}`)]),
    '',
    ...named('paid twice', numbers.paidTwice),
    ...named('lost', numbers.lost),
    ...named('stuck unseen', numbers.stuckUnseen),
    ...(result.auditHolds ? [] : ["WRONG: the chain of the operators' audit log is broken"]),
    ...(result.kept === null ? [] : [`Logs, books and timelines: ${result.kept}`]),
    `Seed ${seed}. Broken for ${seconds(result.chaosMs)}, at rest ${seconds(result.quietMs)} after the last fault. ${result.good ? 'Good.' : 'NOT good.'}`,
  ];
};

export const asJson = (result: TortureResult, seed: number): Printable => ({
  seed,
  good: result.good,
  paidTwice: [...result.numbers.paidTwice],
  lost: [...result.numbers.lost],
  stuckUnseen: [...result.numbers.stuckUnseen],
  waiting: result.waiting.map((one) => ({ ...one })),
  kills: result.happened.kills,
  others: result.happened.others,
  strikes: strikesOf(result),
  recovery: recoveryRows(result.recovered).map(({ kind, back, recovered }) => ({
    kind,
    back: back === null ? null : { ...back },
    recovered: recovered === null ? null : { ...recovered },
  })),
  ownEnds: result.ownEnds.map((one) => ({ ...one })),
  chaosMs: result.chaosMs,
  quietMs: result.quietMs,
});
