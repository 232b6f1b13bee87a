import {
  createOrderResponse,
  orderAudit,
  orderDetail,
  orderHistory,
  PATHS,
  pendingOrders,
  transactions,
  type OrderDetail,
  type OrderListRow,
  type TransactionRow,
} from '../../../../contracts/broker/drivewealth/http.js';
import { LEDGER_CODES } from '../../../../contracts/broker/drivewealth/statuses.js';
import { instantMs, isoOf } from '../../../kernel/instant.js';
import { Bug } from '../../../kernel/bug.js';
import { compare, isPositive, sum, ZERO, type Decimal } from '../../../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../../kernel/ids.js';
import { JsonNumber, type Printable } from '../../../kernel/json.js';
import type { Currency } from '../../../kernel/money.js';
import type { Sending } from '../../../kernel/outcome.js';
import { Recent } from '../../../kernel/recent.js';
import type { BrokerCash, BrokerPort, OrderReport, OrderRequest, Settlement } from '../../../ports/broker.js';
import { noAnswer, retryable, unknown } from '../../http/outcome.js';
import { isOfAccount, type AccountNames, type Accounts } from './accounts.js';
import { wireKey, type DriveWealthClient } from './client.js';
import { get } from './get.js';
import { feesAddUp, fillRowsOf, fillsOf, orderStateOf, rowMatches, sideOf, takenBackOf, timeOf, type Instruments } from './mapping.js';
import { readTimedList, type ListOffset } from './paging.js';
import { post } from './post.js';
import { got, ORDER_REFUSALS, unclear, type Got } from './outcome.js';

export type OrderOptions = {
  readonly currency: Currency;
  readonly clockSkewMs: number;
  /** How long a purchase takes where the ledger shows no settle date. */
  readonly purchaseSettlementMs: number;
  /** Send our key as `clientOrderID` too. */
  readonly sendClientOrderId: boolean;
  /** What the vendor takes the `offset` of a list for. */
  readonly listOffset: ListOffset;
  readonly nowMs: () => number;
};
export type Orders = Pick<BrokerPort, 'placeOrder' | 'findOrder' | 'readOrder' | 'readOpenOrders' | 'readSettlement'>;
/** Orders that this process has been told the id of, with the key each was placed under. */
type Owners = { readonly of: (orderId: string) => string | undefined; readonly note: (orderId: string, key: string) => void };
/** What every question needs. */
export type OrderContext = {
  readonly client: DriveWealthClient;
  readonly accounts: Accounts;
  readonly instruments: Instruments;
  readonly options: OrderOptions;
};
type Context = OrderContext & { readonly owners: Owners };

const MOVING_RETRY_MS = 1_000;

const placeBody = (request: OrderRequest, accountNo: string, clientOrderId: string | null, instruments: Instruments): Printable => ({
  accountNo,
  orderType: 'MARKET',
  side: request.side === 'buy' ? 'BUY' : 'SELL',
  ...instruments.namesOf(request.instrument),
  ...(request.size.by === 'units'
    ? { quantity: new JsonNumber(request.size.units) }
    : { amountCash: new JsonNumber(request.size.amount.amount) }),
  ...(clientOrderId === null ? {} : { clientOrderID: clientOrderId }),
});

const MOST_OWNERS = 50_000;

const createOwners = (): Owners => {
  const keys = new Recent<string>(MOST_OWNERS);
  return {
    of: (orderId) => keys.get(orderId),
    note: (orderId, key) => {
      keys.set(orderId, key);
    },
  };
};

const placeOrder =
  (context: Context): Orders['placeOrder'] =>
  async (request, sending) => {
    const { instruments, options, owners } = context;
    const { size } = request;
    if (!isPositive(size.by === 'units' ? size.units : size.amount.amount)) throw new Bug('an order is for more than nothing');
    if (size.by === 'amount' && size.amount.currency !== options.currency)
      return { kind: 'rejected', reason: 'not sent: another currency than the accounts have' };
    const posted = await post(
      context,
      {
        operation: 'place-order',
        path: PATHS.orders,
        account: request.account,
        refusals: ORDER_REFUSALS,
        body: ({ accountNo }, key) => placeBody(request, accountNo, options.sendClientOrderId ? key : null, instruments),
      },
      sending,
    );
    if (posted.ended !== null) return posted.ended;
    const read = createOrderResponse.safeParse(posted.json);
    if (!read.success) return unknown('the answer holds no order id');
    owners.note(read.data.orderId, posted.key);
    return { kind: 'applied', result: { orderId: read.data.orderId } };
  };

