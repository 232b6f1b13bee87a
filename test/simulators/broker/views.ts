import { negated, sum, times, cutTo, ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import { JsonNumber } from '../../../shared/kernel/json.js';
import { ORDER_STATUSES, redemptionCodeOf, type RedemptionStatus } from '../../../contracts/broker/drivewealth/statuses.js';
import type { Line } from '../shared/book.js';
import type { Account, Instrument, LedgerEntry } from './books.js';
import { averagePriceOf, isAtEnd, type Body, type Order, type Views, type World } from './model.js';

const number = (value: Decimal): JsonNumber => new JsonNumber(value);
const iso = (atMs: number): string => new Date(atMs).toISOString();
/** Events carry nanoseconds. */
const isoNanos = (atMs: number): string => iso(atMs).replace('Z', '000000Z');

/** As events spell it: `Successful`, `RIA_Pending`, `On Hold`. */
const spelt = (status: RedemptionStatus): string => {
  if (status === 'ON_HOLD') return 'On Hold';
  const capital = (word: string): string => word.charAt(0) + word.slice(1).toLowerCase();
  return status.startsWith('RIA_') ? `RIA_${capital(status.slice(4))}` : capital(status);
};
const code = (status: RedemptionStatus): JsonNumber => new JsonNumber(redemptionCodeOf(status));
const listCode = (order: Order): string => ORDER_STATUSES.find((row) => row.status === order.status)?.codes[0] ?? '0';

const orderViews = (world: () => World): Pick<Views, 'order' | 'orderRow' | 'audit'> => ({
  order: (order) => ({
    id: order.orderId,
    orderNo: order.orderNo,
    type: order.type,
    side: order.side,
    status: order.status,
    statusMessage:
      order.statusMessage === null ? null : { errorCode: order.statusMessage.errorCode, message: order.statusMessage.message, reason: [] },
    symbol: order.instrument.symbol,
    instrumentID: order.instrument.instrumentId,
    ISIN: order.instrument.isin,
    averagePrice: number(averagePriceOf(order)),
    averagePriceRaw: number(averagePriceOf(order)),
    totalOrderAmount: number(order.gross),
    cumulativeQuantity: number(order.filledUnits),
    quantity: number(order.units ?? order.filledUnits),
    amountCash: number(order.amountCash ?? ZERO),
    fees: number(order.fees),
    currency: order.account.currency,
    orderExpires: iso(order.expiresAtMs),
    userID: order.account.userId,
    accountID: order.account.accountId,
    accountNo: order.account.accountNo,
    created: iso(order.createdAtMs),
    createdBy: order.account.userId,
    clientOrderID: order.clientOrderId ?? undefined,
    ...(order.last === null
      ? {}
      : {
          lastPrice: number(order.last.price),
          lastShares: number(order.last.units),
          lastExecuted: iso(order.last.atMs),
          lastMarket: 'SIM',
        }),
  }),
  orderRow: (order) => ({
    orderID: order.orderId,
    orderNo: order.orderNo,
    createdWhen: iso(order.createdAtMs),
    symbol: order.instrument.symbol,
    ISIN: order.instrument.isin,
    cumQty: number(order.filledUnits),
    orderStatus: isAtEnd(order) ? new JsonNumber(listCode(order)) : listCode(order),
    orderType: order.type,
    orderQty: number(order.units ?? order.filledUnits),
    orderCashAmt: order.amountCash === null ? null : number(order.amountCash),
    limitPrice: order.limitPrice === null ? null : number(order.limitPrice),
    side: order.side === 'BUY' ? 'B' : 'S',
    averagePriceRaw: number(averagePriceOf(order)),
    isoTimeRestingOrderExpires: iso(order.expiresAtMs),
  }),
  audit: (order) => ({
    id: order.orderId,
    orderNo: order.orderNo,
    accountID: order.account.accountId,
    accountNo: order.account.accountNo,
    ordStatus: order.status,
    side: order.side,
    symbol: order.instrument.symbol,
    instrumentID: order.instrument.instrumentId,
    ordType: order.type,
    amountCash: number(order.amountCash ?? ZERO),
    quantities: { requestedQuantity: number(order.units ?? ZERO), totalFilledQuantity: number(order.filledUnits) },
    commissionAndFees: { total: number(order.fees) },
    auditLog: order.steps.map((step) => ({
      status: step.status,
      quantities: {
        cumulativeQuantity: number(step.cumulativeUnits),
        filledQuantity: number(step.filledUnits),
        remainingQuantity: number(step.remainingUnits),
      },
      pricing: {
        averagePrice: number(step.averagePrice),
        averagePriceRaw: number(step.averagePrice),
        lastPrice: number(step.lastPrice),
        rateAsk: number(world().priceOf(order.instrument.isin)),
        rateBid: number(world().priceOf(order.instrument.isin)),
      },
      commissionAndFees: {
        commission: number(step.commission),
        feeSec: number(step.feeSec),
        feeTaf: number(step.feeTaf),
        feeBase: number(sum([step.feeSec, step.feeTaf])),
        feeXtraShares: number(ZERO),
        feeExchange: number(ZERO),
      },
      transactTime: iso(step.atMs),
      createdWhen: iso(step.atMs),
      comment: step.comment,
      eventID: step.eventId,
    })),
  }),
});

const redemptionViews: Pick<Views, 'redemptionCreated' | 'redemptionRow' | 'redemption' | 'redemptionEvent'> = {
  redemptionCreated: (one) => ({
    id: one.redemptionId,
    accountNo: one.account.accountNo,
    category: 'REDEMPTION',
    currency: one.account.currency,
    amount: number(negated(one.amount)),
    status: { id: code(one.status), message: spelt(one.status), updated: iso(one.updatedAtMs) },
    source: { id: one.type, meta_info: one.note ?? '' },
    paymentRef: one.redemptionId,
    created: iso(one.createdAtMs),
    accountID: one.account.accountId,
    userID: one.account.userId,
    batch: one.type === 'BULK_FUNDING',
  }),
  /** As published: without note and type. */
  redemptionRow: (one) => ({
    id: one.redemptionId,
    paymentID: one.redemptionId,
    amount: number(one.amount),
    currency: { name: one.account.currency, description: one.account.currency, symbol: '$' },
    status: { id: code(one.status), message: one.status, updated: iso(one.updatedAtMs) },
    accountDetails: {
      accountID: one.account.accountId,
      accountNo: one.account.accountNo,
      accountManagementType: { name: one.account.managed ? 'RIA_MANAGED' : 'SELF' },
    },
    fees: [],
    finTranReference: one.finTranRef,
    timestamp: iso(one.createdAtMs),
  }),
  redemption: (one) => ({
    id: one.redemptionId,
    category: 'REDEMPTION',
    type: one.type,
    amount: number(negated(one.amount)),
    currency: { name: one.account.currency, description: one.account.currency, symbol: '$' },
    status: { id: code(one.status), message: one.status, updated: iso(one.updatedAtMs) },
    created: iso(one.createdAtMs),
    accountDetails: {
      accountID: one.account.accountId,
      accountNo: one.account.accountNo,
      accountManagementType: { name: one.account.managed ? 'RIA_MANAGED' : 'SELF' },
    },
    statusHistory: one.history.map((step) => ({
      status: code(step.status),
      statusMessage: step.status,
      created: iso(step.atMs),
      updatedBy: 'SYSTEM',
    })),
    note: one.note,
    fees: [],
    finTranReference: one.finTranRef,
  }),
  redemptionEvent: (one) => ({
    paymentID: one.redemptionId,
    category: 'REDEMPTION',
    type: one.type,
    amount: number(negated(one.amount)),
    currency: one.account.currency,
    status: code(one.status),
    statusMessage: spelt(one.status),
    userID: one.account.userId,
    accountID: one.account.accountId,
    accountNo: one.account.accountNo,
    note: one.note,
    finTranReference: one.finTranRef ?? undefined,
  }),
};

export const createViews = (world: () => World): Views => {
  const transaction = (line: Line<LedgerEntry>, balance: Decimal): Body => {
    const instrument = line.isin === null ? null : world().instruments.get(line.isin);
    return {
      accountAmount: number(line.amount),
      accountBalance: number(balance),
      accountType: 'LIVE',
      comment: line.comment,
      dnb: false,
      finTranID: line.finTranId,
      finTranTypeID: line.type,
      feeSec: number(line.feeSec),
      feeTaf: number(line.feeTaf),
      feeBase: number(sum([line.feeSec, line.feeTaf])),
      feeXtraShares: number(ZERO),
      feeExchange: number(ZERO),
      fillQty: number(line.fillUnits ?? ZERO),
      fillPx: number(line.fillPrice ?? ZERO),
      tranAmount: number(line.amount),
      tranSource: 'EMS',
      tranWhen: line.at,
      orderID: line.orderId ?? undefined,
      orderNo: line.orderNo ?? undefined,
      instrument:
        instrument === null || instrument === undefined
          ? null
          : { id: instrument.instrumentId, symbol: instrument.symbol, name: instrument.name },
      settleDate: world().config.ledgerSettleDate ? iso(line.settleDateMs) : undefined,
    };
  };
  const position = (account: Account, isin: string, units: Decimal): Body => {
    const instrument = world().instruments.get(isin);
    const price = world().prices.get(isin) ?? ZERO;
    return {
      symbol: instrument?.symbol ?? isin,
      instrumentID: instrument?.instrumentId ?? isin,
      ISIN: isin,
      openQty: number(units),
      availableForTradingQty: number(world().tradableUnits(account, isin)),
      mktPrice: number(price),
      marketValue: number(cutTo(times(units, price), 2)),
      side: 'B',
    };
  };
  return {
    ...orderViews(world),
    ...redemptionViews,
    transaction,
    event: (id, type, atMs, payload) => ({
      id,
      type,
      ...(type.startsWith('transfers.cancelRebill.') ? { ibID: 'SIM', object: 'CANCEL_REBILL' } : {}),
      timestamp: isoNanos(atMs),
      payload,
    }),
    money: (account) => {
      const cash = world().cash(account);
      return {
        accountID: account.accountId,
        accountNo: account.accountNo,
        tradingType: 'CASH',
        updated: iso(world().nowMs()),
        cash: {
          cashAvailableForTrade: number(cash.tradable),
          cashAvailableForWithdrawal: number(cash.withdrawable),
          cashBalance: number(cash.booked),
          noBuyingPowerReason: null,
          cashSettlement: cash.pendingSettlement.map((row) => ({ utcTime: iso(row.atMs), cash: number(row.amount) })),
          pendingPaymentsAmount: number(ZERO),
        },
        payments: { redemptions: { amountWithheldFromRedemptions: number(ZERO) } },
      };
    },
    positions: (account) => {
      const ofKind = (kind: Instrument['kind']): readonly Body[] =>
        [...world().units(account)]
          .filter(([isin]) => (world().instruments.get(isin)?.kind ?? 'equity') === kind)
          .map(([isin, units]) => position(account, isin, units));
      return {
        accountID: account.accountId,
        accountNo: account.accountNo,
        equityPositions: ofKind('equity'),
        optionsPositions: ofKind('option'),
        mutualFundsPositions: ofKind('fund'),
        debtPositions: ofKind('bond'),
      };
    },
    transactionEvent: (account, line) => ({
      accountID: account.accountId,
      accountNo: account.accountNo,
      userID: account.userId,
      transaction: transaction(line, world().cash(account).booked),
    }),
  };
};
