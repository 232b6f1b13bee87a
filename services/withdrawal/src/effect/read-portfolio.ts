import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Withdrawal, WithdrawalEffects } from '../decide/withdrawal.js';

type Request = { readonly portfolioId: string };

/** What InvestSuite shows now. */
export const readPortfolio = (
  investSuite: Pick<InvestSuitePort, 'readPortfolio'>,
  timing: Timing,
): EffectDefinitions<Withdrawal, WithdrawalEffects>['ReadPortfolio'] => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: (w): Request => ({ portfolioId: w.portfolioId }),
  read: async (request: Request, { signal }) => {
    const outcome = await investSuite.readPortfolio(request.portfolioId as PortfolioId, signal);
    if (outcome.kind !== 'applied') return outcome;
    const { realMoney, deleted, archived, active, manager, ownerId, brokerAccount, baseCurrency, divestAmount } = outcome.result;
    return {
      kind: 'applied',
      result: {
        realMoney,
        deleted,
        archived,
        active,
        manager,
        ownerId,
        brokerAccount,
        currency: baseCurrency,
        asked: divestAmount,
      },
    };
  },
});
