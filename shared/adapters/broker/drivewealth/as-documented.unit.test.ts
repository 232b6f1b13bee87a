/** The vendor's words, line by line, over the simulator: lists by time, notes, names of an account, four lists of positions, corrections. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { callerOf, until, type Caller } from '../../../../test/simulators/shared/client-for-tests.js';
import { readBrokerConfig } from '../../../../test/simulators/broker/config.js';
import type { Order } from '../../../../test/simulators/broker/model.js';
import { startBroker, type RunningBroker } from '../../../../test/simulators/broker/server.js';
import { decimal } from '../../../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../../kernel/ids.js';
import { currency } from '../../../kernel/money.js';
import type { Outcome, Sending } from '../../../kernel/outcome.js';
import type { BrokerPort, CashOutRequest, OrderRequest } from '../../../ports/broker.js';
import { createDriveWealth, type DriveWealthOptions } from './adapter.js';
import { wireKey } from './client.js';

const ISIN = 'US8552441094' as InstrumentId;
const NO = 'DWMW000001' as BrokerAccountId;
const ID = 'user-1.1602000000000' as BrokerAccountId;
const USER = 'user-1';

let broker: RunningBroker;
let admin: Caller;
let port: BrokerPort & { readonly close: () => void };

const start = async (config: Record<string, string> = {}, options: Partial<DriveWealthOptions> = {}): Promise<void> => {
  broker = await startBroker(readBrokerConfig({ FILL_MS: '10', SETTLEMENT_MS: '20', REDEMPTION_MS: '10', ...config }));
  admin = callerOf(broker.url);
  await admin('POST', '/simulator/instruments', [{ isin: ISIN, symbol: 'SBUX', price: '95.6' }]);
  const account = { accountNo: NO, accountID: ID, userID: USER, cash: '500', positions: [{ isin: ISIN, units: '1000' }] };
  await admin('POST', '/simulator/accounts', account);
  port = createDriveWealth({
    ...{
      baseUrl: `${broker.url}/back-office`,
      appKey: 'simulator-app-key',
      clientId: 'simulator-client',
      clientSecret: 'simulator-client-secret',
    },
    ...options,
  });
};
afterEach(async () => {
  port.close();
  await broker.close();
});

const soon = (): AbortSignal => AbortSignal.timeout(10_000);
const sending = (key: string, firstSentAtMs = Date.now() - 1_000): Sending => ({ key, signal: soon(), firstSentAtMs });
const sale = (units = '4', account = ID): OrderRequest => ({
  account,
  instrument: ISIN,
  side: 'sell',
  size: { by: 'units', units: decimal(units) },
});
const cashOut = (account = ID, amount = '100'): CashOutRequest => ({
  account,
  amount: { amount: decimal(amount), currency: currency('USD') },
});
const fault = async (rule: Record<string, string | number>): Promise<void> => {
  expect(await admin('POST', '/simulator/faults', rule)).toMatchObject({ status: 201 });
};
const resultOf = <Result>(outcome: Outcome<Result>): Result => {
  if (outcome.kind !== 'applied') throw new Error(`not applied: ${JSON.stringify(outcome)}`);
  return outcome.result;
};
const filled = async (key: string, request = sale()): Promise<string> => {
  const { orderId } = resultOf(await port.placeOrder(request, sending(key)));
  await until('the order is filled', () => (broker.world().orders.get(orderId)?.status === 'FILLED' ? true : null));
  return orderId;
};
const settled = (orderId: string): Promise<true> =>
  until('settled', async () => (resultOf(await port.readSettlement(ID, orderId, soon())).settled ? true : null));
const arrived = (operation: string): number => broker.world().arrivals.counts()[operation] ?? 0;

/** Ended orders of other sizes, made one after the other before now: so many that ours is on another page. */
const crowd = (of: string, count: number, stepMs = 3): void => {
  const { orders } = broker.world();
  const like = orders.get(of) as Order;
  for (let i = 0; i < count; i++) {
    const orderId = `MW.crowd-${String(i)}`;
    orders.set(orderId, {
      ...like,
      orderId,
      orderNo: orderId,
      units: decimal('7'),
      createdAtMs: like.createdAtMs - Math.ceil((count - i) / 5) * stepMs,
      clientOrderId: 'of another',
    });
  }
  // The map is in the order of time, as the vendor's list is.
  const sorted = [...orders].sort(([, a], [, b]) => a.createdAtMs - b.createdAtMs);
  orders.clear();
  for (const [id, order] of sorted) orders.set(id, order);
};

