/** The personal members of a stored JSON object: sealed as one text in the member `sealed`, so that the rest stays readable and searchable. */
import type { KeyObject } from 'node:crypto';
import { openWith } from './cipher.js';
import { sealedBy, sealedForPortfolio } from './sealer.js';

export type DataKey = { readonly id: string; readonly key: KeyObject };
/** Null: the key is forgotten, for ever. */
export type DataKeyOf = (id: string) => DataKey | null;

type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

const SEALED = 'sealed';
/** Stands in the place of what can never be opened again. */
export const ERASED = { erased: true } as const;

/**
 * The same JSON text with these members sealed. A text without any of them, or that is no object, is given back as it is.
 * @param about the id of the row: a sealed part cannot be put into another one.
 */
export const sealedJson = (text: string, members: readonly string[], { id, key }: DataKey, about: string): string => {
  const value: unknown = JSON.parse(text);
  if (!isMembers(value)) return text;
  const open: Record<string, unknown> = {};
  const secret: Record<string, unknown> = {};
  let count = 0;
  for (const [name, member] of Object.entries(value))
    if (members.includes(name) && member !== null) {
      secret[name] = member;
      count++;
    } else open[name] = member;
  if (count === 0) return text;
  open[SEALED] = sealedForPortfolio(id, key, JSON.stringify(secret), about);
  return JSON.stringify(open);
};

/** The id of the data key that the value was sealed with; null when nothing in it is sealed. */
export const dataKeyIdOf = (value: unknown): string | null => {
  const part = isMembers(value) ? value[SEALED] : undefined;
  const sealed = typeof part === 'string' ? sealedBy(part) : null;
  return sealed?.by === 'data' ? sealed.keyId : null;
};

/** The value as it was before it was sealed. `parse`: for those that read JSON in their own way. @throws SealBroken. */
export const openedJson = (value: unknown, keyOf: DataKeyOf, about: string, parse: (text: string) => unknown = JSON.parse): unknown => {
  const keyId = dataKeyIdOf(value);
  if (keyId === null) return value;
  const { [SEALED]: part, ...open } = value as Members & { readonly sealed: string };
  const known = keyOf(keyId);
  if (known === null) return { ...open, ...ERASED };
  const payload = sealedBy(part)?.payload ?? '';
  return { ...open, ...(parse(openWith(known.key, payload, about)) as Members) };
};
