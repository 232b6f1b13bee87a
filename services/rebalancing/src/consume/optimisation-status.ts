import type { OptimizationId } from '../../../../shared/kernel/ids.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { OptimizationReady } from '../decide/optimisation.js';
import { investSuiteEvent, portfolioOf } from './investsuite-event.js';

/** InvestSuite says that an optimisation has been computed. Its content is read, not taken from the event. */
export const optimisationStatus: Consume = {
  topic: 'optimisations.status-update',
  read: (envelope) => {
    const { data: event } = investSuiteEvent(envelope, 'optimisations.status-update');
    if (event.value !== 'SUCCESS') return { ignored: `the optimisation is ${event.value}` };
    const portfolioId = portfolioOf(envelope, event.portfolio_id);
    const input: OptimizationReady = {
      type: 'OptimizationReady',
      optimizationId: event.id as OptimizationId,
      recommended: event.is_recommended ?? null,
    };
    return { deliver: { flow: 'optimisation', subject: portfolioId, input }, portfolioId };
  },
};
