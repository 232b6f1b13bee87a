/** Who fails to log in waits longer each time: by address, and by the name that is claimed. Memory is bounded: it forgets the oldest. */
import { Recent } from '../../../../shared/kernel/recent.js';

type Failures = { readonly count: number; readonly untilMs: number; readonly lastMs: number };

/** Somebody mistypes: so many times nothing happens. */
const FREE = 3;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Failures are forgotten after so long without another one. */
const FORGOTTEN_AFTER_MS = 3_600_000;
const MOST_REMEMBERED = 10_000;

const waitMs = (count: number): number =>
  count <= FREE ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(count - FREE - 1, 20));

export class LoginDelays {
  readonly #nowMs: () => number;
  readonly #failures = new Recent<Failures>(MOST_REMEMBERED);

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** In ms; 0: they may try now. */
  leftMs(keys: readonly string[]): number {
    const nowMs = this.#nowMs();
    return Math.max(0, ...keys.map((key) => (this.#failures.get(key)?.untilMs ?? nowMs) - nowMs));
  }

  failed(keys: readonly string[]): void {
    const nowMs = this.#nowMs();
    for (const key of keys) {
      const known = this.#failures.get(key);
      const count = known === undefined || nowMs - known.lastMs > FORGOTTEN_AFTER_MS ? 1 : known.count + 1;
      this.#failures.set(key, { count, lastMs: nowMs, untilMs: nowMs + waitMs(count) });
    }
  }

  succeeded(keys: readonly string[]): void {
    for (const key of keys) this.#failures.delete(key);
  }
}
