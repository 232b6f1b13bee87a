import { randomUUID } from 'node:crypto';
import {
  compare,
  cutTo,
  dividedBy,
  isPositive,
  isZero,
  least,
  minus,
  negated,
  plus,
  sum,
  times,
  ZERO,
  decimal,
  type Decimal,
} from '../../../shared/kernel/decimal.js';
import { ERROR_CODES, LEDGER_CODES } from '../../../contracts/broker/drivewealth/statuses.js';
import type { OrderEntry } from './books.js';
import { averagePriceOf, isAtEnd, PRICE_DIGITS, type NewOrder, type Order, type World } from './model.js';

const CENT = decimal('0.01');
const UNIT_DIGITS = 8;
const DAY_MS = 24 * 3_600_000;

const upToCent = (amount: Decimal): Decimal => {
  const cut = cutTo(amount, 2);
  return compare(cut, amount) === 0 ? cut : plus(cut, CENT);
};

export type Orders = {
  readonly place: (request: NewOrder) => Order;
  readonly cancel: (order: Order) => void;
  /** For people at the simulator: fills what is left, or `units` of it, now. */
  readonly fillNow: (order: Order, units: Decimal | null) => void;
  /** For people at the simulator: takes back the last fill, in cash and units. The order itself does not change: no event tells of a bust. */
  readonly bust: (order: Order) => boolean;
  readonly end: (order: Order, status: 'CANCELED' | 'REJECTED', errorCode: string | null) => void;
};

/** How an order will be carried out, drawn from the faults when it is placed. */
type Plan =
  | { readonly kind: 'reject'; readonly errorCode: string }
  | { readonly kind: 'stay-open' }
  | { readonly kind: 'expire' }
  | {
      readonly kind: 'fill';
      readonly parts: number;
      readonly cancelAfter: number | null;
      readonly drift: Decimal | null;
      readonly surpriseFee: Decimal | null;
      readonly extraSettlementMs: number;
      /** How long after the market's date the cash comes. */
      readonly bankClosedMs: number;
    };

const DEFAULT_PARTS = 3;

