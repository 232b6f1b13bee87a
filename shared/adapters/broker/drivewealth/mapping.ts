/** DriveWealth's words and ours. */
import type {
  OrderAuditStep,
  OrderDetail,
  OrderListRow,
  Redemption,
  TransactionRow,
} from '../../../../contracts/broker/drivewealth/http.js';
import {
  LEDGER_CODES,
  orderStatusOf,
  redemptionStatusOf,
  type OrderStatus,
  type RedemptionStatus,
} from '../../../../contracts/broker/drivewealth/statuses.js';
import {
  absolute,
  compare,
  decimal,
  isNegative,
  isPositive,
  minus,
  negated,
  sum,
  times,
  ZERO,
  type Decimal,
} from '../../../kernel/decimal.js';
import type { InstrumentId } from '../../../kernel/ids.js';
import { instantMs } from '../../../kernel/instant.js';
import type { Currency } from '../../../kernel/money.js';
import type { CashOut, Fill, OrderReport, OrderRequest, OrderSide, TakenBack } from '../../../ports/broker.js';

/** How an instrument is called there, where its ISIN is not enough. */
export type InstrumentWords = { readonly symbol?: string; readonly instrumentId?: string };
export type Instruments = {
  /** Members of an order that name the instrument: exactly one. */
  readonly namesOf: (
    instrument: InstrumentId,
  ) => { readonly ISIN: string } | { readonly symbol: string } | { readonly instrumentID: string };
  readonly idOf: (row: {
    readonly ISIN?: string | undefined;
    readonly isin?: string | undefined;
    readonly symbol?: string | undefined;
    readonly instrumentID?: string | undefined;
  }) => InstrumentId | null;
};

const ISIN = /^[A-Z]{2}[A-Z0-9]{9}[0-9]$/;

export const createInstruments = (words: ReadonlyMap<InstrumentId, InstrumentWords>): Instruments => {
  const byWord = new Map<string, InstrumentId>();
  for (const [instrument, { symbol, instrumentId }] of words) {
    if (symbol !== undefined) byWord.set(`symbol ${symbol}`, instrument);
    if (instrumentId !== undefined) byWord.set(`id ${instrumentId}`, instrument);
  }
  return {
    namesOf: (instrument) => {
      const { symbol, instrumentId } = words.get(instrument) ?? {};
      if (instrumentId !== undefined) return { instrumentID: instrumentId };
      return symbol === undefined ? { ISIN: instrument } : { symbol };
    },
    idOf: (row) => {
      const isin = row.ISIN ?? row.isin;
      if (isin !== undefined && ISIN.test(isin)) return isin as InstrumentId;
      return byWord.get(`id ${row.instrumentID ?? ''}`) ?? byWord.get(`symbol ${row.symbol ?? ''}`) ?? null;
    },
  };
};

/** `B`, `BUY`, `SELL_CLOSE`: the first letter decides; null for anything else. */
export const sideOf = (word: string): OrderSide | null => {
  const first = word.trim().charAt(0).toUpperCase();
  return first === 'B' ? 'buy' : first === 'S' ? 'sell' : null;
};

const ORDER_STATES: Readonly<Record<OrderStatus, OrderReport['status']>> = {
  NEW: 'open',
  PENDING: 'open',
  PARTIAL_FILL: 'open',
  PENDING_CANCEL: 'open',
  FILLED: 'filled',
  CANCELED: 'cancelled',
  REJECTED: 'rejected',
  EXPIRED: 'expired',
};
const EXPIRED_CODE = 'O123';

/** Unlisted is open. A cancelled order whose message says O123 has expired. */
export const orderStateOf = (detail: Pick<OrderDetail, 'status' | 'statusMessage'>): OrderReport['status'] => {
  const status = orderStatusOf(detail.status);
  const state = status === null ? 'open' : ORDER_STATES[status];
  return (state === 'cancelled' || state === 'rejected') && detail.statusMessage?.errorCode === EXPIRED_CODE ? 'expired' : state;
};

const CASH_OUT_STATES: Readonly<Record<RedemptionStatus, CashOut['status']>> = {
  STARTED: 'pending',
  PENDING: 'pending',
  SUCCESSFUL: 'done',
  FAILED: 'failed',
  OTHER: 'unclear',
  RETURNED: 'returned',
  RIA_PENDING: 'needs-approval',
  RIA_APPROVED: 'pending',
  RIA_REJECTED: 'failed',
  APPROVED: 'pending',
  REJECTED: 'failed',
  ON_HOLD: 'pending',
  PROCESSING: 'pending',
  UNKNOWN: 'unclear',
};

/** Unlisted is unclear. */
export const cashOutStateOf = (status: Redemption['status']): CashOut['status'] => {
  const known = redemptionStatusOf(status.id, status.message);
  return known === null ? 'unclear' : CASH_OUT_STATES[known];
};

/** `currency` is that of the accounts, for an answer without one. */
export const cashOutOf = (read: Redemption, currency: Currency): CashOut => ({
  cashOutId: read.redemptionId,
  status: cashOutStateOf(read.status),
  brokerStatus: read.status.message ?? read.status.id,
  amount:
    read.amount === undefined ? null : { amount: absolute(read.amount), currency: (read.currency as Currency | undefined) ?? currency },
});

