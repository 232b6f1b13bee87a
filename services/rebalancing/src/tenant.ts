/** What the tenant chooses for optimisations and orders. Each default is the careful one. */
import { z } from 'zod';
import { waitMs } from '../../../contracts/internal/tenant.js';
import { compare, isPositive, parseDecimal, type Decimal } from '../../../shared/kernel/decimal.js';

const WHOLE = '1' as Decimal;
const HOUR_MS = 3_600_000;

const decimalText = z.string().transform((text, context): Decimal => {
  const parsed = parseDecimal(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: 'must be a decimal written as text' });
  return z.NEVER;
});

export const rebalancingSettings = {
  holdingsMoveAt: z.enum(['executed', 'settled']).default('settled').meta({ description: 'when holdings at InvestSuite follow a trade' }),
  priceDriftLimit: decimalText
    // `5` for five per cent would let every price pass.
    .refine((limit) => isPositive(limit) && compare(limit, WHOLE) < 0, 'must be a fraction above 0 and below 1, "0.05" for 5 %')
    .default('0.05' as Decimal)
    .meta({ description: 'an order whose price moved by more than this fraction is not executed' }),
  buysWhenSalesFellShort: z
    .enum(['skip', 'place'])
    .default('skip')
    .meta({ description: 'buys of an optimisation whose sales did not all execute' }),
  lookAtOrderAfterMs: waitMs(60_000, 'an open order is looked at after so long, events or not'),
  lookAtSettlementAfterMs: waitMs(900_000, 'an executed order is looked at for settlement after so long'),
  lookAgainForCorrectionAfterMs: waitMs(900_000, 'orders of an account that the broker corrects are looked at again after so long'),
  correctionsLookBackMs: waitMs(30 * 24 * HOUR_MS, 'when the broker corrects trades, orders made so long before are looked at'),
  lookAgainForOwnerChoiceAfterMs: waitMs(HOUR_MS, 'an advisory optimisation is read again after so long'),
} as const;
