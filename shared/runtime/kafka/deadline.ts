import { setTimeout as delay } from 'node:timers/promises';

/** Sleeps, or less when the signal fires. Never rejects. */
export const pause = async (durationMs: number, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal.addEventListener('abort', done, { once: true });
  });
};

/**
 * The work's result, or a rejection with `late()` once the deadline is over. The work itself is not stopped, it cannot be: its late result
 * or error is dropped.
 */
export const within = async <T>(durationMs: number, work: Promise<T>, late: () => Error): Promise<T> => {
  const over = new AbortController();
  const clock = delay(durationMs, undefined, { signal: over.signal }).then(
    () => Promise.reject(late()),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work, clock]);
  } finally {
    over.abort();
  }
};
