import { compare, greatest, isNegative, isPositive, minus, plus, sum, ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import { createBook, type Book, type Line } from '../shared/book.js';

export const INSTRUMENT_KINDS = ['equity', 'option', 'fund', 'bond'] as const;
export type Instrument = {
  readonly isin: string;
  readonly symbol: string;
  readonly instrumentId: string;
  readonly name: string;
  /** Each kind has a list of positions of its own. */
  readonly kind: (typeof INSTRUMENT_KINDS)[number];
};

export type Account = {
  readonly accountId: string;
  readonly accountNo: string;
  readonly userId: string;
  /** A managed account's withdrawals start as RIA_PENDING. */
  readonly managed: boolean;
  readonly currency: string;
  readonly isOpen: boolean;
};

/** One movement of cash. `amount` is signed: what it adds. It counts as settled from `settlesAtMs` on. */
export type LedgerEntry = {
  readonly accountNo: string;
  readonly finTranId: string;
  readonly type: string;
  readonly amount: Decimal;
  readonly settlesAtMs: number;
  /** The market's settle date. On a bank holiday the cash comes later. */
  readonly settleDateMs: number;
  readonly comment: string;
  readonly isin: string | null;
  readonly orderId: string | null;
  readonly orderNo: string | null;
  readonly redemptionId: string | null;
  readonly fillUnits: Decimal | null;
  readonly fillPrice: Decimal | null;
  readonly feeSec: Decimal;
  readonly feeTaf: Decimal;
};

/** One movement of units, signed. */
export type UnitsEntry = {
  readonly accountNo: string;
  readonly isin: string;
  readonly units: Decimal;
  readonly orderId: string | null;
  readonly reason: string;
};

/** A line per thing that happened to an order. */
export type OrderEntry = {
  readonly accountNo: string;
  readonly orderId: string;
  readonly what: 'placed' | 'filled' | 'status' | 'cancel-asked' | 'busted';
  readonly status: string;
  readonly side: 'BUY' | 'SELL';
  readonly isin: string;
  readonly units: Decimal | null;
  readonly amountCash: Decimal | null;
  readonly price: Decimal | null;
  readonly gross: Decimal | null;
  readonly key: string | null;
};

/** A line per status of a redemption. `amount` is positive. */
export type RedemptionEntry = {
  readonly accountNo: string;
  readonly redemptionId: string;
  readonly what: 'created' | 'status';
  readonly status: string;
  readonly amount: Decimal;
  readonly currency: string;
  readonly note: string | null;
  readonly key: string | null;
};

/** What a key was used for: `applied` has effect, `replayed` does not, `forgotten` is an effect under a known key. */
export type KeyEntry = {
  readonly key: string;
  readonly operation: string;
  readonly what: 'applied' | 'replayed' | 'forgotten';
  readonly sameBody: boolean;
  readonly reference: string | null;
};

export type StrikeEntry = { readonly fault: string; readonly operation: string; readonly subjects: readonly string[] };

export type Books = {
  readonly ledger: Book<LedgerEntry>;
  readonly units: Book<UnitsEntry>;
  readonly orders: Book<OrderEntry>;
  readonly redemptions: Book<RedemptionEntry>;
  readonly keys: Book<KeyEntry>;
  readonly strikes: Book<StrikeEntry>;
  readonly tokens: Book<{ readonly clientId: string }>;
};

export const createBooks = (nowMs: () => number): Books => ({
  ledger: createBook('ledger', nowMs),
  units: createBook('units', nowMs),
  orders: createBook('orders', nowMs),
  redemptions: createBook('redemptions', nowMs),
  keys: createBook('keys', nowMs),
  strikes: createBook('strikes', nowMs),
  tokens: createBook('tokens', nowMs),
});

export type Cash = {
  /** All rows, settled or not. */
  readonly booked: Decimal;
  /** Settled, less what is on its way out; never below zero. */
  readonly withdrawable: Decimal;
  readonly tradable: Decimal;
  readonly pendingSettlement: readonly { readonly atMs: number; readonly amount: Decimal }[];
  readonly pendingOut: Decimal;
};

/** What is not in the ledger yet and already spoken for. Both positive. */
export type Reserved = { readonly forBuys: Decimal; readonly pendingOut: Decimal };

const byTime = (rows: readonly LedgerEntry[]): Cash['pendingSettlement'] => {
  const sums = new Map<number, Decimal>();
  for (const row of rows) sums.set(row.settlesAtMs, plus(sums.get(row.settlesAtMs) ?? ZERO, row.amount));
  return [...sums].sort(([a], [b]) => a - b).map(([atMs, amount]) => ({ atMs, amount }));
};

/** Cash of one account as the ledger says at `nowMs`. */
export const cashOf = (rows: readonly LedgerEntry[], reserved: Reserved, nowMs: number): Cash => {
  const unsettled = rows.filter((row) => row.settlesAtMs > nowMs);
  const booked = sum(rows.map((row) => row.amount));
  // A debit counts at once, a credit when it settles; the fees of a sale settle with the sale.
  const settled = minus(booked, sum(unsettled.map((row) => row.amount)));
  const free = minus(minus(settled, reserved.pendingOut), reserved.forBuys);
  const tradable = minus(minus(booked, reserved.pendingOut), reserved.forBuys);
  return {
    booked,
    withdrawable: greatest(ZERO, free),
    tradable: greatest(ZERO, tradable),
    pendingSettlement: byTime(unsettled),
    pendingOut: reserved.pendingOut,
  };
};

/** Units per instrument, zero positions left out. @throws Error when a position would be negative: the simulator sold what was not there. */
export const unitsOf = (lines: readonly Line<UnitsEntry>[]): ReadonlyMap<string, Decimal> => {
  const totals = new Map<string, Decimal>();
  for (const line of lines) totals.set(line.isin, plus(totals.get(line.isin) ?? ZERO, line.units));
  for (const [isin, units] of totals) if (isNegative(units)) throw new Error(`${isin} went below zero`);
  return new Map([...totals].filter(([, units]) => isPositive(units)));
};

export const atLeast = (a: Decimal, b: Decimal): boolean => compare(a, b) >= 0;
