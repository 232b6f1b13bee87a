import * as outside from '../../../../contracts/internal/outside-events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { CorrectionInput } from '../decide/correction.js';

/**
 * The broker says that something happened to an order. It only makes us look: events come twice and out of order. A correction names an
 * account and no order: its lane is that account, and the account's orders are looked at.
 */
export const brokerOrderStatus = consumes('broker.order-status', outside.brokerOrderStatus, (said, { type }) => {
  if (!('about' in said)) return { notification: said.orderId };
  const { account, customer, stage, reference } = said;
  const input: CorrectionInput = { type: 'CorrectionAnnounced', account, customer, stage, as: type };
  return { deliver: { flow: 'correction', subject: reference, input }, portfolioId: reference };
});
