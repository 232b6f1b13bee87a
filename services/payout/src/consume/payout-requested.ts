import { payoutRequested } from '../../../../contracts/internal/events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { PayoutInput } from '../decide/payout.js';

/** One payout per withdrawal, for ever: the withdrawal is the subject. */
export const payoutRequestedEvents = consumes('payout.requested', payoutRequested, (asked) => {
  const input: PayoutInput = { type: 'PayoutRequested', ...asked };
  return { deliver: { flow: 'payout', subject: asked.withdrawalId, input }, portfolioId: asked.portfolioId };
});
