/** Time as one process sees it. A simulation hands in its own. */
export type Clock = {
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** Runs once after so long; returns what calls it off. The engine does not wait for it when it stops. */
  readonly after: (waitMs: number, run: () => void) => () => void;
  /** Runs one turn later: everything that arrives in this turn is there by then. */
  readonly soon: (run: () => void) => void;
};

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (waitMs, run) => {
    const timer = setTimeout(run, waitMs);
    return () => {
      clearTimeout(timer);
    };
  },
  soon: (run) => {
    setImmediate(run);
  },
};
