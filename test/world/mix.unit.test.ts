import { describe, expect, it } from '@jest/globals';
import { compare, decimal, plus, sum, times, ZERO, type Decimal } from '../../shared/kernel/decimal.js';
import { KINDS, planCustomers, type PlannedCustomer } from './mix.js';
import { INSTRUMENTS } from './world.js';

const worth = ({ cash, positions }: PlannedCustomer): Decimal =>
  plus(cash, sum(positions.map(({ isin, units }) => times(units, decimal(INSTRUMENTS.find((one) => one.isin === isin)?.price ?? '0')))));
const requested = ({ requests }: PlannedCustomer): Decimal =>
  requests.reduce<Decimal>(
    (level, { request }) => (request.action === 'set' ? request.amount : request.action === 'raise' ? plus(level, request.amount) : ZERO),
    ZERO,
  );

describe('the mix of customers', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planCustomers(40, 7)).toEqual(planCustomers(40, 7));
    expect(planCustomers(40, 7)).not.toEqual(planCustomers(40, 8));
    // A longer run begins as the shorter one does.
    expect(planCustomers(40, 7).slice(0, 10)).toEqual(planCustomers(10, 7));
  });

  it('shows every kind among the first', () => {
    expect(new Set(planCustomers(13, 3).map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS)));
  });

  it.each([1, 2, 3, 4, 5])('asks for nothing that is not there, with seed %s', (seed) => {
    for (const plan of planCustomers(200, seed)) {
      if (plan.asked === null) continue;
      expect(requested(plan)).toBe(plan.asked);
      expect([plan.number, compare(plan.asked, worth(plan)) > 0]).toEqual([plan.number, false]);
      if (plan.positions.length === 0) expect(compare(plan.asked, plan.cash)).not.toBe(1);
    }
  });
});
