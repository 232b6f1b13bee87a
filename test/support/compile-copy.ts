import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Compiles a copy of the sources into its own dist/. @throws Error with what the compiler says. */
export const compileCopy = (root: string): void => {
  const compiler = join(root, 'node_modules/@typescript/native/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.json'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`a copy of the sources does not compile:\n${stdout.slice(0, 4_000)}`);
};
