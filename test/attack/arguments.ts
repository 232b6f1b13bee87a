/** The words behind `npm run attack --`. Pure: what is wrong comes back as text. */
import { Command, CommanderError, Option } from 'commander';

export type AttackArguments =
  | { readonly does: 'table' }
  /** `marks`: only these rows; empty: all. */
  | { readonly does: 'mutate'; readonly marks: readonly string[] };
export type ReadArguments =
  | { readonly kind: 'run'; readonly arguments: AttackArguments }
  | { readonly kind: 'show'; readonly text: string }
  | { readonly kind: 'wrong'; readonly text: string };

const DESCRIPTION = `Faults that attacks have found, and the tests that hold them (test/faults.md).
--mutate takes the mend of each row out, in a copy, and runs the tests of the row. Exit 0 only when a test of its row fails for each mend.`;

export const readArguments = (words: readonly string[]): ReadArguments => {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  const command = new Command('npm run attack --')
    .description(DESCRIPTION)
    .addOption(new Option('--table', 'writes test/faults.md again').conflicts('mutate'))
    .option('--mutate [marks...]', 'takes mends out, of all rows or of the rows with these marks, such as A1 E2')
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
  const { table, mutate } = command.opts<{ readonly table?: true; readonly mutate?: true | readonly string[] }>();
  if (table === true) return { kind: 'run', arguments: { does: 'table' } };
  if (mutate === undefined) return { kind: 'wrong', text: command.helpInformation() };
  return { kind: 'run', arguments: { does: 'mutate', marks: mutate === true ? [] : mutate } };
};
