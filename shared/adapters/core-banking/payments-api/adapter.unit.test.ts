import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { PAYMENT_STATUSES } from '../../../../contracts/core-banking/http.js';
import { decimal } from '../../../kernel/decimal.js';
import { currency } from '../../../kernel/money.js';
import type { Sending } from '../../../kernel/outcome.js';
import type { CoreBankingPort, PaymentRequest } from '../../../ports/core-banking.js';
import { createPaymentsApi } from './adapter.js';
import { stateOf } from './mapping.js';

const HOST = 'http://bank.test';
const samples = JSON.parse(readFileSync(join(__dirname, '../../../../contracts/core-banking/samples/payments.json'), 'utf8')) as Record<
  'createRequest' | 'accepted' | 'returned' | 'customer',
  object
>;
const REFERENCE = 'WDAB2C3D4E5F6G7H2J3K4M5N6P7Q';
const REQUEST: PaymentRequest = {
  endToEndId: REFERENCE,
  uetr: '97ed4827-7b6f-4491-a06f-b548d5a7512d',
  debtorIban: 'BE71096123456769',
  creditorName: 'Ada Example',
  creditorIban: 'BE68539007547034',
  amount: { amount: decimal('1250.0'), currency: currency('EUR') },
  remittanceInformation: 'Withdrawal',
};
const sending = (): Sending => ({ key: 'journey-1/pay/1', signal: AbortSignal.timeout(5_000), firstSentAtMs: 0 });
const PAID = { paymentId: 'PMT-1', endToEndId: REFERENCE, amount: REQUEST.amount, bookedAt: null, returned: null };

let port: CoreBankingPort & { readonly close: () => void };
beforeEach(() => {
  nock.disableNetConnect();
  port = createPaymentsApi({ baseUrl: HOST, token: 'secret' });
});
afterEach(() => {
  port.close();
  nock.cleanAll();
  nock.enableNetConnect();
});
afterAll(() => {
  nock.restore();
});

const payment = (change: object = {}): object => ({
  paymentId: 'PMT-1',
  endToEndId: REFERENCE,
  status: 'ACSC',
  instructedAmount: { amount: '1250.00', currency: 'EUR' },
  ...change,
});
const amount = (text: string, code = 'EUR'): object => payment({ instructedAmount: { amount: text, currency: code } });

