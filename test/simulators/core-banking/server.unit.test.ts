import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { depositCallback, paymentStatusCallback } from '../../../contracts/core-banking/callbacks.js';
import { balances, customer, payment, paymentList, problem } from '../../../contracts/core-banking/http.js';
import { parseJson, type Json } from '../../../shared/kernel/json.js';
import { callerOf, startEar, until, type Caller, type Ear, type Got } from '../shared/client-for-tests.js';
import { readBankConfig, TEST_WEBHOOK_SECRET } from './config.js';
import { startBank, type RunningBank } from './server.js';

const HOUSE = 'BE71096123456769';
const ADA = 'BE68539007547034';
const UETR = '97ed4827-7b6f-4491-a06f-b548d5a7512d';

let ear: Ear;
let bank: RunningBank;
let admin: Caller;
let api: Caller;

beforeEach(async () => {
  ear = await startEar();
  bank = await startBank(readBankConfig({ STATUS_MS: '10', RETURN_MS: '10', WEBHOOK_URL: `${ear.url}/webhooks/core-banking` }));
  admin = callerOf(bank.url);
  api = callerOf(bank.url, { authorization: 'Bearer simulator-token' });
  await admin('POST', '/simulator/accounts', [{ iban: HOUSE, currency: 'EUR', balance: '1000.00' }]);
  await admin('POST', '/simulator/customers', { externalId: 'C-1', name: 'Ada Example', counterAccount: { iban: ADA, bic: 'GKCCBEBB' } });
});
afterEach(async () => {
  await bank.close();
  await ear.close();
});

const at = (body: Json, ...path: readonly string[]): Json =>
  path.reduce<Json>((value, name) => (value as Record<string, Json>)[name] ?? null, body);
const pay = (endToEndId: string, amount = '250.00', more: Record<string, Json> = {}): Promise<Got> =>
  api(
    'POST',
    '/payments',
    {
      endToEndId,
      uetr: UETR,
      debtorAccount: { iban: HOUSE },
      creditor: { name: 'Ada Example' },
      creditorAccount: { iban: ADA },
      instructedAmount: { amount, currency: 'EUR' },
      ...more,
    },
    { 'idempotency-key': endToEndId },
  );
const found = async (endToEndId: string): Promise<ReturnType<typeof paymentList.parse>['items']> =>
  paymentList.parse((await api('GET', `/payments?endToEndId=${endToEndId}`)).body).items;
const becomes = (endToEndId: string, status: string): Promise<ReturnType<typeof payment.parse>> =>
  until(`${endToEndId} to be ${status}`, async () => (await found(endToEndId)).find((one) => one.status === status) ?? null);
const fault = async (rule: Record<string, string | number>): Promise<void> => {
  expect(await admin('POST', '/simulator/faults', rule)).toMatchObject({ status: 201 });
};
const verdict = async (): Promise<Json> => (await admin('GET', '/simulator/verdict')).body;
const told = (endToEndId: string): readonly string[] =>
  ear.heard
    .filter((one) => one.path.endsWith('/payment-status'))
    .map((one) => paymentStatusCallback.parse(parseJson(one.text)))
    .filter((one) => one.endToEndId === endToEndId)
    .map((one) => one.status);
const booked = async (): Promise<string | undefined> =>
  balances.parse((await api('GET', `/accounts/${HOUSE}/balances`)).body).items.find((one) => one.type === 'BOOKED')?.amount;

