/** What follows for one optimisation. Pure. */
import { Bug } from '../../../../shared/kernel/bug.js';
import {
  absolute,
  compare,
  cutTo,
  isNegative,
  isPositive,
  isZero,
  minus,
  sum,
  times,
  ZERO,
  type Decimal,
} from '../../../../shared/kernel/decimal.js';
import { ignored, type Opening, type RefusedBy, type Stay, type Step } from '../../../../shared/kernel/flow.js';
import { cashInstrument, type InstrumentId, type OptimizationId, type PortfolioId } from '../../../../shared/kernel/ids.js';
import { minorDigits, type Currency } from '../../../../shared/kernel/money.js';
import { choices, type OptimisationFacts } from './optimisation.policy.js';
import type {
  Optimisation,
  OptimisationEmits,
  OptimizationReady,
  OptimizationSeen,
  OwnerChose,
  Market,
  PlannedOrder,
  PortfolioSeen,
  Price,
  ProposedOrder,
} from './optimisation.js';
import type { OrderFinished, OrderSide } from './order.js';

type Next = Step<Optimisation, OptimisationEmits>;
type End = 'Executed' | 'NotExecuted' | 'NotRecommended' | 'Declined' | 'Superseded' | 'LeftAlone';

/** More orders than this in one optimisation is not a proposal but a fault. */
export const MAX_ORDERS = 200;

const started = (optimizationId: OptimizationId, portfolioId: string): Opening<Optimisation, OptimisationEmits> => ({
  open: {
    status: 'ReadingOptimization',
    portfolioId: portfolioId as PortfolioId,
    optimizationId,
    ownerChoice: null,
    orders: [],
    startedFrom: null,
    account: null,
    currency: null,
    arrivedLater: null,
    reason: null,
  },
});

/** An event only says that there is something to read. */
export const announced = (input: OptimizationReady, { portfolioId }: OptimisationFacts): Opening<Optimisation, OptimisationEmits> =>
  input.recommended === false ? ignored('the optimisation is not recommended') : started(input.optimizationId, portfolioId);

export const chosen = (input: OwnerChose, { portfolioId }: OptimisationFacts): Opening<Optimisation, OptimisationEmits> =>
  input.choice === 'accept' ? started(input.optimizationId, portfolioId) : ignored('the owner has not accepted');

const lookAt = (portfolioId: string, optimizationId: OptimizationId): OptimisationEmits => ({
  sends: 'optimisation',
  subject: portfolioId,
  input: { type: 'OptimizationReady', optimizationId, recommended: null },
});

const ended = (state: Optimisation, to: End, reason: string | null, next: OptimizationId | null = state.arrivedLater): Next => ({
  to,
  set: { reason },
  emits: next === null ? [] : [lookAt(state.portfolioId, next)],
});

/** Nothing has been ordered yet: read again, the newer optimisation decides. */
export const lookAgainForNewer = (state: Optimisation, input: OptimizationReady): Next =>
  input.optimizationId === state.optimizationId
    ? { stay: true }
    : { to: 'ReadingOptimization', set: { arrivedLater: input.optimizationId } };

/** Orders are out: the newer optimisation is looked at when they are done. */
export const keepNewer = (state: Optimisation, input: OptimizationReady): Stay<Optimisation, OptimisationEmits> =>
  input.optimizationId === state.optimizationId ? { stay: true } : { stay: true, set: { arrivedLater: input.optimizationId } };

/** Before the buys: where nothing was sold, nothing has been ordered yet. */
export const newerBeforeBuys = (state: Optimisation, input: OptimizationReady): Next =>
  sideOf(state.orders, 'sell').length === 0 ? lookAgainForNewer(state, input) : keepNewer(state, input);

export const superseded = (state: Optimisation, input: OptimizationReady): Next =>
  input.optimizationId === state.optimizationId
    ? { stay: true }
    : ended(state, 'Superseded', 'a newer optimisation was announced', input.optimizationId);

