import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { ORDER_STATUSES, REDEMPTION_STATUSES } from '../../../../contracts/broker/drivewealth/statuses.js';
import { decimal } from '../../../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../../kernel/ids.js';
import { currency } from '../../../kernel/money.js';
import type { Sending } from '../../../kernel/outcome.js';
import type { BrokerPort, CashOutRequest, OrderRequest } from '../../../ports/broker.js';
import { createDriveWealth } from './adapter.js';
import { wireKey } from './client.js';
import { cashOutStateOf, orderStateOf } from './mapping.js';

const HOST = 'http://drivewealth.test';
const BASE = '/back-office';
const ACCOUNT = 'acc-1' as BrokerAccountId;
const ORDER: OrderRequest = {
  account: ACCOUNT,
  instrument: 'US8552441094' as InstrumentId,
  side: 'sell',
  size: { by: 'units', units: decimal('1.50') },
};
const AT = '2026-11-21T09:00:00Z';
const OUT: CashOutRequest = { account: ACCOUNT, amount: { amount: decimal('250'), currency: currency('USD') } };
const sending = (timeoutMs = 5_000): Sending => ({
  key: 'journey-1/place/1',
  signal: AbortSignal.timeout(timeoutMs),
  firstSentAtMs: Date.parse('2026-11-21T09:00:00Z'),
});
const KEY = wireKey('journey-1/place/1');

let port: BrokerPort & { readonly close: () => void };
beforeEach(() => {
  nock.disableNetConnect();
  port = createDriveWealth({ baseUrl: `${HOST}${BASE}`, appKey: 'app', clientId: 'id', clientSecret: 'secret' });
  nock(HOST)
    .post(`${BASE}/auth/tokens`, { clientID: 'id', clientSecret: 'secret' })
    .matchHeader('dw-client-app-key', 'app')
    .reply(200, { access_token: 't1', expires_in: '3600' });
  nock(HOST).get(`${BASE}/accounts/acc-1`).optionally().reply(200, { id: 'acc-1', accountNo: 'NO1' });
});
afterEach(() => {
  port.close();
  nock.cleanAll();
  nock.enableNetConnect();
});

afterAll(() => {
  nock.restore();
});

const json = { 'content-type': 'application/json' };
const onOrder = (status: number, body: string, headers: Record<string, string> = {}): void => {
  nock(HOST)
    .post(`${BASE}/orders`)
    .reply(status, body, { ...json, ...headers });
};
const onOut = (status: number, body: string): void => {
  nock(HOST).post(`${BASE}/funding/redemptions`).reply(status, body, json);
};
const code = (errorCode: string): string => JSON.stringify({ errorCode, message: 'account NO1 of Ada has 12.3' });