describe('a payment', () => {
  it('goes its way, is told by signed callbacks, and is booked once', async () => {
    const got = await pay('WD1');
    expect([got.status, payment.parse(got.body).status]).toEqual([201, 'RCVD']);
    expect(
      balances.parse((await api('GET', `/accounts/${HOUSE}/balances`)).body).items.find((one) => one.type === 'AVAILABLE')?.amount,
    ).toBe('750');
    expect((await becomes('WD1', 'ACSC')).bookedAt).toBeDefined();
    expect(await booked()).toBe('750');
    await until('both callbacks', () => (told('WD1').length === 2 ? true : null));
    expect([...told('WD1')].sort()).toEqual(['ACSC', 'ACSP']);
    for (const one of ear.heard) new Webhook(TEST_WEBHOOK_SECRET).verify(one.text, one.headers as Record<string, string>);
    expect(at(await verdict(), 'creditors')).toEqual([
      {
        creditorIban: ADA,
        currency: 'EUR',
        settledCount: expect.objectContaining({ raw: '1' }),
        settledSum: '250',
        returnedCount: expect.objectContaining({ raw: '0' }),
        returnedSum: '0',
        endToEndIds: ['WD1'],
      },
    ]);
    expect(at(await verdict(), 'booksAgree')).toBe(true);
  });

  it('is the same payment when sent again, and a conflict with another body', async () => {
    const first = payment.parse((await pay('WD1')).body);
    const again = await pay('WD1', '250.0');
    expect([again.status, payment.parse(again.body).paymentId]).toEqual([200, first.paymentId]);
    const other = await pay('WD1', '250.01');
    expect([other.status, problem.parse(other.body).code]).toEqual([409, 'reference-in-use']);
    expect(at(await verdict(), 'totals')).toMatchObject({ payments: { raw: '1' } });
    expect(at(await verdict(), 'conflicts')).toEqual(['WD1']);
  });

  it('is paid twice when the key is forgotten, and the verdict says so', async () => {
    await fault({ fault: 'forget-the-key', times: 1 });
    await pay('WD1');
    expect((await pay('WD1')).status).toBe(201);
    await until('both to settle', async () => ((await found('WD1')).filter((one) => one.status === 'ACSC').length === 2 ? true : null));
    expect(at(await verdict(), 'duplicates', 'references')).toMatchObject([{ endToEndId: 'WD1', creditorIban: ADA, sum: '500' }]);
    expect(await booked()).toBe('500');
  });

  it.each([
    ['apply-and-cut', 0, 1],
    ['cut-before-apply', 0, 0],
    ['server-error-after-applying', 500, 1],
    ['server-error-before-applying', 500, 0],
    ['unauthorised', 401, 0],
    ['too-many-requests', 429, 0],
  ])('after %s the books say what really happened', async (name, status, count) => {
    await fault({ fault: name, operation: 'create-payment', subject: 'WD1', times: 1 });
    expect((await pay('WD1')).status).toBe(status);
    expect(await found('WD1')).toHaveLength(count);
    expect([200, 201]).toContain((await pay('WD1')).status);
    expect(await found('WD1')).toHaveLength(1);
  });

  it('may travel for a while: an empty list is no proof of absence', async () => {
    await fault({ fault: 'apply-late', operation: 'create-payment', times: 1, delayMs: 500 });
    const late = pay('WD1');
    await until('the request to be under way', async () => (bank.bank().books.strikes.all().length === 1 ? true : null));
    expect(await found('WD1')).toEqual([]);
    expect((await late).status).toBe(201);
    expect(await found('WD1')).toHaveLength(1);
  });

  it.each([
    ['AC04', 201, 'AC04'],
    ['422 AM05', 422, 'AM05'],
  ])('is refused as told: %s', async (detail, status, reason) => {
    await fault({ fault: 'refuse', operation: 'create-payment', times: 1, detail });
    const got = await pay('WD1');
    expect([got.status, at(got.body, status === 201 ? 'statusReason' : 'reason')]).toEqual([status, reason]);
    expect((await found('WD1')).map((one) => one.status)).toEqual(status === 201 ? ['RJCT'] : []);
    expect(await booked()).toBe('1000');
  });

  it('is refused for its own reasons: cover, closed account, shape, key, token', async () => {
    expect(payment.parse((await pay('WD1', '1000.01')).body)).toMatchObject({ status: 'RJCT', statusReason: 'AM04' });
    await admin('POST', '/simulator/accounts', { iban: ADA, currency: 'EUR', closed: true });
    expect(payment.parse((await pay('WD2')).body)).toMatchObject({ status: 'RJCT', statusReason: 'AC04' });
    expect((await pay('WD3', '1e2')).status).toBe(400);
    expect((await api('POST', '/payments', { endToEndId: 'WD4' })).status).toBe(400);
    expect((await callerOf(bank.url)('GET', '/payments?endToEndId=WD1')).status).toBe(401);
  });

  it.each([
    [' ', 'BE22'],
    ['-', 'BE22'],
    ['王小明', 'RR10'],
    ['Ada\u0001', 'RR10'],
    ['Ada\u200b', 'RR10'],
  ])('to %j is refused, and no payment exists', async (name, reason) => {
    const refused = await pay('WD1', '250.00', { creditor: { name } });
    expect([refused.status, problem.parse(refused.body).reason]).toEqual([422, reason]);
    expect(await found('WD1')).toEqual([]);
  });
  it('goes out in the letters of the rail, whatever accents the name has', async () => {
    expect((await pay('WD1', '250.00', { creditor: { name: 'Zoë Müller-Ødegård, Žižka & Σία' } })).status).toBe(201);
  });

  it('comes back, is rejected late, stays on the way, is never told, when told to', async () => {
    await fault({ fault: 'return-after-settled', subject: 'WD1', detail: 'AC06' });
    await fault({ fault: 'reject-later', subject: 'WD2' });
    await fault({ fault: 'stay-pending', subject: 'WD3' });
    await fault({ fault: 'never-calls-back', subject: 'WD4' });
    for (const reference of ['WD1', 'WD2', 'WD3', 'WD4']) await pay(reference, '10.00');
    await until('the return', async () => ((await found('WD1'))[0]?.return === undefined ? null : true));
    expect((await found('WD1'))[0]).toMatchObject({ status: 'ACSC', return: { reason: 'AC06', amount: { amount: '10' } } });
    expect(await becomes('WD2', 'RJCT')).toMatchObject({ statusReason: 'AC04' });
    await becomes('WD4', 'ACSC');
    expect((await found('WD3'))[0]?.status).toBe('ACSP');
    expect(told('WD4')).toEqual([]);
    expect(await booked()).toBe('990');
    expect(at(await verdict(), 'totals')).toMatchObject({
      settledSum: '20',
      returnedSum: '10',
      refused: { raw: '1' },
      onTheWay: { raw: '1' },
    });
  });

  it('shows a wrong amount or an unlisted status while its books stay right', async () => {
    await fault({ fault: 'wrong-amount-in-the-answer', operation: 'create-payment', times: 1 });
    expect(payment.parse((await pay('WD1')).body).instructedAmount.amount).toBe('250.01');
    await fault({ fault: 'unknown-status', operation: 'find-payment', times: 1 });
    expect((await found('WD1'))[0]).toMatchObject({ status: 'ACWP', instructedAmount: { amount: '250' } });
  });
});

