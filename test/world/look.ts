/** One look at a run: what the middleware says, what the outside's books say, and the verdict on both. */
import type { Books } from './books.js';
import type { Entered } from './customers.js';
import type { Facts } from './facts.js';
import { judge, type Verdict } from './verdict.js';
import type { World } from './world.js';

export interface Look {
  readonly verdict: Verdict;
  readonly books: Books;
  readonly facts: Facts;
}

/** What we say first, then what the outside says: whatever has ended for us must show in books that are read later. */
export const lookAt = async (world: World, entered: readonly Entered[], readFacts: () => Promise<Facts>): Promise<Look> => {
  const facts = await readFacts();
  const books = await world.books();
  return { verdict: judge(entered, books, facts), books, facts };
};

/** How long the books have stood still. */
export class Stillness {
  #seen = '';
  #sinceMs = Date.now();

  /** In ms, up to this look. */
  after({ verdict }: Pick<Look, 'verdict'>): number {
    const seen = JSON.stringify([verdict.books, verdict.customers]);
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#sinceMs = Date.now();
    }
    return Date.now() - this.#sinceMs;
  }
}
