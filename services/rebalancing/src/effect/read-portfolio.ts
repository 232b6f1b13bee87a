import { treatmentOf, type PortfolioRule } from '../../../../contracts/internal/portfolio-rules.js';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { ReadEffect, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Optimisation, PortfolioSeen } from '../decide/optimisation.js';

/** Reads the portfolio as InvestSuite shows it now. */
export const readPortfolio = (
  investSuite: InvestSuitePort,
  rules: readonly PortfolioRule[],
  timing: Timing,
): ReadEffect<Optimisation, { readonly portfolioId: PortfolioId }, PortfolioSeen, 'not-found' | 'forbidden'> => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: ({ portfolioId }) => ({ portfolioId }),
  read: async (request, sending) => {
    const answer = await investSuite.readPortfolio(request.portfolioId, sending.signal);
    if (answer.kind !== 'applied') return answer;
    const { baseCurrency, realMoney, manager, active, archived, deleted, brokerAccount, holdings } = answer.result;
    const treatment = treatmentOf(rules, answer.result);
    return { kind: 'applied', result: { treatment, baseCurrency, realMoney, manager, active, archived, deleted, brokerAccount, holdings } };
  },
});
