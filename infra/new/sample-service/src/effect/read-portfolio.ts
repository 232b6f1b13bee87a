import { treatmentOf, type PortfolioRule } from '../../../../../contracts/internal/portfolio-rules.js';
import type { PortfolioId } from '../../../../../shared/kernel/ids.js';
import type { InvestSuitePort } from '../../../../../shared/ports/investsuite.js';
import type { ReadEffect, Timing } from '../../../../../shared/runtime/engine/definition.js';
import type { PortfolioRead, Sample } from '../decide/sample.js';

type Request = { readonly portfolioId: string };

/** What InvestSuite shows now, and how the tenant's rules treat it. */
export const readPortfolio = (
  investSuite: Pick<InvestSuitePort, 'readPortfolio'>,
  rules: readonly PortfolioRule[],
  timing: Timing,
): ReadEffect<Sample, Request, PortfolioRead, 'not-found' | 'forbidden'> => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: ({ portfolioId }) => ({ portfolioId }),
  read: async ({ portfolioId }, { signal }) => {
    const outcome = await investSuite.readPortfolio(portfolioId as PortfolioId, signal);
    if (outcome.kind !== 'applied') return outcome;
    const { active, archived, deleted } = outcome.result;
    return { kind: 'applied', result: { treatment: treatmentOf(rules, outcome.result), active, archived, deleted } };
  },
});
