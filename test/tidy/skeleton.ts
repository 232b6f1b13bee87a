import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from './repository.js';

/** What a program said and how it ended. */
export type Said = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** A small tree with the layout and the settings of this repository, in a folder of its own. */
export type Skeleton = {
  readonly root: string;
  /** Runs a script of infra/tooling on the skeleton. */
  run(script: string, ...words: string[]): Promise<Said>;
  remove(): void;
};

const SETTINGS = ['package.json', 'tsconfig.json', 'tsconfig.base.json'];

const runNode = (cwd: string, words: readonly string[]): Promise<Said> =>
  new Promise((resolve) => {
    execFile(process.execPath, [...words], { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });

/**
 * Writes these files (path to text) into a temporary folder beside the real settings and libraries. Violations are
 * planted there and never in the working tree, where a crash would leave them behind.
 */
export const makeSkeleton = (files: Readonly<Record<string, string>>): Skeleton => {
  const root = mkdtempSync(join(tmpdir(), 'client-middleware-tidy-'));
  for (const name of SETTINGS) copyFileSync(join(repositoryRoot, name), join(root, name));
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'), 'dir');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return {
    root,
    run: (script, ...words) => runNode(root, [join(repositoryRoot, 'infra/tooling', script), '--root', root, ...words]),
    remove: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
};

/** Runs a piece of ECMAScript module code with the repository as its folder. */
export const runModule = (code: string): Promise<Said> => runNode(repositoryRoot, ['--input-type=module', '-e', code]);
