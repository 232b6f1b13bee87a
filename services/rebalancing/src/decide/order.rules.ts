/** What follows for one order. Pure: times come with the answers. */
import type { OwnEvent } from '../../../../contracts/internal/events.js';
import { compare, cutTo, isZero, minus, negated, plus, sum, times, ZERO, type Decimal } from '../../../../shared/kernel/decimal.js';
import { impossible, type Move, type Opening, type RefusedBy, type Step } from '../../../../shared/kernel/flow.js';
import { cashInstrument } from '../../../../shared/kernel/ids.js';
import { minorDigits } from '../../../../shared/kernel/money.js';
import { refusedBy } from '../../../../shared/kernel/outcome.js';
import { feesPaid, grossFilled, orderReference, unitsFilled } from './movements.js';
import type { Fill, Order, OrderDecided, OrderEffects, OrderOutcome, OrderEmits, OrderSeen, TakenBack } from './order.js';

type Next = Step<Order, OrderEmits>;
type ChangeRequested = Extract<OwnEvent, { event: 'portfolio.change-requested' }>;

/** An order is placed, or only its refusal is recorded. */
export const decided = (input: OrderDecided): Opening<Order, OrderEmits> => {
  const { type: _type, execute, ...terms } = input;
  if (execute && input.account === null) return impossible('an order to be executed names no account at the broker');
  return {
    open: {
      ...terms,
      status: execute ? 'Placing' : 'RecordingNotExecuted',
      orderId: null,
      placedAt: null,
      transactionId: null,
      fills: [],
      tradeCurrency: terms.currency,
      brokerStatus: 'open',
      closedAt: null,
      settledAt: null,
    },
  };
};

export const placed = (_order: Order, result: OrderEffects['PlaceOrder']['result']): Next => ({ to: 'RecordingPlaced', set: result });

export const notPlaced = (_order: Order, reason: string, by: RefusedBy): Next => ({
  to: 'RecordingNotExecuted',
  set: { reason: by === 'person' ? 'not placed, as a person found' : refusedBy('refused by the broker', reason) },
});

export const recordedPlaced = (_order: Order, result: OrderEffects['RecordPlaced']['result']): Next => ({
  to: 'FollowingOrder',
  set: result,
});

/** The order lives at the broker either way, so it is followed either way. */
export const placedNotRecorded = (_order: Order, reason: string, by: RefusedBy): Next =>
  by === 'person' ? { to: 'FollowingOrder' } : { hold: `placed, but InvestSuite refused the transaction: ${reason}` };

/**
 * Whether a report says more than is known. A report of an ended order counts once its fills add up to what it says was
 * filled; until then the broker is still writing it.
 */
export const hasNews = (
  knownFillIds: readonly string[],
  seen: Pick<OrderSeen, 'status' | 'fills' | 'filledUnits' | 'takenBack'>,
): boolean => {
  if (seen.takenBack !== null) return true;
  if (seen.status === 'open') return seen.fills.some((fill) => !knownFillIds.includes(fill.id));
  if (compare(sum(seen.fills.map((fill) => fill.units)), seen.filledUnits) !== 0) return false;
  return seen.status !== 'filled' || !isZero(seen.filledUnits);
};

const sameFill = (a: Fill, b: Fill): boolean =>
  compare(a.units, b.units) === 0 &&
  compare(a.gross, b.gross) === 0 &&
  compare(sum(a.fees.map((fee) => fee.amount)), sum(b.fees.map((fee) => fee.amount))) === 0;

/** Known fills stay, new ones are added. Null when the broker now tells a known fill differently. */
export const folded = (known: readonly Fill[], seen: readonly Fill[]): readonly Fill[] | null => {
  const byId = new Map(known.map((fill) => [fill.id, fill]));
  for (const fill of seen) {
    const before = byId.get(fill.id);
    if (before !== undefined && !sameFill(before, fill)) return null;
    if (before === undefined) byId.set(fill.id, fill);
  }
  return [...byId.values()].sort((a, b) => (a.executedAt < b.executedAt ? -1 : a.executedAt > b.executedAt ? 1 : 0));
};

/** The broker has corrected the trade: nothing more of it is booked by us, people see what was taken back. */
const correctedTrade = (order: Order, { units, cash }: TakenBack): Next => ({
  hold: `the broker has taken back ${units} units and ${cash} in cash of order ${order.orderId ?? ''}: people book the correction`,
});

