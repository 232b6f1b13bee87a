/** An operation that is not built moves no money, and loses none. A test of the real answers takes its place, one operation after the other. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { decimal } from '../../../../shared/kernel/decimal.js';
import { parseJson } from '../../../../shared/kernel/json.js';
import { currency } from '../../../../shared/kernel/money.js';
import type { PaymentRequest } from '../../../../shared/ports/core-banking.js';
import { sending } from '../../../../test/builders/engine.js';
import { sampleEvents } from '../events.js';
import { createSample } from './adapter.js';

const bank = createSample({ baseUrl: 'http://127.0.0.1:1', token: 'token' });
afterAll(() => {
  bank.close();
});

const payment: PaymentRequest = {
  endToEndId: 'E1',
  uetr: '00000000-0000-4000-8000-000000000000',
  debtorIban: 'BE71096123456769',
  creditorName: 'Ada Example',
  creditorIban: 'BE68539007547034',
  amount: { amount: decimal('250'), currency: currency('EUR') },
  remittanceInformation: 'Withdrawal',
};

describe('sample, as long as it is not built', () => {
  it.each([
    ['pay', () => bank.pay(payment, sending())],
    ['readCustomer', () => bank.readCustomer('C1', sending().signal)],
  ] as const)('says that %s has not happened and may be sent later', async (operation, ask) => {
    expect(await ask()).toMatchObject({ kind: 'retryable', evidence: `${operation} is not built yet: nothing was sent` });
  });

  it('learns nothing from findPayment', async () => {
    const found = await bank.findPayment(payment, sending());
    expect(found).toMatchObject({ found: 'no-answer', evidence: 'findPayment is not built yet: nobody was asked' });
  });

  it('asks people whenever it is not known whether a payment has happened', () => {
    expect(bank.abilities.pay).toMatchObject({ repeatable: 'never', afterAbsence: 'ask-person', source: 'no source: careful value' });
  });

  it.each(['{"id":"e1","amount":5.10}', '[]', 'null'])('keeps %s whole, under the same id whenever it comes', (text) => {
    for (const { read } of sampleEvents) {
      expect(read(parseJson(text))).toMatchObject({ kind: 'unlisted', keep: true });
      expect(read(parseJson(text))).toEqual(read(parseJson(text)));
    }
  });
});
