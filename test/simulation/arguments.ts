/** The words behind `npm run simulate --`. What is wrong ends with exit 64 and one sentence. */
import { availableParallelism } from 'node:os';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { BREAK_NAMES, BREAKS, type BreakName } from './breaks.js';

export type SimulationArguments = {
  readonly histories: number;
  readonly seed: number;
  readonly breaks: readonly BreakName[];
  readonly story: boolean;
  readonly jsonFile: string | null;
  readonly workers: number;
};
export type ReadArguments =
  | { readonly kind: 'run'; readonly arguments: SimulationArguments }
  | { readonly kind: 'shown'; readonly exitCode: number; readonly text: string };

/** EX_USAGE of sysexits.h. */
const USAGE = 64;
const MOST_HISTORIES = 100_000_000;
const LARGEST_SEED = 2_000_000_000;

const whole =
  (from: number, to: number) =>
  (text: string): number => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${String(from)} to ${String(to)}.`);
  };

const broken = (text: string): readonly BreakName[] | 'list' => {
  if (text === 'list') return 'list';
  if (text === 'all') return BREAK_NAMES;
  const name = BREAK_NAMES.find((one) => one === text);
  if (name === undefined) throw new InvalidArgumentError('There is no such rule; --break list shows them.');
  return [name];
};

export const breakList = (): string => BREAK_NAMES.map((name) => `  ${name.padEnd(30)} ${BREAKS[name].does}\n`).join('');

const command = (print: (text: string) => void): Command =>
  new Command('npm run simulate --')
    .description(
      'The real kernel, flows and engine under a seeded scheduler, on a database, Kafka and an outside world in memory.\n' +
        'After every history an auditor reads the books of the world. Exit 0 only when nothing is wrong;\n' +
        'with --break only when the broken rule is convicted.',
    )
    .addOption(new Option('--histories <n>', 'how many; seeds S, S+1, and so on').argParser(whole(1, MOST_HISTORIES)).default(20_000))
    .addOption(new Option('--seed <s>', 'the first seed').argParser(whole(0, LARGEST_SEED)).default(1))
    .addOption(
      new Option('--break <rule>', 'breaks one rule of the product on purpose; all of them with all; list shows them').argParser(broken),
    )
    .addOption(new Option('--story', 'prints what happened in the first history, line by line').default(false))
    .addOption(new Option('--json <file>', 'writes the result there, too'))
    .addOption(new Option('--workers <n>', 'threads').argParser(whole(1, 64)).default(Math.min(availableParallelism(), 8)))
    .allowExcessArguments(false)
    .configureOutput({ writeOut: print, writeErr: print })
    .exitOverride();

export const readArguments = (words: readonly string[]): ReadArguments => {
  let text = '';
  const parser = command((more) => {
    text += more;
  });
  try {
    parser.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'shown', exitCode: error.exitCode === 0 ? 0 : USAGE, text };
  }
  const options = parser.opts<{
    histories: number;
    seed: number;
    break?: readonly BreakName[] | 'list';
    story: boolean;
    json?: string;
    workers: number;
  }>();
  if (options.break === 'list') return { kind: 'shown', exitCode: 0, text: breakList() };
  const { histories, seed, story, json, workers } = options;
  return { kind: 'run', arguments: { histories, seed, story, workers, breaks: options.break ?? [], jsonFile: json ?? null } };
};
