/** The rows of an outcome table that are the same for every system. What is left is the adapter's to judge. */
import type { Inquiry, Outcome } from '../../kernel/outcome.js';
import { HttpFailure } from './failure.js';
import type { HttpAnswer } from './http.js';
import { waitOf } from './retry-after.js';

export type Open = Extract<Outcome<never, never>, { kind: 'retryable' | 'unknown' }>;

/** Credentials are ours to repair, by a person: asking every second does not help. */
export const CREDENTIALS_RETRY_MS = 300_000;
const BUSY_RETRY_MS = 5_000;

export const retryable = (evidence: string, retryAfterMs?: number): Extract<Open, { kind: 'retryable' }> =>
  retryAfterMs === undefined ? { kind: 'retryable', evidence } : { kind: 'retryable', evidence, retryAfterMs };

export const unknown = (evidence: string): Extract<Open, { kind: 'unknown' }> => ({ kind: 'unknown', evidence });

/**
 * Nothing left: retryable. Anything may have left: unknown.
 * @throws the error itself when it is not a failed request: a mistake of ours is not an outcome.
 */
export const toOutcomeOfError = (error: unknown): Open => {
  if (!(error instanceof HttpFailure)) throw error;
  return error.beforeFirstByte ? retryable(error.message) : unknown(error.message);
};

/** `Retry-After` in ms, between a second and an hour; null where the other side does not say, or not so that it can be read. */
export const retryAfterMs = (answer: HttpAnswer, nowMs: number): number | null =>
  waitOf(answer.headers['retry-after']?.trim() ?? '', nowMs);

export const describe = (answer: HttpAnswer): string => {
  const { body, status } = answer;
  return body.kind === 'unreadable' ? `${String(status)} with an unreadable body (${body.why})` : String(status);
};

/**
 * 401 and 403: not executed, ours to repair; a 401 may pass, so it is tried again soon and ever less often. 429: not executed, later. 3xx: never followed, and a 303 follows an executed
 * POST, so unknown. 408, 5xx: unknown. Null: the adapter looks at the status itself.
 */
export const outcomeOfStatus = (answer: HttpAnswer, nowMs: number = Date.now()): Open | null => {
  const { status } = answer;
  // A 401 may pass: a token that was ended early, a node that has not heard of it. Ours and every later wait grow by themselves.
  if (status === 401) return retryable('credentials: answered 401');
  if (status === 403) return retryable('credentials: answered 403', CREDENTIALS_RETRY_MS);
  if (status === 429) return retryable('answered 429, too many requests', retryAfterMs(answer, nowMs) ?? BUSY_RETRY_MS);
  if (status >= 500 || status === 408 || (status >= 300 && status < 400) || status < 200) return unknown(`answered ${describe(answer)}`);
  return null;
};

/** A read changes nothing: what is unknown of it can be asked again. */
export const asRead = (open: Open): Extract<Open, { kind: 'retryable' }> => (open.kind === 'retryable' ? open : retryable(open.evidence));

/** An inquiry that got no answer. */
export const noAnswer = (open: Open): Extract<Inquiry<never, never>, { found: 'no-answer' }> =>
  open.kind === 'retryable' && open.retryAfterMs !== undefined
    ? { found: 'no-answer', evidence: open.evidence, retryAfterMs: open.retryAfterMs }
    : { found: 'no-answer', evidence: open.evidence };