export const readChoiceAgain = (state: Optimisation, input: OwnerChose): Next =>
  input.optimizationId === state.optimizationId
    ? { to: 'ReadingOptimization' }
    : { to: 'ReadingOptimization', set: { arrivedLater: input.optimizationId } };

const plannedOf = ({ instrument, units, amount, expectedPrice }: ProposedOrder): PlannedOrder => ({
  instrument,
  side: isNegative(amount ?? units) ? 'sell' : 'buy',
  units: absolute(units),
  amount: amount === null ? null : absolute(amount),
  expectedPrice,
  execute: true,
  reason: null,
  outcome: null,
});

const hasSize = (order: ProposedOrder): boolean => !isZero(order.amount ?? order.units);

/** Something in the orders that we do not understand; then none of them is executed. */
const faultIn = (orders: readonly ProposedOrder[]): string | null => {
  if (orders.length > MAX_ORDERS) return 'more orders than an optimisation can have';
  if (orders.some((order) => order.instrument.startsWith('$'))) return 'an order trades cash';
  if (new Set(orders.map((order) => order.instrument)).size !== orders.length) return 'two orders for one instrument';
  const contradicts = (order: ProposedOrder): boolean =>
    order.amount !== null && !isZero(order.units) && isNegative(order.amount) !== isNegative(order.units);
  return orders.some(contradicts) ? 'units and amount of an order have different signs' : null;
};

export const optimizationRead = (state: Optimisation, seen: OptimizationSeen): Next => {
  if (seen.id !== state.optimizationId) return ended(state, 'Superseded', 'another optimisation is the latest', seen.id);
  const proposed = seen.orders.filter(hasSize);
  if (!seen.recommended) return ended(state, 'NotRecommended', 'the optimisation is not recommended');
  if (proposed.length === 0) return ended(state, 'NotRecommended', 'the optimisation has no orders');
  // What was announced meanwhile may be older than ours, or not readable yet: it is looked at in the end, never forgotten.
  return {
    to: 'ReadingPortfolio',
    set: { ownerChoice: seen.ownerChoice, orders: proposed.map(plannedOf), startedFrom: seen.startedFrom, reason: faultIn(proposed) },
  };
};

/** A portfolio that is not ours to trade: nothing is ordered and nothing is recorded. */
const notOurs = ({ treatment, realMoney, deleted, archived }: PortfolioSeen): string | null => {
  if (treatment.kind === 'theirs') return `InvestSuite talks to its broker (${treatment.rule})`;
  if (treatment.kind === 'unclear') return treatment.why;
  if (!realMoney) return 'paper money';
  if (deleted) return 'the portfolio is deleted';
  if (archived) return 'the portfolio is archived';
  return treatment.product === 'self' ? 'not a robo portfolio' : null;
};

const heldOf = (holdings: Readonly<Record<string, Decimal>>, instrument: string): Decimal => holdings[instrument] ?? ZERO;

/** What the optimisation reckoned with and is no longer so. */
const changedSince = (state: Optimisation, seen: PortfolioSeen): string | null => {
  const sells = state.orders.filter((order) => order.side === 'sell');
  if (sells.some((order) => compare(order.units, heldOf(seen.holdings, order.instrument)) > 0)) return 'an order sells more than is held';
  const { startedFrom } = state;
  if (startedFrom === null) return null;
  const moved = (order: PlannedOrder): boolean =>
    compare(heldOf(seen.holdings, order.instrument), heldOf(startedFrom, order.instrument)) !== 0;
  if (sells.some(moved)) return 'holdings have changed since the optimisation started';
  const coins = (holdings: Readonly<Record<string, Decimal>>): Decimal =>
    cutTo(heldOf(holdings, cashInstrument(seen.baseCurrency)), minorDigits(seen.baseCurrency));
  return compare(coins(seen.holdings), coins(startedFrom)) < 0 ? 'cash has left since the optimisation started' : null;
};

/** A portfolio that is ours, where the orders must not be executed: that is recorded, or InvestSuite keeps it frozen. */
const refusalOf = (state: Optimisation, seen: PortfolioSeen): string | null => {
  if (state.reason !== null) return state.reason;
  if (!seen.active) return 'the portfolio is blocked';
  if (seen.brokerAccount === null) return 'the portfolio has no account at the broker';
  return changedSince(state, seen);
};

