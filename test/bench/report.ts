/** What a run has found: as a table for people, as Markdown, and as JSON. */
import type { Machine } from './machine.js';
import { isReached, type Figure, type Goal } from './measure.js';

export type BenchReport = {
  readonly name: string;
  readonly seconds: number;
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  /** Why it could not be measured, or null. */
  readonly failed: string | null;
};
export type Report = {
  readonly date: string;
  readonly commit: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly benches: readonly BenchReport[];
};

/** Three significant digits, but never fewer than the whole number. */
export const shortNumber = (value: number): string => {
  if (!Number.isFinite(value)) return '?';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
};
export const withUnit = (value: number, unit: string): string => `${shortNumber(value)} ${unit}`;
export const goalText = (goal: Goal, unit: string): string =>
  'atLeast' in goal ? `>= ${withUnit(goal.atLeast, unit)}` : `<= ${withUnit(goal.atMost, unit)}`;

const HEAD = ['bench', 'figure', 'measured', 'goal', 'reached', 'floor in the same run'] as const;
const verdict = (figure: Figure): string =>
  ({ true: 'yes', false: 'NO', null: '' })[String(isReached(figure)) as 'true' | 'false' | 'null'];

const rowsOf = ({ benches }: Report): string[][] =>
  benches.flatMap(({ name, figures, failed }) => [
    ...(failed === null ? [] : [[name, 'could not be measured', '', '', 'NO', '']]),
    ...figures.map((figure) => [
      name,
      figure.name,
      withUnit(figure.value, figure.unit),
      figure.goal === undefined ? '' : goalText(figure.goal, figure.unit),
      verdict(figure),
      figure.floor === undefined ? '' : `${withUnit(figure.floor.value, figure.floor.unit)}: ${figure.floor.name}`,
    ]),
  ]);

const remarks = ({ benches }: Report): string[] =>
  benches.flatMap(({ name, figures, notes, failed }) => [
    ...(failed === null ? [] : [`${name} failed: ${failed}`]),
    ...figures.flatMap((figure) => (figure.note === undefined ? [] : [`${name}, ${figure.name}: ${figure.note}`])),
    ...notes.map((note) => `${name}: ${note}`),
  ]);

const machineLine = ({ machine, date, commit, quick }: Report): string =>
  `${machine.cores} cores (${machine.cpuModel}), ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}, Postgres ${machine.postgres}, ` +
  `Kafka ${machine.kafka}; commit ${commit}, ${date}${quick ? '; QUICK: not for figures' : ''}`;

const secondsLine = ({ benches }: Report): string =>
  `${shortNumber(benches.reduce((sum, { seconds }) => sum + seconds, 0))} s in all: ` +
  benches.map(({ name, seconds }) => `${name} ${shortNumber(seconds)}`).join(', ');

export const asTable = (report: Report): string => {
  const rows = [[...HEAD], ...rowsOf(report)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const isNumber = (column: number): boolean => column === 2 || column === 3;
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = rows;
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(head), rule, ...body.map(line), '', ...remarks(report), secondsLine(report), machineLine(report)].join('\n');
};

export const asMarkdown = (report: Report): string => {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<=', '≤').replaceAll('>=', '≥');
  const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  const lines = [row(HEAD), '| --- | --- | ---: | ---: | --- | --- |', ...rowsOf(report).map(row)];
  const notes = remarks(report).map((remark) => `- ${cell(remark)}`);
  return [`Measured on ${machineLine(report)}. ${secondsLine(report)}.`, '', ...lines, '', ...notes].join('\n');
};

export const asJson = (report: Report): string =>
  `${JSON.stringify(
    {
      ...report,
      benches: report.benches.map((bench) => ({
        ...bench,
        figures: bench.figures.map((figure) => ({ ...figure, reached: isReached(figure) })),
      })),
    },
    null,
    2,
  )}\n`;
