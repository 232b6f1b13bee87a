import { setTimeout as pause } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Default 20. */
  readonly everyMs?: number;
}

/**
 * Asks `check` again and again until it answers something else than undefined or false, and returns that answer.
 * An error of `check` counts as "not yet". Throws after `timeoutMs`, with the last error as cause.
 */
export const waitUntil = async <T>(
  what: string,
  check: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, undefined | false>> => {
  const endsAt = Date.now() + options.timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await check();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= endsAt) throw new Error(`${what}: not within ${options.timeoutMs} ms`, { cause: lastError });
    await pause(options.everyMs ?? 20);
  }
};
