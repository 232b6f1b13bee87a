import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../world/facts.js';
import { countsOf, judgeTwo, type CustomerOutside } from './one-outside.js';

const customer = (more: Partial<CustomerOutside> = {}): CustomerOutside => ({
  ...{ number: 1, portfolioId: 'P1', payments: 1, cashOutIds: ['CO1'] },
  ...more,
});
const says = (reason: string | null): Facts => ({
  journeys: reason === null ? [] : [{ id: 'po1', journey: 'payout', portfolioId: 'P1', status: 'Transferring', reason, ended: false }],
  parked:
    reason === null
      ? []
      : [{ effectId: 'e1', service: 'payout', journeyId: 'po1', portfolioId: 'P1', effect: 'PayCounterAccount', note: reason }],
  deadLetters: [],
});
const knows = (id: string): Facts => says(`the broker shows a cash-out that our books do not know: ${id} of USD 250`);
const nothing = says(null);
const problems = (one: CustomerOutside, ...two: readonly Facts[]): readonly string[] => judgeTwo([one], two)[0]?.problems ?? ['not judged'];

describe('a customer between two installations', () => {
  it.each<[string, CustomerOutside, Facts, Facts]>([
    ['paid by one, not seen by the other', customer(), nothing, nothing],
    ['paid by one, and held by the other before its cash-out', customer(), nothing, knows('CO1')],
    ['paid by one, and held by the other after its cash-out', customer({ cashOutIds: ['CO1', 'CO2'] }), nothing, knows('CO1')],
    ['held by both', customer({ payments: 0, cashOutIds: ['CO1', 'CO2'] }), knows('CO2'), knows('CO1')],
  ])('is as it has to be: %s', (_what, one, a, b) => {
    expect(problems(one, a, b)).toEqual([]);
  });
  it.each<[string, CustomerOutside, Facts, Facts]>([
    ['paid 2 times', customer({ payments: 2, cashOutIds: ['CO1', 'CO2'] }), nothing, nothing],
    ['more payments than cash-outs', customer({ cashOutIds: [] }), nothing, nothing],
    ['1 cash-outs without a payment, and 0 payouts on hold', customer({ cashOutIds: ['CO1', 'CO2'] }), nothing, nothing],
    ['2 cash-outs without a payment, and 1 payouts on hold', customer({ payments: 0, cashOutIds: ['CO1', 'CO2'] }), nothing, knows('CO1')],
    ['neither paid nor on hold', customer({ payments: 0, cashOutIds: [] }), nothing, says('the bank refused')],
    ['a payout is on hold, and names no cash-out of the account', customer(), nothing, knows('CO9')],
  ])('is wrong: %s', (why, one, a, b) => {
    expect(problems(one, a, b)).toContain(why);
  });
  it('is counted', () => {
    const all = [customer({ cashOutIds: ['CO1', 'CO2'] }), customer({ payments: 2, cashOutIds: ['CO1', 'CO2'] }), customer()];
    expect(countsOf(judgeTwo(all, [nothing, knows('CO1')]))).toEqual({
      ...{ paidTwice: 1, secondCashOuts: 2, secondCashOutsHeld: 2, paidOnce: 2, heldByOne: 3, heldByBoth: 0 },
    });
  });
});