const LISTS = [
  ['oldest first, the offset in the page', {}, {}],
  ['oldest first, the offset left out', { LIST_SHOWS_OFFSET: 'false' }, {}],
  ['newest first', { LIST_ORDER: 'newest-first' }, {}],
  ['newest first, the offset left out', { LIST_ORDER: 'newest-first', LIST_SHOWS_OFFSET: 'false' }, {}],
] as const;

describe('a list of many pages', () => {
  it.each(LISTS)('%s: a lost order on its last page is found [9a.1] [E10]', async (_what, config, options) => {
    await start(config, options);
    const startedMs = Date.now() - 1_000;
    crowd(await filled('first', sale('2')), 230);
    await fault({ fault: 'apply-and-cut', operation: 'create-order', times: 1 });
    expect(await port.placeOrder(sale('3'), sending('lost', startedMs))).toMatchObject({ kind: 'unknown' });
    const lost = [...broker.world().orders.values()].at(-1)?.orderId;
    await until('the lost order is filled', () => (broker.world().orders.get(lost ?? '')?.status === 'FILLED' ? true : null));
    const before = arrived('list-order-history');
    expect(await port.findOrder(sale('3'), sending('lost', startedMs))).toEqual({ found: 'applied', result: { orderId: lost } });
    expect(arrived('list-order-history') - before).toBeGreaterThan(2);
    expect(await port.findOrder(sale('9'), sending('never sent', startedMs))).toEqual({ found: 'absent' });
  });

  it.each(['page-repeats', 'page-backwards'])('%s: an error, and never "absent" [9a.1] [E10]', async (name) => {
    await start();
    crowd(await filled('first', sale('2')), 230);
    await fault({ fault: name, operation: 'list-order-history' });
    expect(await port.findOrder(sale('9'), sending('never sent'))).toMatchObject({
      found: 'no-answer',
      evidence: expect.stringMatching(/^the order history (goes backwards|turns round|does not go on|makes no progress)/),
    });
  });

  it('whose offset counts as a day is read when it is told so [9a.1] [E10]', async () => {
    await start({ LIST_OFFSET: 'day' }, { listOffset: 'day' });
    const orderId = await filled('first', sale('2'));
    expect(await port.findOrder(sale('2'), sending('first'))).toEqual({ found: 'applied', result: { orderId } });
    expect(await port.findOrder(sale('9'), sending('never sent'))).toEqual({ found: 'absent' });
  });

  it('of the ledger is read whole, and each row once [11.2] [E10]', async () => {
    await start();
    const orderId = await filled('first', sale('2'));
    const account = broker.world().accountBy(ID);
    if (account === null) throw new Error('no account');
    for (let i = 0; i < 260; i++)
      broker.world().book({ account, type: 'JNLC', amount: decimal('0.01'), comment: 'many', settlesAtMs: 0, order: null, silent: true });
    const before = arrived('list-transactions');
    expect(resultOf(await port.readOrder(ID, orderId, soon())).fills).toHaveLength(1);
    expect(arrived('list-transactions') - before).toBeGreaterThan(2);
    await fault({ fault: 'page-repeats', operation: 'list-transactions' });
    expect(await port.readOrder(ID, orderId, soon())).toMatchObject({ kind: 'retryable', evidence: expect.stringMatching(/^the ledger /) });
  });
});

