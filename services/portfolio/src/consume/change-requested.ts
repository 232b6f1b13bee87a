import { expectFiledUnder } from '../../../../contracts/internal/envelope.js';
import { portfolioChangeRequested } from '../../../../contracts/internal/events.js';
import type { InstrumentId } from '../../../../shared/kernel/ids.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { ChangeRequested } from '../decide/portfolio.js';

/** Somebody asks for holdings to move, or for the divest amount to be lowered, or both. */
export const changeRequested: Consume = {
  topic: 'portfolio.change-requested',
  read: (envelope) => {
    const { portfolioId, deltas, ...rest } = portfolioChangeRequested.parse(envelope.data);
    expectFiledUnder(envelope, portfolioId);
    const moved = deltas.map(({ instrument, quantity }) => ({ instrument: instrument as InstrumentId, quantity }));
    const input: ChangeRequested = { type: 'ChangeRequested', change: { deltas: moved, ...rest } };
    return { deliver: { flow: 'portfolio', subject: portfolioId, input }, portfolioId };
  },
};
