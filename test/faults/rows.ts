/**
 * Faults that were found by attacks and reports, one row each. A row is held by tests that carry its mark in square brackets in their names.
 * `mend` is the smallest edit that takes the mend out again: with it, a test of the row must fail.
 */
export type Edit = {
  /** Counts from the root, with forward slashes. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
};
export type Row = {
  readonly mark: string;
  /** What happened. */
  readonly fault: string;
  /** Each edit by itself takes a mend out. */
  readonly mends: readonly Edit[];
};

const STANDING = 'contracts/internal/standing.ts';
const RULES = 'contracts/internal/portfolio-rules.ts';
const RUNNER = 'shared/runtime/engine/effects/effect-runner.ts';

export const rows: readonly Row[] = [
  {
    mark: 'A1',
    fault: 'One forged message that asks for a payout paid the cash of its victim to an accomplice.',
    mends: [
      { file: STANDING, find: 'decided.ownerId !== null && decided.ownerId !== now.ownerId', replace: 'false' },
      { file: STANDING, find: 'decided.brokerAccount !== null && decided.brokerAccount !== now.brokerAccount', replace: 'false' },
    ],
  },
  {
    mark: 'E1',
    fault: 'A portfolio whose broker InvestSuite integrates was sold and paid a second time by us.',
    mends: [
      { file: RULES, find: 'if (matching.length > 1)', replace: 'if (matching.length > 99)' },
      {
        file: STANDING,
        find: "case 'theirs':\n      return 'InvestSuite talks to the broker of this portfolio';",
        replace: "case 'theirs':\n      return null;",
      },
    ],
  },
  {
    mark: 'E2',
    fault: 'A request that was called off or lowered during the cash-out was paid all the same.',
    mends: [
      { file: STANDING, find: "if (level.kind === 'nothing') return request('the divest request was called off');", replace: '' },
      { file: RUNNER, find: 'if (definition.restsOn === undefined)', replace: "if (definition.kind === 'once')" },
      { file: RUNNER, find: 'monotonicMs() - askedAtMs >= FRESH_MS', replace: 'false' },
    ],
  },
];
