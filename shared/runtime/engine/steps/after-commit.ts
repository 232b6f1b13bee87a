/** What follows once a step is written: memory learns it, what was said is published, what it sends is sent, what it waits for is waited for. */
import type { Clock } from '../clock.js';
import type { EffectsInProgress } from '../effects/effects-in-progress.js';
import type { Failpoint } from '../failpoints.js';
import type { OutboxPublisher } from '../outbox/outbox-publisher.js';
import type { OutboxRow } from '../store/store.js';
import type { Written } from './batch.js';
import type { Decided } from './decide.js';
import type { JourneyCache } from './journey-cache.js';
import type { Item } from './lanes.js';
import type { WaitingItems } from './waiting-items.js';

export type AfterCommitOptions = {
  readonly items: WaitingItems;
  readonly journeys: JourneyCache;
  readonly effects: EffectsInProgress;
  readonly outboxPublisher: OutboxPublisher;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly failpoint: Failpoint;
  readonly enqueue: (item: Item) => void;
};

export class AfterCommit {
  readonly #o: AfterCommitOptions;

  constructor(options: AfterCommitOptions) {
    this.#o = options;
  }

  /** `intendedAtMs`: before the rows said when. */
  follow(written: Written, intendedAtMs: number): void {
    const { items, journeys, effects } = this.#o;
    const { item, journey } = written;
    if (journey !== null) journeys.remember(journey);
    if (written.blocked !== null) {
      items.blocked.add(written.blocked);
      // Its effect was parked in the database only: what memory knows would ignore the person's answer.
      if (item.kind !== 'input') journeys.forget(item.journeyId);
    }
    const askedEffect = item.kind === 'effect' && item.isEarlier !== true ? item.effectId : null;
    this.release(item);
    if (written.publish.length > 0) this.#publish(written.publish);
    for (const sent of written.sent)
      this.#o.enqueue({
        kind: 'input',
        lane: sent.portfolioId,
        eventId: sent.eventId,
        source: null,
        to: { flow: sent.flow, subject: sent.subject },
        input: sent.input,
        original: null,
        tries: 0,
      });
    if (journey !== null && written.send !== null) effects.send(journey, written.send, intendedAtMs);
    else if (journey !== null && journey.effect !== null) effects.wait(journey, journey.effect);
    if (askedEffect !== null) effects.endNotification(askedEffect);
  }

  /** Nothing is left to do about the item: its step is written, or somebody else has handled it. */
  release(item: Item): void {
    if (item.kind === 'effect' && item.isEarlier !== true) this.#o.effects.end(item.effectId);
    this.#o.items.release(item);
  }

  #publish(rows: readonly OutboxRow[]): void {
    this.#o.failpoint('before-publish', () => rows.map((row) => row.topic));
    this.#o.outboxPublisher.publish(rows);
  }

  /** What was decided has nothing to write yet: the outside is asked, or asked again. */
  work({ item, journey, stepResult }: Decided): void {
    const { effects } = this.#o;
    this.#o.items.freeLane(item);
    if (journey !== null && item.kind === 'due-effect' && item.earlier !== undefined) {
      effects.inquireEarlier(journey, item.effectId, item.earlier);
      return;
    }
    if (journey?.effect === null || journey === null || stepResult.kind !== 'work') return;
    if (effects.isInProgress(journey.effect.id)) return;
    if (stepResult.move === 'send') effects.send(journey, journey.effect, this.#o.clock.monotonicMs());
    else if (item.kind === 'effect') effects.inquire(journey, journey.effect, item);
    else effects.inquire(journey, journey.effect);
  }
}
