import { brokerCashStatus } from '../../../../contracts/internal/outside-events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';

/** The broker's event names the cash-out; what has become of it, we ask. */
export const cashStatusEvents = consumes('broker.cash-status', brokerCashStatus, (said, { type }) =>
  said.about === 'cash-out' ? { notification: said.cashOutId } : { ignored: `not about a cash-out: ${type}` },
);
