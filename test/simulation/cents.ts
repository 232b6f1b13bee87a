/** The world counts in whole cents, so that its books need none of the product's arithmetic. */
import type { Decimal } from '../../shared/kernel/decimal.js';
import type { Currency } from '../../shared/kernel/money.js';

export const EUR = 'EUR' as Currency;

/** In canonical form: what the kernel's own arithmetic would print. */
export const decimalOf = (cents: number): Decimal => {
  const whole = Math.abs(cents);
  const fraction = String(whole % 100)
    .padStart(2, '0')
    .replace(/0+$/, '');
  return `${cents < 0 ? '-' : ''}${String(Math.floor(whole / 100))}${fraction === '' ? '' : `.${fraction}`}` as Decimal;
};

const AMOUNT = /^(-?)(\d+)(?:\.(\d{1,2}))?$/;

/** @throws when it is finer than a cent. */
export const centsOf = (amount: string): number => {
  const [, sign, whole, fraction = ''] = AMOUNT.exec(amount) ?? [];
  if (whole === undefined) throw new RangeError(`not an amount of whole cents: ${amount}`);
  const cents = Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
  return sign === '-' ? -cents : cents;
};
