import { payoutFinished } from '../../../../contracts/internal/events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { WithdrawalInput } from '../decide/withdrawal.js';

/** The end of a payout belongs to the withdrawal that asked for it, open or long over: its id is the journey's. */
export const payoutFinishedEvents = consumes('payout.finished', payoutFinished, (end) => {
  const { withdrawalId, portfolioId, outcome, amount, currency, paidAt, reason } = end;
  const input: WithdrawalInput = { type: 'PayoutFinished', withdrawalId, outcome, amount, currency, paidAt, reason };
  return { deliverTo: { journeyId: withdrawalId, input }, portfolioId };
});
