import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { callerOf, until, type Caller } from '../../../../test/simulators/shared/client-for-tests.js';
import { readBrokerConfig } from '../../../../test/simulators/broker/config.js';
import { startBroker, type RunningBroker } from '../../../../test/simulators/broker/server.js';
import { decimal } from '../../../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../../kernel/ids.js';
import { currency, type Money } from '../../../kernel/money.js';
import type { Outcome, Sending } from '../../../kernel/outcome.js';
import type { BrokerPort, CashOutRequest, OrderReport, OrderRequest } from '../../../ports/broker.js';
import { createDriveWealth } from './adapter.js';

const ISIN = 'US8552441094' as InstrumentId;
const NO = 'DWMW000001';
const ACCOUNT = 'user-1.1602000000000' as BrokerAccountId;
/** Real time: long enough that a busy machine still sees what has not settled. */
const SETTLEMENT_MS = 1_500;
/** Where only what follows settlement counts. */
const QUICK_SETTLEMENT_MS = 20;
const usd = (amount: string): Money => ({ amount: decimal(amount), currency: currency('USD') });

let broker: RunningBroker;
let admin: Caller;
let port: BrokerPort & { readonly close: () => void };

/** As another process would have it: it remembers nothing of what the first was told. */
const newPort = (): typeof port =>
  createDriveWealth({
    baseUrl: `${broker.url}/back-office`,
    appKey: 'simulator-app-key',
    clientId: 'simulator-client',
    clientSecret: 'simulator-client-secret',
    longestLifeMs: 1_000,
    sendClientOrderId: true,
    instruments: new Map([[ISIN, { symbol: 'SBUX' }]]),
  });

const start = async (settlementMs: number): Promise<void> => {
  broker = await startBroker(
    readBrokerConfig({ FILL_MS: '10', SETTLEMENT_MS: String(settlementMs), REDEMPTION_MS: '10', COMMISSION: '0.99' }),
  );
  admin = callerOf(broker.url);
  await admin('POST', '/simulator/instruments', [{ isin: ISIN, symbol: 'SBUX', price: '95.637' }]);
  await admin('POST', '/simulator/accounts', {
    accountNo: NO,
    accountID: ACCOUNT,
    cash: '500.10',
    positions: [{ isin: ISIN, units: '12.5' }],
  });
  port = newPort();
};
const stop = async (): Promise<void> => {
  port.close();
  await broker.close();
};
beforeEach(() => start(SETTLEMENT_MS));
afterEach(stop);

const soon = (): AbortSignal => AbortSignal.timeout(5_000);
const sending = (key: string, timeoutMs = 5_000): Sending => ({ key, signal: AbortSignal.timeout(timeoutMs), firstSentAtMs: Date.now() });
const sale = (units = '4'): OrderRequest => ({
  account: ACCOUNT,
  instrument: ISIN,
  side: 'sell',
  size: { by: 'units', units: decimal(units) },
});
const cashOut = (amount = '100.00'): CashOutRequest => ({ account: ACCOUNT, amount: usd(amount) });
const fault = async (rule: Record<string, string | number>): Promise<void> => {
  expect(await admin('POST', '/simulator/faults', rule)).toMatchObject({ status: 201 });
};
const resultOf = <Result>(outcome: Outcome<Result>): Result => {
  if (outcome.kind !== 'applied') throw new Error(`not applied: ${JSON.stringify(outcome)}`);
  return outcome.result;
};
const placed = async (request: OrderRequest, key: string): Promise<string> =>
  resultOf(await port.placeOrder(request, sending(key))).orderId;
const ended = (orderId: string): Promise<OrderReport> =>
  until(`order ${orderId} at its end`, async () => {
    const outcome = await port.readOrder(ACCOUNT, orderId, soon());
    return outcome.kind === 'applied' && outcome.result.status !== 'open' ? outcome.result : null;
  });
const bookCount = (name: 'orders' | 'redemptions', what: string): number =>
  broker
    .world()
    .books[name].all()
    .filter((line) => line.what === what).length;

