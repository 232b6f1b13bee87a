import { isoOf } from '../../../../shared/kernel/instant.js';
import { idFromEvidence } from '../../../../shared/kernel/evidence.js';
import type { InvestSuitePort, InvestSuiteRefusal } from '../../../../shared/ports/investsuite.js';
import type { Timing, WriteEffect } from '../../../../shared/runtime/engine/definition.js';
import { placedRecord, type TransactionRecord } from '../decide/movements.js';
import type { Order, OrderEffects } from '../decide/order.js';
import { transactionWrite } from './transaction-write.js';

type Recorded = OrderEffects['RecordPlaced']['result'];

const placedAtOf = (record: TransactionRecord, firstSentAtMs: number): string => record.movements[0]?.datetime ?? isoOf(firstSentAtMs);

/** Creates InvestSuite's transaction of the order, once. A lost answer is looked for by our external id. */
export const recordPlaced = (
  investSuite: InvestSuitePort,
  timing: Timing,
): WriteEffect<Order, TransactionRecord, Recorded, InvestSuiteRefusal, 'once'> => ({
  kind: 'once',
  perJourney: 'one',
  system: 'investsuite',
  timing,
  ability: investSuite.abilities.createTransaction,
  request: placedRecord,
  send: async (request, sending) => {
    const answer = await investSuite.createTransaction(transactionWrite(request, sending.firstSentAtMs), sending);
    if (answer.kind !== 'applied') return answer;
    return {
      kind: 'applied',
      result: { transactionId: answer.result.transactionId, placedAt: placedAtOf(request, sending.firstSentAtMs) },
    };
  },
  inquire: async (request, sending) => {
    const answer = await investSuite.findTransaction(transactionWrite(request, sending.firstSentAtMs), sending);
    if (answer.found !== 'applied') return answer;
    return {
      found: 'applied',
      result: { transactionId: answer.result.transactionId, placedAt: placedAtOf(request, sending.firstSentAtMs) },
    };
  },
  resultFromPerson: (request, evidence) => ({ transactionId: idFromEvidence(evidence), placedAt: request.movements[0]?.datetime ?? null }),
});