export const followed = (order: Order, seen: OrderSeen): Next => {
  if (seen.instrument !== order.instrument || seen.side !== order.side) return { hold: 'the order at the broker is not the one we placed' };
  if (seen.takenBack !== null) return correctedTrade(order, seen.takenBack);
  const fills = folded(order.fills, seen.fills);
  if (fills === null) return { hold: 'the broker has changed a fill that was recorded' };
  const ended = seen.status !== 'open';
  if (ended && compare(sum(fills.map((fill) => fill.units)), seen.filledUnits) !== 0)
    return { hold: 'the broker has taken back a fill that was recorded' };
  const set = {
    fills,
    tradeCurrency: seen.currency,
    brokerStatus: seen.status,
    closedAt: ended ? (seen.closedAt ?? seen.seenAt) : null,
    reason: seen.rejectReason ?? order.reason,
  };
  if (order.transactionId !== null) return { to: 'RecordingExecution', set };
  const { to, emits } = afterExecution({ ...order, ...set });
  return { to, set, ...(emits === undefined ? {} : { emits }) };
};

const change = (order: Order, because: 'order-executed' | 'order-settled', moves: boolean, cashSettled: boolean): ChangeRequested => {
  const bought = order.side === 'buy';
  const units = unitsFilled(order);
  const cash = bought ? negated(plus(grossFilled(order), feesPaid(order))) : minus(grossFilled(order), feesPaid(order));
  return {
    event: 'portfolio.change-requested',
    data: {
      changeId: `${orderReference(order)}:${because === 'order-executed' ? 'executed' : 'settled'}`,
      portfolioId: order.portfolioId,
      because,
      deltas: moves
        ? [
            { instrument: order.instrument, quantity: bought ? units : negated(units) },
            { instrument: cashInstrument(order.tradeCurrency), quantity: cash },
          ]
        : [],
      lowerDivestBy: null,
      cashSettled,
    },
  };
};

const outcomeOf = (order: Order): OrderOutcome =>
  order.brokerStatus === 'filled' ? 'executed' : order.fills.length > 0 ? 'partly-executed' : 'not-executed';

const finished = (order: Order, outcome: OrderOutcome): OrderEmits => ({
  sends: 'optimisation',
  subject: order.portfolioId,
  input: { type: 'OrderFinished', optimizationId: order.optimizationId, instrument: order.instrument, outcome, reason: order.reason },
});

/** After the books show every fill that is known. */
export const afterExecution = (order: Order): Move<Order, OrderEmits> => {
  const told = finished(order, outcomeOf(order));
  switch (order.brokerStatus) {
    case 'open':
      return { to: 'FollowingOrder' };
    case 'filled':
    case 'cancelled':
    case 'expired':
    case 'rejected':
      if (order.fills.length === 0) return { to: endWithoutFills(order), emits: [told] };
      return {
        to: 'AwaitingSettlement',
        emits: order.holdingsMoveAt === 'executed' ? [told, change(order, 'order-executed', true, false)] : [told],
      };
  }
};

const endWithoutFills = (order: Order): 'Cancelled' | 'Expired' | 'NotExecuted' =>
  order.brokerStatus === 'cancelled' ? 'Cancelled' : order.brokerStatus === 'expired' ? 'Expired' : 'NotExecuted';

/** A person who answers "rejected" keeps this record by hand; the order goes on. */
export const executionNotRecorded = (order: Order, reason: string, by: RefusedBy): Next =>
  by === 'person' ? afterExecution(order) : { hold: `executed, but InvestSuite refused the transaction: ${reason}` };

export const settled = (order: Order, result: OrderEffects['ConfirmSettlement']['result']): Next => {
  if (result.takenBack !== null) return correctedTrade(order, result.takenBack);
  const set = { settledAt: result.settledAt };
  return order.transactionId === null ? { ...afterSettlement(order), set } : { to: 'RecordingSettlement', set };
};

/**
 * Holdings move once per trade. Where they moved at execution, only settled cash is told. A buy then has nothing to tell.
 */
export const afterSettlement = (order: Order): Move<Order, OrderEmits> => {
  const moves = order.holdingsMoveAt === 'settled';
  const cashCameIn = order.side === 'sell';
  return { to: 'Settled', emits: moves || cashCameIn ? [change(order, 'order-settled', moves, cashCameIn)] : [] };
};

export const settlementNotRecorded = (order: Order, reason: string, by: RefusedBy): Next =>
  by === 'person' ? afterSettlement(order) : { hold: `settled, but InvestSuite refused the transaction: ${reason}` };

export const recordedNotExecuted = (order: Order): Next => ({ to: 'NotExecuted', emits: [finished(order, 'not-executed')] });

export const refusalNotRecorded = (order: Order, reason: string, by: RefusedBy): Next =>
  by === 'person' ? recordedNotExecuted(order) : { hold: `not executed, but InvestSuite refused the transaction: ${reason}` };

/** What the order is worth at the expected price, for people to see. */
export const worthOf = (order: Order): { readonly amount: Decimal; readonly currency: string } => ({
  amount: cutTo(order.amount ?? times(order.units, order.expectedPrice ?? ZERO), minorDigits(order.currency)),
  currency: order.currency,
});
