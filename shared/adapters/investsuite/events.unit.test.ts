import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseJson, type Json } from '../../kernel/json.js';
import { investSuiteEvents } from './events.js';

const [reader] = investSuiteEvents;
const read = (body: Json, named?: string) => reader?.read(body, named);
const sample = (name: string): Json =>
  parseJson(readFileSync(join(__dirname, '../../../contracts/investsuite/samples', `${name}.json`), 'utf8'));
const OWN = 'P01HQZX3V9K2M4N6P8R0S2T4V6W';
const request = (amount: string) =>
  read(parseJson(`{"id":"x","subject":"portfolios","action":"withdrawal","data":{"id":"P1","divest_amount":${amount}}}`));
const levelOf = (amount: string) => {
  const sorted = request(amount);
  return sorted?.kind === 'event' ? (sorted.event.words as { readonly level: unknown }).level : sorted?.kind;
};
const optimisation = (action: string, about: { readonly [name: string]: Json }) =>
  read({ id: 'x', subject: 'optimizations', action, data: { id: 'O1', ...about } });

describe('an event of InvestSuite', () => {
  it('about the divest amount says the whole level', () => {
    expect(read(sample('event-withdrawal'))).toEqual({
      kind: 'event',
      event: {
        topic: 'portfolio.withdrawal-request',
        words: { portfolioId: OWN, level: { kind: 'amount', amount: '1250.4' }, currency: 'EUR' },
        key: OWN,
        id: '7d1a3c52-0003',
        type: 'portfolios.divest-amount-update',
        occurredAt: '-1000000000-01-01T00:00:00Z',
        portfolioId: OWN,
      },
    });
  });
  it.each([
    ['1250.40', { kind: 'amount', amount: '1250.4' }],
    ['"1000.00"', { kind: 'amount', amount: '1000' }],
    ['1e100', { kind: 'everything' }],
    ['1E+100', { kind: 'everything' }],
    ['0', { kind: 'nothing' }],
    ['null', { kind: 'nothing' }],
    ['-5', 'malformed'],
    ['"lots"', 'malformed'],
  ])('reads the level %s as it is written', (token, level) => {
    expect(levelOf(token)).toEqual(level);
  });
  it('about a portfolio says which', () => {
    expect(read(sample('event-portfolio-creation'))).toMatchObject({
      event: { topic: 'portfolio.creation', words: { portfolioId: OWN, externalId: null, ownerId: 'U01HQZX3V9K2M4N6P8R0S2T4V6X' } },
    });
    expect(read(sample('event-portfolio-status'))).toMatchObject({
      event: { topic: 'portfolio.status-update', words: { portfolioId: OWN, status: 'active' }, occurredAt: '2024-03-04T08:59:00Z' },
    });
    const odd = { id: 'x', subject: 'portfolios', action: 'status-update', data: { id: 'P1', value: 'constructor' } };
    expect(read(odd)).toMatchObject({ event: { words: { status: 'unlisted' } } });
  });
  it('about an optimisation says which, whose, and how it stands', () => {
    expect(read(sample('event-optimization-status'))).toMatchObject({
      event: {
        topic: 'optimisations.status-update',
        words: { optimizationId: 'O01HQZX3V9K2M4N6P8R0S2T4V70', portfolioId: OWN, status: 'success', recommended: true },
        portfolioId: OWN,
      },
    });
    expect(read(sample('event-owner-choice'))).toMatchObject({
      event: { topic: 'optimisations.owner-choice-update', words: { portfolioId: OWN, choice: 'accept' }, portfolioId: OWN },
    });
    for (const [value, status] of [
      ['NOT_OPTIMIZED', 'not-optimised'],
      ['NEWS', 'unlisted'],
    ] as const)
      expect(optimisation('status-update', { value })).toMatchObject({ event: { words: { status, recommended: null } } });
    expect(optimisation('owner-choice-update', { value: 'PONDER' })).toMatchObject({ event: { words: { choice: 'unlisted' } } });
  });
  it('of an old body, which names no portfolio, is filed under the optimisation', () => {
    for (const portfolio_id of [undefined, null, ''])
      expect(optimisation('status-update', { value: 'SUCCESS', ...(portfolio_id === undefined ? {} : { portfolio_id }) })).toMatchObject({
        event: { words: { portfolioId: null }, portfolioId: null, key: 'O1' },
      });
  });
  it('that names itself nowhere takes the name of the way it came', () => {
    const body = { id: 'x1', data: { id: 'P1', divest_amount: '5' } };
    expect(read(body, 'portfolio.withdrawal-request')).toMatchObject({ event: { topic: 'portfolio.withdrawal-request' } });
    expect(read(body)).toMatchObject({ kind: 'unlisted' });
  });
  it('of another kind or version is kept for people', () => {
    const body = { id: 'x', subject: 'portfolios', action: 'withdrawal', data: { id: 'P1' } };
    expect(read({ ...body, version: '2.0.0' })).toEqual({ kind: 'unlisted', id: 'x', what: 'portfolios.withdrawal 2.0.0', keep: true });
    expect(read({ ...body, subject: 'moons' })).toMatchObject({ kind: 'unlisted', keep: true });
  });
  it('that cannot be read says where, and does not repeat it', () => {
    expect(read({ id: 'x', data: 'a secret' })).toEqual({ kind: 'malformed', problems: [expect.not.stringContaining('secret')] });
    expect(request('"a secret"')).toEqual({ kind: 'malformed', problems: [expect.stringMatching(/^data\.divest_amount: (?!.*secret)/)] });
  });
});
