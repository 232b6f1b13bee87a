import { dividedBy, isZero, ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import type { Printable } from '../../../shared/kernel/json.js';
import { orderStatusIsEnd, type OrderStatus, type RedemptionStatus } from '../../../contracts/broker/drivewealth/statuses.js';
import type { Line } from '../shared/book.js';
import type { FaultBoard, FaultRule } from '../shared/faults.js';
import type { FeedFault } from '../shared/feed.js';
import type { Arrivals, LineFault } from '../shared/http.js';
import type { Account, Books, Cash, Instrument, LedgerEntry } from './books.js';
import type { BrokerConfig } from './config.js';

/** Digits after the point of prices and units. */
export const PRICE_DIGITS = 8;

export type AuditStep = {
  readonly status: string;
  readonly cumulativeUnits: Decimal;
  readonly filledUnits: Decimal;
  readonly remainingUnits: Decimal;
  readonly averagePrice: Decimal;
  readonly lastPrice: Decimal;
  readonly commission: Decimal;
  readonly feeSec: Decimal;
  readonly feeTaf: Decimal;
  readonly atMs: number;
  readonly eventId: string;
  readonly comment: string;
};

export type Order = {
  readonly orderId: string;
  readonly orderNo: string;
  readonly account: Account;
  readonly instrument: Instrument;
  readonly side: 'BUY' | 'SELL';
  readonly type: string;
  readonly limitPrice: Decimal | null;
  /** Units asked for, or null when the order is by amount. */
  readonly units: Decimal | null;
  readonly amountCash: Decimal | null;
  readonly key: string | null;
  readonly clientOrderId: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  status: OrderStatus;
  statusMessage: { readonly errorCode: string; readonly message: string } | null;
  filledUnits: Decimal;
  gross: Decimal;
  fees: Decimal;
  last: { readonly price: Decimal; readonly units: Decimal; readonly atMs: number } | null;
  steps: AuditStep[];
};

export type NewOrder = Pick<
  Order,
  'account' | 'instrument' | 'side' | 'type' | 'limitPrice' | 'units' | 'amountCash' | 'key' | 'clientOrderId'
>;

export const isAtEnd = (order: Order): boolean => orderStatusIsEnd(order.status);

/** Average price over all fills, cut to eight digits; zero before the first. */
export const averagePriceOf = (order: Order): Decimal =>
  isZero(order.filledUnits) ? ZERO : dividedBy(order.gross, order.filledUnits, PRICE_DIGITS);

export type Redemption = {
  readonly redemptionId: string;
  readonly account: Account;
  /** Positive. */
  readonly amount: Decimal;
  readonly type: string;
  readonly note: string | null;
  readonly key: string | null;
  readonly createdAtMs: number;
  status: RedemptionStatus;
  updatedAtMs: number;
  finTranRef: string | null;
  history: { readonly status: RedemptionStatus; readonly atMs: number }[];
};

export type NewRedemption = Pick<Redemption, 'account' | 'amount' | 'type' | 'note' | 'key'>;

const ENDS: readonly RedemptionStatus[] = ['SUCCESSFUL', 'FAILED', 'RETURNED'];
export const isOver = (redemption: Redemption): boolean => ENDS.includes(redemption.status);

export type Body = { readonly [key: string]: Printable };

/** The broker's state as it goes over the wire. */
export type Views = {
  readonly event: (id: string, type: string, atMs: number, payload: Body) => Body;
  readonly order: (order: Order) => Body;
  readonly orderRow: (order: Order) => Body;
  readonly audit: (order: Order) => Body;
  readonly money: (account: Account) => Body;
  readonly positions: (account: Account) => Body;
  readonly transaction: (line: Line<LedgerEntry>, balance: Decimal) => Body;
  readonly transactionEvent: (account: Account, line: Line<LedgerEntry>) => Body;
  readonly redemptionCreated: (redemption: Redemption) => Body;
  readonly redemptionRow: (redemption: Redemption) => Body;
  readonly redemption: (redemption: Redemption) => Body;
  readonly redemptionEvent: (redemption: Redemption) => Body;
};

/** What can go wrong inside the broker, beside the line (shared/http) and the feed (feed.ts). */
export const BROKER_FAULTS = [
  'forget-the-key',
  'partial-fill',
  'partial-then-cancel',
  'reject-order',
  'expire-order',
  'order-stays-open',
  'price-drift',
  'unexpected-fee',
  'settle-late',
  'bank-holiday',
  'redemption-on-hold',
  'redemption-fail',
  'redemption-return',
  'forget-the-note',
  'unknown-status',
  'page-repeats',
  'page-backwards',
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
  /** The market's date, where the cash comes later than that. */
  readonly settleDateMs?: number;
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
  readonly arrivals: Arrivals;
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
