import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../../../contracts/internal/envelope.js';
import type { Arrival, Consume } from '../../../../shared/runtime/engine/definition.js';
import { cashSettledEvents } from './cash-settled.js';
import { divestAmountEvents } from './divest-amount-updated.js';
import { payoutFinishedEvents } from './payout-finished.js';
import { portfolioChangedEvents } from './portfolio-changed.js';

const PORTFOLIO = 'P01HQZX3V9K2M4N6P8R0S2T4V6W';
/** `json` is the body as it stands on the topic: numbers are source text. */
const arrival = (consume: Consume, json: string, type: string = consume.topic, portfolioId: string | null = PORTFOLIO): Arrival =>
  consume.read(
    parseEnvelope(
      `{"id":"e1","type":"${type}","version":"1.0.0","occurredAt":"2026-03-04T10:00:00Z","portfolioId":${JSON.stringify(portfolioId)},"data":${json}}`,
    ),
  );
const wish = (level: string, more = ''): string =>
  `{"id":"x1","created":"-1000000000-01-01T00:00:00Z","version":"1.0.0","subject":"portfolios","action":"divest-amount-update","data":{"id":"${PORTFOLIO}","divest_amount":${level},"currency":"EUR"${more}}}`;
const to = (input: object): Arrival => ({
  deliver: { flow: 'withdrawal', subject: PORTFOLIO, input: input as { type: string } },
  portfolioId: PORTFOLIO,
});

describe('portfolio.withdrawal-request', () => {
  for (const [token, level] of [
    ['1250.40', { kind: 'amount', amount: '1250.4' }],
    ['"1000.00"', { kind: 'amount', amount: '1000' }],
    ['1e100', { kind: 'everything' }],
    ['1E+100', { kind: 'everything' }],
    ['0', { kind: 'nothing' }],
    ['null', { kind: 'nothing' }],
  ] as const) {
    it(`reads ${token} as it is written`, () => {
      expect(arrival(divestAmountEvents, wish(token, ',"new_field":[1]'), 'portfolios.divest-amount-update')).toEqual(
        to({ type: 'DivestAmountUpdated', level }),
      );
    });
  }
  it('takes the name from the message where the body has none', () => {
    const body = `{"id":"x1","data":{"id":"${PORTFOLIO}","divest_amount":5}}`;
    expect(arrival(divestAmountEvents, body, 'portfolio.withdrawal-request')).toEqual(
      to({ type: 'DivestAmountUpdated', level: { kind: 'amount', amount: '5' } }),
    );
  });
  for (const [what, body, portfolioId] of [
    ['a negative amount', wish('-5'), PORTFOLIO],
    ['no number', wish('"lots"'), PORTFOLIO],
    ['no object', '[]', PORTFOLIO],
    ['another portfolio than the message', wish('5'), 'P2'],
    ['no portfolio on the message', wish('5'), null],
    ['a version we do not know', wish('5').replace('1.0.0', '2.0.0'), PORTFOLIO],
    ['another event', '{"id":"x1","subject":"portfolios","action":"creation","data":{"id":"P1"}}', PORTFOLIO],
  ] as const) {
    it(`quarantines ${what}`, () => {
      expect(() => arrival(divestAmountEvents, body, 'portfolios.divest-amount-update', portfolioId)).toThrow();
    });
  }
});

describe('our own topics', () => {
  it('cash-settled', () => {
    expect(arrival(cashSettledEvents, `{"portfolioId":"${PORTFOLIO}","changeId":"c1"}`)).toEqual(to({ type: 'CashSettled' }));
    expect(() => arrival(cashSettledEvents, '{}')).toThrow();
  });
  const finished = (outcome: string): string =>
    `{"withdrawalId":"w1","portfolioId":"${PORTFOLIO}","outcome":"${outcome}","amount":"250","currency":"EUR","endToEndId":"E","paymentId":"P","paidAt":"T","reason":null}`;
  const input = (outcome: string): object => ({
    type: 'PayoutFinished',
    withdrawalId: 'w1',
    outcome,
    amount: '250',
    currency: 'EUR',
    paidAt: 'T',
    reason: null,
  });
  it('payout.finished goes to the withdrawal that it names', () => {
    for (const outcome of ['paid', 'refused', 'returned'])
      expect(arrival(payoutFinishedEvents, finished(outcome))).toEqual({
        deliverTo: { journeyId: 'w1', input: input(outcome) },
        portfolioId: PORTFOLIO,
      });
    expect(() => arrival(payoutFinishedEvents, finished('lost'))).toThrow();
  });
  const changed = (because: string): string =>
    `{"changeId":"c1","portfolioId":"${PORTFOLIO}","because":"${because}","divestAmountLeft":"0"}`;
  it('portfolio.changed matters when cash may have come or gone', () => {
    for (const because of ['withdrawal-paid', 'deposit'])
      expect(arrival(portfolioChangedEvents, changed(because))).toEqual(
        to({ type: 'PortfolioChanged', changeId: 'c1', divestAmountLeft: '0' }),
      );
    for (const because of ['order-executed', 'order-settled'])
      expect(arrival(portfolioChangedEvents, changed(because))).toHaveProperty('ignored');
    expect(() => arrival(portfolioChangedEvents, changed('whim'))).toThrow();
  });
});
