import { z } from 'zod';
import { parseDecimal, scaleOf, type Decimal } from '../shared/kernel/decimal.js';
import { JsonNumber, type Json } from '../shared/kernel/json.js';

const numberOrText = z.union([z.instanceof(JsonNumber), z.string()]);

/** Reads a number token, or a number written as text, exactly. A float of JavaScript is refused: it has lost digits already. */
export const decimalToken = numberOrText
  .transform((token, context): Decimal => {
    const value = parseDecimal(token instanceof JsonNumber ? token.raw : token.trim());
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: 'not a decimal number' });
    return z.NEVER;
  })
  .meta({ description: 'Decimal number, as a JSON number or as text' });

/** An amount that must be text on the wire; a number token is refused. */
export const decimalText = z
  .string()
  .transform((text, context): Decimal => {
    const value = parseDecimal(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: 'not a decimal number' });
    return z.NEVER;
  })
  .meta({ description: 'Decimal number as text' });

/** A whole number that fits a safe integer, as a number or as text (`"300"`). Never for amounts. */
export const integerToken = decimalToken
  .transform((value, context): number => {
    const whole = scaleOf(value) === 0 ? Number(value) : Number.NaN;
    if (Number.isSafeInteger(whole)) return whole;
    context.addIssue({ code: 'custom', message: 'not a whole number of at most 15 digits' });
    return z.NEVER;
  })
  .meta({ description: 'Whole number, as a JSON number or as text' });

const LONGEST_TIMESTAMP = 64;

/** A point in time as the sender wrote it. Not checked for being a date: see `instantMs`. */
export const timestampText = z
  .string()
  .min(1)
  .max(LONGEST_TIMESTAMP)
  .meta({ description: 'Point in time, ISO 8601 when the sender is well' });

const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?$/i;

/** Milliseconds since 1970 (UTC when no zone is written), or null when it is not a date we can place in time. */
export const instantMs = (text: string): number | null => {
  if (!ISO_INSTANT.test(text)) return null;
  const iso = text
    .replace(' ', 'T')
    .replace(',', '.')
    .replace(/(\.\d{3})\d+/, '$1')
    .replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  const zoned = /(?:Z|[+-]\d{2}:\d{2})$/i.test(iso) ? iso : `${iso}Z`;
  const value = Date.parse(zoned);
  return Number.isNaN(value) ? null : value;
};

export type JsonObject = { readonly [key: string]: Json };

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);

/** An object kept exactly as it was received, numbers included. */
export const jsonObject = z.custom<JsonObject>(isJsonObject, { message: 'not an object' }).meta({ type: 'object' });

/** What was wrong with a body, one sentence per place. Never repeats values: they may be personal. */
export const problemsOf = (error: z.ZodError): readonly string[] =>
  error.issues.map((issue) => `${issue.path.length === 0 ? 'body' : issue.path.map(String).join('.')}: ${issue.message}`);