describe('our key with an order', () => {
  it('is in no list: each candidate is read once, and the key decides [9a.2]', async () => {
    await start({}, { sendClientOrderId: true });
    const mine = await filled('mine', sale('2'));
    await filled('another', sale('2'));
    const { orders } = broker.world();
    for (const order of orders.values()) expect(JSON.stringify(broker.world().views.orderRow(order))).not.toContain(order.clientOrderId);
    const before = arrived('get-order');
    const other = createDriveWealth({
      ...{ baseUrl: broker.url, appKey: 'simulator-app-key', clientId: 'simulator-client', clientSecret: 'simulator-client-secret' },
      sendClientOrderId: true,
    });
    expect(await other.findOrder(sale('2'), sending('mine'))).toEqual({ found: 'applied', result: { orderId: mine } });
    expect(arrived('get-order') - before).toBe(2);
    expect(other.abilities.placeOrder.inquiry).toBe('by-key');
    other.close();
  });

  it('is not sent by default: two alike are for people, and the ability says so [9a.2]', async () => {
    await start();
    await filled('mine', sale('2'));
    await filled('another', sale('2'));
    expect([...broker.world().orders.values()].map(({ clientOrderId }) => clientOrderId)).toEqual([null, null]);
    const other = createDriveWealth({
      ...{ baseUrl: broker.url, appKey: 'simulator-app-key', clientId: 'simulator-client', clientSecret: 'simulator-client-secret' },
    });
    expect(await other.findOrder(sale('2'), sending('mine'))).toMatchObject({ found: 'ambiguous' });
    // Whether a key works on an order is not said: we look first, and nothing but proven absence sends it again.
    expect(other.abilities.placeOrder).toMatchObject({ inquiry: 'by-likeness', repeatable: 'after-inquiry' });
    other.close();
  });
});

describe('a redemption', () => {
  it('carries our reference in its note and nowhere else; the list shows none, the read by id does [9a.4]', async () => {
    await start();
    const { cashOutId } = resultOf(await port.createCashOut(cashOut(), sending('out-1')));
    const kept = broker.world().redemptions.get(cashOutId);
    if (kept === undefined) throw new Error('no redemption was made');
    expect(kept.note).toBe(wireKey('out-1'));
    expect(JSON.stringify(broker.world().views.redemptionRow(kept))).not.toContain(wireKey('out-1'));
    expect(JSON.stringify(broker.world().views.redemption(kept))).toContain(wireKey('out-1'));
    expect(await port.findCashOut(cashOut(), sending('out-1'))).toMatchObject({ found: 'applied', result: { cashOutId } });
    expect(await port.findCashOut(cashOut(), sending('out-2'))).toEqual({ found: 'absent' });
  });

  it.each([
    ['id', ID],
    ['number', NO],
  ] as const)('whose answer was lost is found when the account is named by its %s [E4]', async (_name, account) => {
    await start();
    await fault({ fault: 'apply-and-cut', operation: 'create-redemption', times: 1 });
    const first = sending('out-1');
    expect(await port.createCashOut(cashOut(account), first)).toMatchObject({ kind: 'unknown' });
    expect(await port.findCashOut(cashOut(account), { ...first, signal: soon() })).toMatchObject({ found: 'applied' });
    expect(broker.world().redemptions.size).toBe(1);
  });

  it.each([
    ['id', ID],
    ['number', NO],
  ] as const)(
    'without a note is never "absent" when it could be ours, whichever name the account has: its %s [E4]',
    async (_name, account) => {
      await start();
      await fault({ fault: 'forget-the-note', operation: 'create-redemption', times: 1 });
      await fault({ fault: 'apply-and-cut', operation: 'create-redemption', times: 1 });
      const first = sending('out-1');
      expect(await port.createCashOut(cashOut(account), first)).toMatchObject({ kind: 'unknown' });
      expect(await port.findCashOut(cashOut(account), { ...first, signal: soon() })).toMatchObject({
        found: 'ambiguous',
        evidence: '1 redemptions of the same amount since the first send carry no note',
      });
      expect(await port.findCashOut(cashOut(account, '99'), { ...first, signal: soon() })).toEqual({ found: 'absent' });
    },
  );
});

