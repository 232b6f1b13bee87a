import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { ReadEffect, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Optimisation, OptimizationSeen } from '../decide/optimisation.js';

/** Reads the portfolio's latest optimisation. `accepted` while InvestSuite still computes it. */
export const readOptimization = (
  investSuite: InvestSuitePort,
  timing: Timing,
): ReadEffect<Optimisation, { readonly portfolioId: PortfolioId }, OptimizationSeen, 'not-found' | 'forbidden'> => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: ({ portfolioId }) => ({ portfolioId }),
  read: async (request, sending) => {
    const answer = await investSuite.readOptimization(request.portfolioId, sending.signal);
    if (answer.kind !== 'applied') return answer;
    const { id, recommended, ownerChoice, orders, startedFrom } = answer.result;
    return { kind: 'applied', result: { id, recommended, ownerChoice, orders, startedFrom } };
  },
});
