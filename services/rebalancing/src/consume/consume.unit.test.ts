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
});
