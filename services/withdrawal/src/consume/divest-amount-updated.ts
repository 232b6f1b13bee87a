import { withdrawalRequest } from '../../../../contracts/internal/outside-events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { WithdrawalInput } from '../decide/withdrawal.js';

/** The level in the event is only a hint, and our own nightly look says none; the portfolio is read before anything is decided. */
export const divestAmountEvents = consumes('portfolio.withdrawal-request', withdrawalRequest, ({ portfolioId, level }) => {
  const input: WithdrawalInput = { type: 'DivestAmountUpdated', level };
  return { deliver: { flow: 'withdrawal', subject: portfolioId, input }, portfolioId };
});
