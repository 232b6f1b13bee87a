import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../../../contracts/internal/envelope.js';
import type { Arrival, Consume } from '../../../../shared/runtime/engine/definition.js';
import { cashStatusEvents } from './cash-status.js';
import { payoutRequestedEvents } from './payout-requested.js';
import { transferStatusEvents } from './transfer-status.js';

/** `json` is the body as it stands on the topic: numbers are source text. */
const arrival = (consume: Consume, json: string, portfolioId: string | null = 'P1'): Arrival =>
  consume.read(
    parseEnvelope(
      `{"id":"e1","type":"${consume.topic}","version":"1","occurredAt":"2026-03-04T10:00:00Z","portfolioId":${JSON.stringify(portfolioId)},"data":${json}}`,
    ),
  );

describe('payout.requested', () => {
  const wish = { withdrawalId: 'w1', portfolioId: 'P1', ownerId: 'U1', brokerAccount: 'B1', amount: '250', currency: 'EUR' };
  it('is about one withdrawal, in the lane of its portfolio', () => {
    expect(arrival(payoutRequestedEvents, JSON.stringify(wish))).toEqual({
      deliver: { flow: 'payout', subject: 'w1', input: { type: 'PayoutRequested', ...wish } },
      portfolioId: 'P1',
    });
  });
  it('is quarantined when it is not whole', () => {
    for (const bad of [
      { ...wish, amount: 'x' },
      { ...wish, currency: 'euro' },
      { ...wish, withdrawalId: '' },
    ])
      expect(() => arrival(payoutRequestedEvents, JSON.stringify(bad))).toThrow();
    expect(() => arrival(payoutRequestedEvents, JSON.stringify({ ...wish, amount: 250 }))).toThrow();
    expect(() => arrival(payoutRequestedEvents, JSON.stringify(wish), 'P2')).toThrow();
  });
});

describe('core-banking.transfer-status', () => {
  const call = {
    eventId: 'c1',
    endToEndId: 'WD1',
    paymentId: 'PM1',
    status: 'ACSC',
    instructedAmount: { amount: '250.00', currency: 'EUR' },
  };
  it('is a hint, whatever it says', () => {
    for (const status of ['ACSC', 'RJCT', 'NEWS'])
      expect(arrival(transferStatusEvents, JSON.stringify({ ...call, status }), null)).toEqual({ hint: 'WD1' });
  });
  it('brings a return to the payout that made the payment', () => {
    const input = { type: 'TransferReturned', amount: '250', currency: null, reason: 'AC04', reference: 'R1' };
    const back = { amount: '250.00', reason: 'AC04', reference: 'R1' };
    expect(arrival(transferStatusEvents, JSON.stringify({ ...call, return: back }), null)).toEqual({
      deliverByReference: { reference: 'WD1', input },
    });
    expect(
      arrival(transferStatusEvents, JSON.stringify({ ...call, return: { ...back, amount: { amount: '250.00', currency: 'EUR' } } }), null),
    ).toEqual({
      deliverByReference: { reference: 'WD1', input: { ...input, currency: 'EUR' } },
    });
  });
  it('is quarantined when it names no payment', () => {
    expect(() => arrival(transferStatusEvents, JSON.stringify({ ...call, endToEndId: '' }), null)).toThrow();
  });
});

describe('broker.cash-status', () => {
  const told = (type: string, payload: string): string =>
    `{"id":"event_1","type":"${type}","timestamp":"2026-03-04T10:00:00Z","payload":${payload}}`;
  it('is a hint about one cash-out', () => {
    expect(arrival(cashStatusEvents, told('redemptions.updated', '{"paymentID":"CO1","status":2,"amount":-250.00}'), null)).toEqual({
      hint: 'CO1',
    });
  });
  it('of another kind is left alone', () => {
    expect(arrival(cashStatusEvents, told('statements.created', '{}'), null)).toHaveProperty('ignored');
  });
  it('is quarantined when it names no cash-out', () => {
    expect(() => arrival(cashStatusEvents, told('redemptions.updated', '{"status":2}'), null)).toThrow();
  });
});
