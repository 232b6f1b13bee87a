import { readEvent } from '../../../../contracts/broker/drivewealth/events.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';

/** The broker says that something happened to an order. It only makes us look: events come twice and out of order. */
export const brokerOrderStatus: Consume = {
  topic: 'broker.order-status',
  read: (envelope) => {
    const event = readEvent(envelope.data);
    if (event.kind === 'order') return { hint: event.payload.id };
    const orderId = event.kind === 'transaction' ? event.payload.transaction.orderID : undefined;
    return orderId === undefined ? { ignored: `an event of type ${event.type} concerns no order` } : { hint: orderId };
  },
};
