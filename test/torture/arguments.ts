/** The words behind `npm run torture --`. Pure: what is wrong comes back as text. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { FAULTS, isFault, type FaultName } from '../world/faults.js';
import type { CommandRead } from '../../infra/sandbox/processes.js';

export interface TortureArguments {
  readonly kills: number;
  readonly customers: number;
  readonly seed: number;
  readonly kafkaNodes: 1 | 3;
  readonly faults: readonly FaultName[];
  /** Where the result is written as JSON, or null. */
  readonly jsonFile: string | null;
  readonly keep: boolean;
  /** Only the comparison of producers. */
  readonly kafkaOnly: boolean;
  /** Only two installations on one outside. */
  readonly twoInstallations: boolean;
  /** Only the named boundaries of the engine. */
  readonly crashPoints: boolean;
}
export type ReadArguments = CommandRead<TortureArguments>;

const MOST_KILLS = 2_000;
/** One page of the operators' list of open journeys holds 1,000, and each customer has one that never ends. */
const MOST_CUSTOMERS = 900;
/** Two whole products run at once. */
const FEW_CUSTOMERS = 16;
const MOST_FOR_TWO = 60;
export const LARGEST_SEED = 4_294_967_295;

export const wholeNumber =
  (from: number, to: number) =>
  (text: string): number => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= from && value <= to)) throw new InvalidArgumentError(`It takes a whole number from ${from} to ${to}.`);
    return value;
  };

const allFaults = (): readonly FaultName[] => Object.keys(FAULTS).filter(isFault);

const faultNames = (text: string): readonly FaultName[] => {
  if (text === 'all') return allFaults();
  if (text === 'none') return [];
  const names = text.split(',').map((name) => name.trim());
  const strange = names.find((name) => !isFault(name));
  if (strange !== undefined) throw new InvalidArgumentError(`There is no fault "${strange}"; npm run demo -- --faults help lists them.`);
  return [...new Set(names.filter(isFault))];
};

const nodes = (text: string): 1 | 3 => {
  if (text === '1') return 1;
  if (text === '3') return 3;
  throw new InvalidArgumentError('It takes 1 or 3.');
};

const file = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('It takes the name of a file.');
  return text;
};

const DESCRIPTION = `Customers are paid by the real services, over a real Kafka and a real Postgres, while all of them are killed (-9) and frozen,
their connections cut, silenced and slowed down, and the outside world misbehaves. Then everything heals, and the books of the outside world
are read. Exit 0 only when nobody is paid twice, nothing is lost and nobody is stuck where operators do not see it.`;

const build = (written: string[]): Command =>
  new Command('npm run torture --')
    .description(DESCRIPTION)
    .option(
      '--kills <n>',
      `how many kills, 1 to ${MOST_KILLS}, one every 2.5 s; other disturbances come on top`,
      wholeNumber(1, MOST_KILLS),
      40,
    )
    .option('--customers <n>', `how many customers, 1 to ${MOST_CUSTOMERS}`, wholeNumber(1, MOST_CUSTOMERS), 80)
    .option('--seed <s>', 'another mix of customers, faults and disturbances', wholeNumber(0, LARGEST_SEED), 1)
    .option('--kafka-nodes <n>', 'brokers of Kafka: 1, or 3 with three copies of everything', nodes, 1)
    .option('--kafka-only', 'with three brokers: our producer beside kafkajs as it comes; about three minutes', false)
    .option(
      '--crash-points',
      'each service dies at each boundary of the engine, on purpose, and says which it hit; about two minutes',
      false,
    )
    .option(
      '--two-installations',
      `a second installation, with a database, a Kafka and keys of its own, works on the same outside by mistake; ${FEW_CUSTOMERS} customers unless others are asked for, at most ${MOST_FOR_TWO}; about two minutes`,
      false,
    )
    .option('--faults <a,b>', 'faults of the outside world by name, all or none', faultNames, allFaults())
    .option('--json <file>', 'writes the result there, too', file)
    .option('--keep', 'keeps the logs, also after a good end', false)
    .helpOption('--help', 'this text')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => written.push(text),
      writeErr: (text) => written.push(text),
    });

interface Given extends Omit<TortureArguments, 'jsonFile'> {
  readonly json?: string;
}

export const readArguments = (words: readonly string[]): ReadArguments => {
  const written: string[] = [];
  const command = build(written);
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return {
      kind: error.exitCode === 0 ? 'show' : 'wrong',
      text: written.join(''),
    };
  }
  const { json, ...given } = command.opts<Given>();
  if (given.kafkaOnly && given.kafkaNodes !== 3) return { kind: 'wrong', text: 'error: --kafka-only needs --kafka-nodes 3\n' };
  if (!given.twoInstallations) return { kind: 'run', arguments: { ...given, jsonFile: json ?? null } };
  const customers = command.getOptionValueSource('customers') === 'default' ? FEW_CUSTOMERS : given.customers;
  if (customers > MOST_FOR_TWO) return { kind: 'wrong', text: `error: --two-installations takes at most ${MOST_FOR_TWO} customers\n` };
  return { kind: 'run', arguments: { ...given, customers, jsonFile: json ?? null } };
};
