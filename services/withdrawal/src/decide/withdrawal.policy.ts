/** What the tenant chooses for withdrawals. */
import { z } from 'zod';
import type { JourneyFacts } from '../../../../shared/kernel/flow.js';

export const withdrawalPolicy = z.object({
  /** A number may be paid while orders of the account are open. */
  payWhileOrdersAreOpen: z.boolean(),
});
export type WithdrawalPolicy = Readonly<z.output<typeof withdrawalPolicy>>;
export type WithdrawalFacts = JourneyFacts<WithdrawalPolicy>;

/** It guards a payment: of what was chosen when the withdrawal was opened and what is chosen now, the stricter counts. */
export const choices = ({ policy: { frozen, now } }: WithdrawalFacts): WithdrawalPolicy => ({
  payWhileOrdersAreOpen: frozen.payWhileOrdersAreOpen && now.payWhileOrdersAreOpen,
});
