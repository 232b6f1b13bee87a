import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../infra/sandbox/processes.js';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { WrongUsage } from '../../infra/sandbox/wrong-usage.js';
import { mutate } from '../faults/mutate.js';
import { rows } from '../faults/rows.js';
import { heldRows, tableOf, type HeldRow, type TestFile } from '../faults/table.js';
import { readArguments, type AttackArguments } from './arguments.js';
import { attacks } from './attacks/all.js';
import { attacksTable } from './attacks-table.js';
import { runPeel } from './peel.js';
import { runAttacks } from './run.js';

const FOLDERS = ['services', 'shared', 'contracts', 'migrations', 'infra', 'test'];

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const testFiles = (): readonly TestFile[] =>
  FOLDERS.flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path.replaceAll('\\', '/')}`),
  )
    .filter((path) => path.endsWith('.test.ts') && !path.includes('/node_modules/') && path !== 'test/faults/faults.unit.test.ts')
    .sort()
    .map((path) => ({ path, text: readFileSync(join(projectRoot, path), 'utf8') }));

const writeWhenStale = (name: string, text: string): void => {
  const path = join(projectRoot, name);
  const isFresh = existsSync(path) && readFileSync(path, 'utf8') === text;
  if (!isFresh) writeFileSync(path, text);
  say(`${name}: ${isFresh ? 'fresh' : 'written'}`);
};
const writeTables = (held: readonly HeldRow[]): number => {
  writeWhenStale('test/faults.md', tableOf(held));
  writeWhenStale('test/attack/attacks.md', attacksTable(attacks));
  return 0;
};

const takeOut = (held: readonly HeldRow[], marks: readonly string[]): number => {
  const unknown = marks.filter((mark) => held.every((row) => row.mark !== mark));
  if (unknown.length > 0) throw new WrongUsage(`There is no row ${unknown.join(', ')} in test/faults.md.`);
  const chosen = marks.length === 0 ? held : held.filter(({ mark }) => marks.includes(mark));
  say(`${'row'.padEnd(6)}${'mend taken out of'.padEnd(60)}${'end'.padEnd(8)}tests that failed`);
  const done = mutate(projectRoot, chosen, ({ mark, edit, end, failed }) => {
    say(`${mark.padEnd(6)}${edit.file.padEnd(60)}${end.padEnd(8)}${String(failed.length)}`);
  });
  const missed = done.filter(({ end }) => end === 'missed');
  say(`${String(done.length)} mends taken out, ${String(done.length - missed.length)} caught, ${String(missed.length)} missed`);
  return missed.length === 0 ? 0 : 1;
};

const chosenBy = (only: string | null): typeof attacks => {
  const chosen = attacks.filter(({ name, mark }) => only === null || name.includes(only) || mark === only);
  if (chosen.length === 0) throw new WrongUsage(`There is no attack with ${only ?? ''} in its name or as its row.`);
  return chosen;
};

const run = (wanted: AttackArguments): Promise<number> | number => {
  switch (wanted.does) {
    case 'attack':
      return runAttacks(say, chosenBy(wanted.only));
    case 'peel':
      return runPeel(projectRoot, say, chosenBy(wanted.only));
    case 'table':
      return writeTables(heldRows(rows, testFiles()));
    case 'mutate':
      return takeOut(heldRows(rows, testFiles()), wanted.marks);
  }
};

runCommand(readArguments(process.argv.slice(2)), run);
