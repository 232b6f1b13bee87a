import { isoOf } from '../../../../shared/kernel/instant.js';
import type { OperationAbility } from '../../../../shared/kernel/outcome.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Decimal } from '../../../../shared/kernel/decimal.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';
import { paymentIdOf } from './pay-counter-account.js';

/** Amount in major units of `currency`. */
type Request = { readonly amount: Decimal; readonly currency: string };

const BY_PEOPLE: OperationAbility = {
  repeatable: 'after-inquiry',
  keyMemoryMs: null,
  longestLifeMs: 0,
  afterAbsence: 'ask-person',
  source: 'nothing is sent: people do it',
};

/**
 * Done by people outside of this system. Nothing is sent and nobody can be asked: both are refused, and the flow parks the
 * effect until two people have said what they did.
 */
export const clearSuspense = (timing: Timing, nowMs: () => number): EffectDefinitions<Payout, PayoutEffects>['ClearSuspense'] => ({
  kind: 'once',
  perJourney: 'one',
  system: 'people',
  timing,
  ability: BY_PEOPLE,
  request: (p): Request => ({ amount: p.amount, currency: p.currency }),
  send: async () => ({ kind: 'rejected', reason: 'people do this' }),
  inquire: async () => ({ found: 'rejected', reason: 'people do this' }),
  resultFromPerson: (_request: Request, evidence) => ({
    paymentId: paymentIdOf(evidence),
    endToEndId: null,
    paidAt: isoOf(nowMs()),
    returned: null,
  }),
});
