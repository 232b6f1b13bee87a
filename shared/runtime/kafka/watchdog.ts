/** Who is being watched, and when it last showed life, on the process's monotonic clock in ms. */
type Watched = { readonly what: string; readonly deadlineMs: number; lastSignMs: number };

export type Watch = { sign(): void; end(): void };

/**
 * Ends the process, by way of `onExpired`, when something that should show life does not. A timer of its own, because the thing watched
 * may hang in a way that nobody else notices. (A blocked event loop blocks this timer too: then the broker evicts the member.)
 */
export class Watchdog {
  readonly #watched = new Set<Watched>();
  readonly #timer: NodeJS.Timeout;

  constructor(everyMs: number, onExpired: (what: string, silentMs: number) => void) {
    this.#timer = setInterval(() => {
      for (const one of this.#watched) {
        const silentMs = performance.now() - one.lastSignMs;
        if (silentMs <= one.deadlineMs) continue;
        this.#watched.delete(one);
        onExpired(one.what, Math.round(silentMs));
      }
    }, everyMs);
    this.#timer.unref();
  }

  watch(what: string, deadlineMs: number): Watch {
    const one: Watched = { what, deadlineMs, lastSignMs: performance.now() };
    this.#watched.add(one);
    return {
      sign: () => void (one.lastSignMs = performance.now()),
      end: () => void this.#watched.delete(one),
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#watched.clear();
  }
}
