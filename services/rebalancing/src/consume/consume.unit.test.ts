import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../../../contracts/internal/envelope.js';
import { brokerOrderStatus } from './broker-order-status.js';
import { optimisationStatus } from './optimisation-status.js';
import { ownerChoice } from './owner-choice.js';

const message = (words: object, portfolioId: string | null = 'P1') =>
  parseEnvelope(JSON.stringify({ id: 'e1', type: 'x', version: '2', occurredAt: 'x', portfolioId, data: words }));

describe('messages to rebalancing', () => {
  const computed = { optimizationId: 'O1', portfolioId: 'P1', status: 'success', recommended: true, original: { value: 'SUCCESS' } };
  it('announce an optimisation', () => {
    const input = { type: 'OptimizationReady', optimizationId: 'O1', recommended: true };
    const arrival = { deliver: { flow: 'optimisation', subject: 'P1', input }, portfolioId: 'P1' };
    expect(optimisationStatus.read(message(computed))).toEqual(arrival);
    expect(optimisationStatus.read(message({ ...computed, recommended: null }))).toMatchObject({
      deliver: { input: { recommended: null } },
    });
    for (const status of ['pending', 'failure', 'infeasible', 'not-optimised', 'unlisted'])
      expect(optimisationStatus.read(message({ ...computed, status }))).toEqual({ ignored: `the optimisation is ${status}` });
    // Old bodies of InvestSuite name no portfolio: whoever files the message says whose it is.
    expect(optimisationStatus.read(message({ ...computed, portfolioId: null }))).toEqual(arrival);
  });
  it('are quarantined when they are nobody’s, or another’s, or not whole', () => {
    expect(() => optimisationStatus.read(message({ ...computed, portfolioId: null }, null))).toThrow('names no portfolio');
    expect(() => optimisationStatus.read(message({ ...computed, portfolioId: 'P2' }))).toThrow('filed under another portfolio');
    expect(() => optimisationStatus.read(message({ ...computed, status: 'splendid' }))).toThrow();
    expect(() => brokerOrderStatus.read(message({ orderId: '' }, null))).toThrow();
  });
  it('tell what the owner chose', () => {
    const chosen = { optimizationId: 'O1', portfolioId: 'P1', choice: 'accept' };
    expect(ownerChoice.read(message(chosen))).toMatchObject({
      portfolioId: 'P1',
      deliver: { flow: 'optimisation', input: { type: 'OwnerChose', optimizationId: 'O1', choice: 'accept' } },
    });
    expect(ownerChoice.read(message({ ...chosen, choice: 'unlisted' }))).toHaveProperty('ignored');
    expect(() => ownerChoice.read(message({ ...chosen, portfolioId: null }, null))).toThrow('names no portfolio');
  });
  it('make us look at an order, whatever they say of it', () => {
    expect(brokerOrderStatus.read(message({ orderId: 'MW.1', original: { payload: { status: 'FILLED' } } }, null))).toEqual({
      notification: 'MW.1',
    });
  });
  it('announce a correction in the lane of its account, or of the event when it names none [9a.3] [11.3]', () => {
    const words = { about: 'correction', reference: 'DWMW000001', account: 'DWMW000001', customer: null, stage: 'completed' };
    const input = { type: 'CorrectionAnnounced', account: 'DWMW000001', customer: null, stage: 'completed', as: 'x' };
    expect(brokerOrderStatus.read(message({ ...words, original: { payload: {} } }, null))).toEqual({
      deliver: { flow: 'correction', subject: 'DWMW000001', input },
      portfolioId: 'DWMW000001',
    });
    expect(brokerOrderStatus.read(message({ ...words, reference: 'event_1', account: null }, null))).toMatchObject({
      deliver: { subject: 'event_1', input: { account: null } },
      portfolioId: 'event_1',
    });
    expect(() => brokerOrderStatus.read(message({ ...words, stage: 'tomorrow' }, null))).toThrow();
  });
});
