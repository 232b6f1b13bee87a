import { randomUUID } from 'node:crypto';
import { cutTo, isPositive, minus, sum, times, ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import { LINE_FAULTS, type LineFault } from '../shared/http.js';
import { createFaultBoard, type FaultBoard, type FaultRule } from '../shared/faults.js';
import type { Delivery } from '../shared/webhook.js';
import type { Line } from '../shared/book.js';
import { cashOf, createBooks, unitsOf, type Account, type Books, type Cash, type Instrument, type LedgerEntry, type UnitsEntry } from './books.js';
import type { BrokerConfig } from './config.js';
import { createFeed, FEED_FAULTS, type FeedFault } from './feed.js';
import { isAtEnd, type Order } from './orders.js';
import { isOver, type Redemption } from './redemptions.js';
import { createViews, type Views } from './views.js';

/** What can go wrong inside the broker, beside the line (shared/http) and the feed (feed.ts). */
export const BROKER_FAULTS = [
  'forget-the-key', 'partial-fill', 'partial-then-cancel', 'reject-order', 'expire-order', 'order-stays-open', 'price-drift', 'unexpected-fee', 'settle-late',
  'redemption-on-hold', 'redemption-fail', 'redemption-return', 'unknown-status',
] as const;
export type BrokerFault = (typeof BROKER_FAULTS)[number];
export type AnyFault = BrokerFault | FeedFault | LineFault;

export type NewRow = {
  readonly account: Account;
  readonly type: string;
  /** Signed. */
  readonly amount: Decimal;
  readonly comment: string;
  readonly settlesAtMs: number;
  readonly order: Order | null;
  readonly redemptionId?: string;
  /** True for opening balances: nothing happened that the feed would tell. */
  readonly silent?: boolean;
  readonly fill?: { readonly units: Decimal; readonly price: Decimal; readonly feeSec: Decimal; readonly feeTaf: Decimal };
};

/** Everything the broker knows, and the few ways to change it. */
export type World = {
  readonly config: BrokerConfig;
  readonly nowMs: () => number;
  readonly books: Books;
  readonly board: FaultBoard<AnyFault>;
  readonly views: Views;
  readonly instruments: Map<string, Instrument>;
  readonly prices: Map<string, Decimal>;
  /** By account number. */
  readonly accounts: Map<string, Account>;
  readonly orders: Map<string, Order>;
  readonly redemptions: Map<string, Redemption>;
  readonly after: (delayMs: number, then: () => void) => void;
  readonly strike: (operation: string, subjects: readonly string[], candidates: readonly AnyFault[]) => FaultRule<AnyFault> | null;
  /** Writes a ledger row, tells the feed, gives its finTranID. */
  readonly book: (row: NewRow) => string;
  /** Tells the feed. A null id makes a new event id. */
  readonly tell: (eventId: string | null, type: string, payload: Parameters<Views['event']>[3], subjects: readonly string[]) => void;
  readonly cash: (account: Account) => Cash;
  readonly units: (account: Account) => ReadonlyMap<string, Decimal>;
  /** Units that may still be sold: held, less what open sales will take. */
  readonly tradableUnits: (account: Account, isin: string) => Decimal;
  /** @throws RangeError for an instrument without a price. */
  readonly priceOf: (isin: string) => Decimal;
  readonly ledgerOf: (account: Account) => readonly Line<LedgerEntry>[];
  readonly accountBy: (idOrNo: string) => Account | null;
  readonly instrumentBy: (word: string) => Instrument | null;
};

/** Timers and clock, given so that tests can turn the hands themselves. */
export type Time = { readonly nowMs: () => number; readonly after: (delayMs: number, then: () => void) => void };

const append = <Value>(map: Map<string, Value[]>, key: string, value: Value): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
};

const leftOf = (order: Order, price: Decimal): Decimal => {
  if (isAtEnd(order)) return ZERO;
  return order.units === null ? minus(order.amountCash ?? ZERO, order.gross) : cutTo(times(minus(order.units, order.filledUnits), price), 2);
};

