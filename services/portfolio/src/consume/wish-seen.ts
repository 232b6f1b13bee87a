import { withdrawalRequest } from '../../../../contracts/internal/outside-events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { WishSeen } from '../decide/portfolio.js';

/** The divest amount was set, by the customer or by us. Only evidence of what stood there at some time. */
export const wishSeen = consumes('portfolio.withdrawal-request', withdrawalRequest, ({ portfolioId, level }) => {
  if (level === null) return { ignored: 'our own look for pending withdrawals; it says no level' };
  const input: WishSeen = { type: 'WishSeen', level };
  return { deliver: { flow: 'portfolio', subject: portfolioId, input }, portfolioId };
});