export const portfolioRead = (state: Optimisation, seen: PortfolioSeen, journey: OptimisationFacts): Next => {
  const alien = notOurs(seen);
  if (alien !== null) return ended(state, 'LeftAlone', alien);
  if (seen.manager === 'robo-advisory' && state.ownerChoice === null) return { to: 'AwaitingOwnerChoice' };
  if (seen.manager === 'robo-advisory' && state.ownerChoice !== 'accept')
    return ended(state, 'Declined', `the owner's choice is ${String(state.ownerChoice)}`);
  const known = { account: seen.brokerAccount, currency: seen.baseCurrency };
  const refusal = refusalOf(state, seen);
  if (refusal !== null) return refuseAll({ ...state, ...known, reason: refusal }, known, journey);
  return { to: sideOf(state.orders, 'sell').length > 0 ? 'CheckingSellPrices' : 'CheckingBuyPrices', set: known };
};

const sideOf = (orders: readonly PlannedOrder[], side: OrderSide): readonly PlannedOrder[] => orders.filter((order) => order.side === side);
const notExecuted = (order: PlannedOrder, reason: string): PlannedOrder => ({ ...order, execute: false, reason: order.reason ?? reason });

const currencyOf = ({ currency }: Optimisation): Currency => {
  if (currency === null) throw new Bug('orders are decided before the portfolio was read');
  return currency;
};

export const orderSubject = (optimizationId: OptimizationId, instrument: InstrumentId): string => `${optimizationId}:${instrument}`;

const tell = (state: Optimisation, order: PlannedOrder, journey: OptimisationFacts): OptimisationEmits => {
  const { instrument, side, units, amount, expectedPrice, execute, reason } = order;
  return {
    sends: 'order',
    subject: orderSubject(state.optimizationId, instrument),
    input: {
      type: 'OrderDecided',
      portfolioId: state.portfolioId,
      optimizationId: state.optimizationId,
      instrument,
      side,
      units,
      amount,
      expectedPrice,
      currency: currencyOf(state),
      account: state.account,
      holdingsMoveAt: choices(journey).holdingsMoveAt,
      execute,
      reason,
    },
  };
};

const refuseAll = (state: Optimisation, known: Partial<Optimisation>, journey: OptimisationFacts): Next => {
  const orders = state.orders.map((order) => notExecuted(order, state.reason ?? 'refused'));
  return { to: 'Refusing', set: { ...known, orders, reason: state.reason }, emits: orders.map((order) => tell(state, order, journey)) };
};

/** Why an order may not go to the market at this price; both directions count, for either means another portfolio than planned. */
const driftOf = (order: PlannedOrder, price: Decimal | undefined, limit: Decimal): string | null => {
  if (price === undefined || !isPositive(price)) return 'the broker has no price';
  if (order.expectedPrice === null || !isPositive(order.expectedPrice)) return 'the optimisation expects no price';
  const moved = absolute(minus(price, order.expectedPrice));
  return compare(moved, times(order.expectedPrice, limit)) > 0 ? 'the price has moved too far' : null;
};

const tellSide = (state: Optimisation, orders: readonly PlannedOrder[], side: OrderSide, journey: OptimisationFacts): Next => ({
  to: side === 'sell' ? 'Selling' : 'Buying',
  set: { orders },
  emits: sideOf(orders, side).map((order) => tell(state, order, journey)),
});

/**
 * InvestSuite may reckon with units that the broker has already sold: a trade that is executed and not in the holdings yet. It is
 * asked once, before the first order. After our own sales the difference is our own.
 */
