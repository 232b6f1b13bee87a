import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseJson, type Json } from '../../shared/kernel/json.js';
import { depositCallback, paymentStatusCallback } from './callbacks.js';
import { balances, createPaymentRequest, customer, payment, PAYMENT_STATUSES, paymentStatusOf } from './http.js';

const sample = (name: string): Record<string, Json> =>
  parseJson(readFileSync(join(__dirname, 'samples', `${name}.json`), 'utf8')) as Record<string, Json>;

describe('core banking payments', () => {
  const payments = sample('payments');
  const request = payments['createRequest'] as Record<string, Json>;

  it('reads every sample', () => {
    expect(createPaymentRequest.parse(request).instructedAmount).toEqual({ amount: '1250', currency: 'EUR' });
    expect(payment.parse(payments['accepted']).return).toBeUndefined();
    expect(payment.parse(payments['rejected'])).toMatchObject({ statusReason: 'AC04' });
    expect(payment.parse(payments['returned']).return).toMatchObject({ amount: { amount: '1250' }, reason: 'AC04' });
    expect(balances.parse(payments['balances']).items).toHaveLength(2);
    expect(customer.parse(payments['customer']).counterAccount?.iban).toBe('BE68539007547034');
  });
  it.each([
    ['an amount as a number', { instructedAmount: parseJson('{"amount":1250.00,"currency":"EUR"}') }],
    ['a reference of 36 characters', { endToEndId: 'A'.repeat(36) }],
    ['a reference with a slash at its end', { endToEndId: 'A/' }],
    ['a reference outside the SEPA alphabet', { endToEndId: 'A_1' }],
    ['an exponent', { instructedAmount: { amount: '1e3', currency: 'EUR' } }],
    ['a member of no meaning', { colour: 'red' }],
    ['an IBAN with blanks', { creditorAccount: { iban: 'BE68 5390 0754 7034' } }],
  ])('refuses %s', (_name, change) => {
    expect(createPaymentRequest.safeParse({ ...request, ...change }).success).toBe(false);
  });
  it('takes a status that is not in the list, and says that it is not', () => {
    expect(payment.parse({ ...(payments['accepted'] as object), status: 'ACWP' }).status).toBe('ACWP');
    expect(paymentStatusOf('ACWP')).toBeNull();
    for (const status of PAYMENT_STATUSES) expect(paymentStatusOf(status)).toBe(status);
  });
});

describe('core banking callbacks', () => {
  it('reads every sample', () => {
    const callbacks = sample('callbacks');
    expect(paymentStatusCallback.parse(callbacks['paymentStatus'])).toMatchObject({
      status: 'ACSC',
      instructedAmount: { amount: '1250', currency: 'EUR' },
    });
    expect(paymentStatusCallback.parse(callbacks['paymentReturned']).return?.reference).toBe('RTN-000001');
    expect(depositCallback.parse(callbacks['deposit']).amount).toBe('500');
  });
});
