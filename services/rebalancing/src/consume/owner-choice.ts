import * as outside from '../../../../contracts/internal/outside-events.js';
import type { OptimizationId } from '../../../../shared/kernel/ids.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { OwnerChose } from '../decide/optimisation.js';
import { laneOf } from './lane.js';

/** The owner of an advisory portfolio has chosen. What counts is read from the optimisation. */
export const ownerChoice = consumes('optimisations.owner-choice-update', outside.ownerChoice, ({ optimizationId, choice }, event) => {
  if (choice === 'unlisted') return { ignored: 'a choice that is not listed' };
  const portfolioId = laneOf(event);
  const input: OwnerChose = { type: 'OwnerChose', optimizationId: optimizationId as OptimizationId, choice };
  return { deliver: { flow: 'optimisation', subject: portfolioId, input }, portfolioId };
});
