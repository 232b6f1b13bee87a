/**
 * Keeps the statements of this build for the tests of later ones: `node dist/test/upgrade/keep-statements.js NAME` writes
 * `test/upgrade/NAME.statements.json`. What a release has said is never written again: a file that is there is left alone without --again.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { recorded } from './statements.js';

const main = async (): Promise<void> => {
  const [name, again] = process.argv.slice(2);
  if (name === undefined || !/^[a-z0-9-]+$/.test(name)) throw new Error('name the release, such as third-release');
  const file = resolve('test/upgrade', `${name}.statements.json`);
  if (existsSync(file) && again !== '--again') throw new Error(`${file} is there: what a release has said is not written again`);
  const { statements } = await recorded();
  writeFileSync(file, `[\n${statements.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`);
  process.stdout.write(`${String(statements.length)} statements kept in ${file}\n`);
};

void main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
