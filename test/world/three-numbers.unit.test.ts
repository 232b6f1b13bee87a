import { describe, expect, it } from '@jest/globals';
import { NOTHING_SAID, type Facts } from './facts.js';
import type { CustomerVerdict, Verdict } from './verdict.js';
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
const verdictOf = (customers: readonly CustomerVerdict[], problems: readonly string[] = [], doubles: readonly string[] = []): Verdict => ({
  customers,
  books: {} as Verdict['books'],
  doubles,
  problems: [...doubles, ...problems],
  ok: doubles.length + problems.length === 0,
});
const letterOf = (portfolioId: string): Facts => ({
  ...NOTHING_SAID,
  deadLetters: [{ eventId: 'e', service: 'payout', portfolioId, reason: 'cannot be read', waiting: '1' }],
});
const inInbox: UnderWay = { service: 'payout', what: 'inbox', portfolioId: 'P1', note: 'event-1' };

const counts = (...given: Parameters<typeof threeNumbers>): readonly number[] => {
  const { paidTwice, lost, stuckUnseen } = threeNumbers(...given);
  return [paidTwice.length, lost.length, stuckUnseen.length];
};

describe('paid twice, lost, stuck unseen', () => {
  it('are 0 / 0 / 0 when everybody is paid once, and only then it is good', () => {
    const numbers = threeNumbers(verdictOf([customer({})]), NOTHING_SAID, []);
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
    expect(counts(verdictOf([one]), NOTHING_SAID, [])).toEqual(expected);
  });

  it('one reference that was paid twice counts without any customer', () => {
    expect(counts(verdictOf([customer({})], [], ['bank: one reference paid twice: WD1']), NOTHING_SAID, [])).toEqual([1, 0, 0]);
  });

  it('whatever else is wrong in the books as a whole is lost', () => {
    expect(counts(verdictOf([customer({})], ["the bank's own books do not agree"]), NOTHING_SAID, [])).toEqual([0, 1, 0]);
  });

  it('a message that nobody handles is stuck, unless its lane waits behind a dead letter', () => {
    expect(counts(verdictOf([customer({})]), NOTHING_SAID, [inInbox])).toEqual([0, 0, 1]);
    expect(counts(verdictOf([customer({})]), letterOf('P1'), [inInbox])).toEqual([0, 0, 0]);
    expect(counts(verdictOf([customer({})]), letterOf('P2'), [inInbox])).toEqual([0, 0, 1]);
  });

  it('who waits for a person is listed with the reason', () => {
    const waits = customer({ end: 'waits for a person', waitsFor: 'an operator', reason: 'returned' });
    expect(waitingOf(verdictOf([customer({}), waits]))).toEqual([
      { number: 1, portfolioId: 'P1', waitsFor: 'an operator', reason: 'returned' },
    ]);
  });
});
