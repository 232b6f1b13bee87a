import { electronicFormatIBAN } from 'ibantools';
import type { PortfolioId, UserId } from '../../../../shared/kernel/ids.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';

/** `waitedFor`: the portfolio whose divest request is read again, where the payout has waited. */
type Request = { readonly ownerId: string; readonly waitedFor: string | null };

/** Who owns the portfolio, and which counter account InvestSuite shows that person. After a wait: whether it is still to be paid. */
export const readOwner = (
  investSuite: Pick<InvestSuitePort, 'readUser' | 'readPortfolio'>,
  timing: Timing,
): EffectDefinitions<Payout, PayoutEffects>['ReadOwner'] => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: (p): Request => ({ ownerId: p.ownerId, waitedFor: p.waited ? p.portfolioId : null }),
  read: async ({ ownerId, waitedFor }: Request, { signal }) => {
    const user = await investSuite.readUser(ownerId as UserId, signal);
    if (user.kind !== 'applied') return user;
    const { externalId, counterAccount } = user.result;
    const owner = { externalId, shownIban: counterAccount === null ? null : electronicFormatIBAN(counterAccount.iban) };
    // A request of an earlier version of ours does not say.
    if ((waitedFor ?? null) === null) return { kind: 'applied', result: { ...owner, request: null } };
    const portfolio = await investSuite.readPortfolio(waitedFor as PortfolioId, signal);
    if (portfolio.kind !== 'applied') return portfolio;
    const { active, archived, deleted, divestAmount: level } = portfolio.result;
    const request = { ownerId: portfolio.result.ownerId, open: active && !archived && !deleted, level };
    return { kind: 'applied', result: { ...owner, request } };
  },
});
