import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { ReadEffect, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Optimisation, PortfolioSeen, RebalancingPolicy } from '../decide/optimisation.js';

/** Reads the portfolio; the tenant's choices of this moment travel with it and stay with the journey. */
export const readPortfolio = (
  investSuite: InvestSuitePort,
  timing: Timing,
  policy: RebalancingPolicy,
): ReadEffect<Optimisation, { readonly portfolioId: PortfolioId }, PortfolioSeen, 'not-found' | 'forbidden'> => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: ({ portfolioId }) => ({ portfolioId }),
  read: async (request, sending) => {
    const answer = await investSuite.readPortfolio(request.portfolioId, sending.signal);
    if (answer.kind !== 'applied') return answer;
    const { baseCurrency, realMoney, manager, active, archived, deleted, brokerAccount, holdings } = answer.result;
    return { kind: 'applied', result: { baseCurrency, realMoney, manager, active, archived, deleted, brokerAccount, holdings, policy } };
  },
});
