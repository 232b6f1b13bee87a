/** The nouns of one order: what is decided, what is known of it, what it asks for. */
import { z } from 'zod';
import type { OwnEvent } from '../../../../contracts/internal/events.js';
import type { Decimal } from '../../../../shared/kernel/decimal.js';
import type { BrokerAccountId, InstrumentId, OptimizationId, PortfolioId } from '../../../../shared/kernel/ids.js';
import type { Currency } from '../../../../shared/kernel/money.js';
import type { NotSent } from '../../../../shared/kernel/outcome.js';
import { storedDecimal, storedText } from './stored.js';

export const orderSide = z.enum(['buy', 'sell']);
export type OrderSide = z.output<typeof orderSide>;

/** When holdings at InvestSuite follow a trade: once it is executed, or once it is settled. One choice per tenant. */
export const holdingsMoveAt = z.enum(['executed', 'settled']);

const fee = z.object({ kind: z.enum(['transaction-fee', 'tax']), amount: storedDecimal, description: z.string() }).readonly();
/** One execution report. Units, gross (cash before fees) and fees are positive. `executedAt` is ISO 8601 UTC. */
const fill = z
  .object({
    id: storedText(),
    executedAt: storedText(),
    units: storedDecimal,
    price: storedDecimal,
    gross: storedDecimal,
    fees: z.array(fee).readonly(),
  })
  .readonly();
export type Fill = z.output<typeof fill>;

/** What an order is. Units are positive; where `amount` is given, the order is by money and the units are only an estimate. */
const orderTerms = z.object({
  portfolioId: storedText<PortfolioId>(),
  optimizationId: storedText<OptimizationId>(),
  instrument: storedText<InstrumentId>(),
  side: orderSide,
  units: storedDecimal,
  amount: storedDecimal.nullable(),
  expectedPrice: storedDecimal.nullable(),
  currency: storedText<Currency>(),
  /** Null only for an order that is not to be executed. */
  account: storedText<BrokerAccountId>().nullable(),
  holdingsMoveAt,
});
export type OrderTerms = Readonly<z.output<typeof orderTerms>>;

export type OrderDecided = OrderTerms & {
  readonly type: 'OrderDecided';
  /** False: record only that it was not executed, so that InvestSuite lets the portfolio go. */
  readonly execute: boolean;
  readonly reason: string | null;
};
export type OrderInput = OrderDecided;

export const orderOutcome = z.enum(['executed', 'partly-executed', 'not-executed']);
export type OrderOutcome = z.output<typeof orderOutcome>;
/** Told to the optimisation once nothing more will be traded. Settlement comes later. */
export type OrderFinished = {
  readonly type: 'OrderFinished';
  readonly optimizationId: OptimizationId;
  readonly instrument: InstrumentId;
  readonly outcome: OrderOutcome;
  readonly reason: string | null;
};

const brokerOrderStatus = z.enum(['open', 'filled', 'cancelled', 'rejected', 'expired']);
export type BrokerOrderStatus = z.output<typeof brokerOrderStatus>;

export const orderState = orderTerms.extend({
  status: z.enum([
    'Placing',
    'RecordingPlaced',
    'FollowingOrder',
    'RecordingExecution',
    'AwaitingSettlement',
    'RecordingSettlement',
    'RecordingNotExecuted',
    'Settled',
    'Cancelled',
    'Expired',
    'NotExecuted',
  ]),
  reason: z.string().nullable(),
  /** The broker's id of the order. */
  orderId: storedText().nullable(),
  /** ISO 8601 UTC; null before it was placed, or when a person answered for the placing. */
  placedAt: storedText().nullable(),
  /** InvestSuite's transaction; null before it is made, or when a person keeps the records by hand. */
  transactionId: storedText().nullable(),
  /** Every fill seen so far, in order of execution. Only grows. */
  fills: z.array(fill).readonly(),
  /** Currency of the fills, which is the broker's and not always the portfolio's. */
  tradeCurrency: storedText<Currency>(),
  brokerStatus: brokerOrderStatus,
  closedAt: storedText().nullable(),
  settledAt: storedText().nullable(),
});
export type Order = Readonly<z.output<typeof orderState>>;

/** What the broker's books have taken back of fills; both positive. */
export type TakenBack = { readonly units: Decimal; readonly cash: Decimal };

/** What the broker says of an order. Handed over only when it holds something new. */
export type OrderSeen = {
  readonly instrument: InstrumentId;
  readonly side: OrderSide;
  readonly status: BrokerOrderStatus;
  readonly filledUnits: Decimal;
  readonly fills: readonly Fill[];
  readonly currency: Currency;
  readonly closedAt: string | null;
  readonly rejectReason: string | null;
  readonly takenBack: TakenBack | null;
  /** When we looked, ISO 8601 UTC. */
  readonly seenAt: string;
};

type InvestSuiteRefusal = 'invalid' | 'not-found' | 'conflict' | 'forbidden' | 'changed-meanwhile';

export type OrderEffects = {
  PlaceOrder: {
    readonly kind: 'once';
    readonly result: { readonly orderId: string; readonly placedAt: string | null };
    readonly reason: NotSent | 'account-not-open' | 'not-enough-units' | 'not-enough-cash' | 'malformed' | 'refused';
  };
  RecordPlaced: {
    readonly kind: 'once';
    readonly result: { readonly transactionId: string; readonly placedAt: string | null };
    readonly reason: InvestSuiteRefusal;
  };
  RecordNotExecuted: { readonly kind: 'once'; readonly result: { readonly transactionId: string }; readonly reason: InvestSuiteRefusal };
  FollowOrder: { readonly kind: 'read'; readonly result: OrderSeen; readonly reason: 'not-found' };
  RecordExecution: { readonly kind: 'by-key'; readonly result: null; readonly reason: InvestSuiteRefusal };
  ConfirmSettlement: {
    readonly kind: 'read';
    /** Handed over as well when something was taken back, settled or not. */
    readonly result: { readonly settledAt: string; readonly takenBack: TakenBack | null };
    readonly reason: 'not-found';
  };
  RecordSettlement: { readonly kind: 'by-key'; readonly result: null; readonly reason: InvestSuiteRefusal };
};

export type OrderEmits =
  | Extract<OwnEvent, { event: 'portfolio.change-requested' }>
  | { readonly sends: 'optimisation'; readonly subject: string; readonly input: OrderFinished };
