/**
 * JSON that keeps every number as its source text. `1e100`, `3.4900` and `12345678901234567890.12` are the same
 * characters after parsing and printing again; a money amount never passes through a float.
 *
 * Method: Node 20 does not give a reviver the source text, so number tokens are first quoted with a mark that cannot
 * occur in accepted JSON (the escaped NUL, which Postgres refuses too), and the engine's own JSON.parse does the rest.
 */

/** A number exactly as it was written. Compare with kernel/decimal, not with `===`. */
export class JsonNumber {
  readonly raw: string;
  constructor(raw: string) {
    this.raw = raw;
  }
  toString(): string {
    return this.raw;
  }
}

export type Json = null | boolean | string | JsonNumber | readonly Json[] | { readonly [key: string]: Json };

/** The text is not JSON, or holds something we do not accept. The message never repeats the text: it may be personal. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// An even number of backslashes before it is text about an escape, not an escape.
const ESCAPED_NUL = /(?<!\\)(?:\\\\)*\\u0000/;
// Half a character: no UTF-8 can say it, so it would come back from Kafka and Postgres as another one.
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;
const SURROGATE = /\p{Surrogate}/u;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** The place behind a string that begins at `start`; the end of the text when it is never closed. */
const behindString = (text: string, start: number): number => {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text.charCodeAt(quote - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
  return text.length;
};

const isDigitOrMinus = (c: number): boolean => (c >= 48 && c <= 57) || c === 45;

/** The text with every number quoted and marked, and how many members its objects were written with. */
type Marked = { readonly text: string; readonly written: number };

/** What stands in strings is left alone. Outside of them a colon belongs to one member, and a member to one colon. */
const markNumbers = (text: string, maxDepth: number): Marked => {
  let marked = '';
  let copied = 0;
  let depth = 0;
  let written = 0;
  for (let i = 0; i < text.length;) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      i = behindString(text, i);
      continue;
    }
    if (isDigitOrMinus(c)) {
      NUMBER.lastIndex = i;
      if (NUMBER.test(text)) {
        marked += `${text.slice(copied, i)}"\\u0000${text.slice(i, NUMBER.lastIndex)}"`;
        copied = NUMBER.lastIndex;
        i = copied;
        continue;
      }
    } else if (c === 123 || c === 91) {
      if (++depth > maxDepth) throw new JsonError(`nested deeper than ${String(maxDepth)}`);
    } else if (c === 125 || c === 93) depth--;
    else if (c === COLON) written++;
    i++;
  }
  return { text: copied === 0 ? text : marked + text.slice(copied), written };
};

const refuseHalf = (text: string): void => {
  if (SURROGATE.test(text)) throw new JsonError('the text holds half a character');
};

/** `mayHoldHalves`: every text and key is looked at for half characters. `kept`: members of all objects that were read so far. */
type Reading = { readonly mayHoldHalves: boolean; kept: number };

/** In place, which is several times faster than a reviver. */
const unmarked = (value: unknown, reading: Reading): unknown => {
  if (typeof value === 'string') {
    if (value.charCodeAt(0) === 0) return new JsonNumber(value.slice(1));
    if (reading.mayHoldHalves) refuseHalf(value);
    return value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = unmarked(value[i], reading);
    return value;
  }
  const members = value as Record<string, unknown>;
  const keys = Object.keys(members);
  reading.kept += keys.length;
  for (const key of keys) {
    if (key.charCodeAt(0) === 0) throw new JsonError('an object key is a number');
    if (FORBIDDEN_KEYS.has(key)) throw new JsonError('an object key is reserved');
    if (reading.mayHoldHalves) refuseHalf(key);
    const member = members[key];
    const read = unmarked(member, reading);
    if (read !== member) members[key] = read;
  }
  return value;
};

/**
 * Two members of one name are refused: readers differ about which of them counts (RFC 8259, 4). Whoever signed or checked the text may
 * have meant the other one. The engine's parser keeps one of each name, however it is escaped, so a member is missing then.
 * @throws JsonError when the text is not JSON, has a name twice in one object, or NUL or half characters, or exceeds `maxDepth` (64).
 */
export const parseJson = (text: string, maxDepth = 64): Json => {
  if (text.includes('\\u0000') && ESCAPED_NUL.test(text)) throw new JsonError('the text holds a NUL character');
  const mayHoldHalves = ESCAPED_SURROGATE.test(text) || SURROGATE.test(text);
  try {
    const marked = markNumbers(text, maxDepth);
    const reading: Reading = { mayHoldHalves, kept: 0 };
    const value = unmarked(JSON.parse(marked.text), reading) as Json;
    if (reading.kept !== marked.written) throw new JsonError('an object holds two members of one name');
    return value;
  } catch (cause) {
    if (cause instanceof JsonError) throw cause;
    throw new JsonError('the text is not JSON');
  }
};

/** What `printJson` takes: JSON values, plain integers of our own, and absent members. */
export type Printable =
  null | boolean | string | number | bigint | undefined | JsonNumber | readonly Printable[] | { readonly [key: string]: Printable };

/** Nothing in it is printed otherwise by the engine's own, several times faster JSON.stringify. */
const isPlain = (value: Printable): boolean => {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value instanceof JsonNumber) return false;
  if (Array.isArray(value)) return (value as readonly Printable[]).every(isPlain);
  if ('toJSON' in value) return false;
  return Object.values(value as Record<string, Printable>).every((member) => member === undefined || isPlain(member));
};

/** Prints a value as JSON; a JsonNumber as its source text; undefined members are left out. Safe integers only. */
export const printJson = (value: Printable): string => (isPlain(value) ? JSON.stringify(value) : printPart(value));

const printPart = (value: Printable): string => {
  if (value === null || value === undefined) return 'null';
  if (value instanceof JsonNumber) return value.raw;
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return value.toString();
    case 'number':
      if (!Number.isSafeInteger(value)) throw new JsonError('a number of ours must be a safe integer; amounts are text');
      return value.toString();
    case 'object':
      break;
    case 'undefined':
    case 'function':
    case 'symbol':
      throw new JsonError(`cannot print a ${typeof value}`);
  }
  if (Array.isArray(value)) return `[${(value as readonly Printable[]).map(printPart).join(',')}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value as Record<string, Printable>)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${printPart(member)}`);
  }
  return `{${members.join(',')}}`;
};
