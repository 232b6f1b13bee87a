import type { PortfolioRule } from '../../../../contracts/internal/portfolio-rules.js';
import { portfolioNow } from '../../../../shared/facts/fresh-facts.js';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Withdrawal, WithdrawalEffects } from '../decide/withdrawal.js';

type Request = { readonly portfolioId: string };

/** What InvestSuite shows now, and how the tenant's rules treat it. */
export const readPortfolio = (
  investSuite: Pick<InvestSuitePort, 'readPortfolio'>,
  rules: readonly PortfolioRule[],
  timing: Timing,
): EffectDefinitions<Withdrawal, WithdrawalEffects>['ReadPortfolio'] => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: (w): Request => ({ portfolioId: w.portfolioId }),
  read: async (request: Request, { signal }) => {
    const outcome = await investSuite.readPortfolio(request.portfolioId as PortfolioId, signal);
    return outcome.kind === 'applied' ? { kind: 'applied', result: portfolioNow(outcome.result, rules) } : outcome;
  },
});
