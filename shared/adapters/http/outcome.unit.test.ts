import { describe, expect, it } from '@jest/globals';
import { HttpFailure } from './failure.js';
import type { HttpAnswer } from './http.js';
import { asRead, noAnswer, outcomeOfStatus, retryAfterMs, toOutcomeOfError, unknown } from './outcome.js';
import { query, segment } from './path.js';

const answer = (status: number, headers: Record<string, string> = {}): HttpAnswer => ({ status, headers, body: { kind: 'empty' } });

describe('rows that are the same for every system', () => {
  it.each([
    [101, 'unknown'],
    [301, 'unknown'],
    [303, 'unknown'],
    [401, 'retryable'],
    [403, 'retryable'],
    [408, 'unknown'],
    [429, 'retryable'],
    [500, 'unknown'],
    [502, 'unknown'],
    [503, 'unknown'],
  ] as const)('%s is %s', (status, kind) => {
    expect(outcomeOfStatus(answer(status))?.kind).toBe(kind);
  });

  it.each([200, 201, 202, 204, 400, 404, 409, 422])('%s is for the adapter', (status) => {
    expect(outcomeOfStatus(answer(status))).toBeNull();
  });

  it('says credentials; waits long after a 403, and lets the waits grow after a 401', () => {
    expect(outcomeOfStatus(answer(403))).toEqual({ kind: 'retryable', evidence: 'credentials: answered 403', retryAfterMs: 300_000 });
    expect(outcomeOfStatus(answer(401))).toEqual({ kind: 'retryable', evidence: 'credentials: answered 401' });
  });

  it.each([
    ['7', 7_000],
    ['0', 0],
    ['999999', 3_600_000],
    ['Sat, 21 Nov 2026 09:00:10 GMT', 10_000],
    ['soon', null],
  ] as const)('reads Retry-After %s', (text, expected) => {
    expect(retryAfterMs(answer(429, { 'retry-after': text }), Date.parse('2026-11-21T09:00:00Z'))).toBe(expected);
  });

  it('waits a while when 429 does not say how long', () => {
    expect(outcomeOfStatus(answer(429))).toMatchObject({ retryAfterMs: 5_000 });
  });

  it('tells nothing sent from perhaps sent', () => {
    expect(toOutcomeOfError(new HttpFailure(true, 'connect ECONNREFUSED')).kind).toBe('retryable');
    expect(toOutcomeOfError(new HttpFailure(false, 'connection lost ECONNRESET')).kind).toBe('unknown');
    expect(() => toOutcomeOfError(new Error('ours'))).toThrow('ours');
  });

  it('may repeat a read, and calls a failed inquiry no answer', () => {
    expect(asRead(unknown('x'))).toEqual({ kind: 'retryable', evidence: 'x' });
    expect(noAnswer({ kind: 'retryable', evidence: 'x', retryAfterMs: 5 })).toEqual({ found: 'no-answer', evidence: 'x', retryAfterMs: 5 });
    expect(noAnswer(unknown('x'))).toEqual({ found: 'no-answer', evidence: 'x' });
  });

  it('keeps ids inside their path segment', () => {
    expect(segment('a/b c?')).toBe('a%2Fb%20c%3F');
    expect(() => segment('..')).toThrow(RangeError);
    expect(query({ a: '1 2', b: undefined })).toBe('?a=1%202');
    expect(query({})).toBe('');
  });
});
