import { expectFiledUnder } from '../../../../contracts/internal/envelope.js';
import { payoutRequested } from '../../../../contracts/internal/events.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { PayoutInput } from '../decide/payout.js';

/** One payout per withdrawal, for ever: the withdrawal is the subject. */
export const payoutRequestedEvents: Consume = {
  topic: 'payout.requested',
  read: (event) => {
    const wish = payoutRequested.parse(event.data);
    expectFiledUnder(event, wish.portfolioId);
    const input: PayoutInput = { type: 'PayoutRequested', ...wish };
    return { deliver: { flow: 'payout', subject: wish.withdrawalId, input }, portfolioId: wish.portfolioId };
  },
};
