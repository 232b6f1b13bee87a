import { describe, expect, it } from '@jest/globals';
import { decimal } from '../../../../shared/kernel/decimal.js';
import type { InstrumentId } from '../../../../shared/kernel/ids.js';
import { currency } from '../../../../shared/kernel/money.js';
import { journeyFacts } from '../../../../test/builders/journey-facts.js';
import { order, ORDERED, orderDecided } from '../../../../test/builders/order.js';
import { executionRecord, notExecutedRecord, placedRecord, settlementRecord } from './movements.js';
import { orderFlow } from './order.flow.js';
import {
  afterExecution,
  afterSettlement,
  decided,
  executionNotRecorded,
  followed,
  folded,
  hasNews,
  notPlaced,
  placed,
  placedNotRecorded,
  recordedNotExecuted,
  recordedPlaced,
  refusalNotRecorded,
  settled,
  settlementNotRecorded,
  worthOf,
} from './order.rules.js';
import { orderState, type Fill, type Order, type OrderDecided, type OrderSeen } from './order.js';

const ISIN = ORDERED;
const opened = (over: Partial<OrderDecided> = {}, set: Partial<Order> = {}): Order => ({
  ...order(over),
  orderId: 'EF.1',
  placedAt: 'T0',
  transactionId: 'T1',
  ...set,
});
const fill = (id: string, units: string, price: string, gross: string, over: Partial<Fill> = {}): Fill => ({
  id,
  executedAt: `2026-01-0${id.slice(1)}T10:00:00.000Z`,
  units: decimal(units),
  price: decimal(price),
  gross: decimal(gross),
  fees: [],
  ...over,
});
const fees: Fill['fees'] = [
  { kind: 'transaction-fee', amount: decimal('1.75'), description: 'commission' },
  { kind: 'tax', amount: decimal('0.42'), description: 'stamp duty' },
  { kind: 'tax', amount: decimal('0'), description: 'none' },
];
const seen = (over: Partial<OrderSeen> = {}): OrderSeen => ({
  instrument: ISIN,
  side: 'sell',
  status: 'filled',
  filledUnits: decimal('4'),
  fills: [fill('f1', '4', '88.1', '352.4', { fees })],
  currency: currency('USD'),
  closedAt: 'T2',
  rejectReason: null,
  takenBack: null,
  seenAt: 'T3',
  ...over,
});
const closed = (status: Order['brokerStatus'], fills: readonly Fill[], over: Partial<OrderDecided> = {}): Order =>
  opened(over, { brokerStatus: status, fills, closedAt: 'T2', tradeCurrency: currency('USD') });
const brief = (order: Order, make: (o: Order) => ReturnType<typeof placedRecord>): unknown =>
  make(order).movements.map((m) =>
    [m.type, m.status, m.instrument, m.quantity, m.unitPrice, m.datetime, m.externalId, m.referenceExternalId].join(' '),
  );