export const openRows = async (
  { client }: OrderContext,
  { accountId }: AccountNames,
  signal: AbortSignal,
): Promise<Got<readonly OrderListRow[]>> => {
  const question = { operation: 'read-open-orders', path: PATHS.pendingOrders(accountId), shape: pendingOrders, what: 'the open orders' };
  const answer = await get(client, question, signal);
  return answer.ended === null ? got(answer.value.orders) : answer;
};

/** Orders at an end, made since `fromMs` less a day. */
export const endedRows = (
  { client, options }: OrderContext,
  { accountId }: AccountNames,
  fromMs: number,
  signal: AbortSignal,
): Promise<Got<readonly OrderListRow[]>> =>
  readTimedList<OrderListRow>({
    what: 'the order history',
    fromMs,
    nowMs: options.nowMs(),
    offset: options.listOffset,
    idOf: (row) => row.orderID,
    atOf: (row) => row.createdWhen,
    ask: async (parameters) => {
      const path = `${PATHS.orderHistory(accountId)}${parameters}`;
      const answer = await get(client, { operation: 'read-order-history', path, shape: orderHistory, what: 'the order history' }, signal);
      return answer.ended === null ? got(answer.value.orders) : answer;
    },
  });

/** Rows of the ledger since `fromMs` less a day. */
export const ledgerRows = (
  { client, options }: OrderContext,
  { accountId }: AccountNames,
  fromMs: number,
  signal: AbortSignal,
): Promise<Got<readonly TransactionRow[]>> =>
  readTimedList<TransactionRow>({
    what: 'the ledger',
    fromMs,
    nowMs: options.nowMs(),
    offset: options.listOffset,
    idOf: (row) => row.finTranID,
    atOf: (row) => row.tranWhen,
    ask: (parameters) => {
      const path = `${PATHS.transactions(accountId)}${parameters}`;
      return get(client, { operation: 'read-transactions', path, shape: transactions, what: 'the ledger' }, signal);
    },
  });

export const detailOf = async ({ client }: OrderContext, orderId: string, signal: AbortSignal): Promise<Got<OrderDetail>> => {
  const detail = await get(client, { operation: 'read-order', path: PATHS.order(orderId), shape: orderDetail, what: 'the order' }, signal);
  return detail.ended === null && detail.value.id !== orderId ? unclear('the order cannot be read') : detail;
};

/** Ours, not ours, or not said: an order may carry our key as `clientOrderID`, and `GET` of the order shows it; or we were told its id. */
const keepOurs = async (
  context: Context,
  orderIds: readonly string[],
  key: string,
  signal: AbortSignal,
): Promise<Got<{ readonly sure: readonly string[]; readonly perhaps: readonly string[] }>> => {
  const sure: string[] = [];
  const perhaps: string[] = [];
  for (const orderId of orderIds) {
    const detail = await detailOf(context, orderId, signal);
    if (detail.ended !== null) return detail;
    const owner = detail.value.clientOrderID ?? context.owners.of(orderId);
    if (owner === key) sure.push(orderId);
    else if (owner === undefined) perhaps.push(orderId);
  }
  return got({ sure, perhaps });
};

const MOST_CANDIDATES = 20;

const candidatesOf = async (context: Context, request: OrderRequest, sending: Sending): Promise<Got<readonly string[]>> => {
  const fromMs = sending.firstSentAtMs - context.options.clockSkewMs;
  const names = await context.accounts.find(request.account, sending.signal);
  if (names.ended !== null) return names;
  // Open ones first: an order that ends between the two reads is then seen twice, never not at all.
  const open = await openRows(context, names.value, sending.signal);
  if (open.ended !== null) return open;
  const ended = await endedRows(context, names.value, fromMs, sending.signal);
  if (ended.ended !== null) return ended;
  const inWindow = (row: OrderListRow): boolean => (instantMs(row.createdWhen) ?? fromMs) >= fromMs;
  const ids = [...open.value, ...ended.value]
    .filter((row) => inWindow(row) && rowMatches(row, request, context.instruments))
    .map((row) => row.orderID);
  const distinct = [...new Set(ids)];
  return distinct.length > MOST_CANDIDATES ? unclear('too many orders could be ours') : got(distinct);
};

const findOrder =
  (context: Context): Orders['findOrder'] =>
  async (request, sending) => {
    const candidates = await candidatesOf(context, request, sending);
    const ours = candidates.ended === null ? await keepOurs(context, candidates.value, wireKey(sending.key), sending.signal) : candidates;
    if (ours.ended !== null)
      return ours.ended.kind === 'rejected'
        ? { found: 'no-answer', evidence: 'account or order was not found', retryAfterMs: 60_000 }
        : noAnswer(ours.ended);
    const { sure, perhaps } = ours.value;
    const [only, second] = sure.length > 0 ? sure : perhaps;
    if (only === undefined) return { found: 'absent' };
    if (second !== undefined)
      return {
        found: 'ambiguous',
        evidence: `${String(Math.max(sure.length, perhaps.length))} orders since the first send have the same side, instrument and size`,
      };
    context.owners.note(only, wireKey(sending.key));
    return { found: 'applied', result: { orderId: only } };
  };

