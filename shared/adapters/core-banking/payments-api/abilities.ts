import type { OperationAbility } from '../../../kernel/outcome.js';
import type { CoreBankingPort } from '../../../ports/core-banking.js';

/** Longest life of a request. No source: careful value. */
const LONGEST_LIFE_MS = 15 * 60_000;

/**
 * The contract promises that the same endToEndId is paid once. A bank that forgot it would pay twice, so we look before we
 * send again, and then send the same reference.
 */
export const abilitiesOf = (longestLifeMs: number | undefined): CoreBankingPort['abilities'] => {
  const pay: OperationAbility = {
    repeatable: 'after-inquiry',
    keyMemoryMs: null,
    longestLifeMs: longestLifeMs ?? LONGEST_LIFE_MS,
    afterAbsence: 'same-key',
    inquiry: 'by-key',
    source:
      'payments API contract (contracts/core-banking): the same endToEndId again is answered with the payment that exists. Memory and longest life: no source, careful values',
  };
  return { pay };
};
