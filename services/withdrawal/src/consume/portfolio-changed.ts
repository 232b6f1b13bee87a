import { expectFiledUnder } from '../../../../contracts/internal/envelope.js';
import { portfolioChanged } from '../../../../contracts/internal/events.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { WithdrawalInput } from '../decide/withdrawal.js';

/** Cash of orders is told by `portfolio.cash-settled` once it may be paid; their other changes are nothing to a withdrawal. */
export const portfolioChangedEvents: Consume = {
  topic: 'portfolio.changed',
  read: (event) => {
    const { changeId, portfolioId, because, divestAmountLeft } = portfolioChanged.parse(event.data);
    expectFiledUnder(event, portfolioId);
    if (because === 'order-executed' || because === 'order-settled') return { ignored: `a change because of ${because}` };
    const input: WithdrawalInput = { type: 'PortfolioChanged', changeId, divestAmountLeft };
    return { deliver: { flow: 'withdrawal', subject: portfolioId, input }, portfolioId };
  },
};
