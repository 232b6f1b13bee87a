import { expectFiledUnder } from '../../../../contracts/internal/envelope.js';
import { payoutFinished } from '../../../../contracts/internal/events.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { WithdrawalInput } from '../decide/withdrawal.js';

/** The end of a payout belongs to the withdrawal that asked for it, open or long over: its id is the journey's. */
export const payoutFinishedEvents: Consume = {
  topic: 'payout.finished',
  read: (event) => {
    const { withdrawalId, portfolioId, outcome, amount, currency, paidAt, reason } = payoutFinished.parse(event.data);
    expectFiledUnder(event, portfolioId);
    const input: WithdrawalInput = { type: 'PayoutFinished', withdrawalId, outcome, amount, currency, paidAt, reason };
    return { deliverTo: { journeyId: withdrawalId, input }, portfolioId };
  },
};
