/** Arithmetic of the whole holdings map. */
import { isNegative, isPositive, isZero, plus, ZERO, type Decimal } from '../../../../shared/kernel/decimal.js';
import type { InstrumentId } from '../../../../shared/kernel/ids.js';
import type { Change } from './change.js';
import type { Holdings } from './portfolio.js';

/** Signed change per instrument, all changes together. */
const totals = (changes: readonly Change[]): ReadonlyMap<InstrumentId, Decimal> => {
  const total = new Map<InstrumentId, Decimal>();
  for (const { instrument, quantity } of changes.flatMap((change) => change.deltas))
    total.set(instrument, plus(total.get(instrument) ?? ZERO, quantity));
  return total;
};

/** The map after the changes: a security of which nothing is left is taken out, a line of cash stays. */
export const movedBy = (holdings: Holdings, changes: readonly Change[]): Holdings => {
  const after = new Map(Object.entries(holdings));
  for (const [instrument, quantity] of totals(changes)) after.set(instrument, plus(after.get(instrument) ?? ZERO, quantity));
  return Object.fromEntries([...after].filter(([instrument, units]) => !isZero(units) || instrument.startsWith('$')));
};

export const sameMap = (a: Holdings, b: Holdings): boolean => {
  const all = [...new Set([...Object.keys(a), ...Object.keys(b)])] as InstrumentId[];
  return all.every((instrument) => (a[instrument] ?? ZERO) === (b[instrument] ?? ZERO));
};

/** Whether no line falls below zero by these changes. A line that is below zero already may rise. */
const addsUp = (holdings: Holdings, changes: readonly Change[]): boolean =>
  [...totals(changes)].every(
    ([instrument, quantity]) => isPositive(quantity) || isZero(quantity) || !isNegative(plus(holdings[instrument] ?? ZERO, quantity)),
  );

/**
 * The changes that can be written now: all of them where that adds up, else those that do one after the other, in any
 * order. Settlements of a sell and of the buy it pays for may reach us the wrong way round.
 */
export const writable = (holdings: Holdings, changes: readonly Change[]): readonly Change[] => {
  if (addsUp(holdings, changes)) return changes;
  const taken: Change[] = [];
  let left = changes;
  for (;;) {
    const next = left.find((change) => addsUp(movedBy(holdings, taken), [change]));
    if (next === undefined) return taken;
    taken.push(next);
    left = left.filter((change) => change !== next);
  }
};

/** Whether a change moves or lowers anything at all. */
export const hasEffect = (change: Change): boolean =>
  change.lowerDivestBy !== null || change.deltas.some((delta) => !isZero(delta.quantity));
