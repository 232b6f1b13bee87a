import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { Timing } from '../../../../shared/runtime/engine/definition.js';
import { settlementRecord } from '../decide/movements.js';
import { replaceTransaction, type ReplaceTransaction } from './replace-transaction.js';

/** Writes every fill as settled, in place of executed. */
export const recordSettlement = (investSuite: InvestSuitePort, timing: Timing): ReplaceTransaction =>
  replaceTransaction(investSuite, timing, settlementRecord);