describe('placing an order', () => {
  it('sends exact numbers, both credentials and a derived key', async () => {
    nock(HOST, { reqheaders: { authorization: 'Bearer t1', 'dw-client-app-key': 'app', 'idempotency-key': KEY } })
      .post(
        `${BASE}/orders`,
        (body: unknown) =>
          JSON.stringify(body) ===
          JSON.stringify({ accountNo: 'NO1', orderType: 'MARKET', side: 'SELL', ISIN: 'US8552441094', quantity: 1.5 }),
      )
      .reply(200, { orderID: 'EF.1', orderNo: 'EFXM1' });
    expect(await port.placeOrder(ORDER, sending())).toEqual({ kind: 'applied', result: { orderId: 'EF.1' } });
    expect(KEY).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it.each([
    [200, '{}', 'unknown', undefined],
    [200, '{"orderID":"EF', 'unknown', undefined],
    [200, '', 'unknown', undefined],
    [204, '', 'unknown', undefined],
    [400, code('O098'), 'rejected', 'account-not-open'],
    [400, code('O105'), 'rejected', 'not-enough-units'],
    [400, code('O015'), 'rejected', 'malformed'],
    [400, code('E032'), 'rejected', 'malformed'],
    [400, code('O125'), 'rejected', 'refused'],
    [400, code('O099'), 'rejected', 'refused'],
    [400, code('E101'), 'unknown', undefined],
    [400, code('E075'), 'unknown', undefined],
    [409, code('E020'), 'unknown', undefined],
    [400, code('IK010'), 'unknown', undefined],
    [400, code('IK075'), 'unknown', undefined],
    [400, code('X999'), 'unknown', undefined],
    [400, 'oops', 'unknown', undefined],
    [404, '', 'unknown', undefined],
    [400, code('L025'), 'retryable', undefined],
    [403, code('P001'), 'retryable', undefined],
    [403, '', 'retryable', undefined],
    [429, code('E029'), 'retryable', undefined],
    [500, code('E001'), 'unknown', undefined],
    [502, '<html>', 'unknown', undefined],
    [503, '', 'unknown', undefined],
    [302, '', 'unknown', undefined],
  ] as const)('%s %s is %s %s', async (status, body, kind, reason) => {
    onOrder(status, body);
    const outcome = await port.placeOrder(ORDER, sending());
    expect(outcome).toMatchObject(reason === undefined ? { kind } : { kind, reason });
    expect(JSON.stringify(outcome)).not.toMatch(/NO1|Ada|12\.3/);
  });

  it.each([
    [403, 'A051', 'refused'],
    [403, 'O098', 'account-not-open'],
    [400, 'E032', 'malformed'],
  ] as const)('%s with code %s and details is a refusal: %s [11.1]', async (status, errorCode, reason) => {
    onOrder(status, JSON.stringify({ errorCode, message: 'account NO1', errorDetails: { field: 'price', detail: 'of Ada' } }));
    const outcome = await port.placeOrder(ORDER, sending());
    expect(outcome).toEqual({ kind: 'rejected', reason, note: `answered ${String(status)} ${errorCode}` });
  });

  it('takes Retry-After', async () => {
    onOrder(429, '', { 'Retry-After': '7' });
    expect(await port.placeOrder(ORDER, sending())).toMatchObject({ kind: 'retryable', retryAfterMs: 7_000 });
  });

  it('blames the credentials when a fresh token is refused too', async () => {
    nock(HOST).post(`${BASE}/orders`).matchHeader('authorization', 'Bearer t1').reply(401, code('L025'));
    nock(HOST).post(`${BASE}/auth/tokens`).reply(200, { access_token: 't2', expires_in: 3600 });
    nock(HOST).post(`${BASE}/orders`).matchHeader('authorization', 'Bearer t2').reply(401, code('L025'));
    expect(await port.placeOrder(ORDER, sending())).toEqual({
      kind: 'retryable',
      evidence: 'credentials: answered 401',
    });
    expect(nock.isDone()).toBe(true);
  });

  it('is retryable before the first byte', async () => {
    nock(HOST)
      .post(`${BASE}/orders`)
      .replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    expect(await port.placeOrder(ORDER, sending())).toMatchObject({ kind: 'retryable' });
  });
});

describe('creating a cash-out', () => {
  const created = (change: object = {}): string =>
    JSON.stringify({
      id: 'R1',
      accountNo: 'NO1',
      accountID: 'acc-1',
      amount: -250,
      currency: 'USD',
      status: { id: 11, message: 'RIA_Pending' },
      ...change,
    });
  it.each([
    [
      200,
      created(),
      {
        kind: 'applied',
        result: { cashOutId: 'R1', status: 'needs-approval', brokerStatus: 'RIA_Pending', amount: { amount: '250', currency: 'USD' } },
      },
    ],
    [
      200,
      created({ status: { id: 77, message: 'WHATEVER' } }),
      { kind: 'applied', result: { status: 'unclear', brokerStatus: 'WHATEVER' } },
    ],
    [200, created({ status: { id: 3 } }), { kind: 'rejected', reason: 'failed' }],
    [200, created({ amount: -249.99 }), { kind: 'unknown', evidence: 'the answer holds another amount than was asked' }],
    [200, created({ currency: 'EUR' }), { kind: 'unknown' }],
    [200, created({ accountNo: 'NO2' }), { kind: 'unknown' }],
    [200, created({ accountID: 'acc-2' }), { kind: 'unknown' }],
    [200, '{"status":{"id":1}}', { kind: 'unknown' }],
    [400, code('Y075'), { kind: 'rejected', reason: 'not-enough-cash' }],
    [400, code('Y025'), { kind: 'rejected', reason: 'not-allowed' }],
    [400, code('A065'), { kind: 'rejected', reason: 'not-allowed' }],
    [400, code('K050'), { kind: 'rejected', reason: 'malformed' }],
    [400, code('A050'), { kind: 'rejected', reason: 'refused' }],
    [400, code('E101'), { kind: 'unknown' }],
    [400, code('Y999'), { kind: 'unknown' }],
    [500, '', { kind: 'unknown' }],
  ] as const)('%s %s', async (status, body, expected) => {
    onOut(status, body);
    expect(await port.createCashOut(OUT, sending())).toMatchObject(expected);
  });

  it('carries the key in header and note, and the type', async () => {
    nock(HOST, { reqheaders: { 'idempotency-key': KEY } })
      .post(`${BASE}/funding/redemptions`, { accountNo: 'NO1', amount: 250, currency: 'USD', type: 'BULK_FUNDING', note: KEY })
      .reply(200, created());
    expect(await port.createCashOut(OUT, sending())).toMatchObject({ kind: 'applied' });
  });
});

describe('approving', () => {
  const one = (id: number): object => ({ id: 'R1', status: { id }, amount: -250 });
  const read = (id: number): void => {
    nock(HOST).get(`${BASE}/funding/redemptions/R1`).reply(200, one(id));
  };
  it.each([
    ['already approved', [12], null, { kind: 'applied', result: { status: 'pending' } }],
    ['done', [2], null, { kind: 'applied', result: { status: 'done' } }],
    ['rejected meanwhile', [13], null, { kind: 'rejected', reason: 'failed' }],
    ['waiting, then approved', [11], [200, 12], { kind: 'applied', result: { status: 'pending' } }],
    ['waiting, refused, and still waiting', [11, 11], [400, 0], { kind: 'retryable' }],
    ['waiting, refused, but approved by somebody', [11, 1], [400, 0], { kind: 'applied', result: { status: 'pending' } }],
    ['waiting, then an error of theirs', [11], [500, 0], { kind: 'unknown' }],
    ['shown with an unlisted status: not sent', [999], null, { kind: 'retryable' }],
    ['waiting, then unlisted and still waiting', [11, 11], [200, 999], { kind: 'retryable' }],
    ['waiting, then unlisted and approved', [11, 12], [200, 999], { kind: 'applied', result: { status: 'pending' } }],
    ['waiting, then unlisted for good', [11, 999], [200, 999], { kind: 'unknown' }],
  ] as const)('%s', async (_name, reads, patched, expected) => {
    for (const id of reads) read(id);
    if (patched !== null)
      nock(HOST, { badheaders: ['idempotency-key'] })
        .patch(`${BASE}/funding/redemptions/R1`, { status: 'RIA_APPROVED' })
        .reply(patched[0], patched[0] === 200 ? one(patched[1]) : code('Y025'));
    expect(await port.approveCashOut('R1', sending())).toMatchObject(expected);
  });
});

describe('reads', () => {
  it.each([
    [404, 'rejected'],
    [500, 'retryable'],
    [400, 'retryable'],
    [200, 'retryable'],
  ] as const)('%s with nothing useful is %s', async (status, kind) => {
    nock(HOST).get(`${BASE}/accounts/acc-1/summary/money`).reply(status, '{}');
    expect(await port.readCash(ACCOUNT, sending().signal)).toMatchObject({ kind });
  });

  it('does not believe an answer about another account, or fills that do not add up', async () => {
    nock(HOST)
      .get(`${BASE}/accounts/acc-1/summary/money`)
      .reply(200, { accountID: 'acc-2', cash: { cashAvailableForTrade: 1, cashAvailableForWithdrawal: 1, cashBalance: 1 } });
    expect(await port.readCash(ACCOUNT, sending().signal)).toMatchObject({
      kind: 'retryable',
      evidence: 'the answer is about another account',
    });
    nock(HOST)
      .get(`${BASE}/orders/EF.1`)
      .reply(200, { id: 'EF.1', side: 'SELL', status: 'FILLED', ISIN: 'US8552441094', cumulativeQuantity: 2, accountID: 'acc-1' });
    nock(HOST)
      .get(`${BASE}/orders/EF.1/audit`)
      .reply(200, {
        orderID: 'EF.1',
        ordStatus: '2',
        auditOrders: [
          {
            status: '2',
            quantities: { filledQuantity: 1, cumulativeQuantity: 1 },
            pricing: { lastPrice: 10 },
            transactTime: '2026-11-21T09:00:00Z',
          },
        ],
      });
    nock(HOST)
      .get(`${BASE}/accounts/acc-1/transactions`)
      .query(true)
      .times(2)
      .reply(200, [
        { ...{ finTranID: 'F1', finTranTypeID: 'SSAL', accountAmount: 10, orderID: 'EF.1', fillQty: 1, fillPx: 10 }, tranWhen: AT },
      ]);
    expect(await port.readOrder(ACCOUNT, 'EF.1', sending().signal)).toMatchObject({
      kind: 'retryable',
      evidence: 'the fills do not add up to the filled quantity',
    });
  });
});

describe('a cash-out by its id', () => {
  const samples = join(__dirname, '../../../../contracts/broker/drivewealth/samples/redemptions.json');
  const { byIdWithoutAmount } = JSON.parse(readFileSync(samples, 'utf8')) as { readonly byIdWithoutAmount: object };
  const id = 'DWMW000001-1672169822525-RIUIN';
  it('has no amount where the published form has none, instead of an amount of nothing', async () => {
    nock(HOST).get(`${BASE}/funding/redemptions/${id}`).reply(200, byIdWithoutAmount);
    expect(await port.readCashOut(id, sending().signal)).toEqual({
      kind: 'applied',
      result: { cashOutId: id, status: 'done', brokerStatus: 'Successful', amount: null },
    });
  });
});

describe('statuses', () => {
  it('knows every documented order status by every code and spelling', () => {
    const words = ORDER_STATUSES.flatMap((row) => [...row.codes, ...row.spellings].map((word) => [word, row.isEnd] as const));
    expect(words.length).toBeGreaterThan(20);
    for (const [word, isEnd] of words)
      expect([word, orderStateOf({ status: word, statusMessage: undefined }) !== 'open']).toEqual([word, isEnd]);
    expect(orderStateOf({ status: 'SORTING_OUT', statusMessage: undefined })).toBe('open');
  });

  it('knows every documented redemption status; no other is an end', () => {
    const ends = REDEMPTION_STATUSES.filter((row) =>
      ['done', 'failed', 'returned'].includes(cashOutStateOf({ id: row.code, message: undefined, comment: undefined, updated: undefined })),
    ).map((row) => row.status);
    expect(ends.sort()).toEqual(['FAILED', 'REJECTED', 'RETURNED', 'RIA_REJECTED', 'SUCCESSFUL']);
    expect(cashOutStateOf({ id: '999', message: 'New', comment: undefined, updated: undefined })).toBe('unclear');
  });
});
