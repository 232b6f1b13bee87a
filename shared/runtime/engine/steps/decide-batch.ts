/**
 * Decides many items at once: each by the journey that memory knows, where memory may be trusted, and otherwise by what is stored.
 * Everything that is missing is loaded in one question.
 */
import type { Log } from '../../process/log.js';
import type { StopSource } from '../../stopping/stop-source.js';
import type { Catalogue } from '../catalogue.js';
import type { Clock } from '../clock.js';
import type { EffectsInProgress } from '../effects/effects-in-progress.js';
import { DatabaseAway, type EngineStore, type LoadedJourney, type StoredJourney } from '../store/store.js';
import { decide, type Decided } from './decide.js';
import { keepFor, noJourneys, type BatchJourneys, type JourneyCache } from './journey-cache.js';
import type { Item } from './lanes.js';
import type { Left, LeftToNewer } from './left-to-newer.js';

export type DecideBatchOptions = {
  readonly catalogue: Catalogue;
  readonly store: Pick<EngineStore, 'load'>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly log: Log;
  readonly ownerId: () => number;
  readonly journeys: JourneyCache;
  readonly effects: EffectsInProgress;
  readonly leftToNewer: LeftToNewer;
  readonly stops: StopSource;
  readonly enqueue: (item: Item) => void;
};

/** How long nothing is taken for new after something was not, or may not have been. Longer than the longest pause between two tries. */
const CAREFUL_MS = 5_000;

/** Another instance may have parked the effect without a new version of its journey: what people say is judged by what is stored. */
const isOfPeople = (item: Item): boolean => item.kind === 'effect' && item.event.type === 'PersonSaid';

export class DecideBatch {
  readonly #o: DecideBatchOptions;
  #carefulUntilMs = 0;

  constructor(options: DecideBatchOptions) {
    this.#o = options;
  }

  /** For a while nothing is taken for new without looking it up. */
  beCareful(): void {
    this.#carefulUntilMs = this.#o.clock.monotonicMs() + CAREFUL_MS;
  }

  /** What each item means. An item that is left to a newer instance is in memory no more, and not among the answers. */
  async decideAll(items: readonly Item[]): Promise<Decided[]> {
    const { catalogue, journeys, effects, leftToNewer } = this.#o;
    const ids = new Set<string>();
    const open: { flow: string; subject: string }[] = [];
    const openings = new Map<Item, Decided>();
    const found = noJourneys();
    const newer = new Map<string, LoadedJourney>();
    const left = new Set<Item>();
    for (const item of items) {
      if (leftToNewer.isLeft(item)) {
        left.add(item);
        continue;
      }
      const opening = this.#opening(item);
      if (opening !== null) {
        openings.set(item, opening);
        continue;
      }
      for (const id of journeys.idsFor(item)) {
        const journey = journeys.get(id);
        if (journey === undefined || isOfPeople(item) || this.#isNewsTo(journey, item, effects)) ids.add(id);
        else keepFor(found, journey);
      }
      if (item.kind === 'input' && 'flow' in item.to && !journeys.knowsOpen(item.to)) open.push(item.to);
    }
    if (ids.size + open.length > 0)
      for (const stored of await this.#o.store.load([...ids], open)) {
        if (catalogue.isNewer(stored)) {
          newer.set(stored.id, stored);
          journeys.forget(stored.id);
          keepFor(found, stored);
          continue;
        }
        const journey = catalogue.current(stored);
        this.#learn(journey);
        keepFor(found, journey);
      }
    const own = left.size + newer.size === 0 ? items : await this.#leave(items, left, newer, found);
    return own.map((item) => openings.get(item) ?? this.#decide(item, journeys.find(item, found)));
  }

  /** Returns those that are not left. */
  async #leave(
    items: readonly Item[],
    left: ReadonlySet<Item>,
    newer: ReadonlyMap<string, LoadedJourney>,
    found: BatchJourneys,
  ): Promise<readonly Item[]> {
    const leaving: Left[] = [];
    const own = items.filter((item) => {
      const journey = left.has(item) ? null : (newer.get(this.#o.journeys.find(item, found)?.id ?? '') ?? null);
      if (journey === null && !left.has(item)) return true;
      leaving.push({ item, journey });
      return false;
    });
    await this.#o.leftToNewer.leave(leaving, [...newer.values()]);
    return own;
  }

  /** What this process may have written itself, in a commit whose answer was lost: then what it began is not under way, and nobody else knows. */
  async lookAfter(handled: readonly Item[]): Promise<void> {
    const { catalogue, store, journeys, log } = this.#o;
    const open = handled.flatMap((item) => (item.kind === 'input' && 'flow' in item.to ? [item.to] : []));
    try {
      const ids = handled.flatMap((item) => journeys.idsFor(item));
      const newer: LoadedJourney[] = [];
      for (const journey of await store.load(ids, open)) {
        if (catalogue.isNewer(journey)) newer.push(journey);
        else this.#learn(catalogue.current(journey));
      }
      if (newer.length > 0) await this.#o.leftToNewer.leave([], newer);
    } catch (error) {
      if (!(error instanceof DatabaseAway)) throw error;
      log.warn({ reason: error.message }, 'what was handled is not looked at again; the sweep does it later');
    }
  }

  #decide(item: Item, journey: StoredJourney | null): Decided {
    const { catalogue, stops, clock } = this.#o;
    return decide(catalogue, item, journey, { stops, nowMs: clock.nowMs() });
  }

  /**
   * What opens a journey that memory does not know is taken for the first of its kind, without looking it up: the insert fails
   * as stale if it was not, and then everything is looked up for a while. Anything else is judged by what is stored.
   */
  #opening(item: Item): Decided | null {
    if (item.kind !== 'input' || !('flow' in item.to) || item.tries > 0 || this.#o.clock.monotonicMs() < this.#carefulUntilMs) return null;
    if (this.#o.journeys.find(item) !== null) return null;
    const decided = this.#decide(item, null);
    // The database can only refuse a second one that is open.
    return decided.stepResult.kind === 'moved' && !decided.stepResult.journey.ended ? decided : null;
  }

  /**
   * An effect is due that memory takes for one on its way, and we are not sending it: another instance, or a previous run's late
   * commit, has written since, without a new version of its journey. Only the database knows.
   */
  #isNewsTo({ effect }: StoredJourney, item: Item, effects: EffectsInProgress): boolean {
    if (item.kind !== 'due-effect' || item.earlier !== undefined || effect?.id !== item.effectId) return false;
    return effect.status === 'sending' && !effects.isInProgress(effect.id);
  }

  /**
   * A commit whose answer was lost leaves an effect that is being sent by us, and of which we know nothing: it may or may
   * not have left with an earlier answer, so it is orphaned at once instead of after the sweep's two minutes.
   */
  #learn(journey: StoredJourney): void {
    this.#o.journeys.remember(journey);
    const { effect } = journey;
    if (effect?.status !== 'sending' || effect.owner !== this.#o.ownerId() || this.#o.effects.isInProgress(effect.id)) return;
    this.#o.enqueue({
      kind: 'effect',
      lane: journey.portfolioId,
      journeyId: journey.id,
      effectId: effect.id,
      event: { type: 'Orphaned' },
      eventId: null,
      tries: 0,
    });
  }
}
