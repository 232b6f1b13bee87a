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

/**
 * A whole number in an environment or an address, both bounds included. Read are digits, and a minus before what is below zero. Not
 * read are `0x10`, `1e3`, `5 `, `007` and an empty text, of which `Number` makes 16, 1000, 5, 7 and 0.
 */
export const wholeNumberText = (least: number, most: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^(?:0|-?[1-9]\d{0,14})$/, 'must be a whole number, in digits')
    .transform(Number)
    .pipe(z.number().min(least).max(most))
    .meta({ minimum: least, maximum: most });

const LONGEST_TIMESTAMP = 64;

/** A point in time as the sender wrote it. Not checked for being a date: see `instantMs` of the kernel. */
export const timestampText = z
  .string()
  .min(1)
  .max(LONGEST_TIMESTAMP)
  .meta({ description: 'Point in time, ISO 8601 when the sender is well' });

export type JsonObject = { readonly [key: string]: Json };

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);

/** An object kept exactly as it was received, numbers included. */
export const jsonObject = z.custom<JsonObject>(isJsonObject, { message: 'not an object' }).meta({ type: 'object' });

/** What was wrong with a body, one sentence per place. Never repeats values: they may be personal. */
export const problemsOf = (error: z.ZodError): readonly string[] =>
  error.issues.map((issue) => `${issue.path.length === 0 ? 'body' : issue.path.map(String).join('.')}: ${issue.message}`);
