import { compare, cutTo, scaleOf, withDigits, type Decimal } from './decimal.js';

/** ISO 4217 alphabetic code. */
export type Currency = string & { readonly __currency: true };

/** An amount in major units of one currency, exact. */
export type Money = { readonly amount: Decimal; readonly currency: Currency };

/** Digits after the point where they are not two. Source: ISO 4217 list one (maintenance agency SIX). */
const MINOR_DIGITS: Readonly<Record<string, number>> = {
  BHD: 3,
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  IQD: 3,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  PYG: 0,
  RWF: 0,
  TND: 3,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
};

export const currency = (code: string): Currency => {
  if (!/^[A-Z]{3}$/.test(code)) throw new RangeError('not an ISO 4217 code');
  return code as Currency;
};

/** Digits after the point that a payment in this currency may have. */
export const minorDigits = (code: Currency): number => MINOR_DIGITS[code] ?? 2;

/** True when the amount can be paid as it stands: no fraction of the smallest coin. */
export const isPayable = (money: Money): boolean => scaleOf(money.amount) <= minorDigits(money.currency);

/** The part that can be paid: cut down to the smallest coin, never up. */
export const payablePart = (money: Money): Money => ({ ...money, amount: cutTo(money.amount, minorDigits(money.currency)) });

/** `1250.00`: as payment systems write it. @throws RangeError when it is finer than the smallest coin. */
export const wireAmount = (money: Money): string => withDigits(money.amount, minorDigits(money.currency));

export const sameMoney = (a: Money, b: Money): boolean => a.currency === b.currency && compare(a.amount, b.amount) === 0;

/**
 * The level of cash a customer wants out of a portfolio. It replaces the earlier level; it is not an increment.
 * `everything` is InvestSuite's sentinel 1e100 (public API documentation, portfolios, "divest amount").
 */
export type DivestAmount =
  { readonly kind: 'nothing' } | { readonly kind: 'amount'; readonly amount: Decimal } | { readonly kind: 'everything' };
