import { withdrawalRequest } from '../../../../contracts/internal/outside-events.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { LevelAnnounced } from '../decide/portfolio.js';

/** The divest amount was set, by the customer or by us. Only evidence of what stood there at some time. */
export const levelAnnounced = consumes('portfolio.withdrawal-request', withdrawalRequest, ({ portfolioId, level }) => {
  if (level === null) return { ignored: 'our own look for pending withdrawals; it says no level' };
  const input: LevelAnnounced = { type: 'LevelAnnounced', level };
  return { deliver: { flow: 'portfolio', subject: portfolioId, input }, portfolioId };
});
