/**
 * Publishes what steps have said, right after their commit, in order; what was missed is swept. A key that has missed something
 * is behind: until the sweep has said all of it, in order, nothing newer of it goes out directly.
 *
 * A row that Kafka refuses for its own sake goes to quarantine, and later rows of its key go on. Each says a fact of its own, and consumers know
 * events by their ids and take them in any order. Nobody knows when a person will look. Let go again, it comes late.
 */
import type { Clock } from '../clock.js';
import { shortened } from '../inbox/dead-letter.js';
import type { EngineStore, OutboxRow } from '../store/store.js';

/** `isForever`: Kafka has said no for this message's own sake, and says it again however often it is asked. */
export type NotPublished = { readonly eventId: string; readonly error: Error; readonly isForever: boolean };
/** Resolves to what is not known to be stored. Rejects when nothing is known of any. */
export type Publish = (messages: readonly OutboxRow[]) => Promise<readonly NotPublished[]>;

const MOST_AT_ONCE = 1_000;

/** What was said is marked in one statement for many. Whoever dies before says it again, under the same ids. */
const MARK_AFTER_MS = 100;
const MOST_MARKED = 5_000;

export class OutboxPublisher {
  readonly #store: Pick<EngineStore, 'markSent' | 'setAside'>;
  readonly #publish: Publish;
  readonly #onTrouble: (error: unknown) => void;
  readonly #after: Clock['after'];
  readonly #onRefused: (row: OutboxRow, error: Error) => void;
  readonly #queue: OutboxRow[] = [];
  /** Ids in progress, so that a sweep does not say them a second time. */
  readonly #inProgress = new Set<string>();
  readonly #published: string[] = [];
  readonly #behind = new Set<string>();
  /** Keys of which something was left to the sweep since it began to look. */
  readonly #left = new Set<string>();
  #working: Promise<void> | null = null;
  #marking: Promise<void> | null = null;
  #callOffMarking: (() => void) | null = null;
  #stopped = false;

  constructor(
    store: Pick<EngineStore, 'markSent' | 'setAside'>,
    publish: Publish,
    onTrouble: (error: unknown) => void,
    after: Clock['after'],
    onRefused: (row: OutboxRow, error: Error) => void = () => undefined,
  ) {
    this.#store = store;
    this.#onRefused = onRefused;
    this.#publish = publish;
    this.#onTrouble = onTrouble;
    this.#after = after;
  }

  /** True when the sweep has to look for everything, however new. */
  get isBehind(): boolean {
    return this.#behind.size > 0;
  }

  publish(rows: readonly OutboxRow[]): void {
    this.#take(rows.filter((row) => !this.#leaves(row)));
  }

  /** What the sweep finds, oldest first. `look` asks the outbox; `all` says whether nothing is left there beside what it found. */
  async publishMissed(look: () => Promise<{ readonly rows: readonly OutboxRow[]; readonly all: boolean }>): Promise<void> {
    this.#left.clear();
    const { rows, all } = await look();
    // What was found is in the queue now: whatever is said from here on comes after it.
    this.#take(rows);
    if (all) for (const key of this.#behind) if (!this.#left.has(key)) this.#behind.delete(key);
  }

  #leaves(row: OutboxRow): boolean {
    if (!this.#behind.has(row.key)) return false;
    this.#left.add(row.key);
    return true;
  }

  #take(rows: readonly OutboxRow[]): void {
    for (const row of rows) {
      if (this.#inProgress.has(row.eventId)) continue;
      this.#inProgress.add(row.eventId);
      this.#queue.push(row);
    }
    if (this.#working === null && this.#queue.length > 0 && !this.#stopped)
      this.#working = this.#work().finally(() => {
        this.#working = null;
        if (this.#queue.length > 0 && !this.#stopped) this.publish([]);
      });
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 && !this.#stopped) await this.#sayAll(this.#queue.splice(0, MOST_AT_ONCE));
  }

  async #sayAll(rows: readonly OutboxRow[]): Promise<void> {
    let not: ReadonlyMap<string, NotPublished>;
    try {
      not = new Map((await this.#publish(rows)).map((one) => [one.eventId, one]));
    } catch (error) {
      this.#onTrouble(error);
      this.#leave(rows);
      return;
    }
    // Not known to be stored: the rows stay in the outbox and the sweep says them again under the same ids.
    const missed = rows.filter(({ eventId }) => not.get(eventId)?.isForever === false);
    const troubles = new Set(missed.map(({ eventId }) => not.get(eventId)?.error));
    for (const trouble of troubles) this.#onTrouble(trouble);
    if (missed.length > 0) this.#leave(missed);
    for (const row of rows) {
      const refused = not.get(row.eventId);
      if (refused === undefined) this.#published.push(row.eventId);
      else if (refused.isForever) await this.#setAside(row, refused.error);
    }
    this.#markSoon();
  }

  #leave(rows: readonly OutboxRow[]): void {
    this.#fallBehind(rows);
    for (const row of rows) this.#inProgress.delete(row.eventId);
  }

  /** Of a dead letter the place and the reason are enough: the message itself lies in quarantine already. */
  async #setAside(row: OutboxRow, error: Error): Promise<void> {
    const short = shortened(row);
    if (short !== null) {
      await this.#sayAll([short]);
      return;
    }
    this.#onRefused(row, error);
    try {
      await this.#store.setAside([{ eventId: row.eventId, reason: error.message }]);
    } catch (trouble) {
      // It is still in the outbox: found again, refused again, and then set aside.
      this.#onTrouble(trouble);
    }
    this.#inProgress.delete(row.eventId);
  }

  #markSoon(): void {
    if (this.#published.length === 0 || this.#marking !== null || this.#callOffMarking !== null || this.#stopped) return;
    this.#callOffMarking = this.#after(MARK_AFTER_MS, () => {
      this.#callOffMarking = null;
      this.#marking = this.#mark().finally(() => {
        this.#marking = null;
        this.#markSoon();
      });
    });
  }

  async #mark(): Promise<void> {
    const eventIds = this.#published.splice(0, MOST_MARKED);
    try {
      await this.#store.markSent(eventIds);
    } catch (error) {
      // Said twice does no harm; unsaid would.
      this.#onTrouble(error);
    }
    for (const eventId of eventIds) this.#inProgress.delete(eventId);
  }

  /** What waits in memory behind rows that were missed is left to the sweep as well. */
  #fallBehind(rows: readonly OutboxRow[]): void {
    for (const row of rows) this.#behind.add(row.key);
    for (const row of this.#queue.splice(0)) {
      if (this.#leaves(row)) this.#inProgress.delete(row.eventId);
      else this.#queue.push(row);
    }
  }

  /** Finishes what is under way; the rest stays in the outbox. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
    this.#callOffMarking?.();
    this.#callOffMarking = null;
    await this.#marking;
    while (this.#published.length > 0) await this.#mark();
  }
}
