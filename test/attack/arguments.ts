/** The words behind `npm run attack --`. Pure: what is wrong comes back as text. */
import { Command, CommanderError, Option } from 'commander';
import type { CommandRead } from '../../infra/sandbox/processes.js';

export type AttackArguments =
  /** `only`: attacks whose name or row holds this text; null: all. */
  | { readonly does: 'attack' | 'peel'; readonly only: string | null }
  | { readonly does: 'table' }
  /** `marks`: only these rows; empty: all. */
  | { readonly does: 'mutate'; readonly marks: readonly string[] };
export type ReadArguments = CommandRead<AttackArguments>;

const DESCRIPTION = `Attacks the product in a sandbox: by Kafka and SQL with the login of each service, by API, sockets and configuration.
Exit 0 only when each attack was refused, and an operator sees that it was tried. Nothing of it may pay.

--peel runs a test build whose guards can be taken out. Each guard alone must refuse; without all of them the attack must succeed.
--mutate takes the mend of each row out, in a copy, and runs the tests of the row. Exit 0 only when a test of its row fails for each mend.`;

export const readArguments = (words: readonly string[]): ReadArguments => {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  const command = new Command('npm run attack --')
    .description(DESCRIPTION)
    .addOption(new Option('--peel', 'takes guards out, all but one, and all').conflicts(['mutate', 'table']))
    .addOption(new Option('--only <text>', 'attacks whose name or row holds this text').conflicts(['mutate', 'table']))
    .addOption(new Option('--table', 'writes test/faults.md and test/attack/attacks.md again').conflicts('mutate'))
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
  const { table, mutate, peel, only } = command.opts<{
    readonly table?: true;
    readonly mutate?: true | readonly string[];
    readonly peel?: true;
    readonly only?: string;
  }>();
  if (table === true) return { kind: 'run', arguments: { does: 'table' } };
  if (mutate !== undefined) return { kind: 'run', arguments: { does: 'mutate', marks: mutate === true ? [] : mutate } };
  return { kind: 'run', arguments: { does: peel === true ? 'peel' : 'attack', only: only ?? null } };
};
