/** How patient the engine is with every effect of a service: the tenant's choices, and what the engine makes of them. */
import type { z } from 'zod';
import { waitMs } from '../../../contracts/internal/tenant.js';
import type { Timing } from '../engine/definition.js';

const HOUR_MS = 3_600_000;

export const timingSettings = {
  requestTimeoutMs: waitMs(10_000, 'total time of one request to an outside system'),
  firstWaitMs: waitMs(250, 'first wait before a repeat or an inquiry'),
  longestWaitMs: waitMs(60_000, 'longest wait between repeats or inquiries'),
  patienceMs: waitMs(6 * HOUR_MS, 'after so long without knowing whether a request has happened a person is asked'),
} as const;
type TimingSettings = { readonly [Name in keyof typeof timingSettings]: z.output<(typeof timingSettings)[Name]> };

export const timingOf = ({ requestTimeoutMs, firstWaitMs, longestWaitMs, patienceMs }: TimingSettings): Timing => ({
  timeoutMs: requestTimeoutMs,
  firstWaitMs,
  longestWaitMs,
  patienceMs,
});
