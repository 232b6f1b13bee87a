/**
 * DriveWealth back-office REST API as we use it. Amounts and quantities are JSON numbers there; here they are exact decimals.
 * Unknown members are dropped, never an error: the vendor adds members and enum values at any time. Sources: README.md.
 */
import { z } from 'zod';
import { decimalToken } from '../../tokens.js';
import { optionalDecimal, optionalText, wireCode } from '../tokens.js';

export const HEADER_APP_KEY = 'dw-client-app-key';
export const HEADER_REQUEST_ID = 'dw-request-id';
export const HEADER_REQUEST_TIMESTAMP = 'dw-request-timestamp';
export const HEADER_IDEMPOTENCY_KEY = 'idempotency-key';
/** Shortest idempotency key the vendor takes, in characters (error IK010 below it). */
export const KEY_MIN_CHARACTERS = 16;
/** How long the vendor remembers a key: 4 days. */
export const KEY_MEMORY_MS = 4 * 24 * 60 * 60 * 1_000;
/** After so many repeats of one key the vendor answers E101. */
export const KEY_MAX_REPEATS = 5;
/** Life of a token, in seconds. */
export const TOKEN_LIFE_S = 3_600;

export const PATHS = {
  tokens: '/auth/tokens',
  orders: '/orders',
  order: (orderId: string): string => `/orders/${encodeURIComponent(orderId)}`,
  orderByNo: (orderNo: string): string => `/orders/byOrderNo/${encodeURIComponent(orderNo)}`,
  orderAudit: (orderId: string): string => `/orders/${encodeURIComponent(orderId)}/audit`,
  account: (accountId: string): string => `/accounts/${encodeURIComponent(accountId)}`,
  userAccounts: (userId: string): string => `/users/${encodeURIComponent(userId)}/accounts`,
  pendingOrders: (accountId: string): string => `/accounts/${encodeURIComponent(accountId)}/summary/orders`,
  orderHistory: (accountId: string): string => `/accounts/${encodeURIComponent(accountId)}/reports/order-history`,
  money: (accountId: string): string => `/accounts/${encodeURIComponent(accountId)}/summary/money`,
  positions: (accountId: string): string => `/accounts/${encodeURIComponent(accountId)}/summary/positions`,
  transactions: (accountId: string): string => `/accounts/${encodeURIComponent(accountId)}/transactions`,
  accountRedemptions: (accountId: string): string => `/accounts/${encodeURIComponent(accountId)}/funding/redemptions`,
  redemptions: '/funding/redemptions',
  redemption: (redemptionId: string): string => `/funding/redemptions/${encodeURIComponent(redemptionId)}`,
  quotes: '/quotes',
} as const;

export const tokenRequest = z.object({ clientID: z.string().min(1), clientSecret: z.string().min(1) });
/** `expires_in` in seconds; documented as text in one place and as a number in another. */
export const tokenResponse = z.object({
  access_token: z.string().min(1),
  expires_in: wireCode,
  token_type: optionalText,
  scope: optionalText,
});
export type TokenResponse = z.infer<typeof tokenResponse>;

/**
 * Stands in answers of 400, 403 and others. `errorDetails` names the wrong member (`field`), the expected type and what is wrong.
 * Its form is open, so nothing of it is needed.
 */
export const errorResponse = z.object({ errorCode: z.string(), message: optionalText, errorDetails: z.unknown().optional() });
export type ErrorResponse = z.infer<typeof errorResponse>;

const metadata = z.record(z.string(), z.string());
/** Sides of option orders (`SELL_CLOSE` ...) are documented too; we place BUY and SELL only. */
export const orderSide = z.enum(['BUY', 'SELL']);

/** Exactly one of quantity and amountCash (error O015), and one of symbol, instrumentID and ISIN. */
export const createOrderRequest = z.object({
  accountNo: z.string().min(1),
  orderType: z.enum(['MARKET', 'LIMIT', 'STOP', 'MARKET_IF_TOUCHED']),
  side: orderSide,
  symbol: z.string().min(1).optional(),
  instrumentID: z.string().min(1).optional(),
  ISIN: z.string().min(12).max(14).optional(),
  quantity: decimalToken.optional(),
  amountCash: decimalToken.optional(),
  price: decimalToken.optional(),
  currency: z.string().length(3).optional(),
  timeInForce: z.enum(['GTC', 'GTX', 'DAY', 'FILL_OR_KILL']).optional(),
  preventQueuing: z.boolean().optional(),
  extendedHours: z.boolean().optional(),
  clientNotes: z.string().optional(),
  /** Reported to the audit trail authority. Not documented as unique and not a search word: no protection against a second order. */
  clientOrderID: z.string().optional(),
  metadata: metadata.optional(),
});
export type CreateOrderRequest = z.infer<typeof createOrderRequest>;

