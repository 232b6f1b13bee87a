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

const MARK = '\u0000';
// A string that is never closed is one token too: looking for its end again from every quote inside it would be quadratic.
const TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*"?|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
// An even number of backslashes before it is text about an escape, not an escape.
const ESCAPED_NUL = /(?<!\\)(?:\\\\)*\\u0000/;
// Half a character: no UTF-8 can say it, so it would come back from Kafka and Postgres as another one.
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;
const SURROGATE = /\p{Surrogate}/u;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

const quoteNumber = (token: string): string => (token.startsWith('"') ? token : `"\\u0000${token}"`);

const revive = (_key: string, value: unknown): unknown => {
  if (typeof value === 'string') return value.startsWith(MARK) ? new JsonNumber(value.slice(1)) : value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)) {
    for (const key of Object.keys(value)) {
      if (key.startsWith(MARK)) throw new JsonError('an object key is a number');
      if (FORBIDDEN_KEYS.has(key)) throw new JsonError('an object key is reserved');
    }
  }
  return value;
};

const reviveStrictly = (key: string, value: unknown): unknown => {
  if (SURROGATE.test(key) || (typeof value === 'string' && SURROGATE.test(value))) throw new JsonError('the text holds half a character');
  return revive(key, value);
};

const refuseDeeper = (text: string, maxDepth: number): void => {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 92) i++;
      else if (c === 34) inString = false;
    } else if (c === 34) inString = true;
    else if (c === 123 || c === 91) {
      if (++depth > maxDepth) throw new JsonError(`nested deeper than ${String(maxDepth)}`);
    } else if (c === 125 || c === 93) depth--;
  }
};

/** @throws JsonError when the text is not JSON, holds NUL characters or half characters, or is nested deeper than `maxDepth` (default 64). */
export const parseJson = (text: string, maxDepth = 64): Json => {
  if (ESCAPED_NUL.test(text)) throw new JsonError('the text holds a NUL character');
  try {
    const quoted = text.replace(TOKEN, quoteNumber);
    refuseDeeper(quoted, maxDepth);
    return JSON.parse(quoted, ESCAPED_SURROGATE.test(text) || SURROGATE.test(text) ? reviveStrictly : revive) as Json;
  } catch (cause) {
    if (cause instanceof JsonError) throw cause;
    throw new JsonError('the text is not JSON');
  }
};

/** What `printJson` takes: JSON values, plain integers of our own, and absent members. */
export type Printable =
  null | boolean | string | number | bigint | undefined | JsonNumber | readonly Printable[] | { readonly [key: string]: Printable };

/** Prints a value as JSON; a JsonNumber as its source text; undefined members are left out. Safe integers only. */
export const printJson = (value: Printable): string => {
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
  if (Array.isArray(value)) return `[${(value as readonly Printable[]).map(printJson).join(',')}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value as Record<string, Printable>)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${printJson(member)}`);
  }
  return `{${members.join(',')}}`;
};
