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
export const within = <T>(durationMs: number, work: Promise<T>, late: () => Error): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(late());
    }, durationMs);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
