import { isValidIBAN } from 'ibantools';
import { accountOf } from '../../../../shared/facts/fresh-facts.js';
import type { CoreBankingPort } from '../../../../shared/ports/core-banking.js';
import { instantMs } from '../../../../shared/kernel/instant.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { ownerOf } from '../decide/payout.rules.js';
import type { CounterAccountRead, Payout, PayoutEffects } from '../decide/payout.js';

type Request = { readonly externalId: string };

/** The bank's clock may be ahead of ours by so much; a date further ahead is no date of a change that was made. */
const CLOCK_SKEW_MS = 300_000;

/** A date that cannot be read, or that is yet to come, counts as just now. Whoever changed the account may have written it. */
const lastChange = (changedAt: string | null, nowMs: number): Pick<CounterAccountRead, 'changedMsAgo' | 'changedAtUnclear'> => {
  if (changedAt === null) return { changedMsAgo: null };
  const changedMs = instantMs(changedAt);
  if (changedMs === null) return { changedMsAgo: 0, changedAtUnclear: 'cannot be read' };
  if (changedMs > nowMs + CLOCK_SKEW_MS) return { changedMsAgo: 0, changedAtUnclear: 'is yet to come' };
  return { changedMsAgo: Math.max(0, nowMs - changedMs) };
};

/** The bank is master of the counter account. */
export const readCounterAccount = (
  coreBanking: Pick<CoreBankingPort, 'readCustomer' | 'canPay'>,
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
    const notPayable = coreBanking.canPay({ creditorName: account.ownerName, creditorIban: account.iban });
    return {
      kind: 'applied',
      result: {
        customerActive: active,
        account,
        ibanWellFormed: isValidIBAN(account.iban),
        ...lastChange(counterAccount.changedAt, nowMs()),
        ...(notPayable === null ? {} : { notPayable }),
      },
    };
  },
});
