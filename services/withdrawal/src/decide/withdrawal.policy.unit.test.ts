import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { factsUnder } from '../../../../test/builders/journey-facts.js';
import { choices, withdrawalPolicy, type WithdrawalPolicy } from './withdrawal.policy.js';

const anyPolicy: fc.Arbitrary<WithdrawalPolicy> = fc.record({
  payWhileOrdersAreOpen: fc.boolean(),
});
/** Whether all that `a` allows is allowed by `b` too. */
const notLooser = (a: WithdrawalPolicy, b: WithdrawalPolicy): boolean => !a.payWhileOrdersAreOpen || b.payWhileOrdersAreOpen;

describe("the tenant's choices for a withdrawal", () => {
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
        expect(withdrawalPolicy.parse(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
      }),
    );
  });
});