/** The id is written `orderId`, `orderID` or `id`, depending on page and client. */
export const createOrderResponse = z
  .object({ orderId: optionalText, orderID: optionalText, id: optionalText, orderNo: optionalText })
  .transform((body, context) => {
    const orderId = body.orderId ?? body.orderID ?? body.id;
    if (orderId !== undefined) return { orderId, orderNo: body.orderNo };
    context.addIssue({ code: 'custom', message: 'no order id' });
    return z.NEVER;
  });
export type CreateOrderResponse = z.infer<typeof createOrderResponse>;

/** `{ "method": "CANCEL" }`. A 2xx means asked for, not done: the order's status says which. */
export const cancelOrderRequest = z.object({ method: z.literal('CANCEL') });

const reasons = z
  .union([z.string(), z.array(z.string())])
  .nullish()
  .transform((reason) => (reason === undefined || reason === null ? [] : typeof reason === 'string' ? [reason] : reason));
export const orderStatusMessage = z.object({ errorCode: optionalText, message: optionalText, reason: reasons });

/** Members of an order, in reads and in events alike. Quantities in units, amounts in `currency` (USD where absent). */
export const orderDetail = z.object({
  id: z.string().min(1),
  orderNo: optionalText,
  type: optionalText,
  side: z.string(),
  status: wireCode,
  statusMessage: orderStatusMessage.nullish().transform((message) => message ?? undefined),
  symbol: optionalText,
  ISIN: optionalText,
  instrumentID: optionalText,
  averagePrice: optionalDecimal,
  averagePriceRaw: optionalDecimal,
  totalOrderAmount: optionalDecimal,
  cumulativeQuantity: optionalDecimal,
  quantity: optionalDecimal,
  openQuantity: optionalDecimal,
  availableForTradingQuantity: optionalDecimal,
  amountCash: optionalDecimal,
  fees: optionalDecimal,
  currency: optionalText,
  lastPrice: optionalDecimal,
  lastShares: optionalDecimal,
  lastMarket: optionalText,
  lastExecuted: optionalText,
  orderExpires: optionalText,
  userID: optionalText,
  accountID: optionalText,
  accountNo: optionalText,
  created: optionalText,
  createdBy: optionalText,
  clientOrderID: optionalText,
});
export type OrderDetail = z.infer<typeof orderDetail>;

const auditFees = z.object({
  commission: optionalDecimal,
  feeSec: optionalDecimal,
  feeTaf: optionalDecimal,
  feeBase: optionalDecimal,
  feeXtraShares: optionalDecimal,
  feeExchange: optionalDecimal,
});
/** One step of an order. A step is a fill when `filledQuantity` is above zero; `lastPrice` is its price. `eventID` equals the id of the event sent. */
export const orderAuditStep = z.object({
  status: wireCode,
  quantities: z.object({ cumulativeQuantity: optionalDecimal, filledQuantity: optionalDecimal, remainingQuantity: optionalDecimal }),
  pricing: z.object({
    averagePrice: optionalDecimal,
    averagePriceRaw: optionalDecimal,
    lastPrice: optionalDecimal,
    rateAsk: optionalDecimal,
    rateBid: optionalDecimal,
  }),
  commissionAndFees: auditFees.nullish().transform((fees) => fees ?? undefined),
  transactTime: optionalText,
  comment: optionalText,
  eventID: optionalText,
  createdWhen: optionalText,
});
export type OrderAuditStep = z.infer<typeof orderAuditStep>;

/** The vendor's schema says `auditLog` and `id`, its example `auditOrders` and `orderID`: both are read. */
export const orderAudit = z
  .object({
    id: optionalText,
    orderID: optionalText,
    orderNo: optionalText,
    accountID: optionalText,
    accountNo: optionalText,
    ordStatus: wireCode,
    side: optionalText,
    symbol: optionalText,
    auditLog: z.array(orderAuditStep).optional(),
    auditOrders: z.array(orderAuditStep).optional(),
  })
  .transform(({ id, orderID, auditLog, auditOrders, ...rest }) => ({
    ...rest,
    orderId: id ?? orderID,
    steps: auditLog ?? auditOrders ?? [],
  }));
export type OrderAudit = z.infer<typeof orderAudit>;

