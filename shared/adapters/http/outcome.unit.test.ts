import { describe, expect, it } from '@jest/globals';
import { HttpFailure } from './failure.js';
import type { HttpAnswer } from './http.js';
import { asRead, noAnswer, outcomeOfStatus, retryAfterMs, toOutcomeOfError, unknown } from './outcome.js';
import { query, segment } from './path.js';

const answer = (status: number, headers: Record<string, string> = {}): HttpAnswer => ({ status, headers, body: { kind: 'empty' } });

const NOW_MS = Date.UTC(2026, 10, 21, 9);

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
    ['007', 7_000],
    [' 7 ', 7_000],
    ['0', 1_000],
    ['999999', 3_600_000],
    ['9'.repeat(400), 3_600_000],
    ['Sat, 21 Nov 2026 09:00:10 GMT', 10_000],
    ['Saturday, 21-Nov-26 09:00:10 GMT', 10_000],
    ['Sat Nov 21 09:00:10 2026', 10_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 1_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 1_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 1_000],
    ['Sun Nov  6 08:49:37 1994', 1_000],
    ['Thu, 31 Dec 2026 23:59:60 GMT', 3_600_000],
    ['Saturday, 21-Nov-76 09:00:10 GMT', 3_600_000],
  ] as const)('reads Retry-After %s', (text, expected) => {
    expect(retryAfterMs(answer(429, { 'retry-after': text }), NOW_MS)).toBe(expected);
  });
  it.each([
    '1.5',
    '1e3',
    '-1',
    '+5',
    '0x10',
    '5s',
    '5, 7',
    '1 000',
    '\u0665',
    'soon',
    '',
    '2026-11-21T09:00:10Z',
    'Sat, 21 Nov 2026 09:00:10 UTC',
    'Sat, 21 Nov 2026 09:00:10 +0000',
    'Sat, 21 Nov 2026 24:00:00 GMT',
    'Sat, 21 Nov 2026 09:00 GMT',
    'Fri, 21 Nov 2026 09:00:10 GMT',
    'sat, 21 nov 2026 09:00:10 gmt',
    'Sat, 1 Nov 2026 09:00:10 GMT',
    'Mon, 31 Nov 2026 09:00:10 GMT',
    '21 Nov 2026 09:00:10 GMT',
    'Sat, 21 Nov 2026 09:00:60 GMT',
  ])('waits as long as without it when Retry-After is %j [C6]', (text) => {
    expect(retryAfterMs(answer(429, { 'retry-after': text }), NOW_MS)).toBeNull();
    expect(outcomeOfStatus(answer(429, { 'retry-after': text }), NOW_MS)).toMatchObject({ retryAfterMs: 5_000 });
  });
  it('never waits for nothing, whatever is asked for [C6]', () => {
    for (const text of ['0', '00', 'Sat, 21 Nov 2026 09:00:00 GMT', 'Sun, 06 Nov 1994 08:49:37 GMT'])
      expect(outcomeOfStatus(answer(429, { 'retry-after': text }), NOW_MS)).toMatchObject({ retryAfterMs: 1_000 });
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
