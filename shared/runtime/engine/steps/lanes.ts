import type { LifeEvent } from '../../../kernel/effect-life.js';
import type { Tagged } from '../../../kernel/flow.js';
import type { EarlierRequest } from '../store/store.js';

type Placed = {
  /** The portfolio: one step at a time in a lane, many lanes at once. */
  readonly lane: string;
  /** Journeys found stale are decided again; this counts it. */
  tries: number;
};
export type Item = Placed &
  (
    | {
        readonly kind: 'input';
        readonly eventId: string;
        readonly source: string | null;
        readonly to: InputAddress;
        readonly input: Tagged;
        readonly original: OriginalMessage | null;
      }
    | {
        readonly kind: 'effect';
        readonly journeyId: string;
        readonly effectId: string;
        readonly event: LifeEvent;
        readonly eventId: string | null;
        /** About an earlier request: the present one may be under way meanwhile. */
        readonly isEarlier?: boolean;
      }
    | {
        readonly kind: 'due-effect';
        readonly journeyId: string;
        readonly effectId: string;
        /** News of a request that was given up for a new key: the other side is asked about that one. */
        readonly earlier?: EarlierRequest;
        /** There was news of it: nobody finds that again, as the sweep finds what is due by itself. */
        readonly isNotified?: boolean;
      }
    /** `version`: that of the journey in which the interval began. A later version has an interval of its own, or none. */
    | { readonly kind: 'look-again'; readonly journeyId: string; readonly version: number }
  );
/** The event that a step handles, if it handles one. */
export const eventIdOf = (item: Item): string | null => (item.kind === 'input' || item.kind === 'effect' ? item.eventId : null);

export type InputAddress =
  | { readonly flow: string; readonly subject: string }
  /** `isReply`: to what that journey has asked for. */
  | { readonly journeyId: string; readonly isReply?: true };
/** What a message was on Kafka, for its dead letter. */
export type OriginalMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
  /** How often it was a dead letter before, and since when. */
  readonly before?: DeadBefore;
};
export type DeadBefore = { readonly attempts: number; readonly firstSeenAtMs: number };

/** One in so many of what is taken is for lanes that begin something, as long as any wait: answers without end must not keep them out. */
const NEW_ONE_IN = 20;

/**
 * What is ready to be stepped, lane by lane, in order of arrival; answers go before new inputs, in a lane and among lanes. What has begun
 * is finished before more is begun: however many events wait, few journeys are under way, and those are in memory.
 */
export class Lanes {
  readonly #waiting = new Map<string, Item[]>();
  /** Lanes whose next item goes on with something. */
  readonly #goingOn = new Set<string>();
  readonly #beginning = new Set<string>();
  readonly #busy = new Set<string>();
  #size = 0;

  get size(): number {
    return this.#size;
  }
  get busy(): number {
    return this.#busy.size;
  }

  push(item: Item): void {
    const queue = this.#waiting.get(item.lane);
    if (queue === undefined) this.#waiting.set(item.lane, [item]);
    else if (item.kind === 'effect') queue.unshift(item);
    else queue.push(item);
    this.#size++;
    if (!this.#busy.has(item.lane)) this.#makeReady(item.lane);
  }

  /** At most one item of each ready lane; the lanes are busy until they are released. */
  take(most: number): Item[] {
    const forNew = Math.min(this.#beginning.size, Math.floor(most / NEW_ONE_IN));
    const taken: Item[] = [];
    this.#takeFrom(this.#goingOn, most - forNew, taken);
    this.#takeFrom(this.#beginning, most, taken);
    return taken;
  }

  #takeFrom(ready: Set<string>, most: number, taken: Item[]): void {
    for (const lane of ready) {
      if (taken.length >= most) return;
      ready.delete(lane);
      const item = this.#waiting.get(lane)?.shift();
      if (item === undefined) continue;
      this.#size--;
      this.#busy.add(lane);
      taken.push(item);
    }
  }

  #makeReady(lane: string): void {
    const isNew = this.#waiting.get(lane)?.[0]?.kind === 'input';
    (isNew ? this.#goingOn : this.#beginning).delete(lane);
    (isNew ? this.#beginning : this.#goingOn).add(lane);
  }

  #rest(lane: string): void {
    this.#waiting.delete(lane);
    this.#goingOn.delete(lane);
    this.#beginning.delete(lane);
  }

  release(lane: string): void {
    this.#busy.delete(lane);
    const queue = this.#waiting.get(lane);
    if (queue === undefined) return;
    if (queue.length === 0) this.#rest(lane);
    else this.#makeReady(lane);
  }

  /** Back to the head of its lane, as if it had not been taken. */
  putBack(item: Item): void {
    const queue = this.#waiting.get(item.lane);
    if (queue === undefined) this.#waiting.set(item.lane, [item]);
    else queue.unshift(item);
    this.#size++;
    this.#busy.delete(item.lane);
    this.#makeReady(item.lane);
  }

  /** Takes away the inputs of a lane that has been blocked; they stay in the inbox, unhandled, in order. */
  dropInputs(lane: string): readonly Item[] {
    const queue = this.#waiting.get(lane) ?? [];
    const dropped = queue.filter((item) => item.kind === 'input');
    if (dropped.length === 0) return dropped;
    const kept = queue.filter((item) => item.kind !== 'input');
    this.#size -= dropped.length;
    if (kept.length === 0) this.#rest(lane);
    else {
      this.#waiting.set(lane, kept);
      if (!this.#busy.has(lane)) this.#makeReady(lane);
    }
    return dropped;
  }
}
