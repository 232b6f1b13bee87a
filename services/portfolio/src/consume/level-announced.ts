import { expectFiledUnder } from '../../../../contracts/internal/envelope.js';
import { PENDING_WITHDRAWAL } from '../../../../contracts/internal/events.js';
import { readEvent } from '../../../../contracts/investsuite/events.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { LevelAnnounced } from '../decide/portfolio.js';

/** The divest amount was set, by the customer or by us. Only evidence of what stood there at some time. */
export const levelAnnounced: Consume = {
  topic: 'portfolio.withdrawal-request',
  read: (envelope) => {
    if (envelope.type === PENDING_WITHDRAWAL) return { ignored: 'our own look for pending withdrawals; it says no level' };
    const read = readEvent(envelope.data, envelope.type);
    if (read.kind === 'malformed') throw new TypeError(`not an event of InvestSuite: ${read.problems.join('; ')}`);
    if (read.kind === 'unlisted' || read.event.name !== 'portfolio.withdrawal-request') throw new TypeError('not a withdrawal request');
    const { id: portfolioId } = read.event.data;
    if (envelope.portfolioId !== null) expectFiledUnder(envelope, portfolioId);
    const input: LevelAnnounced = { type: 'LevelAnnounced', level: read.event.data.divest_amount };
    return { deliver: { flow: 'portfolio', subject: portfolioId, input }, portfolioId };
  },
};
