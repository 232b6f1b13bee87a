/**
 * How an order stands in InvestSuite's books. A transaction is always written whole: what was placed, then every fill, then
 * what was never filled. Source of the shapes and signs: docs.investsuite.com, transactions page (December 2022 copy);
 * partial fills are not shown there, one group of movements per fill follows its rule of "no or many executions".
 */
import { decimal, isPositive, isZero, minus, negated, sum, type Decimal } from '../../../../shared/kernel/decimal.js';
import { cashInstrument, type InstrumentId, type OptimizationId, type PortfolioId } from '../../../../shared/kernel/ids.js';
import type { Currency } from '../../../../shared/kernel/money.js';
import type { Fill, Order, OrderTerms } from './order.js';

export type OrderMovement = {
  readonly type: 'BUY' | 'SELL' | 'TRANSACTION_FEE' | 'OTHER_TAX';
  readonly status: 'PLACED' | 'EXECUTED' | 'SETTLED' | 'CANCELLED' | 'EXPIRED' | 'NOT_EXECUTED';
  /** ISO 8601 UTC. Null: the moment the request is first sent. */
  readonly datetime: string | null;
  readonly instrument: InstrumentId;
  /** Positive adds to the portfolio, negative takes from it. */
  readonly quantity: Decimal;
  readonly unitPrice: Decimal | null;
  readonly unitPriceCurrency: Currency | null;
  readonly externalId: string | null;
  readonly referenceExternalId: string | null;
  readonly description: string | null;
};

export type TransactionRecord = {
  readonly portfolioId: PortfolioId;
  /** Derived from the order, so that a transaction whose answer was lost is found again. */
  readonly externalId: string;
  readonly optimizationId: OptimizationId;
  readonly movements: readonly OrderMovement[];
};

const ONE = decimal('1');

/** Name of the order in all our records: one order per optimisation and instrument. */
export const orderReference = (order: OrderTerms): string => `${order.optimizationId}/${order.instrument}`;

const typeOf = (order: OrderTerms): 'BUY' | 'SELL' => (order.side === 'buy' ? 'BUY' : 'SELL');
const oppositeOf = (order: OrderTerms): 'BUY' | 'SELL' => (order.side === 'buy' ? 'SELL' : 'BUY');
/** Of the security: buys add, sells take. */
const signed = (order: OrderTerms, size: Decimal): Decimal => (order.side === 'buy' ? size : negated(size));

type Size = { readonly units: Decimal; readonly amount: Decimal | null };

/** An order by money is written as one unit at the price of that money: the convention for funds. */
const request = (
  order: OrderTerms,
  size: Size,
): Pick<OrderMovement, 'instrument' | 'quantity' | 'unitPrice' | 'unitPriceCurrency' | 'referenceExternalId'> => ({
  instrument: order.instrument,
  quantity: signed(order, size.amount === null ? size.units : ONE),
  unitPrice: size.amount,
  unitPriceCurrency: size.amount === null ? null : order.currency,
  referenceExternalId: null,
});

const placed = (order: Order): OrderMovement => ({
  ...request(order, order),
  type: typeOf(order),
  status: 'PLACED',
  datetime: order.placedAt,
  externalId: `${orderReference(order)}/placed`,
  description: null,
});

export const unitsFilled = (order: Order): Decimal => sum(order.fills.map((fill) => fill.units));
export const grossFilled = (order: Order): Decimal => sum(order.fills.map((fill) => fill.gross));
export const feesPaid = (order: Order): Decimal => sum(order.fills.flatMap((fill) => fill.fees.map((fee) => fee.amount)));

/** Security, cash, fees and taxes of one fill: one time for all, tied together by the fill's id. */
const executed = (order: Order, fill: Fill, status: 'EXECUTED' | 'SETTLED', datetime: string): readonly OrderMovement[] => {
  const cash = {
    status,
    datetime,
    instrument: cashInstrument(order.tradeCurrency),
    unitPrice: null,
    unitPriceCurrency: null,
    externalId: null,
    referenceExternalId: fill.id,
  };
  return [
    {
      type: typeOf(order),
      status,
      datetime,
      instrument: order.instrument,
      quantity: signed(order, fill.units),
      unitPrice: fill.price,
      unitPriceCurrency: order.tradeCurrency,
      externalId: fill.id,
      referenceExternalId: null,
      description: null,
    },
    { ...cash, type: oppositeOf(order), quantity: negated(signed(order, fill.gross)), description: null },
    ...fill.fees
      .filter((fee) => !isZero(fee.amount))
      .map((fee): OrderMovement => ({
        ...cash,
        type: fee.kind === 'tax' ? 'OTHER_TAX' : 'TRANSACTION_FEE',
        quantity: negated(fee.amount),
        description: fee.description,
      })),
  ];
};

const REST_STATUS = { cancelled: 'CANCELLED', expired: 'EXPIRED', rejected: 'NOT_EXECUTED' } as const;

/** What was ordered and will never be filled. An order that the broker calls filled, or that is still open, has none. */
const unfilled = (order: Order): readonly OrderMovement[] => {
  if (order.brokerStatus === 'open' || order.brokerStatus === 'filled') return [];
  const units = minus(order.units, unitsFilled(order));
  const amount = order.amount === null ? null : minus(order.amount, grossFilled(order));
  if (!isPositive(amount ?? units)) return [];
  return [
    {
      ...request(order, { units, amount }),
      type: typeOf(order),
      status: REST_STATUS[order.brokerStatus],
      datetime: order.closedAt,
      externalId: `${orderReference(order)}/rest`,
      description: order.reason,
    },
  ];
};

const recordOf = (order: Order, movements: readonly OrderMovement[]): TransactionRecord => ({
  portfolioId: order.portfolioId,
  externalId: orderReference(order),
  optimizationId: order.optimizationId,
  movements,
});

export const placedRecord = (order: Order): TransactionRecord => recordOf(order, [placed(order)]);

/** An order that never reached the market. It needs no placed movement: a transaction has none or one. */
export const notExecutedRecord = (order: Order): TransactionRecord =>
  recordOf(order, [
    {
      ...request(order, order),
      type: typeOf(order),
      status: 'NOT_EXECUTED',
      datetime: null,
      externalId: `${orderReference(order)}/rest`,
      description: order.reason,
    },
  ]);

/** Placed, every fill as executed, and the rest once it is known. */
export const executionRecord = (order: Order): TransactionRecord =>
  recordOf(order, [
    placed(order),
    ...order.fills.flatMap((fill) => executed(order, fill, 'EXECUTED', fill.executedAt)),
    ...unfilled(order),
  ]);

/** The same list with settled in place of executed, at the time of settlement. Never both: the trade would count twice. */
export const settlementRecord = (order: Order): TransactionRecord =>
  recordOf(order, [
    placed(order),
    ...order.fills.flatMap((fill) => executed(order, fill, 'SETTLED', order.settledAt ?? fill.executedAt)),
    ...unfilled(order),
  ]);
