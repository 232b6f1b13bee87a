/** What the tenant chooses for optimisations. */
import { z } from 'zod';
import { compare } from '../../../../shared/kernel/decimal.js';
import type { JourneyFacts } from '../../../../shared/kernel/flow.js';
import { holdingsMoveAt } from './order.js';
import { storedDecimal } from './stored.js';

export const optimisationPolicy = z.object({
  /** How far a price may have moved from the expected one, as a fraction: 0.05 is five per cent. Beyond it the order is not executed. */
  priceDriftLimit: storedDecimal,
  holdingsMoveAt,
  /** Buys whose sales were not wholly executed: left out (the next optimisation makes up for them), or placed all the same. */
  buysWhenSalesFellShort: z.enum(['skip', 'place']),
});
export type OptimisationPolicy = Readonly<z.output<typeof optimisationPolicy>>;
export type OptimisationFacts = JourneyFacts<OptimisationPolicy>;

/**
 * The way stays as it was chosen when the optimisation was opened: when holdings move, which buys are placed. Of the guard, how far a price
 * may move, the stricter of then and now counts.
 */
export const choices = ({ policy: { frozen, now } }: OptimisationFacts): OptimisationPolicy => ({
  holdingsMoveAt: frozen.holdingsMoveAt,
  buysWhenSalesFellShort: frozen.buysWhenSalesFellShort,
  priceDriftLimit: compare(now.priceDriftLimit, frozen.priceDriftLimit) < 0 ? now.priceDriftLimit : frozen.priceDriftLimit,
});
