import { transferStatus } from '../../../../contracts/internal/outside-events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { PayoutInput } from '../decide/payout.js';

/** The bank calls under our reference. A status is only a hint to ask; a return is news of its own. */
export const transferStatusEvents = consumes('core-banking.transfer-status', transferStatus, ({ endToEndId, return: back }) => {
  if (back === null) return { notification: endToEndId };
  const input: PayoutInput = { type: 'TransferReturned', ...back };
  return { deliverByReference: { reference: endToEndId, input } };
});
