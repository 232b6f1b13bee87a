/** A build of this product as a later release would be: every flow writes its states in a newer version than this release does. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compileCopy } from '../support/compile-copy.js';
import { projectRoot } from '../../infra/sandbox/project-root.js';

/** What a build needs besides the sources. */
const SETTINGS = ['package.json', 'tsconfig.json', 'tsconfig.base.json'];
const FOLDERS = ['services', 'shared', 'contracts', 'migrations', 'infra', 'test'];
/** A list of upgrades as a wire.ts writes it: a name, or a literal. */
const UPGRADES = /\bupgrades: ([A-Za-z]+|\[[^\]]*\]),/g;

/**
 * The states stay as they are. Only their version rises, so that an instance of this release must leave them alone.
 * @throws when a flow's list of upgrades is written in another form than this knows.
 */
export const withOneMoreUpgrade = (text: string, path: string): string => {
  const known = text.match(UPGRADES)?.length ?? 0;
  if (known !== (text.match(/\bupgrades:/g)?.length ?? 0)) throw new Error(`${path}: the upgrades of a flow cannot be read`);
  return text.replace(UPGRADES, 'upgrades: [...$1, (old) => old],');
};

/** Copies the sources of this build, raises the version of every flow's states by one, compiles. Returns the folder. */
export const makeNextBuild = (folder: string): string => {
  mkdirSync(folder, { recursive: true });
  for (const name of SETTINGS) cpSync(join(projectRoot, name), join(folder, name));
  for (const name of FOLDERS)
    cpSync(join(projectRoot, name), join(folder, name), { recursive: true, filter: (source) => !source.includes('/.cache') });
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const wires = execFileSync('find', ['services', '-name', 'wire.ts'], { cwd: folder, encoding: 'utf8' }).split('\n').filter(Boolean);
  for (const path of wires) {
    const file = join(folder, path);
    writeFileSync(file, withOneMoreUpgrade(readFileSync(file, 'utf8'), path));
  }
  compileCopy(folder);
  const main = join(folder, 'dist/services/payout/src/main.js');
  if (!existsSync(main)) throw new Error(`the next build has no ${dirname(main)}`);
  return folder;
};
