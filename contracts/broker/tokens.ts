import { z } from 'zod';
import { JsonNumber } from '../../shared/kernel/json.js';
import { decimalToken } from '../tokens.js';

/** A code that some messages write as a number and others as text: `2`, `"2"`, `"FILLED"`. Becomes text. */
export const wireCode = z
  .union([z.instanceof(JsonNumber), z.string()])
  .transform((token) => (typeof token === 'string' ? token : token.raw))
  .meta({ description: 'Code, as a number or as text' });

/** Text, or absent, or null: all that is missing becomes undefined. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);
/** A decimal, or absent, or null: all that is missing becomes undefined. */
export const optionalDecimal = decimalToken.nullish().transform((value) => value ?? undefined);
