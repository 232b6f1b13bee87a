import { payoutRequested } from '../../../../contracts/internal/events.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { PayoutInput } from '../decide/payout.js';

/** One payout per withdrawal, for ever: the withdrawal is the subject. */
export const payoutRequestedEvents: Consume = {
  topic: 'payout.requested',
  read: (event) => {
    const wish = payoutRequested.parse(event.data);
    if (event.portfolioId !== wish.portfolioId) throw new RangeError('the message is filed under another portfolio');
    const input: PayoutInput = { type: 'PayoutRequested', ...wish };
    return { deliver: { flow: 'payout', subject: wish.withdrawalId, input }, portfolioId: wish.portfolioId };
  },
};
