import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const findRoot = (folder: string): string => {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no package.json above ${__dirname}`);
  return findRoot(parent);
};

/** Absolute path of the checkout, the same from the sources and from dist/. Files that are not compiled are read from here. */
export const projectRoot: string = findRoot(__dirname);
