import { electronicFormatIBAN } from 'ibantools';
import type { UserId } from '../../../../shared/kernel/ids.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';

type Request = { readonly ownerId: string };

/** Who owns the portfolio, and which counter account InvestSuite shows that person. */
export const readOwner = (
  investSuite: Pick<InvestSuitePort, 'readUser'>,
  timing: Timing,
): EffectDefinitions<Payout, PayoutEffects>['ReadOwner'] => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: (p): Request => ({ ownerId: p.ownerId }),
  read: async (request: Request, { signal }) => {
    const outcome = await investSuite.readUser(request.ownerId as UserId, signal);
    if (outcome.kind !== 'applied') return outcome;
    const { externalId, counterAccount } = outcome.result;
    return {
      kind: 'applied',
      result: { externalId, shownIban: counterAccount === null ? null : electronicFormatIBAN(counterAccount.iban) },
    };
  },
});
