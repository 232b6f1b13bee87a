import { isValidIBAN } from 'ibantools';
import { accountOf } from '../../../../shared/facts/fresh-facts.js';
import type { CoreBankingPort } from '../../../../shared/ports/core-banking.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { ownerOf } from '../decide/payout.rules.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';

type Request = { readonly externalId: string };

/** A time we cannot read counts as just now: the careful reading. */
const msSince = (changedAt: string | null, nowMs: number): number | null => {
  if (changedAt === null) return null;
  const changedMs = Date.parse(changedAt);
  return Number.isNaN(changedMs) ? 0 : Math.max(0, nowMs - changedMs);
};

/** The bank is master of the counter account. */
export const readCounterAccount = (
  coreBanking: Pick<CoreBankingPort, 'readCustomer'>,
  timing: Timing,
  nowMs: () => number,
): EffectDefinitions<Payout, PayoutEffects>['ReadCounterAccount'] => ({
  kind: 'read',
  system: 'core-banking',
  timing,
  request: (p): Request => ({ externalId: ownerOf(p).externalId }),
  read: async (request: Request, { signal }) => {
    const outcome = await coreBanking.readCustomer(request.externalId, signal);
    if (outcome.kind !== 'applied') return outcome;
    const { active, counterAccount } = outcome.result;
    const account = accountOf(counterAccount);
    if (counterAccount === null || account === null)
      return { kind: 'applied', result: { customerActive: active, account, ibanWellFormed: false, changedMsAgo: null } };
    return {
      kind: 'applied',
      result: {
        customerActive: active,
        account,
        ibanWellFormed: isValidIBAN(account.iban),
        changedMsAgo: msSince(counterAccount.changedAt, nowMs()),
      },
    };
  },
});
