import { expectFiledUnder } from '../../../../contracts/internal/envelope.js';
import { readEvent } from '../../../../contracts/investsuite/events.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import { PENDING_WITHDRAWAL } from '../../../../contracts/internal/events.js';
import type { WithdrawalInput } from '../decide/withdrawal.js';

/** The level in the event is only a hint; the portfolio is read before anything is decided. */
export const divestAmountEvents: Consume = {
  topic: 'portfolio.withdrawal-request',
  read: (event) => {
    // Our own nightly look found a wish; it says no level.
    if (event.type === PENDING_WITHDRAWAL && event.portfolioId !== null) {
      const input: WithdrawalInput = { type: 'DivestAmountUpdated', level: null };
      return { deliver: { flow: 'withdrawal', subject: event.portfolioId, input }, portfolioId: event.portfolioId };
    }
    const told = readEvent(event.data, event.type);
    if (told.kind === 'malformed') throw new RangeError(`not a withdrawal event: ${told.problems.join('; ')}`);
    if (told.kind === 'unlisted') throw new RangeError('an event of a kind or version we do not know');
    if (told.event.name !== 'portfolio.withdrawal-request') throw new RangeError(`not a withdrawal event but ${told.event.name}`);
    const { id, divest_amount: level } = told.event.data;
    expectFiledUnder(event, id);
    const input: WithdrawalInput = { type: 'DivestAmountUpdated', level };
    return { deliver: { flow: 'withdrawal', subject: id, input }, portfolioId: id };
  },
};
