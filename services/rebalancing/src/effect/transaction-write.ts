import { isoOf } from '../../../../shared/kernel/instant.js';
import type { TransactionWrite } from '../../../../shared/ports/investsuite.js';
import type { TransactionRecord } from '../decide/movements.js';
import { externalId } from './external-id.js';

const optionalId = (id: string | null): string | null => (id === null ? null : externalId(id));

/**
 * The record as it is sent. A movement without a time gets the moment the request was first sent: the same on every
 * repeat. @param firstSentAtMs since the epoch.
 */
export const transactionWrite = (record: TransactionRecord, firstSentAtMs: number): TransactionWrite => ({
  portfolioId: record.portfolioId,
  externalId: externalId(record.externalId),
  optimizationId: record.optimizationId,
  movements: record.movements.map((movement) => ({
    ...movement,
    datetime: movement.datetime ?? isoOf(firstSentAtMs),
    externalId: optionalId(movement.externalId),
    referenceExternalId: optionalId(movement.referenceExternalId),
  })),
});
