/** Publishes what steps have said, right after their commit, in order; what was missed is swept. */
import type { EngineStore, OutboxRow } from './store.js';

export type Publish = (messages: readonly OutboxRow[]) => Promise<void>;

const MOST_AT_ONCE = 1_000;
/** Errors that speak of a row, not of Kafka. */
const BAD_ROW: ReadonlySet<string> = new Set(['Bug', 'MessageTooLarge']);

export class Sayer {
  readonly #store: Pick<EngineStore, 'markSent'>;
  readonly #publish: Publish;
  readonly #onTrouble: (error: unknown) => void;
  readonly #queue: OutboxRow[] = [];
  /** Ids in hand, so that a sweep does not say them a second time. */
  readonly #inHand = new Set<string>();
  #working: Promise<void> | null = null;
  #stopped = false;

  constructor(store: Pick<EngineStore, 'markSent'>, publish: Publish, onTrouble: (error: unknown) => void) {
    this.#store = store;
    this.#publish = publish;
    this.#onTrouble = onTrouble;
  }

  say(rows: readonly OutboxRow[]): void {
    for (const row of rows) {
      if (this.#inHand.has(row.eventId)) continue;
      this.#inHand.add(row.eventId);
      this.#queue.push(row);
    }
    if (this.#working === null && this.#queue.length > 0 && !this.#stopped)
      this.#working = this.#work().finally(() => {
        this.#working = null;
        if (this.#queue.length > 0 && !this.#stopped) this.say([]);
      });
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#stopped) {
      const rows = this.#queue.splice(0, MOST_AT_ONCE);
      await this.#sayAll(rows);
      for (const row of rows) this.#inHand.delete(row.eventId);
    }
  }

  async #sayAll(rows: readonly OutboxRow[]): Promise<void> {
    try {
      await this.#publish(rows);
      await this.#store.markSent(rows.map((row) => row.eventId));
    } catch (error) {
      // Not known to be stored, or not marked: the rows stay in the outbox and the sweep says them again under the same ids.
      this.#onTrouble(error);
      if (rows.length === 1 || this.#stopped || !(error instanceof Error) || !BAD_ROW.has(error.name)) return;
      // One of them can never be published. Its neighbours can.
      const middle = Math.ceil(rows.length / 2);
      await this.#sayAll(rows.slice(0, middle));
      await this.#sayAll(rows.slice(middle));
    }
  }

  /** Finishes what is under way; the rest stays in the outbox. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
  }
}
