import { payoutFinished } from '../../../../contracts/internal/events.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { WithdrawalInput } from '../decide/withdrawal.js';

/** The end of a payout belongs to the portfolio's open withdrawal. A return may come long after: it finds its own one by name. */
export const payoutFinishedEvents: Consume = {
  topic: 'payout.finished',
  read: (event) => {
    const { withdrawalId, portfolioId, outcome, amount, currency, paidAt, reason } = payoutFinished.parse(event.data);
    const input: WithdrawalInput = { type: 'PayoutFinished', withdrawalId, outcome, amount, currency, paidAt, reason };
    if (outcome === 'returned') return { deliverByReference: { reference: withdrawalId, input } };
    return { deliver: { flow: 'withdrawal', subject: portfolioId, input }, portfolioId };
  },
};
