/** What we ask of a broker, in our words. */
import type { Decimal } from '../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../kernel/ids.js';
import type { Currency, Money } from '../kernel/money.js';
import type { Inquiry, NotSent, OperationAbility, Outcome, Sending } from '../kernel/outcome.js';

export type OrderSide = 'buy' | 'sell';

/** Exactly one of units (of the instrument) and amount (of money) says how much. */
export type OrderSize = { readonly by: 'units'; readonly units: Decimal } | { readonly by: 'amount'; readonly amount: Money };

export type OrderRequest = {
  readonly account: BrokerAccountId;
  readonly instrument: InstrumentId;
  readonly side: OrderSide;
  readonly size: OrderSize;
};

/** One execution report of part or all of an order. */
export type Fill = {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly executedAt: string;
  /** Units, always positive. */
  readonly units: Decimal;
  readonly price: Decimal;
  /** Cash before fees, always positive. */
  readonly gross: Decimal;
  readonly fees: readonly { readonly kind: 'transaction-fee' | 'tax'; readonly amount: Decimal; readonly description: string }[];
};

export type OrderReport = {
  readonly orderId: string;
  readonly account: BrokerAccountId;
  readonly instrument: InstrumentId;
  readonly side: OrderSide;
  /** `open` covers every status that is not an end, unlisted ones included. */
  readonly status: 'open' | 'filled' | 'cancelled' | 'rejected' | 'expired';
  /** The broker's own word, for people. */
  readonly brokerStatus: string;
  /** Units asked for, where the order was by units. */
  readonly orderedUnits: Decimal | null;
  readonly filledUnits: Decimal;
  readonly fills: readonly Fill[];
  readonly currency: Currency;
  readonly closedAt: string | null;
  readonly rejectReason: string | null;
  readonly takenBack: TakenBack | null;
};

/** What the broker's books have taken back of fills: a bust, or the first half of a correction. Both positive. */
export type TakenBack = { readonly units: Decimal; readonly cash: Decimal };

/** Whether every fill of an order has settled. */
export type Settlement = {
  readonly settled: boolean;
  readonly settledAt: string | null;
  readonly nextLookAtMs: number | null;
  readonly takenBack: TakenBack | null;
};

/** Whose trades a correction is about: an account, or a customer with all of his accounts. */
export type CorrectedParty = { readonly by: 'account' | 'customer'; readonly name: string };

/** An order whose books say something else than its fills. */
export type CorrectedOrder = {
  readonly account: BrokerAccountId;
  readonly orderId: string;
  /** Null: the broker does not say, or in words that we do not know. */
  readonly instrument: InstrumentId | null;
  readonly side: OrderSide | null;
  readonly filledUnits: Decimal;
  /** What the books hold of the order now: units that were filled less those taken back. */
  readonly bookedUnits: Decimal;
  readonly takenBack: TakenBack;
};

export type BrokerCash = {
  readonly currency: Currency;
  /** Settled and free to leave: the only cash that may be paid out. */
  readonly withdrawable: Decimal;
  readonly booked: Decimal;
  readonly pendingSettlement: readonly { readonly amount: Decimal; readonly availableAt: string }[];
  /** Payments out that the broker has taken and not finished. */
  readonly pendingOut: Decimal;
};

export type Position = { readonly instrument: InstrumentId; readonly units: Decimal };

export type CashOutRequest = {
  readonly account: BrokerAccountId;
  readonly amount: Money;
};

export type CashOut = {
  readonly cashOutId: string;
  /**
   * `needs-approval`: a managed account's withdrawal waits until we, the adviser, approve it. `unclear`: a status that is not
   * listed or says nothing; it is no end, and no proof that an approval was heard.
   */
  readonly status: 'pending' | 'unclear' | 'needs-approval' | 'done' | 'failed' | 'returned';
  readonly brokerStatus: string;
  /** Null: the broker does not say it in this answer. */
  readonly amount: Money | null;
};

