import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { Timing } from '../../../../shared/runtime/engine/definition.js';
import { executionRecord } from '../decide/movements.js';
import { replaceTransaction, type ReplaceTransaction } from './replace-transaction.js';

/** Writes every fill known so far. */
export const recordExecution = (investSuite: InvestSuitePort, timing: Timing): ReplaceTransaction =>
  replaceTransaction(investSuite, timing, executionRecord);
