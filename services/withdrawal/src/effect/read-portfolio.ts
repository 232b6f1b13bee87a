import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { PortfolioRead, Withdrawal, WithdrawalEffects } from '../decide/withdrawal.js';

type Request = { readonly portfolioId: string } & Pick<PortfolioRead, 'withdrawalId' | 'brokerMode'>;

/** What InvestSuite shows now. The id of the asking journey comes back with the answer, so that the flow knows its own name. */
export const readPortfolio = (
  investSuite: Pick<InvestSuitePort, 'readPortfolio'>,
  choices: Pick<PortfolioRead, 'brokerMode'>,
  timing: Timing,
): EffectDefinitions<Withdrawal, WithdrawalEffects>['ReadPortfolio'] => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: (w, journey): Request => ({ portfolioId: w.portfolioId, withdrawalId: journey.id, brokerMode: choices.brokerMode }),
  read: async (request: Request, { signal }) => {
    const outcome = await investSuite.readPortfolio(request.portfolioId as PortfolioId, signal);
    if (outcome.kind !== 'applied') return outcome;
    const { realMoney, deleted, archived, active, manager, ownerId, brokerAccount, baseCurrency, divestAmount } = outcome.result;
    return {
      kind: 'applied',
      result: {
        withdrawalId: request.withdrawalId,
        brokerMode: request.brokerMode,
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