describe('orders', () => {
  it('sells, and reports fills, fees and settlement as the broker booked them', async () => {
    await fault({ fault: 'partial-fill', operation: 'carry-out-order', times: 1 });
    const orderId = await placed(sale(), 'order-1');
    const report = await ended(orderId);
    expect(report).toMatchObject({
      orderId,
      account: ACCOUNT,
      instrument: ISIN,
      side: 'sell',
      status: 'filled',
      orderedUnits: '4',
      filledUnits: '4',
      currency: 'USD',
      rejectReason: null,
    });
    expect(report.fills.length).toBeGreaterThan(1);
    expect(new Set(report.fills.map((one) => one.id)).size).toBe(report.fills.length);
    const ledger = broker
      .world()
      .books.ledger.all()
      .filter((line) => line.type === 'SSAL');
    expect(report.fills.map((one) => one.gross)).toEqual(ledger.map((line) => line.amount));
    expect(report.fills[0]?.fees).toContainEqual({ kind: 'transaction-fee', amount: '0.99', description: 'commission' });

    const before = resultOf(await port.readSettlement(ACCOUNT, orderId, soon()));
    expect(before.settled).toBe(false);
    expect(before.nextLookAtMs).toBeGreaterThan(Date.now() - SETTLEMENT_MS);
    const waiting = resultOf(await port.readCash(ACCOUNT, soon()));
    expect(waiting).toMatchObject({ currency: 'USD', withdrawable: '500.1' });
    expect(waiting.pendingSettlement).not.toEqual([]);
    await until('settled', async () => (resultOf(await port.readSettlement(ACCOUNT, orderId, soon())).settled ? true : null));
    expect(resultOf(await port.readCash(ACCOUNT, soon())).pendingSettlement).toEqual([]);
    expect(resultOf(await port.readPositions(ACCOUNT, soon()))).toEqual([{ instrument: ISIN, units: '8.5' }]);
  });

  it.each([
    ['cash that left the account', 'withdraws'],
    ['a purchase and its commission', 'buys'],
  ] as const)('a sale stays settled after %s', async (_what, does) => {
    await stop();
    await start(QUICK_SETTLEMENT_MS);
    const orderId = await placed(sale(), 'order-1');
    await ended(orderId);
    const isSettled = async (): Promise<boolean> => resultOf(await port.readSettlement(ACCOUNT, orderId, soon())).settled;
    await until('settled', async () => ((await isSettled()) ? true : null));
    if (does === 'buys') await ended(await placed({ ...sale(), side: 'buy' }, 'order-2'));
    else {
      const { cashOutId } = resultOf(await port.createCashOut(cashOut(), sending('out-1')));
      await admin('POST', `/simulator/redemptions/${cashOutId}`, { status: 'SUCCESSFUL' });
      const hasLeft = (): boolean => broker.world().books.ledger.where((line) => line.type === 'CSD').length > 0;
      await until('the cash has left', async () => (hasLeft() ? true : null));
    }
    expect(await isSettled()).toBe(true);
  });

  it('finds settlement without settle dates in the ledger', async () => {
    await stop();
    broker = await startBroker(readBrokerConfig({ FILL_MS: '10', SETTLEMENT_MS: String(SETTLEMENT_MS), LEDGER_SETTLE_DATE: 'false' }));
    admin = callerOf(broker.url);
    await admin('POST', '/simulator/instruments', [{ isin: ISIN, symbol: 'SBUX', price: '95.6' }]);
    await admin('POST', '/simulator/accounts', {
      accountNo: NO,
      accountID: ACCOUNT,
      cash: '1000',
      positions: [{ isin: ISIN, units: '12.5' }],
    });
    port = createDriveWealth({
      baseUrl: broker.url,
      appKey: 'simulator-app-key',
      clientId: 'simulator-client',
      clientSecret: 'simulator-client-secret',
    });
    const sold = await placed(sale(), 'order-1');
    await ended(sold);
    expect(resultOf(await port.readSettlement(ACCOUNT, sold, soon())).settled).toBe(false);
    await until('settled', async () => (resultOf(await port.readSettlement(ACCOUNT, sold, soon())).settled ? true : null));
    const bought = await placed({ account: ACCOUNT, instrument: ISIN, side: 'buy', size: { by: 'units', units: decimal('1') } }, 'order-2');
    await ended(bought);
    const settlement = resultOf(await port.readSettlement(ACCOUNT, bought, soon()));
    expect(settlement.settled).toBe(false);
    expect(settlement.nextLookAtMs).toBeGreaterThan(Date.now() + 3 * 24 * 3_600_000);
  });

  it.each(['apply-and-cut', 'server-error-after-applying', 'garbled-answer'])(
    '%s: unknown, then found; the same key never makes a second order',
    async (name) => {
      await fault({ fault: name, operation: 'create-order', times: 1 });
      const first = sending('order-1');
      expect((await port.placeOrder(sale(), first)).kind).toBe('unknown');
      const found = await port.findOrder(sale(), first);
      expect(found).toEqual({ found: 'applied', result: { orderId: expect.stringMatching(/^MW\./) } });
      const again = await port.placeOrder(sale(), { ...first, signal: soon() });
      expect(again.kind === 'applied' && found.found === 'applied' && again.result.orderId === found.result.orderId).toBe(true);
      expect(bookCount('orders', 'placed')).toBe(1);
    },
  );

  it('answer-late: unknown at the deadline, found afterwards', async () => {
    await fault({ fault: 'answer-late', operation: 'create-order', times: 1, delayMs: 2_000 });
    const first = sending('order-1', 300);
    expect(await port.placeOrder(sale(), first)).toMatchObject({ kind: 'unknown' });
    expect(await port.findOrder(sale(), sending('order-1'))).toMatchObject({ found: 'applied' });
  });

  it.each(['cut-before-apply', 'server-error-before-applying'])('%s: unknown, then absent', async (name) => {
    await fault({ fault: name, operation: 'create-order', times: 1 });
    const first = sending('order-1');
    expect((await port.placeOrder(sale(), first)).kind).toBe('unknown');
    expect(await port.findOrder(sale(), { ...first, signal: soon() })).toEqual({ found: 'absent' });
  });

  it('tells two equal orders apart by the key they carry, and leaves other sizes and sides aside', async () => {
    const mine = await placed(sale('2'), 'mine');
    await placed(sale('2'), 'another of ours');
    await placed(sale('3'), 'other size');
    expect(await port.findOrder(sale('2'), sending('mine'))).toEqual({ found: 'applied', result: { orderId: mine } });
    expect(await port.findOrder(sale('2'), sending('never sent'))).toEqual({ found: 'absent' });
  });

  it('finds an order by amount, and asks people when two without a key could be ours', async () => {
    const request: OrderRequest = { account: ACCOUNT, instrument: ISIN, side: 'buy', size: { by: 'amount', amount: usd('50.00') } };
    const orderId = await placed(request, 'by-amount');
    expect(await port.findOrder(request, sending('by-amount'))).toEqual({ found: 'applied', result: { orderId } });
    expect((await ended(orderId)).orderedUnits).toBeNull();
    for (const order of broker.world().orders.values()) Object.assign(order, { clientOrderId: null });
    expect(await port.findOrder(request, sending('by-amount'))).toEqual({ found: 'applied', result: { orderId } });
    await placed(request, 'by-amount-2');
    for (const order of broker.world().orders.values()) Object.assign(order, { clientOrderId: null });
    expect(await port.findOrder(request, sending('by-amount'))).toEqual({ found: 'applied', result: { orderId } });
    expect(await port.findOrder(request, sending('never sent'))).toEqual({ found: 'absent' });
    const afterRestart = newPort();
    expect(await afterRestart.findOrder(request, sending('by-amount'))).toMatchObject({ found: 'ambiguous' });
    afterRestart.close();
  });

  it.each([
    ['reject-order', 'rejected', 'O099'],
    ['expire-order', 'expired', 'O123'],
    ['partial-then-cancel', 'cancelled', null],
  ] as const)('%s ends as %s', async (name, status, reason) => {
    await fault({ fault: name, operation: 'carry-out-order', times: 1 });
    expect(await ended(await placed(sale(), 'order-1'))).toMatchObject({
      status,
      rejectReason: reason,
      closedAt: expect.stringMatching(/^20/),
    });
  });

  it('keeps an order open whose status nobody has listed', async () => {
    const orderId = await placed(sale(), 'order-1');
    await ended(orderId);
    await fault({ fault: 'unknown-status', operation: 'get-order', times: 1 });
    expect(resultOf(await port.readOrder(ACCOUNT, orderId, soon()))).toMatchObject({ status: 'open', brokerStatus: 'SORTING_OUT' });
  });

  it('lists open orders and prices', async () => {
    await fault({ fault: 'order-stays-open', operation: 'carry-out-order', times: 1 });
    const orderId = await placed(sale(), 'order-1');
    expect(resultOf(await port.readOpenOrders(ACCOUNT, soon()))).toEqual([{ orderId, instrument: ISIN }]);
    expect(resultOf(await port.readPrices([ISIN, 'XX0000000000' as InstrumentId, '$USD' as InstrumentId], soon()))).toEqual([
      { instrument: ISIN, price: '95.637' },
    ]);
  });

  it('logs in again after a 401, and sends the order once', async () => {
    await placed(sale('1'), 'order-1');
    await admin('POST', '/simulator/tokens/end', {});
    await placed(sale('1'), 'order-2');
    expect(bookCount('orders', 'placed')).toBe(2);
    expect(broker.world().books.tokens.all()).toHaveLength(2);
  });
});

