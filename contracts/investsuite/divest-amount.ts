import { z } from 'zod';
import { compare, decimal, isNegative, isZero } from '../../shared/kernel/decimal.js';
import { JsonNumber } from '../../shared/kernel/json.js';
import type { DivestAmount } from '../../shared/kernel/money.js';
import { decimalToken } from '../tokens.js';

/** "Everything", as it is written. Source: docs.investsuite.com, portfolios page, December 2022 copy. */
export const EVERYTHING = new JsonNumber('1e100');

/**
 * From here on a value is the sentinel, however it was printed: `1e100`, `1E+100`, "1e100", or the 101 digits some float
 * printers write. No sum of money is near it.
 */
const SENTINEL_FROM = decimal('1e90');

/** Null and 0 ("0.00" too) ask for nothing. A negative amount is refused. */
export const divestAmountToken = decimalToken
  .nullish()
  .transform((value, context): DivestAmount => {
    if (value === null || value === undefined || isZero(value)) return { kind: 'nothing' };
    if (isNegative(value)) {
      context.addIssue({ code: 'custom', message: 'negative divest amount' });
      return z.NEVER;
    }
    return compare(value, SENTINEL_FROM) >= 0 ? { kind: 'everything' } : { kind: 'amount', amount: value };
  })
  .meta({ description: 'Total outstanding divest request in base currency; 1e100 means everything' });

/** As InvestSuite takes it: a number; 0 when nothing is asked for any more. */
export const printedDivestAmount = (value: DivestAmount): JsonNumber => {
  switch (value.kind) {
    case 'nothing':
      return new JsonNumber('0');
    case 'amount':
      return new JsonNumber(value.amount);
    case 'everything':
      return EVERYTHING;
  }
};
