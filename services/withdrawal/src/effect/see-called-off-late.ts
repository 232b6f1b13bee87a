import type { Decimal } from '../../../../shared/kernel/decimal.js';
import { byPeople, type EffectDefinitions, type Timing } from '../../../../shared/runtime/engine/definition.js';
import { payingOf, portfolioOf } from '../decide/withdrawal.rules.js';
import type { Withdrawal, WithdrawalEffects } from '../decide/withdrawal.js';

/** What was paid, in major units of `currency`. */
type Request = { readonly amount: Decimal; readonly currency: string };

/** The customer called it off when it could not be stopped any more. Two people say that they have seen it. */
export const seeCalledOffLate = (timing: Timing): EffectDefinitions<Withdrawal, WithdrawalEffects>['SeeCalledOffLate'] => ({
  ...byPeople(timing),
  request: (w): Request => ({ amount: payingOf(w), currency: portfolioOf(w).currency }),
  resultFromPerson: () => null,
});
