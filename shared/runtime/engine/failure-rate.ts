/**
 * When most of what comes fails, the cause is not in the messages one by one: a new version of ours, or a sender as a whole.
 * Filling the dead-letter topic, and stopping one customer's lane after the other, would only make work for people. So
 * it waits, says so, and tries one now and then: it goes on by itself when that is enough.
 */
import type { Clock } from './clock.js';

/** So many failures, and more than half of all, within the last WINDOW of the same kind. */
const LEAST = 20;
const WINDOW = 100;
/** What is older says nothing about now. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;
export const TRY_EVERY_MS = 30_000;

type Seen = { readonly atMs: number; readonly failed: number; readonly of: number };

export class FailureRate {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #seen: Seen[] = [];
  #failed = 0;
  #of = 0;
  #lastFailed = false;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  note(failed: number, of: number): void {
    if (of === 0) return;
    this.#lastFailed = failed > 0;
    this.#seen.push({ atMs: this.#clock.monotonicMs(), failed, of });
    this.#failed += failed;
    this.#of += of;
    this.#forget();
  }

  #forget(): void {
    const sinceMs = this.#clock.monotonicMs() - FORGOTTEN_AFTER_MS;
    for (let [oldest] = this.#seen; oldest !== undefined; [oldest] = this.#seen) {
      if (oldest.atMs >= sinceMs && this.#of - oldest.of < WINDOW) return;
      this.#seen.shift();
      this.#failed -= oldest.failed;
      this.#of -= oldest.of;
    }
  }

  /** Would it be one, with these on top? */
  isWith(failed: number, of: number): boolean {
    // What has not failed so often altogether needs no look at what is too old.
    if (this.#failed + failed < LEAST) return false;
    this.#forget();
    const all = this.#failed + failed;
    return all >= LEAST && all * 2 > this.#of + of;
  }
  get is(): boolean {
    return this.isWith(0, 0);
  }
  /** The last one that was tried went well: the next may follow at once. */
  get eases(): boolean {
    return !this.#lastFailed;
  }
  /** One is tried, and nothing is known of it yet. */
  trying(): void {
    this.#lastFailed = true;
  }
}

/** One of each kind: a topic's partition, an occasion of a flow. */
export class FailureRates {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #byKind = new Map<string, FailureRate>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  of(kind: string): FailureRate {
    const known = this.#byKind.get(kind);
    if (known !== undefined) return known;
    const made = new FailureRate(this.#clock);
    this.#byKind.set(kind, made);
    return made;
  }

  /** Those that are one now. */
  get high(): readonly string[] {
    const high: string[] = [];
    for (const [kind, failureRate] of this.#byKind) if (failureRate.is) high.push(kind);
    return high;
  }
}

/** When the next one may be tried while it waits. */
export class ProbeTimer {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #everyMs: number;
  #nextAtMs: number | null = null;

  constructor(clock: Pick<Clock, 'monotonicMs'>, everyMs = TRY_EVERY_MS) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** True once per interval, the first time one interval after waiting began. */
  mayTry(): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#nextAtMs ??= nowMs + this.#everyMs;
    if (nowMs < this.#nextAtMs) return false;
    this.#nextAtMs = nowMs + this.#everyMs;
    return true;
  }
  /** How long until then. */
  get leftMs(): number {
    return this.#nextAtMs === null ? this.#everyMs : Math.max(0, this.#nextAtMs - this.#clock.monotonicMs());
  }
  /** The one that was tried went well. */
  encourage(): void {
    this.#nextAtMs = this.#clock.monotonicMs();
  }
  /** Waiting is over. */
  end(): void {
    this.#nextAtMs = null;
  }
}
