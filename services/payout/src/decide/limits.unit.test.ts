import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compare, decimal, sum, type Decimal } from '../../../../shared/kernel/decimal.js';
import { MemoryLimits } from '../../../../test/builders/limits.js';
import { payout } from '../../../../test/builders/payout.js';
import type { Limits } from './limits.js';
import { endFreed, endUnpaid, exceeded, exceededInWords, goOnWithinLimits, holdFreeing, holdOverLimits } from './limits.rules.js';
import { payoutState } from './payout.js';
import { payoutUpgrades } from './payout.upgrades.js';

const limits: Limits = {
  perPayment: { EUR: decimal('1000') },
  perPortfolioAndDay: { EUR: decimal('1500') },
  perDay: { EUR: decimal('5000') },
  paymentsPerHour: 3,
  currencyWithoutLimit: 'ask',
};
const nothing = { ofPortfolioAndDay: decimal('0'), ofDay: decimal('0'), payments: 0 };
const asks = (amount: string, currency = 'EUR') => ({ amount: decimal(amount), currency });

describe('a limit', () => {
  it('may be used up to its figure, and by no cent more [A9]', () => {
    expect(exceeded(asks('1000'), nothing, limits)).toEqual([]);
    expect(exceeded(asks('1000.01'), nothing, limits)).toEqual([{ limit: 'perPayment', allowed: '1000', used: '0' }]);
    const used = { ofPortfolioAndDay: decimal('500.01'), ofDay: decimal('4000.01'), payments: 3 };
    expect(exceeded(asks('1000'), used, limits)).toEqual([
      { limit: 'perPortfolioAndDay', allowed: '1500', used: '500.01' },
      { limit: 'perDay', allowed: '5000', used: '4000.01' },
      { limit: 'paymentsPerHour', allowed: '3', used: '3' },
    ]);
  });
  it('that is not set for a currency is asked about, or is none, as the tenant chooses [A9]', () => {
    expect(exceeded(asks('1', 'CHF'), nothing, limits).map(({ limit, allowed }) => [limit, allowed])).toEqual([
      ['perPayment', null],
      ['perPortfolioAndDay', null],
      ['perDay', null],
    ]);
    expect(exceeded(asks('1', 'CHF'), nothing, { ...limits, currencyWithoutLimit: 'pay' })).toEqual([]);
  });
  it('is told with its figure, what is used and what is asked [A9]', () => {
    const over = exceeded(asks('2000'), { ...nothing, payments: 3 }, limits);
    expect(exceededInWords(asks('2000'), over)).toBe(
      'perPayment is EUR 1000, 0 used, 2000 asked; perPortfolioAndDay is EUR 1500, 0 used, 2000 asked; paymentsPerHour is 3, 3 used, 1 asked',
    );
  });
});

describe('reservations', () => {
  const cents = fc
    .integer({ min: 1, max: 100_000 })
    .map((n): Decimal => decimal(`${String(Math.floor(n / 100))}.${String(n % 100).padStart(2, '0')}`));
  const wanted = fc.record({ portfolioId: fc.constantFrom('P1', 'P2'), amount: cents, frees: fc.boolean(), repeats: fc.boolean() });
  it('never exceed a limit by a cent, whatever is reserved, repeated and freed in between [A9]', () => {
    fc.assert(
      fc.property(fc.array(wanted, { maxLength: 30 }), (all) => {
        const books = new MemoryLimits(() => 0);
        const chosen = { ...limits, paymentsPerHour: 1_000 };
        const ask = (n: number, portfolioId: string, amount: Decimal) =>
          books.reserve(
            `k${String(n)}`,
            'today',
            { payoutId: `po${String(n)}`, portfolioId, amount, currency: 'EUR', beyond: false },
            chosen,
          );
        all.forEach(({ portfolioId, amount, frees, repeats }, n) => {
          const before = books.used('today', 'EUR');
          const first = ask(n, portfolioId, amount);
          const used = books.used('today', 'EUR');
          if (repeats && first.reserved) {
            expect(ask(n, portfolioId, amount)).toEqual(first);
            expect(books.used('today', 'EUR')).toBe(used);
          }
          expect(compare(used, decimal('5000'))).toBeLessThanOrEqual(0);
          expect(compare(books.used('today', 'EUR', portfolioId), decimal('1500'))).toBeLessThanOrEqual(0);
          if (!frees) return;
          books.free(`po${String(n)}`);
          expect(books.used('today', 'EUR')).toBe(before);
        });
        expect(books.used('today', 'EUR')).toBe(sum(['P1', 'P2'].map((id) => books.used('today', 'EUR', id))));
      }),
    );
  });
});

describe('a payout and its limits', () => {
  const p = payout({ status: 'ReservingLimits' });
  it('goes on when they are reserved, and reserves again what people have let pass [A9]', () => {
    expect(goOnWithinLimits(p, { passed: null })).toEqual({ to: 'CashingOut', set: { reserved: true, reason: null } });
    expect(goOnWithinLimits(p, { passed: 'by us' })).toEqual({ to: 'ReservingLimits', set: { limitsPassed: 'by us', reason: null } });
  });
  it('waits for people when it is over one, and is refused by their word [A9]', () => {
    expect(holdOverLimits(p, 'perDay', 'other-side')).toMatchObject({ hold: expect.stringMatching(/^over a limit: perDay\. "applied"/) });
    expect(holdOverLimits(p, 'no', 'person')).toMatchObject({ to: 'Refused', set: { reason: 'over a limit: no' } });
    expect(holdFreeing(p, 'no')).toEqual({ hold: 'the limits were not freed: no' });
  });
  it('frees what is reserved before it ends unpaid, and tells then [A9]', () => {
    expect(endUnpaid(p, 'MovedBack', 'why')).toMatchObject({ to: 'MovedBack', emits: [{ data: { outcome: 'refused', reason: 'why' } }] });
    const freeing = endUnpaid({ ...p, reserved: true }, 'MovedBack', 'why');
    expect(freeing).toEqual({ to: 'FreeingLimits', set: { reason: 'why', endsAs: 'MovedBack' } });
    expect(endFreed({ ...p, reserved: true, endsAs: 'MovedBack', reason: 'why' })).toMatchObject({
      to: 'MovedBack',
      set: { reserved: false, endsAs: null },
      emits: [{ data: { outcome: 'refused', reason: 'why' } }],
    });
    expect(() => endFreed(p)).toThrow('no end');
  });
  it('of an earlier release has reserved nothing', () => {
    const { reserved: _r, limitsPassed: _l, endsAs: _e, ...old } = payout({ status: 'CashingOut' });
    const [upgrade] = payoutUpgrades;
    expect(payoutState.parse(upgrade?.({ state: old, policy: null }).state)).toEqual(payout({ status: 'CashingOut' }));
  });
});
