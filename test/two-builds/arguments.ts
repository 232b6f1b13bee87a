/** The words behind `npm run two-builds --`. Pure: what is wrong comes back as text. */
import { Command, CommanderError, Option } from 'commander';
import { LARGEST_SEED, wholeNumber } from '../torture/arguments.js';
import type { CommandRead } from '../../infra/sandbox/processes.js';

export interface TwoBuildsArguments {
  /** `stop-all`: every instance of the earlier build ends, then the migrations run, then this build starts. `rolling`: both run at once. */
  readonly how: 'stop-all' | 'rolling';
  /** Root folder of the earlier build, compiled; null: this build, and a later one is made from its sources. */
  readonly from: string | null;
  readonly customers: number;
  readonly seed: number;
  readonly keep: boolean;
}
export type ReadArguments = CommandRead<TwoBuildsArguments>;

const MOST_CUSTOMERS = 300;

const DESCRIPTION = `Customers are paid while one build of the services is replaced by another, over one real Kafka and one real Postgres.
Then the books of the outside world are read. Exit 0 only when nobody is paid twice and nobody is forgotten.`;

export const readArguments = (words: readonly string[]): ReadArguments => {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  const command = new Command('npm run two-builds --')
    .description(DESCRIPTION)
    .addOption(new Option('--how <way>', 'how the builds change').choices(['stop-all', 'rolling']).default('rolling'))
    .option(
      '--from <folder>',
      'root folder of a clone of the earlier release, built there (npm run build); default: this build, replaced by a later one',
    )
    .option('--customers <n>', `how many customers, 1 to ${MOST_CUSTOMERS}`, wholeNumber(1, MOST_CUSTOMERS), 40)
    .option('--seed <s>', 'another mix of customers', wholeNumber(0, LARGEST_SEED), 1)
    .option('--keep', 'keeps the logs, also after a good end', false)
    .helpOption('--help', 'this text')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write });
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: error.exitCode === 0 ? 'show' : 'wrong', text: written.join('') };
  }
  const { from, ...given } = command.opts<Omit<TwoBuildsArguments, 'from'> & { readonly from?: string }>();
  return { kind: 'run', arguments: { ...given, from: from ?? null } };
};
