import { portfolioChangeRequested } from '../../../../contracts/internal/events.js';
import type { InstrumentId } from '../../../../shared/kernel/ids.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { ChangeRequested } from '../decide/portfolio.js';

/** Somebody asks for holdings to move, or for the divest amount to be lowered, or both. */
export const changeRequested = consumes('portfolio.change-requested', portfolioChangeRequested, ({ portfolioId, deltas, ...rest }) => {
  const moved = deltas.map(({ instrument, quantity }) => ({ instrument: instrument as InstrumentId, quantity }));
  const input: ChangeRequested = { type: 'ChangeRequested', change: { deltas: moved, ...rest } };
  return { deliver: { flow: 'portfolio', subject: portfolioId, input }, portfolioId };
});
