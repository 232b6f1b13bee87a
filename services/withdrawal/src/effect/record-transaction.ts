import { externalIdOf } from '../../../../shared/facts/withdrawal-booking.js';
import { idFromEvidence } from '../../../../shared/kernel/evidence.js';
import { negated, type Decimal } from '../../../../shared/kernel/decimal.js';
import { cashInstrument, type PortfolioId } from '../../../../shared/kernel/ids.js';
import type { InvestSuitePort, TransactionWrite } from '../../../../shared/ports/investsuite.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { paidAtOf, payingOf, portfolioOf } from '../decide/withdrawal.rules.js';
import type { Withdrawal, WithdrawalEffects } from '../decide/withdrawal.js';

/** Amounts in major units of `currency`. */
type Request = {
  readonly withdrawalId: string;
  readonly portfolioId: string;
  readonly externalId: string;
  readonly amount: Decimal;
  readonly currency: string;
  readonly paidAt: string;
};

const writeOf = (request: Request): TransactionWrite => ({
  portfolioId: request.portfolioId as PortfolioId,
  externalId: request.externalId,
  optimizationId: null,
  movements: [
    {
      type: 'CASH_WITHDRAWAL',
      status: 'SETTLED',
      datetime: request.paidAt,
      instrument: cashInstrument(request.currency),
      quantity: negated(request.amount),
      unitPrice: null,
      unitPriceCurrency: null,
      externalId: null,
      referenceExternalId: null,
      description: null,
    },
  ],
});

/** Books what was paid. */
export const recordTransaction = (
  investSuite: Pick<InvestSuitePort, 'abilities' | 'createTransaction' | 'findTransaction'>,
  timing: Timing,
): EffectDefinitions<Withdrawal, WithdrawalEffects>['RecordTransaction'] => ({
  kind: 'once',
  perJourney: 'one',
  system: 'investsuite',
  timing,
  ability: investSuite.abilities.createTransaction,
  request: (w, journey): Request => ({
    withdrawalId: journey.id,
    portfolioId: w.portfolioId,
    externalId: externalIdOf(w.portfolioId, journey.id),
    amount: payingOf(w),
    currency: portfolioOf(w).currency,
    paidAt: paidAtOf(w),
  }),
  send: (request: Request, sending) => investSuite.createTransaction(writeOf(request), sending),
  inquire: (request: Request, sending) => investSuite.findTransaction(writeOf(request), sending),
  resultFromPerson: (_request: Request, evidence) => ({ transactionId: idFromEvidence(evidence) }),
});
