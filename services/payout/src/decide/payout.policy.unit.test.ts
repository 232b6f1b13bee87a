import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { factsUnder } from '../../../../test/builders/journey-facts.js';
import { choices, payoutPolicy, type PayoutPolicy } from './payout.policy.js';

const anyPolicy: fc.Arbitrary<PayoutPolicy> = fc.record({
  coolOffMs: fc.integer({ min: 0, max: 720 * 3_600_000 }),
  onMismatch: fc.constantFrom('hold', 'pay-core-banking'),
});
/** Whether all that `a` lets pass is let pass by `b` too. */
const notLooser = (a: PayoutPolicy, b: PayoutPolicy): boolean =>
  a.coolOffMs >= b.coolOffMs && (a.onMismatch === 'hold' || b.onMismatch === 'pay-core-banking');

describe("the tenant's choices for a payout", () => {
  it('are never looser than those of its opening, nor than those of today', () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, (frozen, now) => {
        const counts = choices(factsUnder({ frozen, now }));
        expect([notLooser(counts, frozen), notLooser(counts, now)]).toEqual([true, true]);
      }),
    );
  });
  it('are the same where nothing has changed, and come back from JSON as they were', () => {
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        expect(choices(factsUnder({ frozen: policy, now: policy }))).toEqual(policy);
        expect(payoutPolicy.parse(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
      }),
    );
  });
});
