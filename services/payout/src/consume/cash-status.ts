import { readEvent } from '../../../../contracts/broker/drivewealth/events.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';

/** The broker's event names the cash-out; what has become of it, we ask. */
export const cashStatusEvents: Consume = {
  topic: 'broker.cash-status',
  read: (event) => {
    const told = readEvent(event.data);
    return told.kind === 'redemption' ? { hint: told.payload.paymentID } : { ignored: `not about a cash-out: ${told.type}` };
  },
};