/** The cash-outs that our books know: by the keys that we sent them under, and by the broker's own ids. */
export type OwnCashOuts = { readonly keys: readonly string[]; readonly cashOutIds: readonly string[] };

/** A cash-out as the broker's list of an account shows it, whoever has made it. */
export type ListedCashOut = CashOut & {
  /** ISO 8601. Null: the broker does not say, so it may have been made just now. */
  readonly createdAt: string | null;
  /** Which of the keys that were given it carries. Null: none of them, or the broker does not show it. It is never guessed from amount or time. */
  readonly key: string | null;
};

export type OrderRefusal = NotSent | 'account-not-open' | 'not-enough-units' | 'not-enough-cash' | 'malformed' | 'refused';
export type CashOutRefusal = NotSent | 'not-enough-cash' | 'not-allowed' | 'malformed' | 'failed' | 'returned' | 'refused';

export type BrokerPort = {
  readonly provider: string;
  readonly abilities: {
    readonly placeOrder: OperationAbility;
    readonly createCashOut: OperationAbility;
    readonly approveCashOut: OperationAbility;
  };

  placeOrder(request: OrderRequest, sending: Sending): Promise<Outcome<{ readonly orderId: string }, OrderRefusal>>;
  /** Looks for the order of an earlier placeOrder by the account's orders since it was sent. */
  findOrder(request: OrderRequest, sending: Sending): Promise<Inquiry<{ readonly orderId: string }, OrderRefusal>>;
  readOrder(account: BrokerAccountId, orderId: string, signal: AbortSignal): Promise<Outcome<OrderReport, 'not-found'>>;
  /** Orders of the account that are not at an end. */
  readOpenOrders(
    account: BrokerAccountId,
    signal: AbortSignal,
  ): Promise<Outcome<readonly { readonly orderId: string; readonly instrument: InstrumentId }[], 'not-found'>>;
  readSettlement(account: BrokerAccountId, orderId: string, signal: AbortSignal): Promise<Outcome<Settlement, 'not-found'>>;
  /** Orders of the party that are corrected since then, and how many were looked at. */
  readCorrections(
    party: CorrectedParty,
    sinceMs: number,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly looked: number; readonly orders: readonly CorrectedOrder[] }, 'not-found'>>;
  readCash(account: BrokerAccountId, signal: AbortSignal): Promise<Outcome<BrokerCash, 'not-found'>>;
  readPositions(account: BrokerAccountId, signal: AbortSignal): Promise<Outcome<readonly Position[], 'not-found'>>;
  /** Last price per instrument; instruments without a price are left out. */
  readPrices(
    instruments: readonly InstrumentId[],
    signal: AbortSignal,
  ): Promise<Outcome<readonly { readonly instrument: InstrumentId; readonly price: Decimal }[], 'not-found'>>;

  createCashOut(request: CashOutRequest, sending: Sending): Promise<Outcome<CashOut, CashOutRefusal>>;
  findCashOut(request: CashOutRequest, sending: Sending): Promise<Inquiry<CashOut, CashOutRefusal>>;
  readCashOut(cashOutId: string, signal: AbortSignal): Promise<Outcome<CashOut, 'not-found'>>;
  /**
   * Every cash-out of the account that was made since then, whoever has made it and whatever has become of it. One that does not say when
   * it was made is among them, and so is each of `ours` that the account has. Nobody need look for the key of one whose id is among `ours`.
   */
  readCashOuts(
    account: BrokerAccountId,
    sinceMs: number,
    ours: OwnCashOuts,
    signal: AbortSignal,
  ): Promise<Outcome<readonly ListedCashOut[], 'not-found'>>;
  /** Safe to repeat: approving what is approved, done or further on is `applied`. */
  approveCashOut(cashOutId: string, sending: Sending): Promise<Outcome<CashOut, CashOutRefusal>>;
};
