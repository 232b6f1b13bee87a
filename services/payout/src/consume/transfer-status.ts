import { paymentStatusCallback } from '../../../../contracts/core-banking/callbacks.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { PayoutInput } from '../decide/payout.js';

/** The bank calls under our reference. A status is only a hint to ask; a return is news of its own. */
export const transferStatusEvents: Consume = {
  topic: 'core-banking.transfer-status',
  read: (event) => {
    const call = paymentStatusCallback.parse(event.data);
    if (call.return === undefined) return { hint: call.endToEndId };
    const { amount, reason, reference } = call.return;
    const input: PayoutInput = { type: 'TransferReturned', amount: amount.amount, currency: amount.currency ?? null, reason, reference };
    return { deliverByReference: { reference: call.endToEndId, input } };
  },
};
