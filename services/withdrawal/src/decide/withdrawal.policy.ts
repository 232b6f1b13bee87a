/** What the tenant chooses for withdrawals. */
import { z } from 'zod';
import type { JourneyFacts } from '../../../../shared/kernel/flow.js';

export const withdrawalPolicy = z.object({
  /** Who integrates with the broker. We act only where it is the client. */
  brokerMode: z.enum(['client', 'investsuite']),
  /** A number may be paid while orders of the account are open. */
  payWhileOrdersAreOpen: z.boolean(),
});
export type WithdrawalPolicy = Readonly<z.output<typeof withdrawalPolicy>>;
export type WithdrawalFacts = JourneyFacts<WithdrawalPolicy>;

/** Both guard a payment: of what was chosen when the withdrawal was opened and what is chosen now, the stricter counts. */
export const choices = ({ policy: { frozen, now } }: WithdrawalFacts): WithdrawalPolicy => ({
  brokerMode: frozen.brokerMode === 'client' ? now.brokerMode : frozen.brokerMode,
  payWhileOrdersAreOpen: frozen.payWhileOrdersAreOpen && now.payWhileOrdersAreOpen,
});
