import * as outside from '../../../../contracts/internal/outside-events.js';
import type { OptimizationId } from '../../../../shared/kernel/ids.js';
import { consumes } from '../../../../shared/runtime/engine/definition.js';
import type { OptimizationReady } from '../decide/optimisation.js';
import { laneOf } from './lane.js';

/** InvestSuite says that an optimisation has been computed. Its content is read, not taken from the event. */
export const optimisationStatus = consumes('optimisations.status-update', outside.optimisationStatus, (said, event) => {
  if (said.status !== 'success') return { ignored: `the optimisation is ${said.status}` };
  const portfolioId = laneOf(event);
  const input: OptimizationReady = {
    type: 'OptimizationReady',
    optimizationId: said.optimizationId as OptimizationId,
    recommended: said.recommended,
  };
  return { deliver: { flow: 'optimisation', subject: portfolioId, input }, portfolioId };
});
