import { electronicFormatIBAN, isValidIBAN } from 'ibantools';
import type { CoreBankingPort, CounterAccount } from '../../../../shared/ports/core-banking.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { ownerOf } from '../decide/payout.rules.js';
import type { CounterAccountRead, Payout, PayoutEffects } from '../decide/payout.js';

type Request = { readonly externalId: string; readonly shownIban: string | null } & Pick<CounterAccountRead, 'coolOffMs' | 'onMismatch'>;
export type CounterAccountChoices = Pick<CounterAccountRead, 'coolOffMs' | 'onMismatch'>;

/** A time we cannot read counts as just now: the careful reading. */
const msSince = (changedAt: string | null, nowMs: number): number | null => {
  if (changedAt === null) return null;
  const changedMs = Date.parse(changedAt);
  return Number.isNaN(changedMs) ? 0 : Math.max(0, nowMs - changedMs);
};

/** What is paid, in one form. */
export const accountOf = (account: CounterAccount | null): CounterAccountRead['account'] =>
  account === null ? null : { iban: electronicFormatIBAN(account.iban) ?? '', ownerName: account.ownerName };

/** The bank is master of the counter account. What the tenant wants is frozen with the question, so that history shows it. */
export const readCounterAccount = (
  coreBanking: Pick<CoreBankingPort, 'readCustomer'>,
  choices: CounterAccountChoices,
  timing: Timing,
  nowMs: () => number,
): EffectDefinitions<Payout, PayoutEffects>['ReadCounterAccount'] => ({
  kind: 'read',
  system: 'core-banking',
  timing,
  request: (p): Request => ({ coolOffMs: choices.coolOffMs, onMismatch: choices.onMismatch, ...ownerOf(p) }),
  read: async (request: Request, { signal }) => {
    const outcome = await coreBanking.readCustomer(request.externalId, signal);
    if (outcome.kind !== 'applied') return outcome;
    const { active, counterAccount } = outcome.result;
    const { coolOffMs, onMismatch, shownIban } = request;
    const common = { customerActive: active, coolOffMs, onMismatch, shownIban };
    const account = accountOf(counterAccount);
    if (counterAccount === null || account === null)
      return { kind: 'applied', result: { account, ibanWellFormed: false, changedMsAgo: null, ...common } };
    return {
      kind: 'applied',
      result: {
        account,
        ibanWellFormed: isValidIBAN(account.iban),
        changedMsAgo: msSince(counterAccount.changedAt, nowMs()),
        ...common,
      },
    };
  },
});
