/**
 * What waits in memory for its step. Not everything may: no event twice, no event of a blocked lane, and no look at a journey
 * that is looked at already or whose look has failed.
 */
import type { Clock } from '../clock.js';
import type { EngineStore } from '../store/store.js';
import { BlockedLanes } from './blocked-lanes.js';
import { Lanes, type Item } from './lanes.js';
import { OpenEvents } from './open-events.js';

/** A journey that cannot be looked at is not looked at again for so long: each time costs its neighbours a statement cut in parts. */
const LOOK_FAILED_MS = 600_000;
/** A look that is queued is not queued twice. */
const LOOK_QUEUED_MS = 60_000;

export class WaitingItems {
  readonly events = new OpenEvents();
  readonly blocked: BlockedLanes;
  readonly #lanes = new Lanes();
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #notLookedAtBeforeMs = new Map<string, number>();

  constructor(store: Pick<EngineStore, 'blockedLanes'>, clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    this.blocked = new BlockedLanes(store, (lane) => {
      for (const item of this.#lanes.dropInputs(lane)) if (item.kind === 'input') this.events.drop(item.eventId);
    });
  }

  get size(): number {
    return this.#lanes.size;
  }
  get isEmpty(): boolean {
    return this.#lanes.size === 0 && this.#lanes.busy === 0;
  }

  /** False when it may not wait here: it is here already, or its lane is blocked. */
  add(item: Item): boolean {
    if (item.kind === 'input') {
      if (this.events.has(item.eventId) || this.blocked.has(item.lane)) return false;
      this.events.add(item.eventId);
    }
    if (item.kind === 'look-again') {
      const nowMs = this.#clock.monotonicMs();
      if ((this.#notLookedAtBeforeMs.get(item.journeyId) ?? 0) > nowMs) return false;
      this.#notLookedAtBeforeMs.set(item.journeyId, nowMs + LOOK_QUEUED_MS);
    }
    this.#lanes.push(item);
    return true;
  }

  /** At most one item of each ready lane. */
  take(most: number): Item[] {
    return this.#lanes.take(most);
  }

  /** Back to the head of its lane, as if it had not been taken. */
  putBack(item: Item): void {
    this.#lanes.putBack(item);
  }

  /** Its step is over, in whatever way. The next one of its lane may go. */
  release(item: Item): void {
    if (item.kind === 'look-again') this.#notLookedAtBeforeMs.delete(item.journeyId);
    if (item.kind === 'input') this.events.drop(item.eventId);
    this.#lanes.release(item.lane);
  }

  /** The next one of its lane may go; the item itself is not over: the outside is asked first. */
  freeLane(item: Item): void {
    this.#lanes.release(item.lane);
  }

  lookFailed(journeyId: string): void {
    this.#notLookedAtBeforeMs.set(journeyId, this.#clock.monotonicMs() + LOOK_FAILED_MS);
  }
}