/** Every row of the account since the order was made. */
const ledgerOf = (
  context: Context,
  names: AccountNames,
  detail: OrderDetail,
  signal: AbortSignal,
): Promise<Got<readonly TransactionRow[]>> => {
  const createdMs = detail.created === undefined ? null : instantMs(detail.created);
  return ledgerRows(context, names, createdMs === null ? 0 : createdMs - context.options.clockSkewMs, signal);
};

const reportOf = (
  detail: OrderDetail,
  account: BrokerAccountId,
  { fills, lastStepAt, takenBack }: Pick<OrderReport, 'fills' | 'takenBack'> & { readonly lastStepAt: string | null },
  context: Context,
): Got<OrderReport> => {
  const instrument = context.instruments.idOf(detail);
  const side = sideOf(detail.side);
  if (instrument === null || side === null) return unclear('the instrument or the side of the order is not known');
  if (detail.currency !== undefined && detail.currency !== context.options.currency) return unclear('the order is in another currency');
  const status = orderStateOf(detail);
  const last = lastStepAt ?? fills.at(-1)?.executedAt ?? detail.lastExecuted ?? null;
  const byAmount = detail.amountCash !== undefined && isPositive(detail.amountCash);
  return got({
    orderId: detail.id,
    account,
    instrument,
    side,
    status,
    brokerStatus: detail.status,
    fills,
    orderedUnits: byAmount ? null : (detail.quantity ?? null),
    filledUnits: detail.cumulativeQuantity ?? ZERO,
    currency: context.options.currency,
    closedAt: status === 'open' ? null : last,
    rejectReason: detail.statusMessage?.errorCode ?? null,
    takenBack,
  });
};

/** `ledger`: every row of the account since the order was made. */
type Read = { readonly report: OrderReport; readonly orderNo: string | undefined; readonly ledger: readonly TransactionRow[] };

const readReport = async (context: Context, account: BrokerAccountId, orderId: string, signal: AbortSignal): Promise<Got<Read>> => {
  const names = await context.accounts.find(account, signal);
  if (names.ended !== null) return names;
  const detail = await detailOf(context, orderId, signal);
  if (detail.ended !== null) return detail;
  if (!isOfAccount(detail.value, names.value)) return unclear('the order is of another account');
  const isFilled = isPositive(detail.value.cumulativeQuantity ?? ZERO);
  if (!isFilled && orderStateOf(detail.value) === 'open') {
    const report = reportOf(detail.value, account, { fills: [], lastStepAt: null, takenBack: null }, context);
    return report.ended === null ? got({ report: report.value, orderNo: detail.value.orderNo, ledger: [] }) : report;
  }
  const question = { operation: 'read-order-audit', path: PATHS.orderAudit(orderId), shape: orderAudit, what: 'the audit of the order' };
  const audit = await get(context.client, question, signal);
  if (audit.ended !== null) return audit;
  const { steps } = audit.value;
  const lastStep = steps.at(-1);
  const rows = isFilled ? await ledgerOf(context, names.value, detail.value, signal) : got([]);
  if (rows.ended !== null) return rows;
  const filled = fillsOf(detail.value, steps, rows.value);
  // An order that is being filled moves between the three reads: look again soon.
  if (filled.unclear !== null) return unclear(filled.unclear, MOVING_RETRY_MS);
  if (!feesAddUp(detail.value, filled.fills))
    return unclear('the fees of the fills do not add up to the fees of the order', MOVING_RETRY_MS);
  const takenBack = takenBackOf(fillRowsOf(rows.value, orderId, detail.value.orderNo));
  const lastStepAt = timeOf(lastStep?.transactTime) ?? timeOf(lastStep?.createdWhen);
  const report = reportOf(detail.value, account, { fills: filled.fills, lastStepAt, takenBack }, context);
  return report.ended === null ? got({ report: report.value, orderNo: detail.value.orderNo, ledger: rows.value }) : report;
};

const OF_A_SALE: ReadonlySet<string> = new Set([LEDGER_CODES.sale, LEDGER_CODES.commission, LEDGER_CODES.fee]);

