/**
 * The memory of journeys: what was used last, and which journey is open for a subject. It is bounded and never the truth: what it
 * does not know is loaded, and what another instance has changed is found stale when it is written.
 */
import { Recent } from '../../../kernel/recent.js';
import type { JourneyRecord } from '../../../kernel/step.js';
import type { Catalogue } from '../catalogue.js';
import type { StoredJourney } from '../store/store.js';
import type { Item } from './lanes.js';

const MOST_REMEMBERED = 20_000;

type Address = { readonly flow: string; readonly subject: string };
const addressKey = ({ flow, subject }: Address): string => `${flow}|${subject}`;

/** The journeys of one batch. Memory is bounded: what is looked up for one item may push out what another one was found by. */
export type BatchJourneys = { readonly byId: Map<string, StoredJourney>; readonly openIds: Map<string, string> };
export const noJourneys = (): BatchJourneys => ({ byId: new Map(), openIds: new Map() });
export const keepFor = (batch: BatchJourneys, journey: StoredJourney): void => {
  batch.byId.set(journey.id, journey);
  if (!journey.ended) batch.openIds.set(addressKey(journey), journey.id);
};
const NO_JOURNEYS = noJourneys();

export class JourneyCache {
  readonly #catalogue: Catalogue;
  readonly #byId: Recent<StoredJourney>;
  readonly #openIds = new Map<string, string>();

  constructor(catalogue: Catalogue, mostRemembered = MOST_REMEMBERED) {
    this.#catalogue = catalogue;
    this.#byId = new Recent(mostRemembered, (_id, journey) => {
      this.#closeIfOpen(journey);
    });
  }

  get(journeyId: string): StoredJourney | undefined {
    return this.#byId.get(journeyId);
  }

  knowsOpen(address: Address): boolean {
    return this.#openIds.has(addressKey(address));
  }

  /** The journey that an item is for, as far as it is known. Null: none is known. */
  find(item: Item, batch: BatchJourneys = NO_JOURNEYS): StoredJourney | null {
    if (item.kind !== 'input') return this.#known(item.journeyId, batch);
    if ('journeyId' in item.to) return this.#known(item.to.journeyId, batch);
    const key = addressKey(item.to);
    return this.#known(batch.openIds.get(key) ?? this.#openIds.get(key) ?? this.#catalogue.journeyId(item.to, item), batch);
  }

  #known(journeyId: string, batch: BatchJourneys): StoredJourney | null {
    return batch.byId.get(journeyId) ?? this.#byId.get(journeyId) ?? null;
  }

  /** The journeys that an item may be for. */
  idsFor(item: Item): readonly string[] {
    if (item.kind !== 'input') return [item.journeyId];
    if ('journeyId' in item.to) return [item.to.journeyId];
    const open = this.#openIds.get(addressKey(item.to));
    const own = this.#catalogue.journeyId(item.to, item);
    return open === undefined ? [own] : [open, own];
  }

  remember(journey: StoredJourney): void {
    const key = addressKey(journey);
    this.#byId.set(journey.id, journey);
    if (!journey.ended) this.#openIds.set(key, journey.id);
    else if (this.#openIds.get(key) === journey.id) this.#openIds.delete(key);
  }

  forget(journeyId: string): void {
    const journey = this.#byId.get(journeyId);
    if (journey === undefined) return;
    this.#byId.delete(journeyId);
    this.#closeIfOpen(journey);
  }

  #closeIfOpen(journey: JourneyRecord): void {
    const key = addressKey(journey);
    if (this.#openIds.get(key) === journey.id) this.#openIds.delete(key);
  }
}
