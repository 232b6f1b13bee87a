/**
 * While a new version of ours comes, a newer instance may write states and flows that this one does not know. This instance leaves them
 * alone: nothing is written, nothing is counted as failed, no lane is blocked. The event stays open in the inbox, and the sweep of the newer
 * instance takes it up. What only this process knows, an answer that it was waiting for, is handed over.
 */
import { Recent } from '../../../kernel/recent.js';
import type { Log } from '../../process/log.js';
import type { Catalogue } from '../catalogue.js';
import type { Clock } from '../clock.js';
import type { EffectsInProgress } from '../effects/effects-in-progress.js';
import { answerEventId } from '../identity.js';
import { handOverRow, orphanRow } from '../inbox/handed-over.js';
import type { EngineStore, InboxRow, LoadedJourney } from '../store/store.js';
import { eventIdOf, type InputAddress, type Item } from './lanes.js';

export type LeftToNewerOptions = {
  readonly catalogue: Catalogue;
  readonly store: Pick<EngineStore, 'ingest'>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly log: Log;
  readonly ownerId: () => number;
  readonly effects: EffectsInProgress;
  readonly release: (item: Item) => void;
};

/** An item that is left, and its journey; null when that was not even loaded. */
export type Left = { readonly item: Item; readonly journey: LoadedJourney | null };

/** What was left is not looked at again for so long. */
const LEFT_MS = 30_000;
/** Of what was left so long ago, so much at most is looked at again in one sweep: most of its page is for the rest. */
const MOST_AGAIN = 100;
const MOST_REMEMBERED = 20_000;

const addressKey = ({ flow, subject }: { readonly flow: string; readonly subject: string }): string => `${flow}|${subject}`;

export class LeftToNewer {
  readonly #o: LeftToNewerOptions;
  /** Events that stay open in the inbox, and until when the sweep does not list them. Oldest first. */
  readonly #events = new Map<string, number>();
  /** Until when a journey counts as left without being loaded: by its id and, while it is open, by its address. */
  readonly #journeys = new Recent<number>(MOST_REMEMBERED);
  readonly #said = new Recent<true>(MOST_REMEMBERED);
  /** Answers that a newer instance has in its inbox. */
  readonly #handedOver = new Recent<true>(MOST_REMEMBERED);
  #any = false;

  constructor(options: LeftToNewerOptions) {
    this.#o = options;
  }

  /** Events that this instance has left and that may still be open. */
  get size(): number {
    return this.#events.size;
  }

  /** Events that the sweep need not list. */
  notToList(): readonly string[] {
    if (this.#events.size === 0) return [];
    const nowMs = this.#o.clock.monotonicMs();
    let again = 0;
    for (const [eventId, untilMs] of this.#events) {
      if (untilMs > nowMs || again === MOST_AGAIN) break;
      this.#events.delete(eventId);
      again++;
    }
    return [...this.#events.keys()];
  }

  /** Its row stays open in the inbox. */
  leaveEvent(eventId: string): void {
    this.#events.delete(eventId);
    this.#events.set(eventId, this.#o.clock.monotonicMs() + LEFT_MS);
  }

  /** Known without a look into the database: the flow is not known here, or its journey was left a moment ago. */
  isLeft(item: Item): boolean {
    if (item.kind === 'input' && 'flow' in item.to && !this.#o.catalogue.knows(item.to.flow)) {
      this.#say(addressKey(item.to), { flow: item.to.flow, subject: item.to.subject });
      return true;
    }
    // Where nothing was ever left, which is nearly always, there is nothing to look up.
    if (!this.#any) return false;
    if (item.kind === 'input') return this.#isAddressLeft(item.to, item);
    // What the outside has said has to be handed over, and that depends on the journey.
    if (item.kind === 'effect' && item.event.type !== 'Orphaned') return false;
    return item.kind === 'due-effect' && (item.isNotified === true || item.earlier !== undefined) ? false : this.#isRecent(item.journeyId);
  }

  #isAddressLeft(to: InputAddress, item: Extract<Item, { kind: 'input' }>): boolean {
    if ('journeyId' in to) return this.#isRecent(to.journeyId);
    return this.#isRecent(addressKey(to)) || this.#isRecent(this.#o.catalogue.journeyId(to, item));
  }

  #isRecent(key: string): boolean {
    return (this.#journeys.get(key) ?? 0) > this.#o.clock.monotonicMs();
  }

  /** `newer`: journeys that were loaded and cannot be read here. @throws DatabaseAway: nothing is left yet, and it can be tried again. */
  async leave(left: readonly Left[], newer: readonly LoadedJourney[]): Promise<void> {
    const nowMs = this.#o.clock.nowMs();
    const rows = newer.flatMap((journey) => this.#orphan(journey));
    for (const { item, journey } of left) {
      const row = journey === null ? null : handOverRow(item, journey, nowMs);
      if (row !== null) rows.push(row);
    }
    if (rows.length > 0) await this.#o.store.ingest(rows, { quarantined: [], blocked: [], said: [] });
    for (const { eventId } of rows) this.#handedOver.set(eventId, true);
    for (const journey of newer) this.#remember(journey);
    for (const { item } of left) {
      const eventId = eventIdOf(item);
      if (eventId !== null) this.leaveEvent(eventId);
      this.#o.release(item);
    }
  }

  /** A request of this process, of which it knows nothing: the newer instance would wait for it as long as this process lives. */
  #orphan(journey: LoadedJourney): InboxRow[] {
    const { effect } = journey;
    if (effect?.status !== 'sending' || effect.owner !== this.#o.ownerId() || this.#o.effects.isInProgress(effect.id)) return [];
    return this.#handedOver.has(answerEventId(effect.id, effect)) ? [] : [orphanRow(journey, effect)];
  }

  #remember(journey: LoadedJourney): void {
    this.#any = true;
    const untilMs = this.#o.clock.monotonicMs() + LEFT_MS;
    this.#journeys.set(journey.id, untilMs);
    if (!journey.ended) this.#journeys.set(addressKey(journey), untilMs);
    this.#say(journey.id, { journeyId: journey.id, flow: journey.flow, stateVersion: journey.stateVersion });
  }

  /** Once for each. */
  #say(key: string, about: Readonly<Record<string, unknown>>): void {
    if (this.#said.has(key)) return;
    this.#said.set(key, true);
    this.#o.log.info(about, 'a newer instance has written this: it is left to that one');
  }
}
