import { describe, expect, it } from '@jest/globals';
import { decimal, plus, sum } from '../../../shared/kernel/decimal.js';
import type { Delivery } from '../shared/webhook.js';
import { cashOf, unitsOf, type Account, type Instrument, type LedgerEntry, type UnitsEntry } from './books.js';
import type { Line } from '../shared/book.js';
import { readBrokerConfig } from './config.js';
import type { Order } from './model.js';
import { createOrders, type Orders } from './orders.js';
import { createRedemptions } from './redemptions.js';
import type { World } from './model.js';
import { createWorld } from './world.js';

/** A clock whose hands the test turns; what is due runs in order of time. */
const handTurned = (): { nowMs: () => number; after: (delayMs: number, then: () => void) => void; advance: (ms: number) => void } => {
  let now = 1_000_000;
  let due: { atMs: number; then: () => void }[] = [];
  return {
    nowMs: () => now,
    after: (delayMs, then) => {
      due.push({ atMs: now + delayMs, then });
    },
    advance: (ms) => {
      const endMs = now + ms;
      for (;;) {
        const next = due.filter((one) => one.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        due = due.filter((one) => one !== next);
        now = next.atMs;
        next.then();
      }
      now = endMs;
    },
  };
};

const ISIN = 'US8552441094';
const account: Account = { accountNo: 'A1', accountId: 'u.1', userId: 'u', managed: true, currency: 'USD', isOpen: true };
const setUp = (): {
  world: World;
  advance: (ms: number) => void;
  orders: Orders;
  sell: (units: string) => Order;
  buy: (amount: string) => Order;
  sent: Delivery[];
} => {
  const time = handTurned();
  const sent: Delivery[] = [];
  const config = readBrokerConfig({ FILL_MS: '10', SETTLEMENT_MS: '1000', REDEMPTION_MS: '10', CANCEL_MS: '50', COMMISSION: '0.5' });
  const world = createWorld(config, time, (delivery) => {
    sent.push(delivery);
  });
  const instrument: Instrument = { isin: ISIN, symbol: 'SBUX', instrumentId: 'i-1', name: 'Coffee', kind: 'equity' };
  world.instruments.set(ISIN, instrument);
  world.prices.set(ISIN, decimal('33.333'));
  world.accounts.set(account.accountNo, account);
  world.book({ account, type: 'CSR', amount: decimal('100'), comment: 'opening', settlesAtMs: time.nowMs(), order: null, silent: true });
  world.books.units.append({ accountNo: 'A1', isin: ISIN, units: decimal('10'), orderId: null, reason: 'opening' });
  const orders = createOrders(world);
  const common = { account, instrument, type: 'MARKET', limitPrice: null, key: null, clientOrderId: null };
  return {
    world,
    orders,
    advance: time.advance,
    sent,
    sell: (units) => orders.place({ ...common, side: 'SELL', units: decimal(units), amountCash: null }),
    buy: (amount) => orders.place({ ...common, side: 'BUY', units: null, amountCash: decimal(amount) }),
  };
};

describe('cash', () => {
  const row = (amount: string, settlesAtMs: number): LedgerEntry => ({
    accountNo: 'A1',
    finTranId: 'f',
    type: 'X',
    amount: decimal(amount),
    settlesAtMs,
    settleDateMs: settlesAtMs,
    comment: '',
    isin: null,
    orderId: null,
    orderNo: null,
    redemptionId: null,
    fillUnits: null,
    fillPrice: null,
    feeSec: decimal('0'),
    feeTaf: decimal('0'),
  });
  const none = { forBuys: decimal('0'), pendingOut: decimal('0') };

  it('counts a sale only from its settlement on, its fees with it', () => {
    const rows = [row('100', 0), row('50.25', 500), row('-0.25', 500)];
    expect(cashOf(rows, none, 499)).toMatchObject({
      booked: '150',
      withdrawable: '100',
      tradable: '150',
      pendingSettlement: [{ atMs: 500, amount: '50' }],
    });
    expect(cashOf(rows, none, 500)).toMatchObject({ withdrawable: '150', pendingSettlement: [] });
  });
  it('takes off what is on its way out and what open purchases will cost, never below zero', () => {
    expect(cashOf([row('100', 0)], { forBuys: decimal('30'), pendingOut: decimal('20') }, 1)).toMatchObject({
      withdrawable: '50',
      tradable: '50',
    });
    expect(cashOf([row('10', 0)], { forBuys: decimal('30'), pendingOut: decimal('0') }, 1).withdrawable).toBe('0');
  });
});

describe('units', () => {
  it('adds up, leaves out what is gone, and refuses to go below zero', () => {
    const line = (units: string): Line<UnitsEntry> => ({
      seq: 1,
      at: '',
      accountNo: 'A1',
      isin: ISIN,
      units: decimal(units),
      orderId: null,
      reason: '',
    });
    expect([...unitsOf([line('2'), line('-0.5')])]).toEqual([[ISIN, '1.5']]);
    expect([...unitsOf([line('2'), line('-2')])]).toEqual([]);
    expect(() => unitsOf([line('1'), line('-2')])).toThrow('below zero');
  });
});

describe('a sale', () => {
  it('is not cash to withdraw before its settlement, to the millisecond', () => {
    const { world, advance, sell } = setUp();
    const order = sell('3');
    advance(10);
    expect(order.status).toBe('FILLED');
    // 3 x 33.333 = 99.999, cut to the cent; commission 0.5, SEC fee and TAF fee one cent each.
    expect(sum(world.ledgerOf(account).map((line) => line.amount))).toBe('199.47');
    advance(999);
    expect(world.cash(account).withdrawable).toBe('100');
    advance(1);
    expect(world.cash(account).withdrawable).toBe('199.47');
  });
  it('reserves the units of open sales', () => {
    const { world, sell, advance } = setUp();
    sell('8');
    expect(world.tradableUnits(account, ISIN)).toBe('2');
    const second = sell('3');
    expect([second.status, second.statusMessage?.errorCode]).toEqual(['REJECTED', 'O105']);
    advance(10);
    expect(world.units(account).get(ISIN)).toBe('2');
  });
  it('has its cash later than the date of the market when the bank is closed', () => {
    const { world, advance, sell } = setUp();
    world.board.switchOn({ fault: 'bank-holiday', times: 1, delayMs: 500 });
    sell('3');
    advance(10);
    const [row] = world.ledgerOf(account).filter((line) => line.type === 'SSAL');
    expect((row?.settlesAtMs ?? 0) - (row?.settleDateMs ?? 0)).toBe(500);
    advance(1_400);
    expect(world.cash(account).withdrawable).toBe('100');
    advance(100);
    expect(world.cash(account).withdrawable).toBe('199.47');
  });
  it('that is busted gives the units back and takes the cash away, once; the order does not say so', () => {
    const { world, orders, advance, sell } = setUp();
    const order = sell('3');
    advance(2_000);
    expect(orders.bust(order)).toBe(true);
    expect(orders.bust(order)).toBe(false);
    // Fees are not given back.
    expect([order.status, order.filledUnits, world.units(account).get(ISIN), world.cash(account).withdrawable]).toEqual([
      'FILLED',
      '3',
      '10',
      '99.48',
    ]);
  });
  it('charges the commission once over many fills', () => {
    const { world, advance, sell } = setUp();
    world.board.switchOn({ fault: 'partial-fill', detail: '4' });
    const order = sell('10');
    advance(100);
    expect([order.status, order.filledUnits]).toEqual(['FILLED', '10']);
    expect(world.ledgerOf(account).filter((line) => line.type === 'COMM')).toHaveLength(1);
    expect(world.ledgerOf(account).filter((line) => line.type === 'SSAL')).toHaveLength(4);
  });
});

describe('a purchase', () => {
  it('reserves its cash while open and takes it when filled', () => {
    const { world, advance, buy } = setUp();
    const order = buy('60');
    expect(world.cash(account).withdrawable).toBe('40');
    expect(buy('60').status).toBe('REJECTED');
    advance(10);
    expect(order.status).toBe('FILLED');
    expect(plus(world.cash(account).booked, order.gross)).toBe('99.5');
    expect(world.units(account).get(ISIN)).toBe(plus(decimal('10'), order.filledUnits));
  });
});

describe('a redemption', () => {
  it('is decided once', () => {
    const { world, advance, sent } = setUp();
    const redemptions = createRedemptions(world);
    const one = redemptions.create({ account, amount: decimal('40'), type: 'BULK_FUNDING', note: null, key: null });
    expect([one.status, world.cash(account).withdrawable, world.cash(account).booked]).toEqual(['RIA_PENDING', '60', '100']);
    expect(redemptions.decide(one, true)).toBe(true);
    expect(redemptions.decide(one, false)).toBe(false);
    advance(1_000);
    expect(one.history.map((step) => step.status)).toEqual(['RIA_PENDING', 'RIA_APPROVED', 'PENDING', 'SUCCESSFUL']);
    expect([world.cash(account).booked, world.cash(account).withdrawable]).toEqual(['60', '60']);
    expect(sent.filter((delivery) => delivery.body.includes('redemptions.'))).toHaveLength(4);
  });
  it('gives the cash back when the adviser says no', () => {
    const { world, advance } = setUp();
    const redemptions = createRedemptions(world);
    const one = redemptions.create({ account, amount: decimal('40'), type: 'BULK_FUNDING', note: null, key: null });
    redemptions.decide(one, false);
    advance(100);
    expect([one.status, world.cash(account).withdrawable]).toEqual(['FAILED', '100']);
  });
});
