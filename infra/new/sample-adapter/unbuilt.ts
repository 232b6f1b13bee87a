/** Operations of the port that are not built yet. This file goes with the last of them. */
import type { Inquiry, Outcome } from '../../../shared/kernel/outcome.js';

const NOT_BUILT = 'is not built yet';
/** Long: a sooner answer would be the same. */
const RETRY_AFTER_MS = 60_000;

/**
 * Nothing was sent, so nothing has happened, and the same key may be sent later. Any other word would do harm. "Applied" is not true.
 * A refusal ends the journey. "Unknown" has people look for money that never moved.
 */
export const notBuilt = (operation: string): Outcome<never, never> => ({
  kind: 'retryable',
  evidence: `${operation} ${NOT_BUILT}: nothing was sent`,
  retryAfterMs: RETRY_AFTER_MS,
});

/** Nobody was asked. "Absent" would be believed in the end, and what may have happened would be sent again. */
export const notAsked = (operation: string): Inquiry<never, never> => ({
  found: 'no-answer',
  evidence: `${operation} ${NOT_BUILT}: nobody was asked`,
  retryAfterMs: RETRY_AFTER_MS,
});

/** The answer of an operation that is not built, for the conformance kit; null for any other. */
export const saysNotBuilt = (answer: Outcome<unknown> | Inquiry<unknown>): string | null =>
  'evidence' in answer && answer.evidence.includes(NOT_BUILT) ? answer.evidence : null;
