/** The words behind `npm run demo --`. Pure: what is wrong comes back as one sentence. */
import { parseArgs } from 'node:util';
import { FAULTS, isFault, type FaultName } from '../../test/world/faults.js';

export interface DemoArguments {
  readonly once: boolean;
  readonly customers: number;
  /** More than one: a demo each, one after the other. */
  readonly seeds: readonly number[];
  readonly faults: readonly FaultName[];
  /** Where the result is written as JSON, or null. */
  readonly jsonFile: string | null;
  readonly keep: boolean;
}

export type ReadArguments =
  | { readonly kind: 'run'; readonly arguments: DemoArguments }
  | { readonly kind: 'show'; readonly text: string }
  | { readonly kind: 'wrong'; readonly sentence: string };

export const MOST_CUSTOMERS = 500;
const LARGEST_SEED = 4_294_967_295;
const MOST_SEEDS = 100;

export const HELP = `npm run demo [-- options]

The main job for real: Kafka, Postgres, the outside world and every service as its own process. Customers ask for their money and are paid;
at the end the books of broker, bank and InvestSuite are compared. Exit 0 only when they agree and nobody is forgotten.

  --once           ends after the verdict; without it everything stays up until Ctrl-C
  --customers N    how many customers, 1 to ${MOST_CUSTOMERS} (default 40)
  --seed S         another mix of customers, amounts and faults (default 1); with --once also a range, such as 1..10: a demo each
  --faults a,b     named faults of the outside world; all; help lists them
  --json FILE      writes the result there, too
  --keep           leaves logs and databases behind
  --help           this text
`;

const faultList = (): string =>
  `Faults of the outside world, for --faults a,b or --faults all:\n\n${Object.entries(FAULTS)
    .map(([name, { does }]) => `  ${name.padEnd(22)} ${does}`)
    .join('\n')}\n`;

const wholeNumber = (text: string, from: number, to: number): number | null => {
  if (!/^\d{1,10}$/.test(text)) return null;
  const value = Number(text);
  return value >= from && value <= to ? value : null;
};

/** `7`, or `1..10` with both ends. Null when it is neither. */
const seedsIn = (text: string): readonly number[] | null => {
  const [from = '', to = from, more] = text.split('..');
  const first = wholeNumber(from, 0, LARGEST_SEED);
  const last = wholeNumber(to, 0, LARGEST_SEED);
  if (first === null || last === null || more !== undefined || last < first || last - first >= MOST_SEEDS) return null;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
};

const readFaults = (text: string | undefined): readonly FaultName[] | string => {
  if (text === undefined) return [];
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('all')) return Object.keys(FAULTS).filter(isFault);
  const strange = names.find((name) => !isFault(name));
  if (strange !== undefined) return `There is no fault "${strange}"; --faults help lists them.`;
  return [...new Set(names.filter(isFault))];
};

/** parseArgs takes the -5 of "--customers -5" for another option: bound together, it is judged as a number. */
const bound = (words: readonly string[]): string[] =>
  words.reduce<string[]>((done, word) => {
    const before = done.at(-1);
    if (before === undefined || !/^-[0-9]/.test(word) || !/^--[a-z]+$/.test(before)) return [...done, word];
    return [...done.slice(0, -1), `${before}=${word}`];
  }, []);

const parsed = (words: readonly string[]) =>
  parseArgs({
    args: bound(words),
    options: {
      once: { type: 'boolean', default: false },
      customers: { type: 'string', default: '40' },
      seed: { type: 'string', default: '1' },
      faults: { type: 'string' },
      json: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;

const wrong = (sentence: string): ReadArguments => ({ kind: 'wrong', sentence });

export const readArguments = (words: readonly string[]): ReadArguments => {
  let values: ReturnType<typeof parsed>;
  try {
    values = parsed(words);
  } catch (error) {
    return wrong(error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error));
  }
  if (values.help) return { kind: 'show', text: HELP };
  if (values.faults === 'help') return { kind: 'show', text: faultList() };
  const customers = wholeNumber(values.customers, 1, MOST_CUSTOMERS);
  if (customers === null) return wrong(`--customers takes a whole number from 1 to ${MOST_CUSTOMERS}, not "${values.customers}".`);
  const seeds = seedsIn(values.seed);
  if (seeds === null)
    return wrong(
      `--seed takes a whole number from 0 to ${LARGEST_SEED}, or a range of at most ${MOST_SEEDS} such as 1..10, not "${values.seed}".`,
    );
  if (seeds.length > 1 && !values.once) return wrong('A range of seeds needs --once.');
  const faults = readFaults(values.faults);
  if (typeof faults === 'string') return wrong(faults);
  if (seeds.length > 1 && values.json !== undefined) return wrong('--json takes one seed, not a range.');
  if (values.json === '') return wrong('--json takes the name of a file.');
  return { kind: 'run', arguments: { once: values.once, customers, seeds, faults, jsonFile: values.json ?? null, keep: values.keep } };
};
