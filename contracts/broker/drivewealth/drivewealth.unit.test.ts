import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { JsonNumber, parseJson, type Json } from '../../../shared/kernel/json.js';
import { readEvent } from './events.js';
import {
  accountMoney,
  accountPositions,
  createOrderRequest,
  createOrderResponse,
  createRedemptionRequest,
  errorResponse,
  orderAudit,
  orderDetail,
  orderHistory,
  quotes,
  redemption,
  tokenResponse,
  transactions,
} from './http.js';
import { ORDER_STATUSES, orderStatusIsEnd, orderStatusOf, REDEMPTION_STATUSES, redemptionCodeOf, redemptionStatusOf } from './statuses.js';

const sample = (name: string): Record<string, Json> =>
  parseJson(readFileSync(join(__dirname, 'samples', `${name}.json`), 'utf8')) as Record<string, Json>;

describe('DriveWealth orders', () => {
  const orders = sample('orders');

  it('keeps quantities exact', () => {
    expect(createOrderRequest.parse(orders['createRequest']).quantity).toBe('12.5');
    expect(orderDetail.parse(orders['partialFill'])).toMatchObject({
      status: 'PARTIAL_FILL',
      averagePrice: '95.6',
      cumulativeQuantity: '10',
      statusMessage: undefined,
    });
  });
  it('reads the id of a new order however it is spelt', () => {
    const id = 'MW.4c108af2-3c65-4215-84f6-b9b338528096';
    for (const body of [orders['createAnswer'], { orderId: id, orderNo: 'X' }, { id }])
      expect(createOrderResponse.parse(body).orderId).toBe(id);
    expect(createOrderResponse.safeParse({ orderNo: 'X' }).success).toBe(false);
  });
  it('reads both documented forms of the audit', () => {
    expect(
      orderAudit
        .parse(orders['auditAsInSchema'])
        .steps.map((step) => [step.status, step.quantities.filledQuantity, step.pricing.lastPrice]),
    ).toEqual([
      ['NEW', '0', '0'],
      ['FILLED', '12.5', '95.6'],
    ]);
    expect(orderAudit.parse(orders['auditAsInExample'])).toMatchObject({
      orderId: 'MW.4c108af2-3c65-4215-84f6-b9b338528096',
      steps: [{ status: 'CANCELED' }],
    });
  });
  it('reads list rows whose status is a number', () => {
    expect(orderHistory.parse(orders['history']).orders[0]).toMatchObject({
      orderStatus: '2',
      side: 'S',
      orderQty: '12.5',
      orderCashAmt: undefined,
    });
  });
  it('takes the reason as text or as a list', () => {
    expect(
      orderDetail.parse({ ...(orders['rejected'] as object), statusMessage: { errorCode: 'O124', reason: 'MERGER' } }).statusMessage,
    ).toMatchObject({ reason: ['MERGER'] });
  });
});

describe('DriveWealth money', () => {
  const money = sample('money');
  const redemptions = sample('redemptions');

  it('keeps cash exact', () => {
    expect(accountMoney.parse(money['money']).cash).toMatchObject({
      cashAvailableForWithdrawal: '100.1',
      cashSettlement: [{ cash: '399.9', utcTime: '2026-11-23T13:30:00.001Z' }],
    });
    expect(transactions.parse(money['transactions']).map((row) => [row.finTranTypeID, row.accountAmount, row.settleDate])).toEqual([
      ['SSAL', '170.83', undefined],
      ['CSD', '-250', undefined],
    ]);
    expect(accountPositions.parse(money['positions']).equityPositions[0]).toMatchObject({ openQty: '31.65120151', ISIN: 'US92204A5048' });
    expect(quotes.parse(money['quotes'])[0]).toMatchObject({ lastTrade: '95.6' });
    expect(tokenResponse.parse(money['token']).expires_in).toBe('3600');
  });
  it('reads the three shapes of a redemption as one', () => {
    expect(createRedemptionRequest.parse(redemptions['createRequest'])).toMatchObject({ amount: '250', note: 'WD0001' });
    const shapes = ['createAnswer', 'listRow', 'byIdWithoutAmount'].map((name) => redemption.parse(redemptions[name]));
    expect(
      shapes.map((one) => [one.redemptionId, one.amount, one.currency, redemptionStatusOf(one.status.id, one.status.message)]),
    ).toEqual([
      ['DWMW000001-1672169822525-RIUIN', '-250', 'USD', 'RIA_PENDING'],
      ['DWMW000001-1672169822525-RIUIN', '250', 'USD', 'ON_HOLD'],
      ['DWMW000001-1672169822525-RIUIN', undefined, 'USD', 'SUCCESSFUL'],
    ]);
    expect(shapes[2]?.finTranRef).toBe('MW.cd22a78a-8a48-441c-89d2-ea400964a34b');
    expect(errorResponse.parse(redemptions['refused']).errorCode).toBe('Y075');
  });
});

