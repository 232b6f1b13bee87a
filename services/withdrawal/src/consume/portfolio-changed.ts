import { portfolioChanged } from '../../../../contracts/internal/events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { WithdrawalInput } from '../decide/withdrawal.js';

/** Cash of orders is told by `portfolio.cash-settled` once it may be paid; their other changes are nothing to a withdrawal. */
export const portfolioChangedEvents = consumes('portfolio.changed', portfolioChanged, (change) => {
  const { changeId, portfolioId, because, divestAmountLeft, divestAmountBefore } = change;
  if (because === 'order-executed' || because === 'order-settled') return { ignored: `a change because of ${because}` };
  const input: WithdrawalInput = { type: 'PortfolioChanged', changeId, divestAmountLeft, divestAmountBefore };
  return { deliver: { flow: 'withdrawal', subject: portfolioId, input }, portfolioId };
});
