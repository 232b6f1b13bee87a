/**
 * The effects of which this process knows something that the database does not: it is sending them or asking about them, it waits for
 * the moment when they are due, or a notification came while it was asking. What becomes of them returns as the next item of their lane.
 */
import type { EffectRecord, LifeEvent } from '../../../kernel/effect-life.js';
import type { Log } from '../../process/log.js';
import type { Catalogue } from '../catalogue.js';
import type { Clock } from '../clock.js';
import type { Failpoint } from '../failpoints.js';
import { isFound } from '../steps/decide.js';
import type { Item } from '../steps/lanes.js';
import type { EarlierRequest, Referenced, StoredEffect, StoredJourney } from '../store/store.js';
import type { EffectRunner } from './effect-runner.js';

export type EffectsInProgressOptions = {
  readonly catalogue: Catalogue;
  readonly effectRunner: EffectRunner;
  readonly clock: Clock;
  readonly log: Log;
  readonly failpoint: Failpoint;
  readonly enqueue: (item: Item) => void;
};

/** Waits up to here are kept in memory; longer ones are found by the sweep. */
const LONGEST_TIMER_MS = 5_000;

export class EffectsInProgress {
  readonly #o: EffectsInProgressOptions;
  /** Effects this process is sending or asking about. */
  readonly #inProgress = new Set<string>();
  /** Effects with a timer in memory; a timer whose token was replaced does nothing. */
  readonly #waiting = new Map<string, symbol>();
  /** Effects of which there was news while they were in progress. */
  readonly #notified = new Set<string>();
  #stopped = false;

  constructor(options: EffectsInProgressOptions) {
    this.#o = options;
  }

  /** Requests that are under way. */
  get underWay(): number {
    return this.#o.effectRunner.underWay;
  }

  /** The sweep leaves it alone. */
  has(effectId: string): boolean {
    return this.#inProgress.has(effectId) || this.#waiting.has(effectId);
  }

  isInProgress(effectId: string): boolean {
    return this.#inProgress.has(effectId);
  }

  /** What became of it is written, or was given up. */
  end(effectId: string): void {
    this.#inProgress.delete(effectId);
  }

  /** News that came while it was asked about is answered by what was found. */
  endNotification(effectId: string): void {
    this.#notified.delete(effectId);
  }

  /** A notification about an effect: it is looked at now, or right after the answer that is on its way. */
  checkNow(effect: Omit<Referenced, 'reference' | 'status'>): void {
    const { earlier } = effect;
    if (earlier !== null) {
      const { portfolioId: lane, journeyId, effectId } = effect;
      this.#o.enqueue({ kind: 'due-effect', lane, journeyId, effectId, earlier, tries: 0 });
      return;
    }
    if (this.#inProgress.has(effect.effectId)) {
      this.#notified.add(effect.effectId);
      return;
    }
    this.#waiting.delete(effect.effectId);
    const { portfolioId: lane, journeyId, effectId } = effect;
    this.#o.enqueue({ kind: 'due-effect', lane, journeyId, effectId, isNotified: true, tries: 0 });
  }

  send(journey: StoredJourney, effect: StoredEffect, intendedAtMs: number): void {
    const definition = this.#o.catalogue.effect(journey.flow, effect.name);
    this.#inProgress.add(effect.id);
    this.#o.failpoint('before-send', () => [effect.name]);
    void this.#o.effectRunner.send(definition, effect, intendedAtMs, journey.portfolioId).then((event) => {
      this.#answered(journey, effect, event);
    });
  }

  /** `because`: people have said something; their word is taken together with what is found. */
  inquire(journey: StoredJourney, effect: StoredEffect, because: Extract<Item, { kind: 'effect' }> | null = null): void {
    const definition = this.#o.catalogue.effect(journey.flow, effect.name);
    if (definition.kind === 'read') return;
    this.#inProgress.add(effect.id);
    const { checkWord } = definition;
    if (because?.event.type === 'PersonSaid' && checkWord !== undefined) {
      const { event } = because;
      void this.#o.effectRunner.checkWord(definition, checkWord, effect, event, journey.portfolioId).then((checked) => {
        this.#o.enqueue({ ...because, event: { ...event, checked } });
      });
      return;
    }
    void this.#o.effectRunner.inquire(definition, effect, journey.portfolioId).then((event) => {
      if (because?.event.type !== 'PersonSaid') this.#answered(journey, effect, event);
      else this.#o.enqueue({ ...because, event: { ...because.event, asked: event } });
    });
  }

  /** About a request that was given up for a new key. It is not in progress: the present one goes its own way. */
  inquireEarlier(journey: StoredJourney, effectId: string, earlier: EarlierRequest): void {
    const definition = this.#o.catalogue.effect(journey.flow, earlier.name);
    if (definition.kind === 'read') return;
    const plannedAtMs = earlier.firstSentAtMs ?? this.#o.clock.nowMs();
    const then = { kind: definition.kind, status: 'unknown', attempt: 0, reference: null, dueAtMs: null, note: null, owner: null } as const;
    const request = { ...then, ...earlier, id: effectId, plannedAtMs };
    void this.#o.effectRunner.inquire(definition, request, journey.portfolioId).then((event) => {
      if (isFound(event))
        this.#o.log.error(
          { alarm: 'earlier-request', effectId, generation: earlier.generation },
          'a request that was given up has happened',
        );
      this.#o.enqueue({
        kind: 'effect',
        lane: journey.portfolioId,
        journeyId: journey.id,
        effectId,
        event,
        eventId: null,
        isEarlier: true,
        tries: 0,
      });
    });
  }

  #answered(journey: StoredJourney, effect: StoredEffect, event: LifeEvent): void {
    this.#o.failpoint('after-answer', () => [effect.name]);
    this.#o.enqueue({
      kind: 'effect',
      lane: journey.portfolioId,
      journeyId: journey.id,
      effectId: effect.id,
      event,
      eventId: null,
      tries: 0,
    });
  }

  /** An effect that waits: soon in memory, later by the sweep. A notification that came while it was asked makes it due now. */
  wait(journey: StoredJourney, effect: EffectRecord): void {
    if (effect.dueAtMs === null || this.#inProgress.has(effect.id)) return;
    const isNotified = this.#notified.delete(effect.id);
    const waitMs = isNotified ? 0 : effect.dueAtMs - this.#o.clock.nowMs();
    if (waitMs > LONGEST_TIMER_MS) return;
    const token = Symbol(effect.id);
    this.#waiting.set(effect.id, token);
    this.#o.clock.after(Math.max(0, waitMs), () => {
      if (this.#waiting.get(effect.id) !== token) return;
      this.#waiting.delete(effect.id);
      if (this.#stopped) return;
      this.#o.enqueue({ kind: 'due-effect', lane: journey.portfolioId, journeyId: journey.id, effectId: effect.id, tries: 0 });
    });
  }

  /** Nothing becomes due any more. What is under way comes to its end. */
  stop(): void {
    this.#stopped = true;
  }
}
