import { expectFiledUnder } from '../../../../contracts/internal/envelope.js';
import { portfolioCashSettled } from '../../../../contracts/internal/events.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { WithdrawalInput } from '../decide/withdrawal.js';

export const cashSettledEvents: Consume = {
  topic: 'portfolio.cash-settled',
  read: (event) => {
    const { portfolioId } = portfolioCashSettled.parse(event.data);
    expectFiledUnder(event, portfolioId);
    const input: WithdrawalInput = { type: 'CashSettled' };
    return { deliver: { flow: 'withdrawal', subject: portfolioId, input }, portfolioId };
  },
};