describe('an account', () => {
  it('is resolved once, and read by its id under either name [E4]', async () => {
    await start();
    for (const name of [ID, NO, NO]) {
      expect(resultOf(await port.readCash(name, soon()))).toMatchObject({ withdrawable: '500' });
      expect(resultOf(await port.readPositions(name, soon()))).toEqual([{ instrument: ISIN, units: '1000' }]);
      expect(resultOf(await port.readOpenOrders(name, soon()))).toEqual([]);
    }
    expect(arrived('get-account')).toBe(2);
    const orderId = await filled('order-1', sale('1', NO));
    expect(resultOf(await port.readOrder(NO, orderId, soon()))).toMatchObject({ status: 'filled', account: NO });
  });

  it('shows shares, options, funds and bonds [11.2]', async () => {
    await start();
    const kinds = ['option', 'fund', 'bond'] as const;
    const isins = ['US0000000010', 'IE0000000021', 'DE0000000032'];
    for (const [i, kind] of kinds.entries()) {
      await admin('POST', '/simulator/instruments', { isin: isins[i] ?? '', symbol: kind, kind, price: '10' });
      await admin('POST', `/simulator/accounts/${NO}/positions`, { isin: isins[i] ?? '', units: '3' });
    }
    const positions = resultOf(await port.readPositions(ID, soon()));
    expect(positions.map(({ instrument }) => instrument).sort()).toEqual([ISIN, ...isins].sort());
  });
});

describe('a correction after the fact', () => {
  it('of a settled order is seen in the ledger, though the order looks as before [9a.3] [11.3]', async () => {
    await start();
    const orderId = await filled('order-1');
    await settled(orderId);
    expect(resultOf(await port.readOrder(ID, orderId, soon())).takenBack).toBeNull();
    await admin('POST', `/simulator/orders/${orderId}`, { action: 'bust' });
    const takenBack = { units: '4', cash: '382.4' };
    expect(resultOf(await port.readOrder(ID, orderId, soon()))).toMatchObject({ status: 'filled', filledUnits: '4', takenBack });
    expect(resultOf(await port.readSettlement(ID, orderId, soon()))).toMatchObject({ takenBack });
  });

  it.each([[{ by: 'account', name: ID }], [{ by: 'account', name: NO }], [{ by: 'customer', name: USER }]] as const)(
    'is found among the recent orders of %j [11.3]',
    async (party) => {
      await start();
      const [corrected] = [await filled('order-1'), await filled('order-2', sale('2'))];
      const sinceMs = Date.now() - 3_600_000;
      expect(resultOf(await port.readCorrections(party, sinceMs, soon()))).toEqual({ looked: 2, orders: [] });
      await admin('POST', `/simulator/orders/${corrected}`, { action: 'cancel-rebill' });
      expect(resultOf(await port.readCorrections(party, sinceMs, soon()))).toEqual({
        looked: 2,
        orders: [
          {
            ...{ account: ID, orderId: corrected, instrument: ISIN, side: 'sell', filledUnits: '4', bookedUnits: '0' },
            takenBack: { units: '4', cash: '382.4' },
          },
        ],
      });
    },
  );

  it('of an account that is not there is not found [11.3]', async () => {
    await start();
    expect(await port.readCorrections({ by: 'account', name: 'nobody' }, 0, soon())).toMatchObject({
      kind: 'rejected',
      reason: 'not-found',
    });
    expect(resultOf(await port.readCorrections({ by: 'customer', name: 'nobody' }, 0, soon()))).toEqual({ looked: 0, orders: [] });
  });
});
