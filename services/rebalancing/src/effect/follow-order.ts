import { isoOf } from '../../../../shared/kernel/instant.js';
import type { BrokerPort } from '../../../../shared/ports/broker.js';
import type { ReadEffect, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Order, OrderSeen } from '../decide/order.js';
import { hasNews } from '../decide/order.rules.js';
import { brokerOrder, type BrokerOrder } from './broker-order.js';

export type FollowRequest = BrokerOrder & { readonly knownFillIds: readonly string[] };

/**
 * Reads the order until it says more than we know. The broker's events only make it look at once.
 * @param pollMs between two looks when nothing is heard.
 */
export const followOrder = (
  broker: BrokerPort,
  timing: Timing,
  pollMs: number,
  now: () => number = Date.now,
): ReadEffect<Order, FollowRequest, OrderSeen, 'not-found'> => ({
  kind: 'read',
  system: 'broker',
  timing,
  request: (order) => ({ ...brokerOrder(order), knownFillIds: order.fills.map((fill) => fill.id) }),
  reference: (request) => request.orderId,
  read: async (request, sending) => {
    const answer = await broker.readOrder(request.account, request.orderId, sending.signal);
    if (answer.kind !== 'applied') return answer;
    const { instrument, side, status, filledUnits, fills, currency, closedAt, rejectReason, takenBack, brokerStatus } = answer.result;
    const told = { instrument, side, status, filledUnits, fills, currency, closedAt, rejectReason, takenBack };
    const seen = { ...told, seenAt: isoOf(now()) };
    if (hasNews(request.knownFillIds, seen)) return { kind: 'applied', result: seen };
    return { kind: 'accepted', reference: request.orderId, askAfterMs: pollMs, note: brokerStatus };
  },
});
