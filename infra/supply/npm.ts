import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Shipped } from './shipped.js';

const MOST_BYTES = 100 * 1024 * 1024;

/** The npm that runs us; without one, the one on the path. Returns what it printed. @throws Error with what it said. */
export const npm = async (folder: string, words: readonly string[]): Promise<string> => {
  const own = process.env['npm_execpath'];
  const [command, args] = own?.endsWith('.js') === true ? [process.execPath, [own, ...words]] : ['npm', [...words]];
  const { stdout } = await promisify(execFile)(command, args, { cwd: folder, maxBuffer: MOST_BYTES });
  return stdout;
};

/** package.json and package-lock.json of what is shipped. */
export const writeManifests = (folder: string, { manifest, lock }: Shipped): void => {
  for (const [name, content] of Object.entries({ 'package.json': manifest, 'package-lock.json': lock }))
    writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
};