describe('an order in the books of InvestSuite', () => {
  it('is placed by units with the sign of its side', () => {
    expect(brief(opened(), placedRecord)).toEqual([`SELL PLACED ${ISIN} -4  T0 O1/${ISIN}/placed `]);
    expect(brief(opened({ side: 'buy' }), placedRecord)).toEqual([`BUY PLACED ${ISIN} 4  T0 O1/${ISIN}/placed `]);
    expect(placedRecord(opened())).toMatchObject({ externalId: `O1/${ISIN}`, optimizationId: 'O1', portfolioId: 'P1' });
  });
  it('is placed by money as one unit at that price', () => {
    expect(brief(opened({ side: 'buy', amount: decimal('750') }), placedRecord)).toEqual([
      `BUY PLACED ${ISIN} 1 750 T0 O1/${ISIN}/placed `,
    ]);
    expect(brief(opened({ amount: decimal('750') }), placedRecord)).toEqual([`SELL PLACED ${ISIN} -1 750 T0 O1/${ISIN}/placed `]);
  });
  it('shows each fill with cash, fee and tax tied to it, at one time', () => {
    expect(brief(closed('filled', [fill('f1', '4', '88.1', '352.4', { fees })]), executionRecord)).toEqual([
      `SELL PLACED ${ISIN} -4  T0 O1/${ISIN}/placed `,
      `SELL EXECUTED ${ISIN} -4 88.1 2026-01-01T10:00:00.000Z f1 `,
      'BUY EXECUTED $USD 352.4  2026-01-01T10:00:00.000Z  f1',
      'TRANSACTION_FEE EXECUTED $USD -1.75  2026-01-01T10:00:00.000Z  f1',
      'OTHER_TAX EXECUTED $USD -0.42  2026-01-01T10:00:00.000Z  f1',
    ]);
  });
  it('settles in place of executed, never next to it', () => {
    const order = {
      ...closed('cancelled', [fill('f1', '5', '41.2', '206'), fill('f2', '7', '41.3', '289.1')], { side: 'buy', units: decimal('13') }),
      settledAt: 'TS',
    };
    expect(brief(order, settlementRecord)).toEqual([
      `BUY PLACED ${ISIN} 13  T0 O1/${ISIN}/placed `,
      `BUY SETTLED ${ISIN} 5 41.2 TS f1 `,
      'SELL SETTLED $USD -206  TS  f1',
      `BUY SETTLED ${ISIN} 7 41.3 TS f2 `,
      'SELL SETTLED $USD -289.1  TS  f2',
      `BUY CANCELLED ${ISIN} 1  T2 O1/${ISIN}/rest `,
    ]);
    expect(settlementRecord({ ...order, settledAt: null }).movements[1]?.datetime).toBe('2026-01-01T10:00:00.000Z');
  });
  it('names the rest by what became of it', () => {
    for (const [status, word] of [
      ['cancelled', 'CANCELLED'],
      ['expired', 'EXPIRED'],
      ['rejected', 'NOT_EXECUTED'],
    ] as const)
      expect(brief(closed(status, []), executionRecord)).toEqual([
        `SELL PLACED ${ISIN} -4  T0 O1/${ISIN}/placed `,
        `SELL ${word} ${ISIN} -4  T2 O1/${ISIN}/rest `,
      ]);
  });
  it('has no rest while open, when all is filled, and by money the money that is left', () => {
    expect(executionRecord(closed('open', [fill('f1', '1', '88', '88')])).movements).toHaveLength(3);
    expect(executionRecord(closed('cancelled', [fill('f1', '4', '88', '352')])).movements).toHaveLength(3);
    expect(brief(closed('cancelled', [fill('f1', '1', '88', '88')], { amount: decimal('100') }), executionRecord)).toContain(
      `SELL CANCELLED ${ISIN} -1 12 T2 O1/${ISIN}/rest `,
    );
  });
  it('is recorded without a placed movement when it never reached the market', () => {
    expect(brief(opened({ execute: false, account: null, reason: 'drift' }), notExecutedRecord)).toEqual([
      `SELL NOT_EXECUTED ${ISIN} -4   O1/${ISIN}/rest `,
    ]);
  });
});