describe('cash-outs', () => {
  it('creates, approves once and sees the end', async () => {
    const created = resultOf(await port.createCashOut(cashOut(), sending('out-1')));
    expect(created).toMatchObject({ status: 'needs-approval', amount: usd('100') });
    expect(
      resultOf(
        await port
          .findCashOut(cashOut(), sending('out-1'))
          .then((found) =>
            found.found === 'applied'
              ? { kind: 'applied' as const, result: found.result }
              : { kind: 'unknown' as const, evidence: JSON.stringify(found) },
          ),
      ),
    ).toMatchObject({ cashOutId: created.cashOutId });
    expect(resultOf(await port.approveCashOut(created.cashOutId, sending('approve-1'))).status).not.toBe('needs-approval');
    await until('done', async () => (resultOf(await port.readCashOut(created.cashOutId, soon())).status === 'done' ? true : null));
    expect(resultOf(await port.approveCashOut(created.cashOutId, sending('approve-1')))).toMatchObject({ status: 'done' });
    expect(resultOf(await port.readCash(ACCOUNT, soon()))).toMatchObject({ withdrawable: '400.1', pendingOut: '0' });
  });

  it.each(['apply-and-cut', 'server-error-after-applying', 'garbled-answer'])('%s: unknown, then found by the note', async (name) => {
    await fault({ fault: name, operation: 'create-redemption', times: 1 });
    const first = sending('out-1');
    expect((await port.createCashOut(cashOut(), first)).kind).toBe('unknown');
    expect(await port.findCashOut(cashOut(), first)).toMatchObject({ found: 'applied', result: { amount: usd('100') } });
    expect(await port.findCashOut(cashOut(), sending('another'))).toEqual({ found: 'absent' });
    expect(bookCount('redemptions', 'created')).toBe(1);
  });

  it('asks people when two carry our key, when one of the same amount carries no note, and when the amount is another', async () => {
    await port.createCashOut(cashOut(), sending('out-1'));
    const [one] = [...broker.world().redemptions.values()];
    if (one === undefined) throw new Error('no redemption was made');
    expect(await port.findCashOut(cashOut('99.00'), sending('out-1'))).toMatchObject({ found: 'ambiguous' });
    broker.world().redemptions.set('copy', { ...one, redemptionId: 'copy' });
    expect(await port.findCashOut(cashOut(), sending('out-1'))).toMatchObject({
      found: 'ambiguous',
      evidence: expect.stringContaining('2 redemptions'),
    });
    broker.world().redemptions.clear();
    broker.world().redemptions.set(one.redemptionId, { ...one, note: null });
    expect(await port.findCashOut(cashOut(), { ...sending('out-1'), firstSentAtMs: Date.now() - 1_000 })).toMatchObject({
      found: 'ambiguous',
    });
  });

  it('is refused before the cash is there, and says who refused [C5]', async () => {
    expect(await port.createCashOut(cashOut('500.11'), sending('out-1'))).toEqual({
      kind: 'rejected',
      reason: 'not-enough-cash',
      note: 'answered 400 Y075',
    });
    expect(await port.createCashOut({ ...cashOut(), account: 'nobody' as BrokerAccountId }, sending('out-2'))).toMatchObject({
      kind: 'rejected',
      reason: 'not sent: the account does not exist there',
    });
    expect(await port.createCashOut({ ...cashOut(), amount: { ...usd('1'), currency: currency('EUR') } }, sending('out-3'))).toMatchObject({
      kind: 'rejected',
      reason: 'not sent: another currency than the accounts have',
    });
    expect(bookCount('redemptions', 'created')).toBe(0);
  });

  it.each([
    ['redemption-fail', 'failed'],
    ['redemption-return', 'returned'],
  ] as const)('%s is found as rejected', async (name, reason) => {
    await fault({ fault: name, operation: 'carry-out-redemption', times: 1 });
    const created = resultOf(await port.createCashOut(cashOut(), sending('out-1')));
    await port.approveCashOut(created.cashOutId, sending('approve-1'));
    await until(reason, async () => (resultOf(await port.readCashOut(created.cashOutId, soon())).status === reason ? true : null));
    expect(await port.findCashOut(cashOut(), sending('out-1'))).toMatchObject({ found: 'rejected', reason });
    expect(await port.approveCashOut(created.cashOutId, sending('approve-1'))).toMatchObject({ kind: 'rejected', reason });
  });
});

describe('the line', () => {
  it.each([
    ['too-many-requests', { kind: 'retryable', retryAfterMs: 1_000 }],
    ['conflict', { kind: 'unknown' }],
    ['refuse', { kind: 'rejected', reason: 'refused', note: 'answered 400 O099' }],
  ] as const)('%s', async (name, expected) => {
    await fault({ fault: name, operation: 'create-order', times: 1 });
    expect(await port.placeOrder(sale(), sending('order-1'))).toMatchObject(expected);
    expect(bookCount('orders', 'placed')).toBe(0);
  });

  it('says retryable when nobody listens, and no-answer to an inquiry', async () => {
    await port.readPrices([ISIN], soon());
    await broker.close();
    expect(await port.placeOrder(sale(), sending('order-1'))).toMatchObject({ kind: 'retryable' });
    expect(await port.findOrder(sale(), sending('order-1'))).toMatchObject({ found: 'no-answer' });
    expect(await port.readCash(ACCOUNT, soon())).toMatchObject({ kind: 'retryable' });
  });
});
