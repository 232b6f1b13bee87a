/** The files of the project that a plan is made for. A plan reads, and never writes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every path counts from the root, with forward slashes. */
export type Tree = {
  readonly exists: (path: string) => boolean;
  readonly read: (path: string) => string;
  /** Names in a folder, sorted; none where there is no such folder. */
  readonly names: (folder: string) => readonly string[];
};

export const treeAt = (root: string): Tree => ({
  exists: (path) => existsSync(join(root, path)),
  read: (path) => readFileSync(join(root, path), 'utf8'),
  names: (folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : []),
});

/** Paths of all files below a folder. */
export const filesBelow = (tree: Tree, folder: string): readonly string[] =>
  tree.names(folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    const inside = /\.\w+$/.test(name) ? [] : filesBelow(tree, path);
    return inside.length > 0 ? inside : [path];
  });
