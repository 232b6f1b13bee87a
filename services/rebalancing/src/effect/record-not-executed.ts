import { idFromEvidence } from '../../../../shared/kernel/evidence.js';
import type { InvestSuitePort, InvestSuiteRefusal } from '../../../../shared/ports/investsuite.js';
import type { Timing, WriteEffect } from '../../../../shared/runtime/engine/definition.js';
import { notExecutedRecord, type TransactionRecord } from '../decide/movements.js';
import type { Order } from '../decide/order.js';
import { transactionWrite } from './transaction-write.js';

/** Tells InvestSuite, once, that an order it proposed was not executed; without it the portfolio is never optimised again. */
export const recordNotExecuted = (
  investSuite: InvestSuitePort,
  timing: Timing,
): WriteEffect<Order, TransactionRecord, { readonly transactionId: string }, InvestSuiteRefusal, 'once'> => ({
  kind: 'once',
  perJourney: 'one',
  system: 'investsuite',
  timing,
  ability: investSuite.abilities.createTransaction,
  request: notExecutedRecord,
  send: (request, sending) => investSuite.createTransaction(transactionWrite(request, sending.firstSentAtMs), sending),
  inquire: (request, sending) => investSuite.findTransaction(transactionWrite(request, sending.firstSentAtMs), sending),
  resultFromPerson: (_request, evidence) => ({ transactionId: idFromEvidence(evidence) }),
});
