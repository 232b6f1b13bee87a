import { isoOf } from '../../../../shared/kernel/instant.js';
import type { BrokerPort } from '../../../../shared/ports/broker.js';
import type { ReadEffect, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Order, OrderEffects } from '../decide/order.js';
import { brokerOrder, type BrokerOrder } from './broker-order.js';

/**
 * Reads whether every fill of the order has settled. Not yet: looks again when the broker says it is worth it, at the
 * latest after `pollMs`, since what the broker expects is no promise.
 */
export const confirmSettlement = (
  broker: BrokerPort,
  timing: Timing,
  pollMs: number,
  now: () => number = Date.now,
): ReadEffect<Order, BrokerOrder, OrderEffects['ConfirmSettlement']['result'], 'not-found'> => ({
  kind: 'read',
  system: 'broker',
  timing,
  request: brokerOrder,
  reference: (request) => request.orderId,
  read: async (request, sending) => {
    const answer = await broker.readSettlement(request.account, request.orderId, sending.signal);
    if (answer.kind !== 'applied') return answer;
    const { settled, settledAt, nextLookAtMs, takenBack } = answer.result;
    if (settled || takenBack !== null) return { kind: 'applied', result: { settledAt: settledAt ?? isoOf(now()), takenBack } };
    const untilThen = nextLookAtMs === null ? pollMs : Math.max(nextLookAtMs - now(), timing.firstWaitMs);
    return { kind: 'accepted', reference: request.orderId, askAfterMs: Math.min(untilThen, pollMs), note: 'not settled yet' };
  },
});