/** A row of the two order lists. `side` is `B` or `S`; `orderStatus` is a code. */
export const orderListRow = z.object({
  orderID: z.string().min(1),
  orderNo: optionalText,
  createdWhen: z.string(),
  symbol: optionalText,
  ISIN: optionalText,
  cumQty: optionalDecimal,
  orderStatus: wireCode,
  orderType: wireCode.nullish().transform((type) => type ?? undefined),
  orderQty: optionalDecimal,
  orderCashAmt: optionalDecimal,
  limitPrice: optionalDecimal,
  averagePriceRaw: optionalDecimal,
  side: z.string(),
  isoTimeRestingOrderExpires: optionalText,
});
export type OrderListRow = z.infer<typeof orderListRow>;
/** `GET /accounts/{accountID}/summary/orders`: orders not at an end. */
export const pendingOrders = z.object({ accountID: z.string(), accountNo: optionalText, orders: z.array(orderListRow) });
export type PendingOrders = z.infer<typeof pendingOrders>;
/**
 * `GET /accounts/{accountID}/reports/order-history?from&to&limit&offset&direction`: orders at an end. `from`, `to` and `offset` are ISO 8601.
 * `offset` is a point in time and no count of rows; `limit` has neither a default nor a maximum (page "Pagination", October 2026).
 */
export const orderHistory = pendingOrders;
export type OrderHistory = z.infer<typeof orderHistory>;

export const accountDetail = z.object({
  id: z.string(),
  accountNo: z.string(),
  userID: optionalText,
  status: z
    .object({ name: z.string() })
    .nullish()
    .transform((status) => status ?? undefined),
  accountManagementType: z
    .object({ name: z.string() })
    .nullish()
    .transform((type) => type ?? undefined),
});
export type AccountDetail = z.infer<typeof accountDetail>;
/** `GET /users/{userID}/accounts`: every account of one customer. */
export const userAccounts = z.array(accountDetail);

/** `cashAvailableForWithdrawal` is settled and seasoned: the only cash that may leave. `cashSettlement` says when more will. */
export const accountMoney = z.object({
  accountID: z.string(),
  accountNo: optionalText,
  updated: optionalText,
  cash: z.object({
    cashAvailableForTrade: decimalToken,
    cashAvailableForWithdrawal: decimalToken,
    cashBalance: decimalToken,
    cashSettlement: z
      .array(z.object({ utcTime: z.string(), cash: decimalToken }))
      .nullish()
      .transform((rows) => rows ?? []),
    cashPendingSettlement: optionalDecimal,
    pendingPaymentsAmount: optionalDecimal,
  }),
});
export type AccountMoney = z.infer<typeof accountMoney>;

const positions = z
  .array(
    z.object({
      symbol: optionalText,
      instrumentID: optionalText,
      ISIN: optionalText,
      openQty: decimalToken,
      availableForTradingQty: optionalDecimal,
      avgPrice: optionalDecimal,
      mktPrice: optionalDecimal,
      marketValue: optionalDecimal,
      side: optionalText,
    }),
  )
  .nullish()
  .transform((rows) => rows ?? []);

/**
 * Four lists, one for each kind of instrument; a kind that the account does not have may be left out. A list for a kind that is new to us
 * (`cryptoPositions`) is read as the others: what an account holds must never look like nothing.
 */
export const accountPositions = z
  .object({
    accountID: z.string(),
    accountNo: optionalText,
    equityPositions: positions,
    optionsPositions: positions,
    mutualFundsPositions: positions,
    debtPositions: positions,
  })
  .catchall(z.unknown())
  .transform((body, context) => {
    const { accountID, accountNo, equityPositions, optionsPositions, mutualFundsPositions, debtPositions, ...others } = body;
    const lists = [equityPositions, optionsPositions, mutualFundsPositions, debtPositions];
    for (const [name, rows] of Object.entries(others)) {
      if (!name.endsWith('Positions')) continue;
      const read = positions.safeParse(rows);
      if (!read.success) {
        context.addIssue({ code: 'custom', message: `${name} cannot be read` });
        return z.NEVER;
      }
      lists.push(read.data);
    }
    return { accountID, accountNo, equityPositions, optionsPositions, mutualFundsPositions, debtPositions, all: lists.flat() };
  });
export type AccountPositions = z.infer<typeof accountPositions>;

/**
 * A ledger row. `accountAmount` is signed: what the row adds to cash. One sale gives one SSAL per fill, and COMM and FEE rows.
 * `settleDate` is not in the vendor's published schema: never required, ISO 8601 where it is sent.
 */
