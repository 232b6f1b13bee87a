import { portfolioStatus } from '../../../../../contracts/internal/outside-events.js';
import { consumes } from '../../../../../shared/runtime/engine/definition.js';
import type { SampleInput } from '../decide/sample.js';

/** The status in the event is only a notification: the portfolio is read before anything is decided. */
export const portfolioStatusEvents = consumes('portfolio.status-update', portfolioStatus, ({ portfolioId }) => {
  const input: SampleInput = { type: 'PortfolioStatusChanged' };
  return { deliver: { flow: 'sample', subject: portfolioId, input }, portfolioId };
});
