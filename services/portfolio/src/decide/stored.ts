/** Checks of values inside a stored state. Brands are given back here; the meaning was checked when the value came in. */
import { z } from 'zod';
import { parseDecimal, type Decimal } from '../../../../shared/kernel/decimal.js';

const LONGEST = 500;

/** Text of a brand, not empty. */
export const storedText = <T extends string = string>() =>
  z.custom<T>((value) => typeof value === 'string' && value.length > 0 && value.length <= LONGEST, 'not a text');

/** An amount in canonical form. */
export const storedDecimal = z.custom<Decimal>(
  (value) => typeof value === 'string' && parseDecimal(value) === value,
  'not a canonical decimal',
);

/** A divest amount. */
export const storedLevel = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nothing') }),
  z.object({ kind: z.literal('amount'), amount: storedDecimal }),
  z.object({ kind: z.literal('everything') }),
]);
