/** Makes a history that is wrong as small as it gets: what can be left out while it stays wrong is left out. */
import type { Broken } from './breaks.js';
import type { FaultName } from './faults.js';
import { runHistory, type HistoryOptions, type Verdict } from './history.js';
import type { Smaller } from './plan.js';

export type Shrunk = {
  readonly smaller: Smaller;
  readonly calledOff: ReadonlySet<number>;
  readonly verdict: Verdict;
  readonly runs: number;
};

const MOST_RUNS = 2_000;

class Shrinker {
  runs = 0;
  smaller: Smaller = {};
  calledOff: ReadonlySet<number> = new Set();
  best: Verdict;
  readonly #seed: number;
  readonly #broken: Broken | null;

  constructor(seed: number, broken: Broken | null, best: Verdict) {
    this.#seed = seed;
    this.#broken = broken;
    this.best = best;
  }

  /** Keeps the change when the history is still wrong with it. */
  async try(change: Pick<HistoryOptions, 'smaller' | 'calledOff'>): Promise<boolean> {
    if (this.runs >= MOST_RUNS) return false;
    this.runs++;
    const { smaller = this.smaller, calledOff = this.calledOff } = change;
    const verdict = await runHistory({ seed: this.#seed, broken: this.#broken, smaller, calledOff });
    if (verdict.violations.length === 0) return false;
    this.smaller = smaller;
    this.calledOff = calledOff;
    this.best = verdict;
    return true;
  }

  async kinds(): Promise<void> {
    for (const part of [{ portfolios: 1 }, { copies: 1 }, { skewMs: 0 }] as const)
      await this.try({ smaller: { ...this.smaller, ...part } });
    for (const fault of new Set<FaultName>(this.best.strokes.map((stroke) => stroke.fault)))
      await this.try({ smaller: { ...this.smaller, without: [...(this.smaller.without ?? []), fault] }, calledOff: new Set() });
  }

  /** Halves, quarters, and so on down to single strokes. */
  async strokes(): Promise<void> {
    for (let size = Math.ceil(this.best.strokes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < this.best.strokes.length;) {
        const off = this.best.strokes.slice(at, at + size).map(({ index }) => index);
        if (!(await this.try({ calledOff: new Set([...this.calledOff, ...off]) }))) at += size;
      }
    }
  }
}

export const shrink = async (seed: number, broken: Broken | null): Promise<Shrunk> => {
  const shrinker = new Shrinker(seed, broken, await runHistory({ seed, broken }));
  await shrinker.kinds();
  await shrinker.strokes();
  const { smaller, calledOff, best, runs } = shrinker;
  return { smaller, calledOff, verdict: best, runs };
};
