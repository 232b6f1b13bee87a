import type { Decimal } from '../../../../shared/kernel/decimal.js';
import { byPeople, type EffectDefinitions, type Timing } from '../../../../shared/runtime/engine/definition.js';
import { restOf } from '../decide/payout.rules.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';

/** Amount in major units of `currency`. */
type Request = { readonly amount: Decimal; readonly currency: string };

/** From the house account to the customer's account at the broker. */
export const moveRestBack = (timing: Timing): EffectDefinitions<Payout, PayoutEffects>['MoveRestBack'] => ({
  ...byPeople(timing),
  request: (p): Request => ({ amount: restOf(p), currency: p.currency }),
  resultFromPerson: () => null,
});
