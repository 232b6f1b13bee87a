/** One line more in a list of ours, at a place that is there once. */
import type { Tree } from './tree.js';

/** The list has another form than the one that is known here. Nothing was written. */
export class PlaceNotFound extends Error {
  override readonly name = 'PlaceNotFound';
  constructor(path: string, what: string) {
    super(`${path}: the place for ${what} is not found. Nothing was written: add it by hand, or repair infra/new.`);
  }
}

export type Edit = { readonly path: string; readonly what: string; readonly before: string; readonly after: string };

/** What is put where. */
export type Insertion = {
  readonly what: string;
  readonly text: string;
  /** Global and multi-line. */
  readonly at: RegExp;
  /** `before` and `after` want one match; `after the last` wants at least one. */
  readonly place: 'before' | 'after' | 'after the last';
};

const positionOf = (path: string, text: string, { at, place, what }: Insertion): number => {
  const matches = [...text.matchAll(at)];
  const found = place === 'after the last' ? matches.at(-1) : matches.length === 1 ? matches[0] : undefined;
  if (found === undefined) throw new PlaceNotFound(path, what);
  return found.index + (place === 'before' ? 0 : found[0].length);
};

/** @throws PlaceNotFound */
export const editOf = (tree: Tree, path: string, insertions: readonly Insertion[]): Edit => {
  const what = insertions.map((one) => one.what).join(', ');
  if (!tree.exists(path)) throw new PlaceNotFound(path, what);
  const before = tree.read(path);
  const after = insertions.reduce((text, insertion) => {
    const position = positionOf(path, text, insertion);
    return `${text.slice(0, position)}${insertion.text}${text.slice(position)}`;
  }, before);
  return { path, what, before, after };
};

/** As a key of an object is written. */
export const keyOf = (name: string): string => (/^[a-z]\w*$/.test(name) ? name : `'${name}'`);
