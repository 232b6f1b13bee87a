import { Bug } from '../../../../shared/kernel/bug.js';
import type { BrokerAccountId } from '../../../../shared/kernel/ids.js';
import type { Order } from '../decide/order.js';

/** Names an order at the broker. */
export type BrokerOrder = { readonly account: BrokerAccountId; readonly orderId: string };

export const brokerOrder = (order: Order): BrokerOrder => {
  if (order.account === null || order.orderId === null) throw new Bug('an order that was never placed is asked for');
  return { account: order.account, orderId: order.orderId };
};
