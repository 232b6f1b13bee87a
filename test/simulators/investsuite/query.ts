import { isJsonObject, type JsonObject } from '../../../contracts/tokens.js';
import { JsonNumber, type Json } from '../../../shared/kernel/json.js';

type Condition = { readonly path: readonly string[]; readonly operator: 'eq' | 'neq'; readonly value: string | null };

const CONDITION = /^([a-z_]+(?:\.[a-z_]+)*)\s+(eq|neq)\s+('(?:[^']|'')*'|null|-?\d+(?:\.\d+)?)$/i;

/** Reads the part of the query language the middleware may use: eq and neq joined by `and`. Null: not understood. */
export const parseQuery = (text: string): readonly Condition[] | null => {
  const conditions: Condition[] = [];
  for (const part of text.trim().split(/\s+and\s+/i)) {
    const match = CONDITION.exec(part.trim());
    if (match === null) return null;
    const [, path = '', operator = '', value = ''] = match;
    const literal = value.toLowerCase() === 'null' ? null : value.startsWith("'") ? value.slice(1, -1).replaceAll("''", "'") : value;
    conditions.push({ path: path.split('.'), operator: operator.toLowerCase() === 'eq' ? 'eq' : 'neq', value: literal });
  }
  return conditions;
};

const textAt = (wire: JsonObject, path: readonly string[]): string | null => {
  let value: Json | undefined = wire;
  for (const step of path) value = value !== undefined && isJsonObject(value) ? value[step] : undefined;
  if (value instanceof JsonNumber) return value.raw;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value : null;
};

/** Amounts are compared as the text they are stored as: `0.00` is not `0`. Source: docs.investsuite.com, collections page. */
export const matchesQuery = (wire: JsonObject, conditions: readonly Condition[]): boolean =>
  conditions.every(({ path, operator, value }) => (textAt(wire, path) === value) === (operator === 'eq'));
