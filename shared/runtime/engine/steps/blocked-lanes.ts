/** Lanes that wait for people, as this process knows them: the database is asked, and what this process blocks itself is known at once. */
import type { EngineStore } from '../store/store.js';

export class BlockedLanes {
  readonly #store: Pick<EngineStore, 'blockedLanes'>;
  readonly #onBlocked: (lane: string) => void;
  #blocked: ReadonlySet<string> = new Set();
  /** Lanes that were blocked while the database was asked which are. */
  readonly #blockedMeanwhile = new Set<Set<string>>();

  constructor(store: Pick<EngineStore, 'blockedLanes'>, onBlocked: (lane: string) => void) {
    this.#store = store;
    this.#onBlocked = onBlocked;
  }

  has(lane: string): boolean {
    return this.#blocked.has(lane);
  }

  /** Asks the database which lanes are blocked. */
  async refresh(): Promise<void> {
    const meanwhile = new Set<string>();
    this.#blockedMeanwhile.add(meanwhile);
    try {
      const lanes = await this.#store.blockedLanes();
      this.#blocked = meanwhile.size === 0 ? lanes : new Set([...lanes, ...meanwhile]);
      for (const lane of this.#blocked) this.#onBlocked(lane);
    } finally {
      this.#blockedMeanwhile.delete(meanwhile);
    }
  }

  add(lane: string): void {
    this.#blocked = new Set([...this.#blocked, lane]);
    for (const meanwhile of this.#blockedMeanwhile) meanwhile.add(lane);
    this.#onBlocked(lane);
  }
}