export const createWorld = (config: BrokerConfig, time: Time, send: (delivery: Delivery) => void): World => {
  const books = createBooks(time.nowMs);
  const ledger = new Map<string, Line<LedgerEntry>[]>();
  const moves = new Map<string, Line<UnitsEntry>[]>();
  const accountsById = (idOrNo: string): Account | null => world.accounts.get(idOrNo) ?? [...world.accounts.values()].find((account) => account.accountId === idOrNo) ?? null;
  const board = createFaultBoard<AnyFault>({
    names: [...BROKER_FAULTS, ...FEED_FAULTS, ...LINE_FAULTS], seed: config.seed,
    onStrike: (rule, operation, subjects) => { books.strikes.append({ fault: rule.fault, operation, subjects }); },
  });
  const feed = createFeed({ send, strike: board.strike, after: time.after });
  const openOrders = (account: Account): readonly Order[] => [...world.orders.values()].filter((order) => order.account.accountNo === account.accountNo && !isAtEnd(order));
  const priceOf = (isin: string): Decimal => {
    const price = world.prices.get(isin);
    if (price === undefined) throw new RangeError(`no price for ${isin}`);
    return price;
  };

  const units = (account: Account): ReadonlyMap<string, Decimal> => unitsOf(moves.get(account.accountNo) ?? []);
  const world: World = {
    config, nowMs: time.nowMs, after: time.after, board, strike: board.strike, units, priceOf,
    books: { ...books, units: { ...books.units, append: (entry) => { const line = books.units.append(entry); append(moves, entry.accountNo, line); return line; } } },
    instruments: new Map(), prices: new Map(), accounts: new Map(), orders: new Map(), redemptions: new Map(),
    views: createViews(() => world),
    book: (row) => {
      const finTranId = `MW.${randomUUID()}`;
      const line = books.ledger.append({
        accountNo: row.account.accountNo, finTranId, type: row.type, amount: row.amount, settlesAtMs: row.settlesAtMs, comment: row.comment, isin: row.order?.instrument.isin ?? null,
        orderId: row.order?.orderId ?? null, orderNo: row.order?.orderNo ?? null, redemptionId: row.redemptionId ?? null, fillUnits: row.fill?.units ?? null, fillPrice: row.fill?.price ?? null,
        feeSec: row.fill?.feeSec ?? ZERO, feeTaf: row.fill?.feeTaf ?? ZERO,
      });
      append(ledger, row.account.accountNo, line);
      if (row.silent !== true) world.tell(null, 'transactions.created', world.views.transactionEvent(row.account, line), [row.account.accountNo, row.account.accountId]);
      return finTranId;
    },
    tell: (eventId, type, payload, subjects) => {
      const id = eventId ?? `event_${randomUUID()}`;
      feed.tell(id, type, world.views.event(id, type, time.nowMs(), payload), subjects);
    },
    cash: (account) => {
      const forBuys = sum(openOrders(account).filter((order) => order.side === 'BUY').map((order) => leftOf(order, priceOf(order.instrument.isin))));
      const pendingOut = sum([...world.redemptions.values()].filter((one) => one.account.accountNo === account.accountNo && !isOver(one)).map((one) => one.amount));
      return cashOf(ledger.get(account.accountNo) ?? [], { forBuys, pendingOut }, time.nowMs());
    },
    tradableUnits: (account, isin) => {
      const selling = openOrders(account).filter((order) => order.side === 'SELL' && order.instrument.isin === isin).map((order) => minus(order.units ?? ZERO, order.filledUnits));
      return minus(units(account).get(isin) ?? ZERO, sum(selling.filter(isPositive)));
    },
    ledgerOf: (account) => ledger.get(account.accountNo) ?? [],
    accountBy: accountsById,
    instrumentBy: (word) => world.instruments.get(word) ?? [...world.instruments.values()].find((one) => one.symbol === word || one.instrumentId === word) ?? null,
  };
  return world;
};