describe('callbacks', () => {
  it('come twice or out of order when told to, with the same event id', async () => {
    await fault({ fault: 'event-twice', operation: 'payment-status' });
    await fault({ fault: 'events-reordered', operation: 'payment-status', times: 1 });
    await pay('WD1');
    await until('four callbacks', () => (told('WD1').length === 4 ? true : null));
    const ids = ear.heard.map((one) => paymentStatusCallback.parse(parseJson(one.text)).eventId);
    expect([new Set(ids).size, new Set(ear.heard.map((one) => one.headers['webhook-id'])).size]).toEqual([2, 4]);
    expect(at((await admin('GET', '/simulator/verdict')).body, 'strikes')).toMatchObject({
      'event-twice': { raw: '2' },
      'events-reordered': { raw: '1' },
    });
  });

  it('tell of deposits and of payments the bank makes by itself', async () => {
    await admin('POST', '/simulator/deposits', { iban: 'BE43068999999501', amount: '500.00', currency: 'EUR' });
    const deposit = await until('the deposit', () => ear.heard.find((one) => one.path.endsWith('/deposit')) ?? null);
    expect(depositCallback.parse(parseJson(deposit.text))).toMatchObject({ amount: '500', iban: 'BE43068999999501' });
    await admin('POST', '/simulator/payments', {
      endToEndId: 'MOVE-1',
      uetr: UETR,
      debtorAccount: { iban: HOUSE },
      creditor: { name: 'Ada' },
      creditorAccount: { iban: ADA },
      instructedAmount: { amount: '1.00', currency: 'EUR' },
    });
    await until('its callbacks', () => (told('MOVE-1').includes('ACSC') ? true : null));
    expect((await admin('POST', '/simulator/payments/MOVE-1/return', {})).status).toBe(200);
    await until('its return', () => (told('MOVE-1').length === 3 ? true : null));
  });
});

describe('customers', () => {
  it('have a counter account that may change under way', async () => {
    expect(customer.parse((await api('GET', '/customers/C-1')).body).counterAccount?.iban).toBe(ADA);
    await fault({ fault: 'counter-account-changed', subject: 'C-1', times: 1, detail: 'BE62510007547061' });
    const changed = customer.parse((await api('GET', '/customers/C-1')).body);
    expect(changed.counterAccount).toMatchObject({ iban: 'BE62510007547061' });
    expect(customer.parse((await api('GET', '/customers/C-1')).body)).toEqual(changed);
    expect((await api('GET', '/customers/C-9')).status).toBe(404);
  });
});