describe('pay', () => {
  it('sends the payment as the contract has it, with token and key', async () => {
    nock(HOST, { reqheaders: { authorization: 'Bearer secret', 'idempotency-key': 'journey-1/pay/1' } })
      .post('/payments', (body: unknown) => JSON.stringify(body) === JSON.stringify(samples.createRequest))
      .reply(201, samples.accepted);
    expect(await port.pay(REQUEST, sending())).toEqual({ kind: 'accepted', reference: 'PMT-000001' });
  });

  it.each([
    [201, payment(), { kind: 'applied', result: PAID }],
    [200, payment({ bookedAt: '2026-11-21T09:00:00Z' }), { kind: 'applied', result: { bookedAt: '2026-11-21T09:00:00Z' } }],
    [200, payment({ bookedAt: '2026-11-21T10:00:00+01:00' }), { kind: 'applied', result: { bookedAt: '2026-11-21T09:00:00.000Z' } }],
    [200, payment({ bookedAt: '21/11/2026' }), { kind: 'applied', result: { bookedAt: null } }],
    [
      200,
      payment({ return: { amount: '1250.00', reason: 'AC04', reference: 'RTN-1' } }),
      { kind: 'applied', result: { returned: { amount: REQUEST.amount, reason: 'AC04', reference: 'RTN-1' } } },
    ],
    [201, payment({ status: 'RCVD' }), { kind: 'accepted', reference: 'PMT-1' }],
    [201, payment({ status: 'ACTC' }), { kind: 'accepted' }],
    [201, payment({ status: 'PDNG' }), { kind: 'accepted' }],
    [201, payment({ status: 'ACSP' }), { kind: 'accepted' }],
    [201, payment({ status: 'ACWP' }), { kind: 'accepted', note: 'unlisted status ACWP' }],
    [201, payment({ status: 'RJCT', statusReason: 'AC04' }), { kind: 'rejected', reason: 'AC04' }],
    [201, payment({ status: 'RJCT' }), { kind: 'rejected', reason: 'MS03' }],
    [201, payment({ status: 'RJCT', statusReason: 'AM05' }), { kind: 'unknown' }],
    [201, payment({ status: 'CANC' }), { kind: 'rejected', reason: 'CANC' }],
    [201, amount('1250.01'), { kind: 'unknown', evidence: 'the answer is about another amount than was asked for' }],
    [200, amount('1250', 'USD'), { kind: 'unknown' }],
    [200, payment({ endToEndId: 'WDX' }), { kind: 'unknown' }],
    [201, payment({ instructedAmount: { amount: 1250, currency: 'EUR' } }), { kind: 'unknown' }],
    [201, {}, { kind: 'unknown' }],
    [201, '', { kind: 'unknown' }],
    [201, '{"paymentId":', { kind: 'unknown' }],
    [202, payment(), { kind: 'unknown' }],
    [422, { reason: 'AC06', title: 'refused' }, { kind: 'rejected', reason: 'AC06' }],
    [422, {}, { kind: 'rejected', reason: 'MS03' }],
    [422, { reason: 'AM05' }, { kind: 'unknown' }],
    [422, '<html>', { kind: 'unknown' }],
    [409, {}, { kind: 'unknown', evidence: 'answered 409: the reference exists there with another body' }],
    [400, {}, { kind: 'unknown' }],
    [404, {}, { kind: 'unknown' }],
    [301, '', { kind: 'unknown' }],
    [408, '', { kind: 'unknown' }],
    [401, {}, { kind: 'retryable', evidence: 'credentials: answered 401' }],
    [403, {}, { kind: 'retryable', retryAfterMs: 300_000 }],
    [429, {}, { kind: 'retryable', retryAfterMs: 5_000 }],
    [500, {}, { kind: 'unknown' }],
    [502, '', { kind: 'unknown' }],
    [503, {}, { kind: 'unknown' }],
  ] as const)('%s %j', async (status, body, expected) => {
    nock(HOST).post('/payments').reply(status, body, { 'content-type': 'application/json' });
    const outcome = await port.pay(REQUEST, sending());
    expect(outcome).toMatchObject(expected);
    if (outcome.kind !== 'applied') expect(JSON.stringify(outcome)).not.toMatch(/BE68|BE71|Ada|secret/);
  });

  it.each([
    [201, '"status":"ACSC","status":"RJCT"'],
    [201, '"status":"RJCT","status":"ACSC"'],
    [201, '"status":"RJCT","st\\u0061tus":"RJCT"'],
    [201, '"status":"RJCT","instructedAmount":{"amount":"0.01","currency":"EUR"}'],
  ])('%s with %s is unknown, and never a refusal [C9]', async (status, members) => {
    const whole = JSON.stringify(payment({ status: undefined }));
    nock(HOST)
      .post('/payments')
      .reply(status, `${whole.slice(0, -1)},${members}}`, { 'content-type': 'application/json' });
    expect(await port.pay(REQUEST, sending())).toMatchObject({ kind: 'unknown' });
  });
  it('of a refusal that says its reason twice knows nothing [C9]', async () => {
    nock(HOST).post('/payments').reply(422, '{"reason":"AC06","reason":"AM05"}', { 'content-type': 'application/problem+json' });
    expect(await port.pay(REQUEST, sending())).toMatchObject({ kind: 'unknown' });
  });

  it('is retryable before the first byte', async () => {
    nock(HOST)
      .post('/payments')
      .replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    expect(await port.pay(REQUEST, sending())).toMatchObject({ kind: 'retryable' });
  });

  it('refuses a counter account no bank would take before anything is sent, says that we refused, and calls our own mistakes bugs [C5]', async () => {
    for (const payee of [{ creditorIban: '12345' }, { creditorName: '' }]) {
      const reason = port.canPay({ ...REQUEST, ...payee });
      expect(reason).toMatch(/^not sent: /);
      expect(await port.pay({ ...REQUEST, ...payee }, sending())).toEqual({ kind: 'rejected', reason });
    }
    await expect(port.pay({ ...REQUEST, endToEndId: 'x'.repeat(36) }, sending())).rejects.toThrow('endToEndId');
    await expect(port.pay({ ...REQUEST, amount: { ...REQUEST.amount, amount: decimal('0.001') } }, sending())).rejects.toThrow(
      'whole cents',
    );
    await expect(port.pay({ ...REQUEST, amount: { ...REQUEST.amount, amount: decimal('-1') } }, sending())).rejects.toThrow('positive');
  });
});

