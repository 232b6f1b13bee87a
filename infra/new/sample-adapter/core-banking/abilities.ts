import type { OperationAbility } from '../../../../shared/kernel/outcome.js';
import type { CoreBankingPort } from '../../../../shared/ports/core-banking.js';

/** Longest life of a request. No source: careful value. */
const LONGEST_LIFE_MS = 15 * 60_000;

/** Every value is the careful one. A bolder one needs a source, and the conformance suite proves it. */
export const abilitiesOf = (longestLifeMs: number | undefined): CoreBankingPort['abilities'] => {
  const pay: OperationAbility = {
    repeatable: 'never',
    keyMemoryMs: null,
    longestLifeMs: longestLifeMs ?? LONGEST_LIFE_MS,
    afterAbsence: 'ask-person',
    inquiry: 'by-likeness',
    source: 'no source: careful value',
  };
  return { pay };
};
