import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compare, decimal } from '../../../../shared/kernel/decimal.js';
import { factsUnder } from '../../../../test/builders/journey-facts.js';
import { choices, optimisationPolicy, type OptimisationPolicy } from './optimisation.policy.js';

const anyPolicy: fc.Arbitrary<OptimisationPolicy> = fc.record({
  priceDriftLimit: fc.integer({ min: 1, max: 9_999 }).map((n) => decimal(`0.${String(n).padStart(4, '0').replace(/0+$/, '')}`)),
  holdingsMoveAt: fc.constantFrom('executed', 'settled'),
  buysWhenSalesFellShort: fc.constantFrom('skip', 'place'),
});
/** Whether every order that `a` lets go out is let go out by `b` too. */
const notLooser = (a: OptimisationPolicy, b: OptimisationPolicy): boolean => compare(a.priceDriftLimit, b.priceDriftLimit) <= 0;

describe("the tenant's choices for an optimisation", () => {
  it('guard no looser than those of its opening, nor than those of today', () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, (frozen, now) => {
        const counts = choices(factsUnder({ frozen, now }));
        expect([notLooser(counts, frozen), notLooser(counts, now)]).toEqual([true, true]);
      }),
    );
  });
  it('lead the way that was chosen at its opening', () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, (frozen, now) => {
        const { holdingsMoveAt, buysWhenSalesFellShort } = frozen;
        expect(choices(factsUnder({ frozen, now }))).toMatchObject({ holdingsMoveAt, buysWhenSalesFellShort });
      }),
    );
  });
  it('are the same where nothing has changed, and come back from JSON as they were', () => {
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        expect(choices(factsUnder({ frozen: policy, now: policy }))).toEqual(policy);
        expect(optimisationPolicy.parse(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
      }),
    );
  });
});
