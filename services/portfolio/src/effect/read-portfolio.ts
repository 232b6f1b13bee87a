import { treatmentOf, type PortfolioRule } from '../../../../contracts/internal/portfolio-rules.js';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { ReadEffect, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { PortfolioRead } from '../decide/portfolio.js';

/** Reads the whole portfolio object: right before it is written, and to see which level stands. */
export const readPortfolio = <S extends { readonly status: string; readonly portfolioId: PortfolioId }>(
  investSuite: InvestSuitePort,
  rules: readonly PortfolioRule[],
  timing: Timing,
): ReadEffect<S, { readonly portfolioId: PortfolioId }, PortfolioRead, 'not-found' | 'forbidden'> => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: ({ portfolioId }) => ({ portfolioId }),
  read: async (request, sending) => {
    const answer = await investSuite.readPortfolio(request.portfolioId, sending.signal);
    if (answer.kind !== 'applied') return answer;
    const { baseCurrency, realMoney, deleted, divestAmount, holdings, version, configJson } = answer.result;
    const treatment = treatmentOf(rules, answer.result);
    return { kind: 'applied', result: { treatment, baseCurrency, realMoney, deleted, divestAmount, holdings, version, configJson } };
  },
});
