import { describe, expect, it } from '@jest/globals';
import { decimal } from './decimal.js';
import { cashInstrument } from './ids.js';
import { currency, isPayable, minorDigits, payablePart, sameMoney, wireAmount, type Money } from './money.js';

const money = (amount: string, code: string): Money => ({ amount: decimal(amount), currency: currency(code) });

describe('money', () => {
  it.each([
    ['EUR', 2],
    ['USD', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['ISK', 0],
    ['KWD', 3],
    ['BHD', 3],
    ['TND', 3],
  ])('%s has %i digits after the point', (code, digits) => {
    expect(minorDigits(currency(code))).toBe(digits);
  });
  it.each(['', 'eur', 'EURO', 'EU', 'E1R', '$USD', 'EUR\n', ' EUR'])('refuses the code %j', (code) => {
    expect(() => currency(code)).toThrow(RangeError);
  });
  it.each([
    ['1250', 'EUR', true, '1250', '1250.00'],
    ['1250.5', 'EUR', true, '1250.5', '1250.50'],
    ['0.019', 'EUR', false, '0.01', null],
    ['-0.019', 'EUR', false, '-0.01', null],
    ['99.9', 'JPY', false, '99', null],
    ['99', 'JPY', true, '99', '99'],
    ['1.2345', 'KWD', false, '1.234', null],
    ['1.234', 'KWD', true, '1.234', '1.234'],
  ])('%s %s: payable %s, of it %s, written %s', (amount, code, payable, part, written) => {
    const value = money(amount, code);
    expect(isPayable(value)).toBe(payable);
    expect(payablePart(value)).toEqual(money(part, code));
    if (written === null) expect(() => wireAmount(value)).toThrow(RangeError);
    else expect(wireAmount(value)).toBe(written);
  });
  it('is the same only in the same currency', () => {
    expect(sameMoney(money('1.50', 'EUR'), money('1.5', 'EUR'))).toBe(true);
    expect(sameMoney(money('1.5', 'EUR'), money('1.5', 'USD'))).toBe(false);
    expect(sameMoney(money('1.5', 'EUR'), money('1.51', 'EUR'))).toBe(false);
  });
  it('names cash as an instrument', () => {
    expect(cashInstrument('EUR')).toBe('$EUR');
  });
});
