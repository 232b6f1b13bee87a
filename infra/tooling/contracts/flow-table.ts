/** A flow as a table for people: one row per status, one column per input, every cell in words. */
import type { Ignored, Impossible } from '../../../shared/kernel/flow.js';
import { markdownTable } from './marked.js';
import type { RuleSource } from './rule-sources.js';

type Rule = (...words: never[]) => unknown;
type PrintableCell = Rule | Ignored | Impossible;

/** Any flow, its own types forgotten: what a printer needs of `Flow`. */
export type PrintableFlow = {
  readonly name: string;
  readonly ownedBy: string;
  readonly opens: Readonly<Record<string, Rule>>;
  readonly rows: Readonly<Record<string, PrintableRow>>;
};
export type PrintableRow = { readonly on: Readonly<Record<string, PrintableCell>>; readonly overdueAfterHours?: number } & (
  | { readonly does: string; readonly whenUnknown: string; readonly applied: Rule; readonly rejected: Rule }
  | { readonly waitsFor: string; readonly looksAgain?: { readonly after: string; readonly then: Rule } }
  | { readonly ends: string }
);

/** As the engine has it when a row that acts says nothing. */
const DEFAULT_OVERDUE_HOURS = 1;
const HOURS_OF_TEN_YEARS = 87_600;

const overdue = (row: PrintableRow): string => {
  const hours = row.overdueAfterHours ?? DEFAULT_OVERDUE_HOURS;
  return hours >= HOURS_OF_TEN_YEARS ? 'never overdue' : `overdue after ${hours} h`;
};

const isReason = (value: unknown): value is Ignored | Impossible =>
  typeof value === 'object' && value !== null && ('ignored' in value || 'impossible' in value);
const reason = (cell: Ignored | Impossible): string => ('ignored' in cell ? `ignored: ${cell.ignored}` : `impossible: ${cell.impossible}`);

/** Rules of one flow in words. A rule without a name is shown as it is written in the flow file. */
class Words {
  readonly #flow: string;
  readonly #source: RuleSource;
  constructor(flow: string, source: RuleSource) {
    this.#flow = flow;
    this.#source = source;
  }

  /** @throws Error when nobody could tell what the rule is called. */
  rule(rule: Rule, row: string | null, cell: string): string {
    // An arrow written in the table is named after its cell by the language, which says nothing.
    if (rule.name !== '' && rule.name !== cell) return /^\w+$/.test(rule.name) ? `\`${rule.name}\`` : rule.name;
    const written = this.#source(row, cell);
    if (written === null)
      throw new Error(`flow ${this.#flow}, ${row ?? 'opens'}, ${cell}: the rule has no name; wrap it with named() of the kernel`);
    return `\`${written}\``;
  }

  cell(value: PrintableCell, row: string, input: string): string {
    return isReason(value) ? reason(value) : this.rule(value, row, input);
  }

  /** What opens is a function of the input; one that looks at nothing is asked what it says. */
  opening(rule: Rule, input: string): string {
    const said = rule.length === 0 ? rule() : null;
    return isReason(said) ? reason(said) : this.rule(rule, null, input);
  }
}

const deed = (row: PrintableRow, status: string, words: Words): string => {
  if ('does' in row) return `does **${row.does}**; when unknown: ${row.whenUnknown.replaceAll('-', ' ')}; ${overdue(row)}`;
  if ('ends' in row) return `ends: ${row.ends}`;
  const again =
    row.looksAgain === undefined
      ? ''
      : `; looks again after \`${row.looksAgain.after}\`: ${words.rule(row.looksAgain.then, status, 'then')}`;
  return `waits for ${row.waitsFor}; ${overdue(row)}${again}`;
};

const NOTHING = '-';

/** Markdown, without a heading above `### <name>`. The same flow gives the same text. */
export const printFlow = (flow: PrintableFlow, source: RuleSource): string => {
  const words = new Words(flow.name, source);
  const inputs = Object.keys(flow.opens);
  const rows = Object.entries(flow.rows).map(([status, row]) => [
    `**${status}**`,
    deed(row, status, words),
    'does' in row ? words.rule(row.applied, status, 'applied') : NOTHING,
    'does' in row ? words.rule(row.rejected, status, 'rejected') : NOTHING,
    ...inputs.map((input) => {
      const cell = row.on[input];
      if (cell === undefined) throw new Error(`flow ${flow.name}, ${status}: no cell for ${input}`);
      return words.cell(cell, status, input);
    }),
  ]);
  const opens = inputs.map((input) => {
    const rule = flow.opens[input];
    return rule === undefined ? '' : `\`${input}\` ${words.opening(rule, input)}`;
  });
  return [
    `### ${flow.name}`,
    `Stuck journeys are answered for by: ${flow.ownedBy}. When no journey is open: ${opens.join(' · ')}.`,
    markdownTable(['status', 'what it does', 'applied', 'rejected', ...inputs], rows),
  ].join('\n\n');
};