const behindTheBroker = ({ startedFrom, orders }: Optimisation, side: OrderSide, units: Market['units']): string | null => {
  if (side === 'buy' && sideOf(orders, 'sell').length > 0) return null;
  const short = sideOf(orders, 'sell').some((order) => compare(order.units, heldOf(units, order.instrument)) > 0);
  if (short) return 'an order sells more than the broker holds';
  if (startedFrom === null) return null;
  const instruments = [...Object.keys(startedFrom), ...Object.keys(units)].filter((instrument) => !instrument.startsWith('$'));
  const differs = instruments.some((instrument) => compare(heldOf(startedFrom, instrument), heldOf(units, instrument)) !== 0);
  return differs ? 'the broker holds other units than the optimisation started from' : null;
};

export const pricesRead =
  (side: OrderSide) =>
  (state: Optimisation, { prices, units }: Market, journey: OptimisationFacts): Next => {
    const reason = behindTheBroker(state, side, units);
    if (reason !== null) return refuseAll({ ...state, reason }, {}, journey);
    return priced(state, side, prices, journey);
  };

const priced = (state: Optimisation, side: OrderSide, prices: readonly Price[], journey: OptimisationFacts): Next => {
  const limit = choices(journey).priceDriftLimit;
  const priceOf = new Map(prices.map(({ instrument, price }) => [instrument, price]));
  const orders = state.orders.map((order) => {
    const drift = order.side === side && order.execute ? driftOf(order, priceOf.get(order.instrument), limit) : null;
    return drift === null ? order : notExecuted(order, drift);
  });
  return tellSide(state, orders, side, journey);
};

/** No price for any of them: the same as no price for each. */
export const noPrices =
  (side: OrderSide) =>
  (state: Optimisation, _reason: string, _by: RefusedBy, journey: OptimisationFacts): Next =>
    priced(state, side, [], journey);

const withOutcome = (state: Optimisation, input: OrderFinished): Optimisation => ({
  ...state,
  orders: state.orders.map((order) =>
    input.optimizationId === state.optimizationId && order.instrument === input.instrument && order.outcome === null
      ? { ...order, outcome: input.outcome, reason: input.reason ?? order.reason }
      : order,
  ),
});

const over = (state: Optimisation): Next => {
  const traded = state.orders.some((order) => order.outcome === 'executed' || order.outcome === 'partly-executed');
  const step = ended(state, traded ? 'Executed' : 'NotExecuted', state.reason ?? (traded ? null : 'no order was executed'));
  return { ...step, set: { ...step.set, orders: state.orders } };
};

/** Sales first: a buy may need their cash. */
export const sellFinished = (before: Optimisation, input: OrderFinished, journey: OptimisationFacts): Next => {
  const state = withOutcome(before, input);
  const sells = sideOf(state.orders, 'sell');
  if (sells.some((order) => order.outcome === null)) return { stay: true, set: { orders: state.orders } };
  if (sideOf(state.orders, 'buy').length === 0) return over(state);
  const fellShort = sells.some((order) => order.outcome !== 'executed');
  if (!fellShort || choices(journey).buysWhenSalesFellShort === 'place') return { to: 'CheckingBuyPrices', set: { orders: state.orders } };
  const orders = state.orders.map((order) =>
    order.side === 'buy' ? notExecuted(order, 'the sales it was to be paid from fell short') : order,
  );
  return tellSide(state, orders, 'buy', journey);
};

export const lastFinished = (before: Optimisation, input: OrderFinished): Next => {
  const state = withOutcome(before, input);
  return state.orders.some((order) => order.outcome === null) ? { stay: true, set: { orders: state.orders } } : over(state);
};

/** Instruments whose price is asked for next. */
export const instrumentsToPrice = (state: Optimisation): readonly InstrumentId[] =>
  sideOf(state.orders, state.status === 'CheckingSellPrices' ? 'sell' : 'buy').map((order) => order.instrument);

/** What the orders are worth at the expected prices, for people to see. */
export const volumeOf = (state: Optimisation): { readonly amount: Decimal; readonly currency: string } | null => {
  const { currency } = state;
  if (currency === null) return null;
  const worth = state.orders.map((order) => order.amount ?? times(order.units, order.expectedPrice ?? ZERO));
  return { amount: cutTo(sum(worth), minorDigits(currency)), currency };
};
