/**
 * Time of one history. Whatever happens is an entry here; one entry runs, then everything that follows from it in the
 * same turn, then the next. A turn belongs to one life of one process, or to the world.
 */

/** One start of a process. What a dead life still had to do never happens; a frozen one does it when it wakes. */
export type Life = { readonly name: string; alive: boolean; frozenUntilMs: number };

type Entry = { readonly atMs: number; readonly order: number; readonly life: Life | null; run: (() => void) | null };

const before = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
const nothing = (): void => undefined;
/** Its `then` is a microtask for a fraction of what queueMicrotask costs. */
const SETTLED = Promise.resolve();

export class Scheduler {
  nowMs: number;
  /** Whose turn it is, null for the world. */
  current: Life | null = null;
  turns = 0;
  /** What the world still has to do by itself; looks that come again and again do not count. */
  worldWork = 0;
  /** Called at the end of a turn of a life. */
  onTurnEnd: (life: Life) => void = nothing;
  readonly #heap: Entry[] = [];
  #order = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  /** Something of the world's that never ends by itself. */
  againAfter(waitMs: number, run: () => void): void {
    this.#push({ atMs: this.nowMs + waitMs, order: this.#order++, life: null, run });
  }

  /** Returns what calls it off; what the world does is never called off. */
  after(waitMs: number, life: Life | null, run: () => void): () => void {
    if (life === null) {
      this.worldWork++;
      this.againAfter(waitMs, () => {
        this.worldWork--;
        run();
      });
      return nothing;
    }
    const entry: Entry = { atMs: this.nowMs + Math.max(0, waitMs), order: this.#order++, life, run };
    this.#push(entry);
    return () => {
      entry.run = null;
    };
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Entry;
      if (!before(entry, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || first === undefined || heap.length === 0) return first;
    const { length } = heap;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= length) break;
      if (down + 1 < length && before(heap[down + 1] as Entry, heap[down] as Entry)) down++;
      if (!before(heap[down] as Entry, last)) break;
      heap[at] = heap[down] as Entry;
      at = down;
    }
    heap[at] = last;
    return first;
  }

  /** Takes the next entry that may run, or undefined when none is due until then. */
  #next(untilMs: number): Entry | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.atMs > untilMs) return undefined;
      this.#pop();
      if (first.run === null) continue;
      const { life } = first;
      if (life === null) return first;
      if (!life.alive) continue;
      if (life.frozenUntilMs <= first.atMs) return first;
      // Waking, it finds everything that came meanwhile, in the order in which it came.
      this.#push({ ...first, atMs: life.frozenUntilMs });
    }
  }

  /** Runs until then, or until `over` says so after a turn. */
  run(untilMs: number, over: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const nextTurn = (): void => {
        try {
          const { current } = this;
          this.current = null;
          if (current !== null && current.alive) this.onTurnEnd(current);
          const entry = over() ? undefined : this.#next(untilMs);
          if (entry === undefined) {
            resolve();
            return;
          }
          this.nowMs = entry.atMs;
          this.current = entry.life;
          this.turns++;
          entry.run?.();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        // A tick that is asked for inside a microtask comes after every microtask that is there: the turn is over then.
        void SETTLED.then(endOfTurn);
      };
      const endOfTurn = (): void => {
        process.nextTick(nextTurn);
      };
      nextTurn();
    });
  }
}
