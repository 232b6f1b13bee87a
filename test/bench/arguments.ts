/** The words behind `npm run bench --`. Pure: what is to be shown or is wrong comes back as text. */
import { Command, CommanderError } from 'commander';
import type { Bench } from './measure.js';
import type { CommandRead } from '../../infra/sandbox/processes.js';

export type BenchArguments = {
  readonly names: readonly string[];
  readonly quick: boolean;
  readonly write: boolean;
  /** Where the result is written as JSON, or null. */
  readonly jsonFile: string | null;
};
export type ReadArguments = CommandRead<BenchArguments>;

type Flags = { readonly quick?: true; readonly write?: true; readonly list?: true; readonly json?: string };

const listOf = (benches: readonly Bench[]): string => `${benches.map(({ name, does }) => `  ${name.padEnd(12)} ${does}`).join('\n')}\n`;

export const readArguments = (words: readonly string[], benches: readonly Bench[]): ReadArguments => {
  let said = '';
  const command = new Command('npm run bench --')
    .usage('[name ...] [options]')
    .description(
      'Speed and cost of the product, on real Kafka and Postgres, each figure beside its goal and beside a floor: something that does less, measured in the same run.',
    )
    .argument('[name...]', 'benches to run; all without a name')
    .option('--list', 'what there is')
    .option('--quick', 'short rounds, to see that it works; not for figures')
    .option('--json <file>', 'writes the result there, too')
    .option('--write', 'writes table and picture into test/bench/README.md; needs all benches')
    .addHelpText('after', () => `\nBenches:\n${listOf(benches)}`)
    .exitOverride()
    .configureOutput({ writeOut: (text) => (said += text), writeErr: (text) => (said += text) });
  try {
    command.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? { kind: 'show', text: said } : { kind: 'wrong', text: said };
  }
  const flags = command.opts<Flags>();
  const names = [...new Set(command.args)];
  if (flags.list) return { kind: 'show', text: listOf(benches) };
  const strange = names.find((name) => !benches.some((bench) => bench.name === name));
  if (strange !== undefined) return { kind: 'wrong', text: `There is no bench "${strange}". There are:\n${listOf(benches)}` };
  if (flags.json === '') return { kind: 'wrong', text: '--json takes the name of a file.\n' };
  if (flags.write && (flags.quick || names.length > 0))
    return { kind: 'wrong', text: '--write keeps figures: it needs every bench, and none of them quick.\n' };
  return {
    kind: 'run',
    arguments: {
      names: names.length === 0 ? benches.map(({ name }) => name) : names,
      quick: flags.quick ?? false,
      write: flags.write ?? false,
      jsonFile: flags.json ?? null,
    },
  };
};
