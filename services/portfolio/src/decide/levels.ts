/** Arithmetic of the divest amount: a level that replaces the earlier one, with "everything" above every amount. */
import { compare, greatest, isPositive, minus, negated, sum, ZERO, type Decimal } from '../../../../shared/kernel/decimal.js';
import { cashInstrument } from '../../../../shared/kernel/ids.js';
import type { Currency, DivestAmount } from '../../../../shared/kernel/money.js';
import type { Change } from './change.js';

const NOTHING: DivestAmount = { kind: 'nothing' };

export const levelOf = (amount: Decimal): DivestAmount => (isPositive(amount) ? { kind: 'amount', amount } : NOTHING);

const amountOf = (level: DivestAmount): Decimal => (level.kind === 'amount' ? level.amount : ZERO);

/** Negative when a is the lower level, zero when they are the same. */
export const compareLevels = (a: DivestAmount, b: DivestAmount): -1 | 0 | 1 => {
  if (a.kind === 'everything' || b.kind === 'everything') return a.kind === b.kind ? 0 : a.kind === 'everything' ? 1 : -1;
  return compare(amountOf(a), amountOf(b));
};
export const sameLevel = (a: DivestAmount, b: DivestAmount): boolean => compareLevels(a, b) === 0;

/** Cash that left with a change, in one currency; never negative. */
const cashOut = (change: Change, currency: Currency): Decimal => {
  const cash = change.deltas.filter((delta) => delta.instrument === cashInstrument(currency)).map((delta) => delta.quantity);
  return greatest(negated(sum(cash)), ZERO);
};

/**
 * The level once a change is written. Never below zero. An amount paid while everything is asked for leaves "everything"
 * standing: only the change that paid everything clears it. Everything paid while an amount is asked for counts as the cash it took.
 */
export const lowered = (level: DivestAmount, change: Change, currency: Currency): DivestAmount => {
  const by = change.lowerDivestBy;
  if (by === null || level.kind === 'nothing') return level;
  if (level.kind === 'everything') return by.kind === 'everything' ? NOTHING : level;
  return levelOf(minus(level.amount, by.kind === 'amount' ? by.amount : cashOut(change, currency)));
};

export const loweredByAll = (level: DivestAmount, changes: readonly Change[], currency: Currency): DivestAmount =>
  changes.reduce((left, change) => lowered(left, change, currency), level);

/** As it is told: the amount, `everything`, or `0`. */
export const levelText = (level: DivestAmount): string => (level.kind === 'everything' ? 'everything' : amountOf(level));

/** A list of announcements is so long at most; the oldest ones are left out. */
const MOST_ANNOUNCED = 20;

/** Levels that were announced, oldest first. The same one again says nothing new. */
export const announcedAfter = (announced: readonly DivestAmount[], level: DivestAmount): readonly DivestAmount[] => {
  const newest = announced.at(-1);
  return newest !== undefined && sameLevel(newest, level) ? announced : [...announced, level].slice(-MOST_ANNOUNCED);
};
