import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseJson, type Json } from '../../shared/kernel/json.js';
import { canonicalEventName, eventCallBody, readEvent, type EventName } from './events.js';

const sample = (name: string): Json => parseJson(readFileSync(join(__dirname, 'samples', `${name}.json`), 'utf8'));

const eventOf = (body: Json, fullName?: string): { readonly name: EventName; readonly data: unknown } => {
  const read = readEvent(body, fullName ?? null);
  if (read.kind !== 'event') throw new Error(`not understood: ${JSON.stringify(read)}`);
  return read.event;
};

describe('canonicalEventName', () => {
  it.each([
    ['portfolios', 'creation', 'portfolio.creation'],
    ['portfolio', 'creation', 'portfolio.creation'],
    ['portfolios', 'status-update', 'portfolio.status-update'],
    ['portfolios', 'divest-amount-update', 'portfolio.withdrawal-request'],
    ['portfolios', 'withdrawal', 'portfolio.withdrawal-request'],
    ['portfolio', 'withdrawal-request', 'portfolio.withdrawal-request'],
    ['PORTFOLIOS', 'DIVEST_AMOUNT_UPDATE', 'portfolio.withdrawal-request'],
    ['Portfolio', 'Withdrawal request', 'portfolio.withdrawal-request'],
    ['optimizations', 'status-update', 'optimisations.status-update'],
    ['optimization', 'status_update', 'optimisations.status-update'],
    ['optimisations', 'owner-choice-update', 'optimisations.owner-choice-update'],
    ['Optimisation', 'owner_choice_update', 'optimisations.owner-choice-update'],
  ])('%s + %s', (subject, action, wanted) => {
    expect(canonicalEventName(subject, action)).toBe(wanted);
  });

  it.each([
    ['portfolios', 'removal'],
    ['users', 'creation'],
    ['users', 'account-number-update'],
    ['reports', 'status-update'],
    ['portfolios', 'funding'],
    ['optimizations', 'withdrawal'],
    ['constructor', 'status-update'],
    ['portfolios', 'constructor'],
  ])('does not know %s + %s', (subject, action) => {
    expect(canonicalEventName(subject, action)).toBeNull();
  });

  it('takes the full name only when subject or action is missing', () => {
    expect(canonicalEventName(null, null, 'portfolios.withdrawal')).toBe('portfolio.withdrawal-request');
    expect(canonicalEventName('', undefined, 'optimisations.status-update')).toBe('optimisations.status-update');
    expect(canonicalEventName(null, 'portfolio.withdrawal-request')).toBe('portfolio.withdrawal-request');
    expect(canonicalEventName('users', 'creation', 'portfolios.creation')).toBeNull();
    expect(canonicalEventName(null, 'status-update')).toBeNull();
  });
});

describe('readEvent', () => {
  it.each([
    ['event-portfolio-creation', 'portfolio.creation'],
    ['event-portfolio-status', 'portfolio.status-update'],
    ['event-withdrawal', 'portfolio.withdrawal-request'],
    ['event-withdrawal-everything', 'portfolio.withdrawal-request'],
    ['event-optimization-status', 'optimisations.status-update'],
    ['event-owner-choice', 'optimisations.owner-choice-update'],
  ])('understands sample %s', (name, wanted) => {
    expect(eventOf(sample(name)).name).toBe(wanted);
  });

  it('reads the level exactly, and knows everything', () => {
    expect(eventOf(sample('event-withdrawal')).data).toMatchObject({
      divest_amount: { kind: 'amount', amount: '1250.4' },
      currency: 'EUR',
    });
    expect(eventOf(sample('event-withdrawal-everything')).data).toMatchObject({ divest_amount: { kind: 'everything' } });
  });

  it.each([
    ['1e100'],
    ['1E+100'],
    ['"1e100"'],
    [`1${'0'.repeat(100)}`],
    ['10000000000000000159028911097599180468360808563945281389781327557747838772170381060813469985856815104'],
  ])('takes %s for everything', (token) => {
    const body = parseJson(`{"id":"e","subject":"portfolios","action":"withdrawal","data":{"id":"P1","divest_amount":${token}}}`);
    expect(eventOf(body).data).toMatchObject({ divest_amount: { kind: 'everything' } });
  });

  it.each([['0'], ['0.00'], ['"0.0"'], ['null'], ['-0']])('takes %s for nothing', (token) => {
    const body = parseJson(`{"id":"e","subject":"portfolios","action":"withdrawal","data":{"id":"P1","divest_amount":${token}}}`);
    expect(eventOf(body).data).toMatchObject({ divest_amount: { kind: 'nothing' } });
  });

  it('takes a missing subject from the id the data speaks of', () => {
    expect(eventOf(parseJson('{"id":"e","action":"status-update","data":{"id":"O01","value":"SUCCESS"}}')).name).toBe(
      'optimisations.status-update',
    );
    expect(eventOf(parseJson('{"id":"e","data":{"id":"P01","value":"ACTIVE"}}'), 'status-update').name).toBe('portfolio.status-update');
  });

  it('keeps the body as it came', () => {
    const body = sample('event-withdrawal');
    const read = readEvent(body);
    expect(read.kind === 'event' && read.event.raw).toBe(body);
  });

  it('puts other kinds and other versions aside', () => {
    expect(readEvent(parseJson('{"id":"e","version":"1.0.0","subject":"users","action":"creation","data":{}}'))).toMatchObject({
      kind: 'unlisted',
      subject: 'users',
    });
    expect(
      readEvent(parseJson('{"id":"e","version":"2.0.0","subject":"portfolios","action":"creation","data":{"id":"P1"}}')),
    ).toMatchObject({ kind: 'unlisted', version: '2.0.0' });
    expect(readEvent(parseJson('{"id":"e","version":"1.7","subject":"portfolios","action":"creation","data":{"id":"P1"}}')).kind).toBe(
      'event',
    );
  });

  it.each([
    ['[]'],
    ['"text"'],
    ['{}'],
    ['{"id":"","data":{}}'],
    ['{"id":"e"}'],
    ['{"id":"e","subject":"portfolios","action":"withdrawal","data":{"divest_amount":5}}'],
    ['{"id":"e","subject":"portfolios","action":"withdrawal","data":{"id":"P1","divest_amount":-5}}'],
    ['{"id":"e","subject":"portfolios","action":"withdrawal","data":{"id":"P1","divest_amount":"lots"}}'],
  ])('says what is wrong with %s', (text) => {
    const read = readEvent(parseJson(text));
    expect(read.kind).toBe('malformed');
    expect(read.kind === 'malformed' && read.problems.length).toBeGreaterThan(0);
  });
});

describe('eventCallBody', () => {
  it('wants the amount as text and nothing more than documented', () => {
    expect(eventCallBody.safeParse(sample('event-call')).success).toBe(true);
    expect(eventCallBody.safeParse(parseJson('{"data":{"amount":250,"currency":"EUR","portfolio":"P1"}}')).success).toBe(false);
    expect(eventCallBody.safeParse(parseJson('{"data":{"amount":"250","currency":"EUR","portfolio":"P1","reference":"x"}}')).success).toBe(
      false,
    );
  });
});
