import { Bug } from '../../../../shared/kernel/bug.js';
import type { InvestSuitePort, InvestSuiteRefusal } from '../../../../shared/ports/investsuite.js';
import type { Timing, WriteEffect } from '../../../../shared/runtime/engine/definition.js';
import type { TransactionRecord } from '../decide/movements.js';
import type { Order } from '../decide/order.js';
import { transactionWrite } from './transaction-write.js';

export type Replacement = { readonly transactionId: string; readonly record: TransactionRecord };
export type ReplaceTransaction = WriteEffect<Order, Replacement, null, InvestSuiteRefusal, 'by-key'>;

/**
 * Replaces all movements of the order's transaction. Saying the same twice is harmless. But a request that was given up may still
 * arrive. After the next record it would put the older one in its place. So nothing more is written before its life is over.
 */
export const replaceTransaction = (
  investSuite: InvestSuitePort,
  timing: Timing,
  recordOf: (order: Order) => TransactionRecord,
): ReplaceTransaction => ({
  kind: 'by-key',
  perJourney: 'many',
  system: 'investsuite',
  timing,
  ability: investSuite.abilities.replaceTransaction,
  request: (order) => {
    if (order.transactionId === null) throw new Bug('a transaction that was never made is to be replaced');
    return { transactionId: order.transactionId, record: recordOf(order) };
  },
  send: (request, sending) =>
    investSuite.replaceTransaction(request.transactionId, transactionWrite(request.record, sending.firstSentAtMs), sending),
  // What InvestSuite shows now does not say that no older request is on its way. Only time does.
  inquire: () => Promise.resolve({ found: 'absent' }),
  resultFromPerson: () => null,
});
