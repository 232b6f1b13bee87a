import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../../../contracts/internal/envelope.js';
import { versionOf } from '../../../../contracts/internal/topics.js';
import type { Arrival, Consume } from '../../../../shared/runtime/engine/definition.js';
import { cashStatusEvents } from './cash-status.js';
import { payoutRequestedEvents } from './payout-requested.js';
import { transferStatusEvents } from './transfer-status.js';

/** `json` is `data` as it stands on the topic. */
const arrival = (consume: Consume, json: string, portfolioId: string | null = 'P1'): Arrival =>
  consume.read(
    parseEnvelope(
      `{"id":"e1","type":"${consume.topic}","version":"${versionOf(consume.topic)}","occurredAt":"2026-03-04T10:00:00Z","portfolioId":${JSON.stringify(portfolioId)},"data":${json}}`,
    ),
  );

describe('payout.requested', () => {
  const request = { withdrawalId: 'w1', portfolioId: 'P1', ownerId: 'U1', brokerAccount: 'B1', amount: '250', currency: 'EUR' };
  it('is about one withdrawal, in the lane of its portfolio', () => {
    expect(arrival(payoutRequestedEvents, JSON.stringify(request))).toEqual({
      deliver: { flow: 'payout', subject: 'w1', input: { type: 'PayoutRequested', ...request } },
      portfolioId: 'P1',
    });
  });
  it('is quarantined when it is not whole', () => {
    for (const bad of [
      { ...request, amount: 'x' },
      { ...request, currency: 'euro' },
      { ...request, withdrawalId: '' },
    ])
      expect(() => arrival(payoutRequestedEvents, JSON.stringify(bad))).toThrow();
    expect(() => arrival(payoutRequestedEvents, JSON.stringify({ ...request, amount: 250 }))).toThrow();
    expect(() => arrival(payoutRequestedEvents, JSON.stringify(request), 'P2')).toThrow();
  });
});

describe('core-banking.transfer-status', () => {
  const news = { endToEndId: 'WD1', paymentId: 'PM1', status: 'settled', return: null, original: { status: 'ACSC' } };
  it('is a hint, whatever it says', () => {
    for (const status of ['settled', 'refused', 'on-its-way', 'unlisted'])
      expect(arrival(transferStatusEvents, JSON.stringify({ ...news, status }), null)).toEqual({ notification: 'WD1' });
  });
  it('brings a return to the payout that made the payment', () => {
    const back = { amount: '250.00', currency: null, reason: 'AC04', reference: 'R1' };
    const input = { type: 'TransferReturned', ...back, amount: '250' };
    expect(arrival(transferStatusEvents, JSON.stringify({ ...news, return: back }), null)).toEqual({
      deliverByReference: { reference: 'WD1', input },
    });
    expect(arrival(transferStatusEvents, JSON.stringify({ ...news, return: { ...back, currency: 'EUR' } }), null)).toEqual({
      deliverByReference: { reference: 'WD1', input: { ...input, currency: 'EUR' } },
    });
  });
  it('is quarantined when it names no payment, or returns no amount', () => {
    expect(() => arrival(transferStatusEvents, JSON.stringify({ ...news, endToEndId: '' }), null)).toThrow();
    expect(() => arrival(transferStatusEvents, JSON.stringify({ ...news, return: { amount: 'x' } }), null)).toThrow();
  });
});

describe('broker.cash-status', () => {
  it('is a hint about one cash-out', () => {
    expect(arrival(cashStatusEvents, '{"about":"cash-out","cashOutId":"CO1"}', null)).toEqual({ notification: 'CO1' });
  });
  it('of another kind is left alone', () => {
    expect(arrival(cashStatusEvents, '{"about":"account","accountId":null}', null)).toHaveProperty('ignored');
    expect(arrival(cashStatusEvents, '{"about":"booking","accountId":"A","orderId":null}', null)).toHaveProperty('ignored');
  });
  it('is quarantined when it names no cash-out', () => {
    expect(() => arrival(cashStatusEvents, '{"about":"cash-out"}', null)).toThrow();
    expect(() => arrival(cashStatusEvents, '{"about":"the weather"}', null)).toThrow();
  });
});
