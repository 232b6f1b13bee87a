import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../../../contracts/internal/envelope.js';
import { versionOf } from '../../../../contracts/internal/topics.js';
import type { Arrival, Consume } from '../../../../shared/runtime/engine/definition.js';
import { cashSettledEvents } from './cash-settled.js';
import { divestAmountEvents } from './divest-amount-updated.js';
import { payoutFinishedEvents } from './payout-finished.js';
import { portfolioChangedEvents } from './portfolio-changed.js';

const PORTFOLIO = 'P01HQZX3V9K2M4N6P8R0S2T4V6W';
/** `json` is `data` as it stands on the topic. */
const arrival = (consume: Consume, json: string, portfolioId: string | null = PORTFOLIO): Arrival =>
  consume.read(
    parseEnvelope(
      `{"id":"e1","type":"${consume.topic}","version":"${versionOf(consume.topic)}.0.0","occurredAt":"2026-03-04T10:00:00Z","portfolioId":${JSON.stringify(portfolioId)},"data":${json}}`,
    ),
  );
const asked = (level: string, portfolioId = PORTFOLIO): string =>
  `{"portfolioId":"${portfolioId}","level":${level},"currency":"EUR","original":{"divest_amount":1250.40}}`;
const to = (input: object): Arrival => ({
  deliver: { flow: 'withdrawal', subject: PORTFOLIO, input: input as { type: string } },
  portfolioId: PORTFOLIO,
});

describe('portfolio.withdrawal-request', () => {
  for (const [text, level] of [
    ['{"kind":"amount","amount":"1250.40"}', { kind: 'amount', amount: '1250.4' }],
    ['{"kind":"everything"}', { kind: 'everything' }],
    ['{"kind":"nothing"}', { kind: 'nothing' }],
    ['null', null],
  ] as const) {
    it(`reads ${text}`, () => {
      expect(arrival(divestAmountEvents, asked(text))).toEqual(to({ type: 'DivestAmountUpdated', level }));
    });
  }
  for (const [what, body, portfolioId] of [
    ['no amount', asked('{"kind":"amount","amount":"lots"}'), PORTFOLIO],
    ['an amount that is a number', asked('{"kind":"amount","amount":5}'), PORTFOLIO],
    ['no level at all', '{"portfolioId":"P1","currency":null}', 'P1'],
    ['no object', '[]', PORTFOLIO],
    ['another portfolio than the message', asked('null'), 'P2'],
    ['no portfolio on the message', asked('null'), null],
  ] as const) {
    it(`quarantines ${what}`, () => {
      expect(() => arrival(divestAmountEvents, body, portfolioId)).toThrow();
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
        to({ type: 'PortfolioChanged', changeId: 'c1', divestAmountLeft: '0', divestAmountBefore: null }),
      );
    for (const because of ['order-executed', 'order-settled'])
      expect(arrival(portfolioChangedEvents, changed(because))).toHaveProperty('ignored');
    expect(() => arrival(portfolioChangedEvents, changed('whim'))).toThrow();
  });
});
