import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const repositoryRoot = resolve(__dirname, '../..');

const CODE_FOLDERS = ['services', 'shared', 'contracts', 'migrations', 'infra', 'test'];
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.cache']);

/** One of our files. `path` counts from the root, with forward slashes. */
export type SourceFile = { readonly path: string; readonly text: string };

const below = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? below(path) : [path];
  });

/** Every path below our code folders, sorted. */
export const ourPaths = (): string[] =>
  CODE_FOLDERS.map((folder) => join(repositoryRoot, folder))
    .filter((folder) => existsSync(folder))
    .flatMap(below)
    .map((path) => relative(repositoryRoot, path).replaceAll('\\', '/'))
    .sort();

export const readOurs = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8');

/** Our files whose path matches, with their text. */
export const ourFiles = (matching: RegExp): SourceFile[] =>
  ourPaths()
    .filter((path) => matching.test(path))
    .map((path) => ({ path, text: readOurs(path) }));