/** Same side, instrument and size. An amount of zero beside a quantity means that there is none. */
export const rowMatches = (row: OrderListRow, request: OrderRequest, instruments: Instruments): boolean => {
  if (sideOf(row.side) !== request.side || instruments.idOf(row) !== request.instrument) return false;
  const cash = row.orderCashAmt === undefined || !isPositive(row.orderCashAmt) ? null : row.orderCashAmt;
  if (request.size.by === 'amount') return cash !== null && compare(cash, request.size.amount.amount) === 0;
  return cash === null && row.orderQty !== undefined && compare(row.orderQty, request.size.units) === 0;
};

type Fee = Fill['fees'][number];
const fee = (amount: Decimal | undefined, description: string): readonly Fee[] =>
  amount === undefined || !isPositive(absolute(amount)) ? [] : [{ kind: 'transaction-fee', amount: absolute(amount), description }];

/** `feeBase` repeats the others in what we have seen; it counts only where the order's total says so (see `feesAddUp`). */
export const feesOf = (step: OrderAuditStep): readonly Fee[] => {
  const fees = step.commissionAndFees;
  if (fees === undefined) return [];
  return [
    ...fee(fees.commission, 'commission'),
    ...fee(fees.feeSec, 'SEC fee'),
    ...fee(fees.feeTaf, 'TAF fee'),
    ...fee(fees.feeExchange, 'exchange fee'),
    ...fee(fees.feeXtraShares, 'extended share fee'),
  ];
};

export const isFill = (step: OrderAuditStep): boolean =>
  step.quantities.filledQuantity !== undefined && isPositive(step.quantities.filledQuantity);

/** As it stands, when it is a point in time: fills are put in order by it, and InvestSuite is told of it. */
export const timeOf = (text: string | undefined): string | null => (text !== undefined && instantMs(text) !== null ? text : null);

const CENT = decimal('0.01');

/** Ledger rows that are fills of the order. */
export const fillRowsOf = (rows: readonly TransactionRow[], orderId: string, orderNo: string | undefined): readonly TransactionRow[] =>
  rows.filter(
    (row) =>
      (row.finTranTypeID === LEDGER_CODES.sale || row.finTranTypeID === LEDGER_CODES.purchase) &&
      (row.orderID === orderId || (row.orderID === undefined && orderNo !== undefined && row.orderNo === orderNo)),
  );

/** A sale that takes cash, or a purchase that gives it, takes back a fill; so do units below zero. */
const takesBack = (row: TransactionRow): boolean =>
  isNegative(row.fillQty ?? ZERO) ||
  (row.finTranTypeID === LEDGER_CODES.sale ? isNegative(row.accountAmount) : isPositive(row.accountAmount));

/** What rows of fills take back of them; null: nothing. */
export const takenBackOf = (rows: readonly TransactionRow[]): TakenBack | null => {
  const back = rows.filter(takesBack);
  if (back.length === 0) return null;
  return { units: sum(back.map((row) => absolute(row.fillQty ?? ZERO))), cash: sum(back.map((row) => absolute(row.accountAmount))) };
};

/** Units that rows of fills come to, less those taken back. */
export const bookedUnitsOf = (rows: readonly TransactionRow[]): Decimal =>
  sum(rows.map((row) => (takesBack(row) ? negated(absolute(row.fillQty ?? ZERO)) : (row.fillQty ?? ZERO))));

export type FillsRead = { readonly fills: readonly Fill[]; readonly unclear: null } | { readonly fills: null; readonly unclear: string };

/**
 * One fill per audit step that filled something; the cash of a fill is what its ledger row booked, since only the ledger
 * knows how a cent was rounded. Totals must agree with the order before anything is believed.
 */
export const fillsOf = (detail: OrderDetail, steps: readonly OrderAuditStep[], rows: readonly TransactionRow[]): FillsRead => {
  const left = fillRowsOf(rows, detail.id, detail.orderNo).filter((row) => !takesBack(row));
  const fills: Fill[] = [];
  const no = (why: string): FillsRead => ({ fills: null, unclear: why });
  for (const step of steps.filter(isFill)) {
    const units = step.quantities.filledQuantity ?? ZERO;
    const price = step.pricing.lastPrice;
    const executedAt = timeOf(step.transactTime) ?? timeOf(step.createdWhen);
    if (price === undefined || executedAt === null) return no('a fill has no price, or no time that can be read');
    const at = left.findIndex(
      (row) =>
        row.fillQty !== undefined && row.fillPx !== undefined && compare(row.fillQty, units) === 0 && compare(row.fillPx, price) === 0,
    );
    const row = at < 0 ? undefined : left.splice(at, 1)[0];
    if (row === undefined) return no('the ledger has no row for a fill yet');
    const gross = absolute(row.accountAmount);
    if (compare(absolute(minus(gross, times(units, price))), CENT) > 0) return no('the ledger row of a fill is not units times price');
    fills.push({
      id: step.eventID ?? `${detail.id}:${step.quantities.cumulativeQuantity ?? units}`,
      executedAt,
      units,
      price,
      gross,
      fees: feesOf(step),
    });
  }
  const filled = detail.cumulativeQuantity ?? ZERO;
  if (compare(sum(fills.map((one) => one.units)), filled) !== 0) return no('the fills do not add up to the filled quantity');
  return { fills, unclear: null };
};

/** True when the fees of the fills are the fees of the order, or the order does not say. */
export const feesAddUp = (detail: OrderDetail, fills: readonly Fill[]): boolean =>
  detail.fees === undefined || compare(absolute(detail.fees), sum(fills.flatMap((one) => one.fees.map((each) => each.amount)))) === 0;
