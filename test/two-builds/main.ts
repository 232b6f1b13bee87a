import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runCommand } from '../../infra/sandbox/processes.js';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { WrongUsage } from '../../infra/sandbox/wrong-usage.js';
import { tableLines } from '../world/books-table.js';
import { isOver } from '../world/verdict.js';
import { readArguments, type TwoBuildsArguments } from './arguments.js';
import { makeNextBuild } from './next-build.js';
import { replaceBuilds } from './run.js';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const run = async ({ from, how, customers, seed, keep }: TwoBuildsArguments): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'client-middleware-two-builds-'));
  try {
    if (from !== null && !existsSync(join(from, 'dist/services')))
      throw new WrongUsage(`${from} has no build. Run "npm run build" in that folder first.`);
    if (from === null) say('a later build is made from these sources ...');
    const builds =
      from === null ? { before: projectRoot, after: makeNextBuild(join(folder, 'next')) } : { before: resolve(from), after: projectRoot };
    const { verdict } = await replaceBuilds({ ...builds, how, customers, seed, keep, say });
    for (const line of tableLines(verdict.books)) say(line);
    for (const one of verdict.customers.filter((customer) => !isOver(customer)))
      say(`#${String(one.number)} is not over: ${one.end}: ${one.problems.join('; ')}`);
    say(verdict.ok ? 'The books agree: nobody is paid twice, nobody is forgotten.' : 'The books do NOT agree.');
    return verdict.ok ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

runCommand(readArguments(process.argv.slice(2)), run);
