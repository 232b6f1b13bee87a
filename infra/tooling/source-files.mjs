/** Which files are ours. One place, so that no check can look at fewer files than another. */
import { readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const repositoryRoot = resolve(import.meta.dirname, '../..');

/** The folders that hold our code. */
export const codeFolders = ['services', 'shared', 'contracts', 'migrations', 'infra', 'test'];

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.cache', '.git']);

const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });

const isFolder = (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Those of our code folders that exist. */
export const presentFolders = (root) => codeFolders.filter((folder) => isFolder(join(root, folder)));

/** Paths relative to the root, with forward slashes, sorted, of files below our code folders with one of these endings. */
export const sourceFiles = (root, endings) =>
  presentFolders(root)
    .flatMap((folder) => filesBelow(join(root, folder)))
    .map((path) => relative(root, path).replaceAll('\\', '/'))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort();