describe('DriveWealth positions', () => {
  const row = (openQty: string): Json => ({ openQty: new JsonNumber(openQty), ISIN: 'US92204A5048' });
  it('are read from all four lists, and from one that is new to us [11.2]', () => {
    const read = accountPositions.parse({
      accountID: 'A',
      equityPositions: [row('1')],
      optionsPositions: [row('2')],
      mutualFundsPositions: [row('3')],
      debtPositions: [row('4')],
      cryptoPositions: [row('5')],
    });
    expect(read.all.map(({ openQty }) => openQty)).toEqual(['1', '2', '3', '4', '5']);
    expect(accountPositions.parse({ accountID: 'A', debtPositions: null }).all).toEqual([]);
    expect(accountPositions.safeParse({ accountID: 'A', cryptoPositions: 'some' }).success).toBe(false);
  });
});

describe('DriveWealth errors', () => {
  it('carry a code, and details whose form is open [11.1]', () => {
    const body = { errorCode: 'E032', message: 'invalid', errorDetails: { field: 'price', type: 'DECIMAL', detail: 'too long' } };
    expect(errorResponse.parse(body).errorCode).toBe('E032');
    expect(errorResponse.parse({ errorCode: 'A051', errorDetails: null }).errorCode).toBe('A051');
  });
});

describe('DriveWealth events', () => {
  it('reads the types we use and passes over the rest', () => {
    const events = (sample('events') as unknown as readonly Json[]).map(readEvent);
    expect(events.map((event) => event.kind)).toEqual(['order', 'redemption', 'transaction', 'correction', 'other']);
    expect(events[1]).toMatchObject({ payload: { status: '2', amount: '-100', note: 'WD0001' } });
  });
  it('refuses a payload of a known type that has another shape', () => {
    expect(() => readEvent({ id: 'event_1', type: 'redemptions.updated', timestamp: 'now', payload: { status: '2' } })).toThrow();
  });
});

describe('DriveWealth statuses', () => {
  it('knows every listed code and spelling, whatever the case', () => {
    for (const row of ORDER_STATUSES)
      for (const word of [...row.codes, ...row.spellings, ...row.spellings.map((text) => text.toLowerCase())])
        expect([word, orderStatusOf(word)]).toEqual([word, row.status]);
    for (const row of REDEMPTION_STATUSES) {
      expect(redemptionStatusOf(row.code, undefined)).toBe(row.status);
      expect(redemptionCodeOf(row.status)).toBe(row.code);
      for (const text of row.spellings) expect([text, redemptionStatusOf(undefined, text)]).toEqual([text, row.status]);
    }
    expect(redemptionStatusOf(undefined, 'On Hold')).toBe('ON_HOLD');
    expect(redemptionStatusOf(undefined, 'RIA_Pending')).toBe('RIA_PENDING');
    expect(orderStatusOf('CANCELLED')).toBe('CANCELED');
  });
  it('lets the number decide, and says null of what is not listed', () => {
    expect(redemptionStatusOf('2', 'Pending')).toBe('SUCCESSFUL');
    expect(redemptionStatusOf('99', 'Pending')).toBe('PENDING');
    expect(redemptionStatusOf('99', 'Teleported')).toBeNull();
    expect(orderStatusOf('Z')).toBeNull();
    expect(orderStatusOf('toString')).toBeNull();
  });
  it('reads the six texts and the numbers that are explained, and no others [11.1]', () => {
    for (const text of ['NEW', 'PARTIAL_FILL', 'FILLED', 'REJECTED', 'CANCELED', 'PENDING_CANCEL']) expect(orderStatusOf(text)).toBe(text);
    expect(['0', '1', '2', '4', '6', '8'].map(orderStatusOf)).toEqual([
      'NEW',
      'PARTIAL_FILL',
      'FILLED',
      'CANCELED',
      'PENDING_CANCEL',
      'REJECTED',
    ]);
    expect(['3', '7', '9', 'A', 'B', 'C'].map(orderStatusOf)).toEqual([null, null, null, null, null, null]);
  });
  it('ends orders only at documented ends', () => {
    expect(ORDER_STATUSES.filter((row) => orderStatusIsEnd(row.status)).map((row) => row.status)).toEqual([
      'FILLED',
      'CANCELED',
      'REJECTED',
      'EXPIRED',
    ]);
  });
});
