/**
 * JSON as it is written, not as it is understood: members in order, twice if need be, and any text where a value should be.
 * A parsed body could not hold two equal keys, `1e999` or half a number; a sender's can.
 */
import { JsonNumber, type Json } from '../../shared/kernel/json.js';

export type Tree =
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, Tree])[] }
  | { readonly kind: 'array'; readonly items: readonly Tree[] }
  /** Goes into the text as it stands. */
  | { readonly kind: 'raw'; readonly text: string };

export const raw = (text: string): Tree => ({ kind: 'raw', text });
export const text = (value: string): Tree => raw(JSON.stringify(value));
export const object = (members: readonly (readonly [string, Tree])[]): Tree => ({ kind: 'object', members });
export const array = (items: readonly Tree[]): Tree => ({ kind: 'array', items });

export const printed = (tree: Tree): string => {
  if (tree.kind === 'raw') return tree.text;
  if (tree.kind === 'array') return `[${tree.items.map(printed).join(',')}]`;
  return `{${tree.members.map(([key, value]) => `${JSON.stringify(key)}:${printed(value)}`).join(',')}}`;
};

export const treeOf = (value: Json): Tree => {
  if (value === null || typeof value !== 'object') return raw(JSON.stringify(value));
  if (value instanceof JsonNumber) return raw(value.raw);
  if (Array.isArray(value)) return array((value as readonly Json[]).map(treeOf));
  return object(Object.entries(value as Readonly<Record<string, Json>>).map(([key, member]) => [key, treeOf(member)]));
};

/** The same object with this member, in its old place or at the end. */
export const withMember = (tree: Tree, key: string, value: Tree): Tree => {
  if (tree.kind !== 'object') return tree;
  const had = tree.members.some(([name]) => name === key);
  return object(had ? tree.members.map(([name, old]) => [name, name === key ? value : old]) : [...tree.members, [key, value]]);
};

/** Nodes below and including this one. */
export const countOf = (tree: Tree): number => {
  if (tree.kind === 'raw') return 1;
  const below = tree.kind === 'array' ? tree.items : tree.members.map(([, value]) => value);
  return below.reduce((sum, one) => sum + countOf(one), 1);
};

/** The tree with its n-th node (depth first, the root is 0) changed; null takes the node away. */
export const changedAt = (tree: Tree, n: number, change: (node: Tree) => Tree | null): Tree | null => {
  if (n === 0) return change(tree);
  let left = n - 1;
  const visit = (child: Tree): Tree | null => {
    const size = countOf(child);
    const here = left >= 0 && left < size;
    const next = here ? changedAt(child, left, change) : child;
    left = here ? -1 : left - size;
    return next;
  };
  if (tree.kind === 'raw') return tree;
  if (tree.kind === 'array') return array(tree.items.flatMap((item) => visit(item) ?? []));
  return object(
    tree.members.flatMap(([key, value]) => {
      const next = visit(value);
      return next === null ? [] : [[key, next] as const];
    }),
  );
};
