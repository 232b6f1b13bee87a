/** How many requests may be worked on at once. A place is for a request that is whole and whose sender is known. */
import { NotReady } from './server.js';

export class Places {
  readonly #most: number;
  readonly #what: string;
  #taken = 0;

  /** @param what the places are for, as /health/ready says it. */
  constructor(most: number, what: string) {
    this.#most = most;
    this.#what = what;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Does the work in a place of its own; null when all are taken. */
  async with(work: () => Promise<void>): Promise<'done' | null> {
    if (this.#taken >= this.#most) return null;
    this.#taken++;
    try {
      await work();
      return 'done';
    } finally {
      this.#taken--;
    }
  }

  /** For /health/ready. */
  async check(): Promise<void> {
    if (this.#taken >= this.#most) throw new NotReady(`all ${this.#most} places for ${this.#what} are taken`);
  }
}