export const transactionRow = z.object({
  finTranID: z.string().min(1),
  finTranTypeID: z.string(),
  accountAmount: decimalToken,
  accountBalance: optionalDecimal,
  comment: optionalText,
  orderID: optionalText,
  orderNo: optionalText,
  fillQty: optionalDecimal,
  fillPx: optionalDecimal,
  feeSec: optionalDecimal,
  feeTaf: optionalDecimal,
  feeBase: optionalDecimal,
  feeXtraShares: optionalDecimal,
  feeExchange: optionalDecimal,
  positionDelta: optionalDecimal,
  tranWhen: optionalText,
  settleDate: optionalText,
  instrument: z
    .object({ id: optionalText, symbol: optionalText, name: optionalText, ISIN: optionalText })
    .nullish()
    .transform((instrument) => instrument ?? undefined),
});
export type TransactionRow = z.infer<typeof transactionRow>;
/**
 * `GET /accounts/{accountID}/transactions?from&to&limit&offset&direction`: a plain array, paged as the order history is. `from` and `to`
 * are required. `summary/transactions` is deprecated and never asked.
 */
export const transactions = z.array(transactionRow);

/** `GET /quotes?symbols=` or `?instrumentIDs=` or `?isins=`, comma separated. What has no price is left out. */
export const quotes = z.array(
  z.object({
    symbol: optionalText,
    instrumentID: optionalText,
    isin: optionalText,
    bid: optionalDecimal,
    ask: optionalDecimal,
    lastTrade: optionalDecimal,
    priorClose: optionalDecimal,
    marketCondition: optionalText,
  }),
);
export type Quotes = z.infer<typeof quotes>;

export const redemptionTypes = z.enum(['ACH', 'WIRE', 'CASH_TRANSFER', 'BULK_FUNDING']);
/**
 * The sign of `amount` is not read. `note` carries our reference: it comes back in the read by id and in events, and the published row of
 * the list has none. There is no `metadata` in this request, unlike in that of a deposit or an order.
 */
export const createRedemptionRequest = z.object({
  accountNo: z.string().min(1),
  amount: decimalToken,
  currency: z.string().length(3),
  type: redemptionTypes,
  bankAccountID: z.string().optional(),
  settlementProfileID: z.string().optional(),
  note: z.string().optional(),
});
export type CreateRedemptionRequest = z.infer<typeof createRedemptionRequest>;

const currencyName = z
  .union([z.string(), z.object({ name: z.string() })])
  .nullish()
  .transform((value) => (value === undefined || value === null ? undefined : typeof value === 'string' ? value : value.name));
const reference = z
  .object({ accountID: optionalText, accountNo: optionalText })
  .nullish()
  .transform((value) => value ?? undefined);

/** The three documented shapes of a redemption (answer to POST, list row, read by id) as one. `amount` is negative in some, absent in others. */
export const redemption = z
  .object({
    id: optionalText,
    paymentID: optionalText,
    amount: optionalDecimal,
    currency: currencyName,
    status: z.object({ id: wireCode, message: optionalText, comment: optionalText, updated: optionalText }),
    type: optionalText,
    category: optionalText,
    note: optionalText,
    metadata: metadata.nullish().transform((value) => value ?? undefined),
    accountID: optionalText,
    accountNo: optionalText,
    accountDetails: reference,
    finTranReference: optionalText,
    finTranRef: optionalText,
    fees: z
      .array(z.object({ type: z.string(), amount: decimalToken }))
      .nullish()
      .transform((fees) => fees ?? []),
    created: optionalText,
    timestamp: optionalText,
  })
  .transform((body, context) => {
    const redemptionId = body.id ?? body.paymentID;
    if (redemptionId === undefined) {
      context.addIssue({ code: 'custom', message: 'no redemption id' });
      return z.NEVER;
    }
    return {
      redemptionId,
      amount: body.amount,
      currency: body.currency,
      status: body.status,
      type: body.type,
      note: body.note,
      metadata: body.metadata,
      fees: body.fees,
      accountId: body.accountID ?? body.accountDetails?.accountID,
      accountNo: body.accountNo ?? body.accountDetails?.accountNo,
      finTranRef: body.finTranReference ?? body.finTranRef,
      created: body.created ?? body.timestamp,
    };
  });
export type Redemption = z.infer<typeof redemption>;
export const redemptionList = z.array(redemption);

/** `PATCH /funding/redemptions/{id}`: the adviser's word on a managed account's withdrawal. Only from RIA_PENDING. */
export const patchRedemptionRequest = z.object({ status: z.enum(['RIA_APPROVED', 'RIA_REJECTED']), statusComment: z.string().optional() });
