import { describe, expect, it } from '@jest/globals';
import { PAYMENT_STATUSES } from '../../../../contracts/core-banking/http.js';
import type { Json } from '../../../kernel/json.js';
import { paymentsApiEvents } from './events.js';

const [paymentStatus, deposit] = paymentsApiEvents;
const call = {
  eventId: 'c1',
  endToEndId: 'WD1',
  paymentId: 'PM1',
  status: 'ACSC',
  instructedAmount: { amount: '250.00', currency: 'EUR' },
  bookedAt: '2026-11-20T15:00:00.000Z',
};

describe('a call of the bank', () => {
  it('about a payment says which, and how it stands', () => {
    expect(paymentStatus?.read(call)).toEqual({
      kind: 'event',
      event: {
        topic: 'core-banking.transfer-status',
        words: { endToEndId: 'WD1', paymentId: 'PM1', status: 'settled', return: null },
        key: 'WD1',
        id: 'c1',
        type: 'payment-status',
        occurredAt: '2026-11-20T15:00:00.000Z',
        portfolioId: null,
      },
    });
  });
  it('knows every documented status, and no other is an end', () => {
    const words = PAYMENT_STATUSES.map((status) => {
      const read = paymentStatus?.read({ ...call, status });
      return read?.kind === 'event' ? (read.event.words as { readonly status: string }).status : read;
    });
    expect(words).toEqual(['on-its-way', 'on-its-way', 'on-its-way', 'on-its-way', 'settled', 'refused', 'refused']);
    for (const status of ['NEWS', 'constructor', 'acsc'])
      expect(paymentStatus?.read({ ...call, status })).toMatchObject({ event: { words: { status: 'unlisted' } } });
  });
  it('about money that came back says how much of what, and the bank’s reference', () => {
    const back = (amount: Json) => paymentStatus?.read({ ...call, return: { amount, reason: 'AC04', reference: 'R1' } });
    expect(back('250.00')).toMatchObject({
      event: { words: { return: { amount: '250', currency: null, reason: 'AC04', reference: 'R1' } } },
    });
    expect(back({ amount: '250.00', currency: 'EUR' })).toMatchObject({ event: { words: { return: { currency: 'EUR' } } } });
  });
  it('about money that came in says for which account', () => {
    const body = { depositId: 'd1', iban: 'BE43068999999501', amount: '500.10', currency: 'EUR', bookedAt: '2026-11-20T15:00:00.000Z' };
    expect(deposit?.read(body)).toEqual({
      kind: 'event',
      event: {
        keyIsPersonal: true,
        topic: 'core-banking.deposit',
        words: { ...body, amount: '500.1', remittanceInformation: null },
        key: 'BE43068999999501',
        id: 'd1',
        type: 'deposit',
        occurredAt: '2026-11-20T15:00:00.000Z',
        portfolioId: null,
      },
    });
  });
  it('that cannot be read says where', () => {
    expect(paymentStatus?.read({ ...call, endToEndId: '' })).toEqual({
      kind: 'malformed',
      problems: [expect.stringMatching(/^endToEndId: /)],
    });
    expect(deposit?.read([])).toMatchObject({ kind: 'malformed' });
  });
});
