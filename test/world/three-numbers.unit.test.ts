import { describe, expect, it } from '@jest/globals';
import type { Facts } from './facts.js';
import type { CustomerVerdict, Verdict } from './verdict.js';
import type { Books } from './world.js';
import { decimal, ZERO } from '../../shared/kernel/decimal.js';
import type { UnderWay } from './snapshot.js';
import { isGood, threeNumbers, waitingOf } from './three-numbers.js';

const customer = (changed: Partial<CustomerVerdict>): CustomerVerdict => ({
  number: 1,
  portfolioId: 'P1',
  kind: 'cash-enough',
  asked: decimal('250'),
  paid: decimal('250'),
  cashedOut: decimal('250'),
  withdrawn: decimal('250'),
  returned: ZERO,
  end: 'paid',
  waitsFor: null,
  reason: null,
  problems: [],
  paidTwice: false,
  ...changed,
});
const verdictOf = (customers: readonly CustomerVerdict[], problems: readonly string[] = []): Verdict => ({
  customers,
  books: {} as Verdict['books'],
  problems,
  ok: problems.length === 0,
});
const booksWith = (references: readonly unknown[] = []): Books =>
  ({
    bank: { duplicates: { references }, conflicts: [] },
    broker: { duplicates: { orderKeys: [], redemptionKeys: [], redemptionNotes: [] }, keysWithAnotherBody: [] },
  }) as unknown as Books;
const nothing: Facts = { journeys: [], parked: [], deadLetters: [] };
const letterOf = (portfolioId: string): Facts => ({
  ...nothing,
  deadLetters: [{ eventId: 'e', service: 'payout', portfolioId, reason: 'cannot be read', waiting: '1' }],
});
const inInbox: UnderWay = { service: 'payout', what: 'inbox', portfolioId: 'P1', note: 'event-1' };

const counts = (...given: Parameters<typeof threeNumbers>): readonly number[] => {
  const { paidTwice, lost, stuckUnseen } = threeNumbers(...given);
  return [paidTwice.length, lost.length, stuckUnseen.length];
};

describe('paid twice, lost, stuck unseen', () => {
  it('are 0 / 0 / 0 when everybody is paid once, and only then it is good', () => {
    const numbers = threeNumbers(verdictOf([customer({})]), booksWith(), nothing, []);
    expect(numbers).toEqual({ paidTwice: [], lost: [], stuckUnseen: [] });
    expect(isGood(numbers)).toBe(true);
    expect(isGood({ ...numbers, lost: ['a cent'] })).toBe(false);
  });

  it.each([
    ['paid more than was asked', customer({ end: 'WRONG', paidTwice: true, problems: ['paid 500, asked 250'] }), [1, 0, 0]],
    ['a booking is missing', customer({ end: 'WRONG', problems: ['paid 250, but InvestSuite shows 0 withdrawn'] }), [0, 1, 0]],
    ['still under way', customer({ end: 'under way', problems: ['payout is CashingOut'] }), [0, 0, 1]],
    ['waits without a reason', customer({ end: 'waits for a person', waitsFor: 'an operator', reason: '' }), [0, 0, 1]],
    ['waits with a reason', customer({ end: 'waits for a person', waitsFor: 'an operator', reason: 'returned' }), [0, 0, 0]],
  ] as const)('a customer who %s', (_what, one, expected) => {
    expect(counts(verdictOf([one]), booksWith(), nothing, [])).toEqual(expected);
  });

  it('one reference that was paid twice counts without any customer', () => {
    expect(counts(verdictOf([customer({})]), booksWith([{ endToEndId: 'WD1', count: 2 }]), nothing, [])).toEqual([1, 0, 0]);
  });

  it('whatever else is wrong in the books as a whole is lost', () => {
    expect(counts(verdictOf([customer({})], ["the bank's own books do not agree"]), booksWith(), nothing, [])).toEqual([0, 1, 0]);
  });

  it('a message that nobody handles is stuck, unless its lane waits behind a dead letter', () => {
    expect(counts(verdictOf([customer({})]), booksWith(), nothing, [inInbox])).toEqual([0, 0, 1]);
    expect(counts(verdictOf([customer({})]), booksWith(), letterOf('P1'), [inInbox])).toEqual([0, 0, 0]);
    expect(counts(verdictOf([customer({})]), booksWith(), letterOf('P2'), [inInbox])).toEqual([0, 0, 1]);
  });

  it('who waits for a person is listed with the reason', () => {
    const waits = customer({ end: 'waits for a person', waitsFor: 'an operator', reason: 'returned' });
    expect(waitingOf(verdictOf([customer({}), waits]))).toEqual([
      { number: 1, portfolioId: 'P1', waitsFor: 'an operator', reason: 'returned' },
    ]);
  });
});
