import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readBankConfig } from '../../../../test/simulators/core-banking/config.js';
import { startBank, type RunningBank } from '../../../../test/simulators/core-banking/server.js';
import { callerOf, until, type Caller } from '../../../../test/simulators/shared/client-for-tests.js';
import { decimal } from '../../../kernel/decimal.js';
import { currency } from '../../../kernel/money.js';
import type { Sending } from '../../../kernel/outcome.js';
import type { CoreBankingPort, PaymentRequest } from '../../../ports/core-banking.js';
import { createPaymentsApi } from './adapter.js';

const HOUSE = 'BE71096123456769';
const ADA = 'BE68539007547034';

let bank: RunningBank;
let admin: Caller;
let port: CoreBankingPort & { readonly close: () => void };

beforeEach(async () => {
  bank = await startBank(readBankConfig({ STATUS_MS: '10', RETURN_MS: '10' }));
  admin = callerOf(bank.url);
  await admin('POST', '/simulator/accounts', [{ iban: HOUSE, currency: 'EUR', balance: '1000.00' }]);
  await admin('POST', '/simulator/customers', { externalId: 'C-1', name: 'Ada Example', counterAccount: { iban: ADA, bic: 'GKCCBEBB' } });
  port = createPaymentsApi({ baseUrl: bank.url, token: 'simulator-token' });
});
afterEach(async () => {
  port.close();
  await bank.close();
});

const sending = (timeoutMs = 5_000): Sending => ({
  key: 'journey-1/pay/1',
  signal: AbortSignal.timeout(timeoutMs),
  firstSentAtMs: Date.now(),
});
const request = (endToEndId = 'WD1', amount = '250'): PaymentRequest => ({
  endToEndId,
  uetr: '97ed4827-7b6f-4491-a06f-b548d5a7512d',
  debtorIban: HOUSE,
  creditorName: 'Ada Example',
  creditorIban: ADA,
  amount: { amount: decimal(amount), currency: currency('EUR') },
  remittanceInformation: 'Withdrawal',
});
const fault = async (rule: Record<string, string | number>): Promise<void> => {
  expect(await admin('POST', '/simulator/faults', { times: 1, ...rule })).toMatchObject({ status: 201 });
};
const found = (one: PaymentRequest, what: string): Promise<unknown> =>
  until(`${one.endToEndId} found ${what}`, async () => {
    const inquiry = await port.findPayment(one, sending());
    return inquiry.found === what ? inquiry : null;
  });
const paymentCount = (): number => bank.bank().payments.size;

describe('against the simulated bank', () => {
  it('pays once, however often the same payment is sent, and sees it settled', async () => {
    expect(await port.findPayment(request(), sending())).toEqual({ found: 'absent' });
    expect(await port.pay(request(), sending())).toMatchObject({ kind: 'accepted' });
    expect(await found(request(), 'applied')).toMatchObject({
      result: { endToEndId: 'WD1', amount: { amount: '250', currency: 'EUR' }, returned: null },
    });
    expect(await port.pay(request(), sending())).toMatchObject({ kind: 'applied' });
    expect(await port.pay(request('WD1', '251'), sending())).toMatchObject({ kind: 'unknown', evidence: expect.stringContaining('409') });
    expect(await port.findPayment(request('WD1', '251'), sending())).toMatchObject({ found: 'ambiguous' });
    expect(paymentCount()).toBe(1);
  });

  it.each(['apply-and-cut', 'server-error-after-applying', 'garbled-answer', 'wrong-amount-in-the-answer'])(
    '%s: unknown, then found',
    async (name) => {
      await fault({ fault: name, operation: 'create-payment' });
      expect(await port.pay(request(), sending())).toMatchObject({ kind: 'unknown' });
      await found(request(), 'applied');
      expect(paymentCount()).toBe(1);
    },
  );

  it.each(['cut-before-apply', 'server-error-before-applying', 'conflict'])('%s: unknown, then absent', async (name) => {
    await fault({ fault: name, operation: 'create-payment' });
    expect(await port.pay(request(), sending())).toMatchObject({ kind: 'unknown' });
    expect(await port.findPayment(request(), sending())).toEqual({ found: 'absent' });
  });

  it('answer-late: unknown at the deadline', async () => {
    await fault({ fault: 'answer-late', operation: 'create-payment', delayMs: 1_000 });
    expect(await port.pay(request(), sending(200))).toMatchObject({ kind: 'unknown', evidence: expect.stringContaining('deadline') });
  });

  it.each([
    ['unauthorised', undefined, { kind: 'retryable', evidence: 'credentials: answered 401' }],
    ['too-many-requests', '3', { kind: 'retryable', retryAfterMs: 3_000 }],
    ['refuse', 'AC04', { kind: 'rejected', reason: 'AC04' }],
    ['refuse', '422 AC06', { kind: 'rejected', reason: 'AC06' }],
    ['refuse', '422 AM05', { kind: 'unknown' }],
    ['unknown-status', undefined, { kind: 'accepted', note: 'unlisted status ACWP' }],
  ])('%s %s', async (name, detail, expected) => {
    await fault({ fault: name, operation: 'create-payment', ...(detail === undefined ? {} : { detail }) });
    expect(await port.pay(request(), sending())).toMatchObject(expected);
  });

  it('reads the customer whose account is paid', async () => {
    expect(await port.readCustomer('C-1', sending().signal)).toMatchObject({
      kind: 'applied',
      result: { name: 'Ada Example', active: true, counterAccount: { iban: ADA, bic: 'GKCCBEBB' } },
    });
    expect(await port.readCustomer('C-2', sending().signal)).toMatchObject({ kind: 'rejected', reason: 'not-found' });
  });

  it('says retryable when nobody listens', async () => {
    await bank.close();
    expect(await port.pay(request(), sending())).toMatchObject({ kind: 'retryable' });
    expect(await port.findPayment(request(), sending())).toMatchObject({ found: 'no-answer' });
  });
});
