import type { Decimal } from '../../../../shared/kernel/decimal.js';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import { currency } from '../../../../shared/kernel/money.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { payingOf, portfolioOf } from '../decide/withdrawal.rules.js';
import type { Withdrawal, WithdrawalEffects } from '../decide/withdrawal.js';

/** Amount in major units, positive. */
type Request = { readonly portfolioId: string; readonly amount: Decimal; readonly currency: string };

/** Says that the payment has been made, so that the customer is told. The same key again changes nothing. */
export const announceWithdrawal = (
  investSuite: Pick<InvestSuitePort, 'abilities' | 'announceWithdrawal'>,
  timing: Timing,
): EffectDefinitions<Withdrawal, WithdrawalEffects>['AnnounceWithdrawal'] => ({
  kind: 'by-key',
  perJourney: 'one',
  system: 'investsuite',
  timing,
  ability: investSuite.abilities.announceWithdrawal,
  request: (w): Request => ({ portfolioId: w.portfolioId, amount: payingOf(w), currency: portfolioOf(w).currency }),
  send: ({ portfolioId, amount, currency: code }: Request, sending) =>
    investSuite.announceWithdrawal(portfolioId as PortfolioId, { amount, currency: currency(code) }, sending),
  inquire: async () => ({ found: 'no-answer', evidence: 'InvestSuite does not show which announcements it took' }),
  resultFromPerson: () => null,
});
