import type { OperationAbility } from '../../kernel/outcome.js';
import type { InvestSuitePort } from '../../ports/investsuite.js';

export type InvestSuiteAbilities = InvestSuitePort['abilities'];

/** Longest life of a request. No source: careful value, three times the longest time any gateway we know keeps a request. */
const LONGEST_LIFE_MS = 15 * 60_000;

const NO_MEMORY = { keyMemoryMs: null, longestLifeMs: LONGEST_LIFE_MS } as const;

/**
 * What may be repeated. `canList` says whether transactions of a portfolio can be read back, which the documentation
 * implies but does not show; without it a lost answer to a new transaction can only be settled by a person.
 */
export const abilitiesOf = (canList: boolean, longestLifeMs: number | undefined): InvestSuiteAbilities => {
  const life = longestLifeMs === undefined ? NO_MEMORY : { ...NO_MEMORY, longestLifeMs };
  const createTransaction: OperationAbility = {
    ...life,
    repeatable: canList ? 'after-inquiry' : 'never',
    afterAbsence: canList ? 'new-key' : 'ask-person',
    source:
      'docs.investsuite.com, transactions page, copy of December 2022: no key, external_id not checked for being unique. Longest life: no source, careful value',
  };
  return {
    createTransaction,
    replaceTransaction: {
      ...life,
      // Not at once: a request that was given up may arrive after the next update, and replaces it by the older list.
      repeatable: 'after-inquiry',
      afterAbsence: 'same-key',
      source:
        'docs.investsuite.com, transactions page, copy of December 2022: an update replaces the whole list of movements, without a precondition; the same update twice is one',
    },
    writePortfolio: {
      ...life,
      repeatable: 'after-inquiry',
      afterAbsence: 'new-key',
      source:
        'docs.investsuite.com, portfolios page, copy of December 2022: no precondition header, every write makes a version. Longest life: no source, careful value',
    },
    announceWithdrawal: {
      ...life,
      repeatable: 'by-key',
      afterAbsence: 'same-key',
      source: 'docs.investsuite.com, events page, copy of December 2022: header Idempotency-Key. How long a key is remembered: no source',
    },
  };
};