describe('finding a payment', () => {
  const rejected = payment({ paymentId: 'PMT-2', status: 'RJCT', statusReason: 'AM05' });
  it.each([
    [200, { items: [] }, { found: 'absent' }],
    [200, { items: [payment()] }, { found: 'applied', result: PAID }],
    [200, { items: [payment({ status: 'ACSP' })] }, { found: 'pending', reference: 'PMT-1' }],
    [200, { items: [payment({ status: 'NEWS' })] }, { found: 'pending', note: 'unlisted status NEWS' }],
    [200, { items: [payment({ status: 'RJCT', statusReason: 'AC04' })] }, { found: 'rejected', reason: 'AC04' }],
    [200, { items: [payment({ status: 'CANC' })] }, { found: 'rejected', reason: 'CANC' }],
    [200, { items: [amount('1.00')] }, { found: 'ambiguous' }],
    [200, { items: [payment(), payment({ paymentId: 'PMT-3' })] }, { found: 'ambiguous' }],
    [200, { items: [payment(), rejected] }, { found: 'applied' }],
    [200, { items: [rejected] }, { found: 'ambiguous' }],
    [200, { items: [payment({ endToEndId: 'WDX' })] }, { found: 'no-answer' }],
    [200, {}, { found: 'no-answer' }],
    [404, {}, { found: 'no-answer' }],
    [401, {}, { found: 'no-answer', evidence: 'credentials: answered 401' }],
    [500, {}, { found: 'no-answer' }],
  ] as const)('%s %j', async (status, body, expected) => {
    nock(HOST).get('/payments').query({ endToEndId: REFERENCE }).reply(status, body);
    expect(await port.findPayment(REQUEST, sending())).toMatchObject(expected);
  });

  it('covers every documented status', () => {
    expect(Object.fromEntries(PAYMENT_STATUSES.map((status) => [status, stateOf(status)]))).toEqual({
      RCVD: 'on-its-way',
      ACTC: 'on-its-way',
      PDNG: 'on-its-way',
      ACSP: 'on-its-way',
      ACSC: 'settled',
      RJCT: 'refused',
      CANC: 'refused',
    });
    expect(stateOf('toString')).toBeNull();
  });
});

describe('reading a customer', () => {
  it.each([
    [
      200,
      samples.customer,
      {
        kind: 'applied',
        result: {
          externalId: 'C-1',
          active: true,
          counterAccount: { iban: 'BE68539007547034', bic: 'GKCCBEBB', ownerName: 'Ada Example', changedAt: '2026-01-05T10:00:00.000Z' },
        },
      },
    ],
    [
      200,
      { externalId: 'C-1', name: 'A', status: 'BLOCKED', counterAccount: null },
      { kind: 'applied', result: { active: false, counterAccount: null } },
    ],
    [200, { externalId: 'C-2', name: 'A', status: 'ACTIVE' }, { kind: 'retryable' }],
    [200, {}, { kind: 'retryable' }],
    [404, {}, { kind: 'rejected', reason: 'not-found' }],
    [500, {}, { kind: 'retryable' }],
    [403, {}, { kind: 'retryable' }],
  ] as const)('%s %j', async (status, body, expected) => {
    nock(HOST).get('/customers/C-1').reply(status, body);
    expect(await port.readCustomer('C-1', AbortSignal.timeout(5_000))).toMatchObject(expected);
  });
});

describe('on real sockets', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it.each([
    ['reset after the request', 'reset'],
    ['a payment that is cut in the middle', 'cut'],
    ['no answer before the deadline', 'silent'],
  ] as const)('%s is unknown, and the payment is found afterwards', async (_name, behaviour) => {
    nock.enableNetConnect();
    let booked = 0;
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        if (request.method === 'GET') {
          response.end(JSON.stringify({ items: booked === 0 ? [] : [payment()] }));
          return;
        }
        booked += 1;
        if (behaviour === 'reset') request.socket.resetAndDestroy();
        else if (behaviour === 'cut')
          response.writeHead(201, { 'content-length': '500' }).write(JSON.stringify(payment()), () => {
            request.socket.destroy();
          });
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bank = createPaymentsApi({ baseUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, token: 'secret' });
    expect(await bank.pay(REQUEST, { ...sending(), signal: AbortSignal.timeout(500) })).toMatchObject({ kind: 'unknown' });
    expect(await bank.findPayment(REQUEST, sending())).toMatchObject({ found: 'applied' });
    expect(booked).toBe(1);
    bank.close();
  });
});
