import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decimal, type Decimal } from '../../shared/kernel/decimal.js';
import { portfolioNow } from '../../test/builders/standing.js';
import { counterAccountChanged, portfolioChanged, type PortfolioDecided, type PortfolioNow } from './standing.js';

const now = portfolioNow();
const decided: PortfolioDecided = { ownerId: 'U1', brokerAccount: 'B1', currency: 'EUR', asked: decimal('250') };
const cents = (n: number): Decimal => decimal((n / 100).toFixed(2).replace(/\.?0+$/, ''));

describe('what an irreversible request rests on', () => {
  it('stands as it was decided', () => {
    expect(portfolioChanged(decided, now)).toBeNull();
    expect(portfolioChanged({ ...decided, asked: null }, { ...now, level: { kind: 'nothing' } })).toBeNull();
  });
  it.each<[string, Partial<PortfolioNow>, 'portfolio' | 'request']>([
    ['InvestSuite talks to its broker [E1]', { treatment: { kind: 'theirs', rule: 'x' } }, 'portfolio'],
    ['nobody knows whose it is [E1]', { treatment: { kind: 'unclear', why: 'two rules' } }, 'portfolio'],
    ['the customer manages it [E1]', { treatment: { kind: 'ours', product: 'self', rule: 'x' } }, 'portfolio'],
    ['it is paper money', { realMoney: false }, 'portfolio'],
    ['it is deleted', { deleted: true }, 'portfolio'],
    ['it is archived', { archived: true }, 'portfolio'],
    ['it is blocked', { active: false }, 'portfolio'],
    ['it has another owner [A1]', { ownerId: 'U2' }, 'portfolio'],
    ['it has another account [A1]', { brokerAccount: 'B2' }, 'portfolio'],
    ['it has no account any more', { brokerAccount: null }, 'portfolio'],
    ['it is kept in another currency', { currency: 'USD' }, 'portfolio'],
    ['the request was called off [E2]', { level: { kind: 'nothing' } }, 'request'],
    ['the request was lowered [E2]', { level: { kind: 'amount', amount: decimal('249.99') } }, 'request'],
  ])('does not stand where %s', (_what, changed, about) => {
    expect(portfolioChanged(decided, { ...now, ...changed })).toMatchObject({ about });
  });
  it('pays never more than is asked for: no level below the amount stands, every other does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 100_000 }), (asked, level) => {
        const changed = portfolioChanged({ ...decided, asked: cents(asked) }, { ...now, level: { kind: 'amount', amount: cents(level) } });
        expect(changed === null).toBe(level >= asked);
        const anything = portfolioChanged({ ...decided, asked: 'something' }, { ...now, level: { kind: 'amount', amount: cents(level) } });
        expect(anything).toBeNull();
      }),
    );
  });
  it('compares nothing that was not frozen', () => {
    const before = { ownerId: null, brokerAccount: null, currency: null, asked: decimal('250') };
    expect(portfolioChanged(before, { ...now, ownerId: 'U2', brokerAccount: null, currency: 'USD' })).toBeNull();
  });
});

describe('the counter account', () => {
  const account = { iban: 'BE68539007547034', ownerName: 'A. Customer' };
  it('stands when the bank shows the same one', () => {
    expect(counterAccountChanged(account, { customerActive: true, account })).toBeNull();
  });
  it.each([
    [{ customerActive: false, account }],
    [{ customerActive: true, account: null }],
    [{ customerActive: true, account: { ...account, iban: 'NL91ABNA0417164300' } }],
    [{ customerActive: true, account: { ...account, ownerName: 'a. customer' } }],
  ])('does not stand as %j', (shown) => {
    expect(counterAccountChanged(account, shown)).not.toBeNull();
  });
});
