/** What a correction changes, field by field, so that the second person sees it before they say yes. Accounts and names are masked. */
import { parseValue } from '../../../../contracts/internal/envelope.js';
import { JsonNumber, printJson, type Json } from '../../../../shared/kernel/json.js';
import { masked } from './masking.js';

export type FieldChange = {
  /** `data.amount`, `data.items.0`; `message` where one of the two is no JSON. */
  readonly field: string;
  /** Masked. Null: the field is not there. */
  readonly was: string | null;
  readonly becomes: string | null;
  /** The two differ only in what is masked: they look the same and are not. */
  readonly hidden: boolean;
};

type Leaf = { readonly raw: string; readonly shown: string };
type Members = { readonly [key: string]: Json };

const printed = (value: Json): string => (typeof value === 'string' ? value : printJson(value));

const isMembers = (value: Json): value is Members => typeof value === 'object' && value !== null && !(value instanceof JsonNumber);

/** Arrays go by their places. An empty object or list is a leaf of its own: it is not nothing. */
const collect = (raw: Json, shown: Json, field: string, leaves: Map<string, Leaf>): void => {
  const names = isMembers(raw) ? Object.keys(raw) : [];
  if (!isMembers(raw) || !isMembers(shown) || names.length === 0) {
    leaves.set(field, { raw: printed(raw), shown: printed(shown) });
    return;
  }
  for (const name of names) collect(raw[name] ?? null, shown[name] ?? null, field === '' ? name : `${field}.${name}`, leaves);
};

const leavesOf = (text: string): ReadonlyMap<string, Leaf> | null => {
  try {
    const raw = parseValue(text);
    const leaves = new Map<string, Leaf>();
    collect(raw, masked(raw), '', leaves);
    return leaves;
  } catch {
    return null;
  }
};

const LONGEST_SHOWN = 300;
const cut = (text: string): string => (text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}...`);
const wholeOf = (text: string): string => {
  const shown = masked(text);
  return typeof shown === 'string' ? cut(shown) : '';
};

const changeOf = (field: string, was: Leaf | undefined, becomes: Leaf | undefined): FieldChange => {
  const [before, after] = [was === undefined ? null : cut(was.shown), becomes === undefined ? null : cut(becomes.shown)];
  return { field, was: before, becomes: after, hidden: before === after };
};

/** Empty when the two say the same. */
export const differenceOf = (stored: string, corrected: string): readonly FieldChange[] => {
  const [before, after] = [leavesOf(stored), leavesOf(corrected)];
  if (before === null || after === null) {
    const [was, becomes] = [wholeOf(stored), wholeOf(corrected)];
    return stored === corrected ? [] : [{ field: 'message', was, becomes, hidden: was === becomes }];
  }
  const fields = [...new Set([...before.keys(), ...after.keys()])];
  return fields
    .filter((field) => before.get(field)?.raw !== after.get(field)?.raw || before.has(field) !== after.has(field))
    .map((field) => changeOf(field, before.get(field), after.get(field)));
};

/** Every field of a message that runs as it was stored, masked. */
export const fieldsOf = (text: string): readonly { readonly field: string; readonly value: string }[] => {
  const leaves = leavesOf(text);
  return leaves === null
    ? [{ field: 'message', value: wholeOf(text) }]
    : [...leaves].map(([field, { shown }]) => ({ field, value: cut(shown) }));
};
