import { randomUUID } from 'node:crypto';
import { cutTo, isPositive, minus, sum, times, ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import { createArrivals, LINE_FAULTS } from '../shared/http.js';
import { createFaultBoard } from '../shared/faults.js';
import type { Delivery } from '../shared/webhook.js';
import type { Line } from '../shared/book.js';
import { cashOf, createBooks, unitsOf, type Account, type LedgerEntry, type UnitsEntry } from './books.js';
import type { BrokerConfig } from './config.js';
import { createFeed, FEED_FAULTS } from '../shared/feed.js';
import { BROKER_FAULTS, isAtEnd, isOver, type AnyFault, type Order, type Time, type World } from './model.js';
import { createViews } from './views.js';

const append = <Value>(map: Map<string, Value[]>, key: string, value: Value): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
};

const leftOf = (order: Order, price: Decimal): Decimal => {
  if (isAtEnd(order)) return ZERO;
  return order.units === null
    ? minus(order.amountCash ?? ZERO, order.gross)
    : cutTo(times(minus(order.units, order.filledUnits), price), 2);
};

export const createWorld = (config: BrokerConfig, time: Time, send: (delivery: Delivery) => void): World => {
  const books = createBooks(time.nowMs);
  const ledger = new Map<string, Line<LedgerEntry>[]>();
  const moves = new Map<string, Line<UnitsEntry>[]>();
  const accountsById = (idOrNo: string): Account | null =>
    world.accounts.get(idOrNo) ?? [...world.accounts.values()].find((account) => account.accountId === idOrNo) ?? null;
  const board = createFaultBoard<AnyFault>({
    names: [...BROKER_FAULTS, ...FEED_FAULTS, ...LINE_FAULTS],
    seed: config.seed,
    onStrike: (rule, operation, subjects) => {
      books.strikes.append({ fault: rule.fault, operation, subjects });
    },
  });
  const feed = createFeed({ send, strike: board.strike, after: time.after });
  const openOrders = (account: Account): readonly Order[] =>
    [...world.orders.values()].filter((order) => order.account.accountNo === account.accountNo && !isAtEnd(order));
  const priceOf = (isin: string): Decimal => {
    const price = world.prices.get(isin);
    if (price === undefined) throw new RangeError(`no price for ${isin}`);
    return price;
  };

  const units = (account: Account): ReadonlyMap<string, Decimal> => unitsOf(moves.get(account.accountNo) ?? []);
  const world: World = {
    config,
    nowMs: time.nowMs,
    after: time.after,
    arrivals: createArrivals(),
    board,
    strike: board.strike,
    units,
    priceOf,
    books: {
      ...books,
      units: {
        ...books.units,
        append: (entry) => {
          const line = books.units.append(entry);
          append(moves, entry.accountNo, line);
          return line;
        },
      },
    },
    instruments: new Map(),
    prices: new Map(),
    accounts: new Map(),
    orders: new Map(),
    redemptions: new Map(),
    views: createViews(() => world),
    book: (row) => {
      const finTranId = `MW.${randomUUID()}`;
      const line = books.ledger.append({
        accountNo: row.account.accountNo,
        finTranId,
        type: row.type,
        amount: row.amount,
        settlesAtMs: row.settlesAtMs,
        settleDateMs: row.settleDateMs ?? row.settlesAtMs,
        comment: row.comment,
        isin: row.order?.instrument.isin ?? null,
        orderId: row.order?.orderId ?? null,
        orderNo: row.order?.orderNo ?? null,
        redemptionId: row.redemptionId ?? null,
        fillUnits: row.fill?.units ?? null,
        fillPrice: row.fill?.price ?? null,
        feeSec: row.fill?.feeSec ?? ZERO,
        feeTaf: row.fill?.feeTaf ?? ZERO,
      });
      append(ledger, row.account.accountNo, line);
      if (row.silent !== true)
        world.tell(null, 'transactions.created', world.views.transactionEvent(row.account, line), [
          row.account.accountNo,
          row.account.accountId,
        ]);
      return finTranId;
    },
    tell: (eventId, type, payload, subjects) => {
      const id = eventId ?? `event_${randomUUID()}`;
      feed.tell(id, type, world.views.event(id, type, time.nowMs(), payload), subjects);
    },
    cash: (account) => {
      const forBuys = sum(
        openOrders(account)
          .filter((order) => order.side === 'BUY')
          .map((order) => leftOf(order, priceOf(order.instrument.isin))),
      );
      const pendingOut = sum(
        [...world.redemptions.values()]
          .filter((one) => one.account.accountNo === account.accountNo && !isOver(one))
          .map((one) => one.amount),
      );
      return cashOf(ledger.get(account.accountNo) ?? [], { forBuys, pendingOut }, time.nowMs());
    },
    tradableUnits: (account, isin) => {
      const selling = openOrders(account)
        .filter((order) => order.side === 'SELL' && order.instrument.isin === isin)
        .map((order) => minus(order.units ?? ZERO, order.filledUnits));
      return minus(units(account).get(isin) ?? ZERO, sum(selling.filter(isPositive)));
    },
    ledgerOf: (account) => ledger.get(account.accountNo) ?? [],
    accountBy: accountsById,
    instrumentBy: (word) =>
      world.instruments.get(word) ??
      [...world.instruments.values()].find((one) => one.symbol === word || one.instrumentId === word) ??
      null,
  };
  return world;
};