describe('what is known of an order', () => {
  it('opens by placing, or by recording a refusal; never without an account', () => {
    expect(decided(orderDecided())).toMatchObject({ open: { status: 'Placing', tradeCurrency: 'EUR' } });
    expect(decided(orderDecided({ execute: false, account: null, reason: 'drift' }))).toMatchObject({
      open: { status: 'RecordingNotExecuted', reason: 'drift' },
    });
    expect(decided(orderDecided({ account: null }))).toHaveProperty('impossible');
    expect(orderState.safeParse(JSON.parse(JSON.stringify({ ...opened(), fills: seen().fills }))).success).toBe(true);
    expect(orderState.safeParse({ ...opened(), units: '04.0' }).success).toBe(false);
    expect(orderState.safeParse({ ...opened(), portfolioId: '' }).success).toBe(false);
  });
  it('has news only in unseen fills while open, and in a report that adds up once ended', () => {
    const open = seen({ status: 'open', filledUnits: decimal('4') });
    expect(hasNews([], open)).toBe(true);
    expect(hasNews(['f1'], open)).toBe(false);
    expect(hasNews([], seen())).toBe(true);
    expect(hasNews(['f1'], seen())).toBe(true);
    expect(hasNews([], seen({ filledUnits: decimal('5') }))).toBe(false);
    expect(hasNews([], seen({ fills: [], filledUnits: decimal('0') }))).toBe(false);
    expect(hasNews([], seen({ status: 'cancelled', fills: [], filledUnits: decimal('0') }))).toBe(true);
  });
  it('only grows, whatever order reports come in', () => {
    const [a, b] = [fill('f1', '1', '88', '88'), fill('f2', '3', '88', '264')];
    expect(folded([b], [a])).toEqual([a, b]);
    expect(folded([a, b], [a])).toEqual([a, b]);
    expect(folded([a], [{ ...a, id: 'f3' }])).toHaveLength(2);
    for (const changed of [{ units: decimal('2') }, { gross: decimal('89') }, { fees }])
      expect(folded([a], [{ ...a, ...changed }])).toBeNull();
  });
  it('is recorded as soon as something was filled', () => {
    expect(followed(opened(), seen())).toMatchObject({
      to: 'RecordingExecution',
      set: { brokerStatus: 'filled', closedAt: 'T2', tradeCurrency: 'USD', reason: null },
    });
    expect(followed(opened(), seen({ status: 'open' }))).toMatchObject({ set: { closedAt: null } });
    expect(followed(opened(), seen({ closedAt: null, rejectReason: 'O125' }))).toMatchObject({ set: { closedAt: 'T3', reason: 'O125' } });
  });
  it('goes on without records that a person keeps by hand', () => {
    expect(followed(opened({}, { transactionId: null }), seen())).toMatchObject({
      to: 'AwaitingSettlement',
      emits: [{ sends: 'optimisation' }],
    });
    expect(followed(opened({}, { transactionId: null }), seen({ status: 'open' }))).toEqual(
      expect.not.objectContaining({ emits: expect.anything() }),
    );
    expect(settled(opened({}, { transactionId: null }), { settledAt: 'TS', takenBack: null })).toMatchObject({
      to: 'Settled',
      set: { settledAt: 'TS' },
    });
  });
  it('is held when the broker speaks of another order or takes something back', () => {
    expect(followed(opened(), seen({ side: 'buy' }))).toHaveProperty('hold');
    expect(followed(opened(), seen({ instrument: 'X' as InstrumentId }))).toHaveProperty('hold');
    expect(followed(opened({}, { fills: [fill('f1', '3', '88.1', '264.3')] }), seen())).toHaveProperty('hold');
    expect(followed(opened({}, { fills: [fill('f9', '1', '88', '88')] }), seen())).toHaveProperty('hold');
  });
  it('is held with the facts when the broker takes a trade back, before and after its end [9a.3] [11.3]', () => {
    const takenBack = { units: decimal('4'), cash: decimal('352.4') };
    expect(hasNews(['f1'], seen({ status: 'open', takenBack }))).toBe(true);
    const held = { hold: 'the broker has taken back 4 units and 352.4 in cash of order EF.1: people book the correction' };
    expect(followed(opened(), seen({ takenBack }))).toEqual(held);
    expect(settled(opened({}, { fills: seen().fills }), { settledAt: 'TS', takenBack })).toEqual(held);
  });
  it('is worth units times expected price, or its money', () => {
    expect(worthOf(opened())).toEqual({ amount: '352', currency: 'EUR' });
    expect(worthOf(opened({ amount: decimal('10.129') }))).toEqual({ amount: '10.12', currency: 'EUR' });
    expect(worthOf(opened({ expectedPrice: null })).amount).toBe('0');
  });
});

