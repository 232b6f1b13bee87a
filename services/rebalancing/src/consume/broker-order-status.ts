import * as outside from '../../../../contracts/internal/outside-events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';

/** The broker says that something happened to an order. It only makes us look: events come twice and out of order. */
export const brokerOrderStatus = consumes('broker.order-status', outside.brokerOrderStatus, ({ orderId }) => ({ notification: orderId }));
