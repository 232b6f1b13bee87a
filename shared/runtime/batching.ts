/**
 * Does in one go what came while the work before was under way. Alone nobody waits longer than to the end of the present turn; under load the
 * rounds grow by themselves. Work that fails for the sake of one is cut in halves, so that the one cannot fail its neighbours.
 */
import { Bug } from '../kernel/bug.js';

export type BatcherOptions<In, Out> = {
  /** One answer for each, in their order. Rounds begin in the order in which their items came. */
  readonly work: (items: readonly In[]) => Promise<readonly Out[]>;
  /** Rounds under way at once. */
  readonly rounds: number;
  /** Items in one round. */
  readonly most: number;
  /** More than these do not wait: they are refused. */
  readonly mostWaiting: number;
  /** True when an error says nothing about a single item: then all of the round fail with it, and nothing is tried again. */
  readonly isOfAll: (error: unknown) => boolean;
  /** Runs at the end of the present turn. */
  readonly soon: (run: () => void) => void;
};

/** Nothing was done: so many wait already. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting';
}

type Waiting<In, Out> = { readonly item: In; readonly resolve: (out: Out) => void; readonly reject: (error: unknown) => void };

export class Batcher<In, Out> {
  readonly #o: BatcherOptions<In, Out>;
  #waiting: Waiting<In, Out>[] = [];
  #rounds = 0;
  #beginning = false;

  constructor(options: BatcherOptions<In, Out>) {
    this.#o = options;
  }

  /** The answer for this item. @throws TooManyWaiting, and what the work says of it. */
  do(item: In): Promise<Out> {
    if (this.#waiting.length >= this.#o.mostWaiting)
      return Promise.reject(new TooManyWaiting(`${String(this.#waiting.length)} are waiting already`));
    return new Promise<Out>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#beginning || this.#rounds >= this.#o.rounds || this.#waiting.length === 0) return;
    this.#beginning = true;
    this.#o.soon(() => {
      this.#beginning = false;
      const round = this.#waiting.splice(0, this.#o.most);
      this.#rounds++;
      void this.#run(round).finally(() => {
        this.#rounds--;
        this.#begin();
      });
      this.#begin();
    });
  }

  /** Never rejects: each hears its own end. */
  async #run(round: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const answers = await this.#o.work(round.map(({ item }) => item));
      if (answers.length !== round.length) throw new Bug(`${String(answers.length)} answers for ${String(round.length)} items`);
      round.forEach(({ resolve }, index) => {
        resolve(answers[index] as Out);
      });
    } catch (error) {
      if (round.length === 1 || this.#o.isOfAll(error)) {
        for (const { reject } of round) reject(error);
        return;
      }
      const middle = Math.ceil(round.length / 2);
      await this.#run(round.slice(0, middle));
      await this.#run(round.slice(middle));
    }
  }
}