/** What later sales bring in, fees taken off. Nothing else is cash that an account waits for: what left it meanwhile must not count against it. */
const cashOfSalesAfter = (ledger: readonly TransactionRow[], dueMs: number): Decimal => {
  const later = ledger.filter((row) => OF_A_SALE.has(row.finTranTypeID) && (instantMs(row.settleDate ?? '') ?? 0) > dueMs);
  const sold = new Set(later.filter((row) => row.finTranTypeID === LEDGER_CODES.sale).map((row) => row.orderID ?? row.orderNo));
  return sum(later.filter((row) => sold.has(row.orderID ?? row.orderNo)).map((row) => row.accountAmount));
};

/**
 * Cash that the account waits for although the market's date of ours has come: on a holiday of the banks only it comes later.
 * What is dated later than ours does not count; the rest could be ours.
 */
const couldBeWaiting = (waiting: BrokerCash['pendingSettlement'], ledger: readonly TransactionRow[], dueMs: number): boolean =>
  compare(sum(waiting.map((row) => row.amount)), cashOfSalesAfter(ledger, dueMs)) > 0;

/** By the settle dates of the ledger where they are sent, and never while the account waits for cash that could be of that date. */
const settlementOf = async (context: Context, { report, orderNo, ledger }: Read, signal: AbortSignal): Promise<Got<Settlement>> => {
  const rows = fillRowsOf(ledger, report.orderId, orderNo);
  const nowMs = context.options.nowMs();
  const { takenBack } = report;
  const notYet = (nextLookAtMs: number): Got<Settlement> => got({ settled: false, settledAt: null, nextLookAtMs, takenBack });
  const dates = rows.map((row) => (row.settleDate === undefined ? null : instantMs(row.settleDate)));
  const dated = dates.filter((date) => date !== null);
  const lastFillMs = Math.max(...report.fills.map((one) => instantMs(one.executedAt) ?? nowMs));
  const byDate = dated.length === rows.length ? Math.max(...dated) : null;
  const dueMs = byDate ?? (report.side === 'buy' ? lastFillMs + context.options.purchaseSettlementMs : null);
  if (dueMs !== null && dueMs > nowMs) return notYet(dueMs);
  if (report.side === 'sell') {
    const money = await context.accounts.money(report.account, signal);
    if (money.ended !== null) return money;
    const waiting = money.value.pendingSettlement;
    const comesAtMs = waiting.map((row) => instantMs(row.availableAt) ?? nowMs);
    // Dates of theirs are compared with dates of theirs: our clock may be fast.
    const isOfThatDate = dueMs === null ? waiting.length > 0 : comesAtMs.some((atMs) => atMs <= dueMs);
    if (isOfThatDate || (dueMs !== null && couldBeWaiting(waiting, ledger, dueMs)))
      return notYet(Math.max(Math.min(...comesAtMs), nowMs + MOVING_RETRY_MS));
  }
  return got({ settled: true, settledAt: isoOf(dueMs ?? nowMs), nextLookAtMs: null, takenBack });
};

const readSettlement =
  (context: Context): Orders['readSettlement'] =>
  async (account, orderId, signal) => {
    const read = await readReport(context, account, orderId, signal);
    if (read.ended !== null) return read.ended;
    const { report } = read.value;
    const { status, fills, closedAt, takenBack } = report;
    if (status === 'open') return { kind: 'applied', result: { settled: false, settledAt: null, nextLookAtMs: null, takenBack } };
    if (fills.length === 0) return { kind: 'applied', result: { settled: true, settledAt: closedAt, nextLookAtMs: null, takenBack } };
    const settlement = await settlementOf(context, read.value, signal);
    return settlement.ended === null ? { kind: 'applied', result: settlement.value } : settlement.ended;
  };

export const createOrders = (given: OrderContext): Orders => {
  const context: Context = { ...given, owners: createOwners() };
  return {
    placeOrder: placeOrder(context),
    findOrder: findOrder(context),
    readOrder: async (account, orderId, signal) => {
      const read = await readReport(context, account, orderId, signal);
      return read.ended === null ? { kind: 'applied', result: read.value.report } : read.ended;
    },
    readOpenOrders: async (account, signal) => {
      const names = await context.accounts.find(account, signal);
      const rows = names.ended === null ? await openRows(context, names.value, signal) : names;
      if (rows.ended !== null) return rows.ended;
      const orders: { orderId: string; instrument: InstrumentId }[] = [];
      for (const row of rows.value) {
        const instrument = context.instruments.idOf(row);
        if (instrument === null) return retryable('the instrument of an open order is not known', 60_000);
        orders.push({ orderId: row.orderID, instrument });
      }
      return { kind: 'applied', result: orders };
    },
    readSettlement: readSettlement(context),
  };
};
