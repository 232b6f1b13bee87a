import { portfolioCashSettled } from '../../../../contracts/internal/events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { WithdrawalInput } from '../decide/withdrawal.js';

export const cashSettledEvents = consumes('portfolio.cash-settled', portfolioCashSettled, ({ portfolioId }) => {
  const input: WithdrawalInput = { type: 'CashSettled' };
  return { deliver: { flow: 'withdrawal', subject: portfolioId, input }, portfolioId };
});
