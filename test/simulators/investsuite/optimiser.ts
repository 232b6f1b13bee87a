import {
  absolute,
  compare,
  cutTo,
  decimal,
  dividedBy,
  isPositive,
  isZero,
  least,
  minus,
  negated,
  plus,
  times,
  ZERO,
  type Decimal,
} from '../../../shared/kernel/decimal.js';
import type { DivestAmount } from '../../../shared/kernel/money.js';

/** How this tenant's optimiser sells. Rates and fixed costs are in the base currency. */
export type OptimiserSettings = {
  /** Whole shares only; else to six digits. A full exit sells the fraction too. */
  readonly wholeShares: boolean;
  readonly quantityType: 'UNITS' | 'AMOUNT';
  /** Part of the value that a sale may cost, such as 0.005. */
  readonly feeRate: Decimal;
  /** What any sale may cost beside the rate. */
  readonly feeFixed: Decimal;
};

export const DEFAULT_OPTIMISER: OptimiserSettings = {
  wholeShares: true,
  quantityType: 'UNITS',
  feeRate: decimal('0.005'),
  feeFixed: decimal('2'),
};

export type OptimiserInput = {
  readonly holdings: Readonly<Record<string, Decimal>>;
  readonly cashInstrument: string;
  readonly level: DivestAmount;
  readonly prices: ReadonlyMap<string, Decimal>;
  readonly settings: OptimiserSettings;
};

/** A sale: `shares` and `quantity` are negative. `quantity` is money when the type is AMOUNT. */
export type PlannedOrder = {
  readonly instrument: string;
  readonly shares: Decimal;
  readonly price: Decimal;
  readonly cost: Decimal;
  readonly quantityType: 'UNITS' | 'AMOUNT';
  readonly quantity: Decimal;
};

export type Plan =
  | { readonly kind: 'nothing-needed' }
  | { readonly kind: 'sell'; readonly orders: readonly PlannedOrder[] }
  /** Cash is short and nothing can be sold. */
  | { readonly kind: 'infeasible' };

const FRACTION_DIGITS = 6;
const MONEY_DIGITS = 2;

type Position = { readonly instrument: string; readonly quantity: Decimal; readonly price: Decimal };

const roundedUp = (a: Decimal, b: Decimal, digits: number): Decimal => {
  const quotient = dividedBy(a, b, digits);
  return compare(times(quotient, b), a) < 0 ? plus(quotient, decimal(`1e-${String(digits)}`)) : quotient;
};

const positions = (input: OptimiserInput): readonly Position[] =>
  Object.entries(input.holdings)
    .filter(([instrument, quantity]) => !instrument.startsWith('$') && isPositive(quantity))
    .flatMap(([instrument, quantity]) => {
      const price = input.prices.get(instrument);
      return price === undefined || !isPositive(price) ? [] : [{ instrument, quantity, price }];
    })
    .sort((a, b) => compare(times(b.quantity, b.price), times(a.quantity, a.price)) || (a.instrument < b.instrument ? -1 : 1));

const saleOf = (position: Position, shares: Decimal, settings: OptimiserSettings): PlannedOrder => {
  const value = times(shares, position.price);
  const fullExit = compare(shares, position.quantity) === 0;
  // A full exit is in units even where the tenant works with amounts.
  const quantityType = fullExit ? 'UNITS' : settings.quantityType;
  const cost = cutTo(plus(settings.feeFixed, times(value, settings.feeRate)), MONEY_DIGITS);
  return {
    instrument: position.instrument,
    shares: negated(shares),
    price: position.price,
    cost,
    quantityType,
    quantity: negated(quantityType === 'UNITS' ? shares : cutTo(value, MONEY_DIGITS)),
  };
};

/** Cash first, then sales by value, largest first, until the divest request and the costs of selling are covered. */
export const planSales = (input: OptimiserInput): Plan => {
  const { level, settings } = input;
  const sellable = positions(input);
  if (level.kind === 'nothing') return { kind: 'nothing-needed' };
  if (level.kind === 'everything') {
    return sellable.length === 0
      ? { kind: 'nothing-needed' }
      : { kind: 'sell', orders: sellable.map((position) => saleOf(position, position.quantity, settings)) };
  }
  let missing = minus(level.amount, input.holdings[input.cashInstrument] ?? ZERO);
  if (!isPositive(missing)) return { kind: 'nothing-needed' };
  const orders: PlannedOrder[] = [];
  for (const position of sellable) {
    const netPrice = times(position.price, minus(decimal('1'), settings.feeRate));
    const wanted = roundedUp(plus(missing, settings.feeFixed), netPrice, settings.wholeShares ? 0 : FRACTION_DIGITS);
    const shares = least(wanted, position.quantity);
    orders.push(saleOf(position, shares, settings));
    missing = minus(missing, minus(times(shares, netPrice), settings.feeFixed));
    if (!isPositive(missing)) break;
  }
  return orders.length === 0 ? { kind: 'infeasible' } : { kind: 'sell', orders };
};

/** Holdings after the plan, at the expected prices. */
export const holdingsAfter = (input: OptimiserInput, orders: readonly PlannedOrder[]): Record<string, Decimal> => {
  const after: Record<string, Decimal> = { ...input.holdings };
  for (const order of orders) {
    after[order.instrument] = plus(after[order.instrument] ?? ZERO, order.shares);
    const proceeds = cutTo(minus(times(absolute(order.shares), order.price), order.cost), MONEY_DIGITS);
    after[input.cashInstrument] = plus(after[input.cashInstrument] ?? ZERO, proceeds);
  }
  return Object.fromEntries(Object.entries(after).filter(([, quantity]) => !isZero(quantity)));
};