describe('what follows for an order', () => {
  const one = [fill('f1', '4', '88.1', '352.4', { fees })];
  it('tells the optimisation once nothing more will be traded', () => {
    expect(afterExecution(closed('open', one))).toEqual({ to: 'FollowingOrder' });
    for (const [status, end] of [
      ['cancelled', 'Cancelled'],
      ['expired', 'Expired'],
      ['rejected', 'NotExecuted'],
      ['filled', 'NotExecuted'],
    ] as const)
      expect(afterExecution(closed(status, []))).toMatchObject({
        to: end,
        emits: [{ sends: 'optimisation', subject: 'P1', input: { type: 'OrderFinished', optimizationId: 'O1' } }],
      });
    expect(afterExecution(closed('filled', one))).toMatchObject({ to: 'AwaitingSettlement', emits: [{ input: { outcome: 'executed' } }] });
    expect(afterExecution(closed('cancelled', one))).toMatchObject({
      to: 'AwaitingSettlement',
      emits: [{ input: { outcome: 'partly-executed' } }],
    });
    expect(afterExecution(closed('cancelled', []))).toMatchObject({ emits: [{ input: { outcome: 'not-executed' } }] });
  });
  it('moves holdings once, net of fees, at settlement', () => {
    expect(afterSettlement(closed('filled', one))).toEqual({
      to: 'Settled',
      emits: [
        {
          event: 'portfolio.change-requested',
          data: {
            changeId: `O1/${ISIN}:settled`,
            portfolioId: 'P1',
            because: 'order-settled',
            lowerDivestBy: null,
            cashSettled: true,
            deltas: [
              { instrument: ISIN, quantity: '-4' },
              { instrument: '$USD', quantity: '350.23' },
            ],
          },
        },
      ],
    });
    expect(afterSettlement(closed('filled', one, { side: 'buy' }))).toMatchObject({
      emits: [{ data: { cashSettled: false, deltas: [{ quantity: '4' }, { instrument: '$USD', quantity: '-354.57' }] } }],
    });
  });
  it('or at execution, and then only tells of settled cash', () => {
    const sale = closed('filled', one, { holdingsMoveAt: 'executed' });
    expect(afterExecution(sale)).toMatchObject({
      emits: [
        {},
        { data: { changeId: `O1/${ISIN}:executed`, because: 'order-executed', cashSettled: false, deltas: [{ quantity: '-4' }, {}] } },
      ],
    });
    expect(afterSettlement(sale)).toMatchObject({ emits: [{ data: { changeId: `O1/${ISIN}:settled`, deltas: [], cashSettled: true } }] });
    expect(afterSettlement(closed('filled', one, { holdingsMoveAt: 'executed', side: 'buy' }))).toEqual({ to: 'Settled', emits: [] });
  });
  it('records a refusal to place, and whose word it was', () => {
    expect(placed(opened(), { orderId: 'EF.2', placedAt: 'T' })).toEqual({
      to: 'RecordingPlaced',
      set: { orderId: 'EF.2', placedAt: 'T' },
    });
    expect(recordedPlaced(opened(), { transactionId: 'T2', placedAt: 'T' })).toMatchObject({ to: 'FollowingOrder' });
    expect(notPlaced(opened(), 'not-enough-units', 'other-side')).toEqual({
      to: 'RecordingNotExecuted',
      set: { reason: 'refused by the broker: not-enough-units' },
    });
    expect(notPlaced(opened(), 'x', 'person')).toMatchObject({ set: { reason: 'not placed, as a person found' } });
    expect(recordedNotExecuted(opened({ reason: 'drift' }))).toMatchObject({
      to: 'NotExecuted',
      emits: [{ input: { outcome: 'not-executed', reason: 'drift' } }],
    });
  });
  it('holds where InvestSuite refuses, and goes on where a person keeps the record', () => {
    const order = closed('filled', one);
    for (const rule of [placedNotRecorded, executionNotRecorded, settlementNotRecorded, refusalNotRecorded])
      expect(rule(order, 'invalid', 'other-side')).toHaveProperty('hold');
    expect(
      [placedNotRecorded, executionNotRecorded, settlementNotRecorded, refusalNotRecorded].map((rule) => rule(order, 'x', 'person')),
    ).toMatchObject([{ to: 'FollowingOrder' }, { to: 'AwaitingSettlement' }, { to: 'Settled' }, { to: 'NotExecuted' }]);
    expect(settled(order, { settledAt: 'TS', takenBack: null })).toEqual({ to: 'RecordingSettlement', set: { settledAt: 'TS' } });
  });
  it('is decided once, in every status', () => {
    const statuses = Object.entries(orderFlow.rows);
    expect(statuses.map(([status, row]) => [status, row.on.OrderDecided])).toEqual(
      statuses.map(([status]) => [status, { ignored: 'an order is decided once' }]),
    );
    expect(orderFlow.opens.OrderDecided(orderDecided(), journeyFacts())).toHaveProperty('open');
    for (const status of ['FollowingOrder', 'AwaitingSettlement'] as const) {
      const row = orderFlow.rows[status];
      expect('rejected' in row && row.rejected(opened(), 'not-found' as never, 'other-side', journeyFacts())).toHaveProperty('hold');
    }
  });
});
