import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../../../contracts/internal/envelope.js';
import { parseJson, printJson, type Json } from '../../../../shared/kernel/json.js';
import { brokerOrderStatus } from './broker-order-status.js';
import { optimisationStatus } from './optimisation-status.js';
import { ownerChoice } from './owner-choice.js';

const message = (type: string, body: string, portfolioId: string | null = 'P1') =>
  parseEnvelope(
    `{"id":"e1","type":"${type}","version":"1.0.0","occurredAt":"x","portfolioId":${JSON.stringify(portfolioId)},"data":${body}}`,
  );
const sample = (path: string): string => readFileSync(join(__dirname, '../../../../contracts', path), 'utf8');
const status = (over: object, portfolioId: string | null = 'P1') =>
  message(
    'optimizations.status-update',
    JSON.stringify({ id: 'e', subject: 'optimizations', action: 'status-update', data: { id: 'O1', value: 'SUCCESS', ...over } }),
    portfolioId,
  );

/** Whose the samples are. */
const OWN = 'P01HQZX3V9K2M4N6P8R0S2T4V6W';

describe('messages to rebalancing', () => {
  it('announce an optimisation', () => {
    expect(
      optimisationStatus.read(message('optimizations.status-update', sample('investsuite/samples/event-optimization-status.json'), OWN)),
    ).toEqual({
      portfolioId: OWN,
      deliver: {
        flow: 'optimisation',
        subject: OWN,
        input: { type: 'OptimizationReady', optimizationId: 'O01HQZX3V9K2M4N6P8R0S2T4V70', recommended: true },
      },
    });
    expect(optimisationStatus.read(status({ portfolio_id: 'P2' }, null))).toMatchObject({
      portfolioId: 'P2',
      deliver: { subject: 'P2', input: { recommended: null } },
    });
    expect(optimisationStatus.read(status({ value: 'PENDING' }))).toHaveProperty('ignored');
    expect(() => optimisationStatus.read(status({}, null))).toThrow('names no portfolio');
    expect(() => optimisationStatus.read(status({ portfolio_id: 'P2' }))).toThrow('filed under another portfolio');
    expect(() => optimisationStatus.read(message('x', sample('investsuite/samples/event-withdrawal.json')))).toThrow('not the event');
    expect(() => optimisationStatus.read(message('x', '{"id":1}'))).toThrow('not an event of InvestSuite');
  });
  it('tell what the owner chose', () => {
    expect(ownerChoice.read(message('x', sample('investsuite/samples/event-owner-choice.json'), OWN))).toMatchObject({
      portfolioId: OWN,
      deliver: { flow: 'optimisation', input: { type: 'OwnerChose', choice: 'accept' } },
    });
    const unlisted = JSON.stringify({
      id: 'e',
      subject: 'optimizations',
      action: 'owner-choice-update',
      data: { id: 'O1', value: 'PONDER' },
    });
    expect(ownerChoice.read(message('x', unlisted))).toHaveProperty('ignored');
  });
  it('make us look at an order, whatever they say of it', () => {
    const events = parseJson(sample('broker/drivewealth/samples/events.json')) as readonly Json[];
    expect(events.map((event) => brokerOrderStatus.read(message('broker.order-status', printJson(event))))).toEqual([
      { hint: 'MW.021be353-1f63-4540-aeeb-8a11b1f5a189' },
      { ignored: 'an event of type redemptions.updated concerns no order' },
      { ignored: 'an event of type transactions.created concerns no order' },
      { ignored: 'an event of type accounts.somethingNew.happened concerns no order' },
    ]);
    const booked = {
      id: 'e',
      type: 'transactions.created',
      timestamp: 'now',
      payload: { accountID: 'A', transaction: { finTranID: 'F', finTranTypeID: 'SSAL', accountAmount: '1', orderID: 'EF.1' } },
    };
    expect(brokerOrderStatus.read(message('broker.order-status', JSON.stringify(booked)))).toEqual({ hint: 'EF.1' });
  });
});
