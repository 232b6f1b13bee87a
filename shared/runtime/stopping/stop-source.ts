/** What the engine asks before a byte leaves. A service reads `public.stop_act`; a test or a simulation hands in its own. */
import type { Leaving } from './stop-rules.js';

/** Why something may not leave now, and when to try again. */
export type Stopped = { readonly evidence: string; readonly retryAfterMs: number };

export type StopSource = {
  /** Null when it may leave. Asked right before the first byte, so it answers from memory. */
  readonly whyStopped: (leaving: Omit<Leaving, 'service'>) => Stopped | null;
  /** How long between two times, in ms since the epoch, such a request was stopped. That time costs no patience. */
  readonly stoppedMs: (leaving: Omit<Leaving, 'service'>, fromMs: number, untilMs: number) => number;
  /** True while anything is stopped. */
  readonly isStopping: () => boolean;
};

/** For what has nothing to stop. */
export const NOTHING_STOPPED: StopSource = { whyStopped: () => null, stoppedMs: () => 0, isStopping: () => false };
