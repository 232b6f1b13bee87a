/** What the tenant chooses for payouts. */
import { z } from 'zod';
import type { JourneyFacts } from '../../../../shared/kernel/flow.js';

export const payoutPolicy = z.object({
  /** A counter account that changed less long ago is not paid yet. In ms. */
  coolOffMs: z.number().int().nonnegative(),
  /** InvestSuite shows another counter account than the bank, its master. */
  onMismatch: z.enum(['hold', 'pay-core-banking']),
});
export type PayoutPolicy = Readonly<z.output<typeof payoutPolicy>>;
export type PayoutFacts = JourneyFacts<PayoutPolicy>;

/** Both guard a payment: of what was chosen when the payout was opened and what is chosen now, the stricter counts. */
export const choices = ({ policy: { frozen, now } }: PayoutFacts): PayoutPolicy => ({
  coolOffMs: Math.max(frozen.coolOffMs, now.coolOffMs),
  onMismatch: frozen.onMismatch === 'hold' ? 'hold' : now.onMismatch,
});