export const createOrders = (world: World): Orders => {
  const { books, config } = world;

  const say = (
    order: Order,
    type: 'orders.created' | 'orders.updated' | 'orders.completed',
    comment: string,
    filled: Decimal,
    price: Decimal,
    fees: { commission: Decimal; feeSec: Decimal; feeTaf: Decimal },
  ): void => {
    const eventId = `event_${randomUUID()}`;
    const total = targetUnits(order, price);
    order.steps.push({
      status: order.status,
      cumulativeUnits: order.filledUnits,
      filledUnits: filled,
      remainingUnits: isAtEnd(order) ? ZERO : minus(total, order.filledUnits),
      averagePrice: averagePriceOf(order),
      lastPrice: price,
      ...fees,
      atMs: world.nowMs(),
      eventId,
      comment,
    });
    world.tell(eventId, type, world.views.order(order), [
      order.account.accountNo,
      order.account.accountId,
      order.orderId,
      order.instrument.isin,
      order.instrument.symbol,
    ]);
  };
  const noFees = { commission: ZERO, feeSec: ZERO, feeTaf: ZERO };

  const note = (order: Order, what: OrderEntry['what'], units: Decimal | null, price: Decimal | null, gross: Decimal | null): void => {
    books.orders.append({
      accountNo: order.account.accountNo,
      orderId: order.orderId,
      what,
      status: order.status,
      side: order.side,
      isin: order.instrument.isin,
      units: what === 'placed' ? order.units : units,
      amountCash: order.amountCash,
      price,
      gross,
      key: order.key,
    });
  };

  const targetUnits = (order: Order, price: Decimal): Decimal =>
    order.units ?? (isZero(price) ? ZERO : cutTo(dividedBy(order.amountCash ?? ZERO, price, UNIT_DIGITS), UNIT_DIGITS));

  const end = (order: Order, status: 'CANCELED' | 'REJECTED', errorCode: string | null): void => {
    if (isAtEnd(order)) return;
    order.status = status;
    order.statusMessage = errorCode === null ? null : { errorCode, message: `order of account ${order.account.accountNo} ended` };
    note(order, 'status', null, null, null);
    say(order, 'orders.completed', status === 'REJECTED' ? 'rejected' : 'cancelled', ZERO, ZERO, noFees);
  };

  const ledgerOfFill = (
    order: Order,
    units: Decimal,
    price: Decimal,
    gross: Decimal,
    plan: Plan,
  ): { commission: Decimal; feeSec: Decimal; feeTaf: Decimal } => {
    const isSale = order.side === 'SELL';
    const feeSec = isSale ? upToCent(times(gross, config.secFeeRate)) : ZERO;
    const feeTaf = isSale ? upToCent(times(units, config.tafFeeRate)) : ZERO;
    const commission = isZero(order.filledUnits) ? config.commission : ZERO;
    const extraMs = plan.kind === 'fill' ? plan.extraSettlementMs : 0;
    // A purchase takes its cash at once; a sale gives it when it settles, fees with it.
    const settleDateMs = isSale ? world.nowMs() + config.settlementMs + extraMs : world.nowMs();
    const bankClosedMs = plan.kind === 'fill' && isSale ? plan.bankClosedMs : 0;
    const common = { account: order.account, order, settleDateMs, settlesAtMs: settleDateMs + bankClosedMs };
    const word = isSale ? 'Sell' : 'Buy';
    const full = compare(plus(order.filledUnits, units), targetUnits(order, price)) >= 0 ? 'FULL' : 'PART';
    world.book({
      ...common,
      type: isSale ? LEDGER_CODES.sale : LEDGER_CODES.purchase,
      amount: isSale ? gross : negated(gross),
      comment: `${word} ${units} shares of ${order.instrument.symbol} at ${price} ${full} fill`,
      fill: { units, price, feeSec, feeTaf },
    });
    if (isPositive(commission))
      world.book({ ...common, type: LEDGER_CODES.commission, amount: negated(commission), comment: 'Commission' });
    if (isPositive(feeSec)) world.book({ ...common, type: LEDGER_CODES.fee, amount: negated(feeSec), comment: 'SEC fee' });
    if (isPositive(feeTaf)) world.book({ ...common, type: LEDGER_CODES.fee, amount: negated(feeTaf), comment: 'TAF fee' });
    if (plan.kind === 'fill' && plan.surpriseFee !== null && isSale) {
      world.book({
        ...common,
        order: null,
        type: LEDGER_CODES.fee,
        amount: negated(plan.surpriseFee),
        comment: 'Regulatory fee, late notice',
      });
    }
    return { commission, feeSec, feeTaf };
  };

  const fill = (order: Order, units: Decimal, plan: Plan): void => {
    const isSale = order.side === 'SELL';
    const market = world.priceOf(order.instrument.isin);
    const price = plan.kind === 'fill' && plan.drift !== null ? cutTo(times(market, plan.drift), PRICE_DIGITS) : market;
    const exact = times(units, price);
    const gross = isSale ? cutTo(exact, 2) : upToCent(exact);
    const fees = ledgerOfFill(order, units, price, gross, plan);
    books.units.append({
      accountNo: order.account.accountNo,
      isin: order.instrument.isin,
      units: isSale ? negated(units) : units,
      orderId: order.orderId,
      reason: 'fill',
    });
    const complete = compare(plus(order.filledUnits, units), targetUnits(order, price)) >= 0;
    order.filledUnits = plus(order.filledUnits, units);
    order.gross = plus(order.gross, gross);
    order.fees = sum([order.fees, fees.commission, fees.feeSec, fees.feeTaf]);
    order.last = { price, units, atMs: world.nowMs() };
    if (complete) order.status = 'FILLED';
    else if (order.status !== 'PENDING_CANCEL') order.status = 'PARTIAL_FILL';
    note(order, 'filled', units, price, gross);
    say(order, complete ? 'orders.completed' : 'orders.updated', 'filled', units, price, fees);
  };

  const carryOut = (order: Order, plan: Plan & { kind: 'fill' }, part: number): void => {
    if (isAtEnd(order)) return;
    if (plan.cancelAfter !== null && part > plan.cancelAfter) {
      end(order, 'CANCELED', null);
      return;
    }
    const price = world.priceOf(order.instrument.isin);
    const left = minus(targetUnits(order, price), order.filledUnits);
    const isLast = part >= plan.parts;
    const share = cutTo(dividedBy(targetUnits(order, price), decimal(String(plan.parts)), UNIT_DIGITS), UNIT_DIGITS);
    const units = isLast || isZero(share) ? left : least(left, share);
    if (!isPositive(units)) {
      end(order, 'REJECTED', ERROR_CODES.orderUnclassified);
      return;
    }
    fill(order, units, plan);
    if (!isAtEnd(order))
      world.after(config.fillMs, () => {
        carryOut(order, plan, part + 1);
      });
  };

  const planOf = (order: Order): Plan => {
    const subjects = [order.account.accountNo, order.account.accountId, order.instrument.isin, order.instrument.symbol, order.side];
    const struck = (name: Parameters<World['strike']>[2][number]): ReturnType<World['strike']> =>
      world.strike('carry-out-order', subjects, [name]);
    const rejected = struck('reject-order');
    if (rejected !== null) return { kind: 'reject', errorCode: rejected.detail ?? ERROR_CODES.orderUnclassified };
    if (struck('expire-order') !== null) return { kind: 'expire' };
    if (struck('order-stays-open') !== null) return { kind: 'stay-open' };
    const cancelled = struck('partial-then-cancel');
    const partial = cancelled === null ? struck('partial-fill') : null;
    const drift = struck('price-drift');
    const surprise = struck('unexpected-fee');
    const late = struck('settle-late');
    const holiday = struck('bank-holiday');
    const wanted = cancelled ?? partial;
    const parts = wanted === null ? 1 : Math.max(2, Number.parseInt(wanted.detail ?? String(DEFAULT_PARTS), 10) || DEFAULT_PARTS);
    return {
      kind: 'fill',
      parts,
      cancelAfter: cancelled === null ? null : 1,
      drift: drift === null ? null : decimal(drift.detail ?? '1.10'),
      surpriseFee: surprise === null ? null : decimal(surprise.detail ?? '1.23'),
      extraSettlementMs: late?.delayMs ?? (late === null ? 0 : config.settlementMs),
      bankClosedMs: holiday?.delayMs ?? (holiday === null ? 0 : config.settlementMs),
    };
  };

  const begin = (order: Order): void => {
    const plan = planOf(order);
    switch (plan.kind) {
      case 'reject':
        world.after(config.fillMs, () => {
          end(order, 'REJECTED', plan.errorCode);
        });
        return;
      case 'expire':
        world.after(config.fillMs, () => {
          end(order, 'CANCELED', ERROR_CODES.orderExpired);
        });
        return;
      case 'stay-open':
        return;
      case 'fill':
        break;
    }
    const price = world.priceOf(order.instrument.isin);
    const reachable =
      order.limitPrice === null || (order.side === 'SELL' ? compare(price, order.limitPrice) >= 0 : compare(price, order.limitPrice) <= 0);
    if (reachable)
      world.after(config.fillMs, () => {
        carryOut(order, plan, 1);
      });
  };

  const refusalOf = (order: Order): string | null => {
    if (!order.account.isOpen) return ERROR_CODES.orderAccountNotOpen;
    const price = world.priceOf(order.instrument.isin);
    const units = targetUnits(order, price);
    if (order.side === 'SELL')
      return compare(units, world.tradableUnits(order.account, order.instrument.isin)) > 0 ? ERROR_CODES.orderTooManyUnits : null;
    return compare(times(units, price), world.cash(order.account).tradable) > 0 ? ERROR_CODES.orderUnclassified : null;
  };

  return {
    place: (request) => {
      const nowMs = world.nowMs();
      const order: Order = {
        ...request,
        orderId: `MW.${randomUUID()}`,
        orderNo: `MWSB${String(world.orders.size + 1).padStart(6, '0')}`,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + DAY_MS,
        status: 'NEW',
        statusMessage: null,
        filledUnits: ZERO,
        gross: ZERO,
        fees: ZERO,
        last: null,
        steps: [],
      };
      const refusal = refusalOf(order);
      world.orders.set(order.orderId, order);
      note(order, 'placed', null, null, null);
      say(order, 'orders.created', 'received', ZERO, ZERO, noFees);
      if (refusal === null) begin(order);
      else end(order, 'REJECTED', refusal);
      return order;
    },
    cancel: (order) => {
      note(order, 'cancel-asked', null, null, null);
      if (isAtEnd(order)) return;
      order.status = 'PENDING_CANCEL';
      say(order, 'orders.updated', 'cancel asked', ZERO, ZERO, noFees);
      world.after(config.cancelMs, () => {
        end(order, 'CANCELED', null);
      });
    },
    fillNow: (order, units) => {
      if (isAtEnd(order)) return;
      const left = minus(targetUnits(order, world.priceOf(order.instrument.isin)), order.filledUnits);
      fill(order, units === null ? left : least(left, units), { kind: 'stay-open' });
    },
    bust: (order) => {
      const last = books.orders.where((line) => line.orderId === order.orderId && line.what === 'filled').at(-1);
      const busted = books.orders.where((line) => line.orderId === order.orderId && line.what === 'busted').length > 0;
      if (last === undefined || busted) return false;
      const { units, price, gross } = last;
      if (units === null || price === null || gross === null) return false;
      const isSale = order.side === 'SELL';
      const { account } = order;
      books.units.append({
        accountNo: account.accountNo,
        isin: order.instrument.isin,
        units: isSale ? units : negated(units),
        orderId: order.orderId,
        reason: 'bust',
      });
      world.book({
        account,
        order,
        type: isSale ? LEDGER_CODES.sale : LEDGER_CODES.purchase,
        amount: isSale ? negated(gross) : gross,
        comment: `Bust of ${units} shares of ${order.instrument.symbol}`,
        settlesAtMs: world.nowMs(),
        fill: { units: negated(units), price, feeSec: ZERO, feeTaf: ZERO },
      });
      note(order, 'busted', units, price, gross);
      return true;
    },
    end,
  };
};
