/**
 * The loop of steps: whatever is ready, at most one step per lane, at most 500 a statement, at most two statements in flight, no timer:
 * under load batches grow by themselves, alone there is no waiting. A statement that fails for a row's sake is cut in
 * parts, so that a bad row cannot fail its neighbours.
 */
import { Bug } from '../../../kernel/bug.js';
import type { Log } from '../../process/log.js';
import type { StopSource } from '../../stopping/stop-source.js';
import type { Catalogue } from '../catalogue.js';
import type { Clock } from '../clock.js';
import type { EffectRunner } from '../effects/effect-runner.js';
import { EffectsInProgress } from '../effects/effects-in-progress.js';
import type { Failpoint } from '../failpoints.js';
import type { FailureRates } from '../failure-rate.js';
import type { OutboxPublisher } from '../outbox/outbox-publisher.js';
import { DatabaseAway, Stale, type EngineStore, type Referenced } from '../store/store.js';
import { AfterCommit } from './after-commit.js';
import { Batch } from './batch.js';
import { DecideBatch } from './decide-batch.js';
import { REPLY_TO_NOBODY, type Decided } from './decide.js';
import { JourneyCache } from './journey-cache.js';
import { eventIdOf, type Item } from './lanes.js';
import { LeftToNewer } from './left-to-newer.js';
import { StepFailures } from './step-failures.js';
import { WaitingItems } from './waiting-items.js';

export type EngineOptions = {
  readonly catalogue: Catalogue;
  readonly store: EngineStore;
  readonly effectRunner: EffectRunner;
  readonly stops: StopSource;
  readonly outboxPublisher: OutboxPublisher;
  readonly clock: Clock;
  readonly log: Log;
  readonly ownerId: () => number;
  readonly failpoint: Failpoint;
  /** How often one step is tried while most fail. */
  readonly tryEveryMs?: number;
  /** Journeys kept in memory; default 20,000. */
  readonly mostRemembered?: number;
};

const MOST_PER_STATEMENT = 500;
const MOST_STATEMENTS = 2;
/** Of halves, as much would fail again as has failed; of eighths, a seventh of it. */
const PARTS_OF_A_FAILED = 8;
const MOST_TRIES = 50;

const pause = (waitMs: number, clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    clock.after(waitMs, resolve);
  });

export class Engine {
  /** What this process cannot read. */
  readonly leftToNewer: LeftToNewer;
  readonly #o: EngineOptions;
  readonly #items: WaitingItems;
  readonly #journeys: JourneyCache;
  readonly #effects: EffectsInProgress;
  readonly #failures: StepFailures;
  readonly #decisions: DecideBatch;
  readonly #afterCommit: AfterCommit;
  #callOffPump: (() => void) | null = null;
  #awayBecause: string | null = null;
  #statements = 0;
  #pumping = false;
  #stopping = false;
  /** Nobody waits for it any more: what cannot be written now is left to the next run, as after a crash. */
  #stopped = false;
  #emptied: (() => void)[] = [];

  constructor(options: EngineOptions) {
    this.#o = options;
    const { catalogue, store, effectRunner, outboxPublisher, clock, log, ownerId, failpoint, tryEveryMs } = options;
    const enqueue = (item: Item): void => {
      this.enqueue(item);
    };
    const items = new WaitingItems(store, clock);
    const journeys = new JourneyCache(catalogue, options.mostRemembered);
    const effects = new EffectsInProgress({ catalogue, effectRunner, clock, log, failpoint, enqueue });
    this.#failures = new StepFailures({
      ...{ clock, log, tryEveryMs },
      putBack: (item) => {
        items.putBack(item);
      },
    });
    this.#afterCommit = new AfterCommit({ ...{ items, journeys, effects, outboxPublisher }, ...{ clock, failpoint, enqueue } });
    const release = (item: Item): void => {
      this.#afterCommit.release(item);
    };
    this.leftToNewer = new LeftToNewer({ catalogue, store, clock, log, ownerId, effects, release });
    this.#decisions = new DecideBatch({
      ...{ catalogue, store, clock, log, ownerId, journeys, effects, enqueue },
      ...{ leftToNewer: this.leftToNewer, stops: options.stops },
    });
    this.#items = items;
    this.#journeys = journeys;
    this.#effects = effects;
  }

  /** Items in memory; taking in waits while it is high. */
  get load(): number {
    return this.#items.size;
  }
  get idle(): boolean {
    return this.#items.isEmpty && this.#effects.underWay === 0;
  }

  /** Messages that ended in quarantine, by topic and partition. */
  get partitions(): FailureRates {
    return this.#failures.partitions;
  }

  /** Not null: most steps of some kind are bugs of ours. Nothing is taken in, and a step is only tried now and then. */
  get waitsBecause(): string | null {
    return this.#failures.waitsBecause;
  }

  /** Why steps wait for the database now; null when the last one was written. */
  get awayBecause(): string | null {
    return this.#awayBecause;
  }

  /** Of what `look` finds open: what is not in memory, and was not while it looked. */
  notInMemory<R extends { readonly eventId: string }>(look: () => Promise<readonly R[]>): Promise<readonly R[]> {
    return this.#items.events.notInMemory(look);
  }
  hasEffect(effectId: string): boolean {
    return this.#effects.has(effectId);
  }

  /** Asks the database which lanes are blocked. */
  refreshBlocked(): Promise<void> {
    return this.#items.blocked.refresh();
  }

  enqueue(item: Item): void {
    if (this.#items.add(item)) this.#pump();
  }

  /** A notification about an effect: it is looked at now, or right after the answer that is on its way. */
  checkNow(effect: Omit<Referenced, 'reference' | 'status'>): void {
    this.#effects.checkNow(effect);
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    // One turn later: everything that arrives in this turn travels in the same statement.
    this.#o.clock.soon(() => {
      this.#pumping = false;
      while (this.#statements < MOST_STATEMENTS) {
        const items = this.#items.take(this.#mostNow());
        if (items.length === 0) break;
        this.#statements++;
        void this.#run(items).finally(() => {
          this.#statements--;
          this.#failures.tried();
          this.#pump();
          if (this.idle) for (const resolve of this.#emptied.splice(0)) resolve();
        });
      }
    });
  }

  /** How many steps may be taken: all that are ready, or one, or none, while most fail. */
  #mostNow(): number {
    if (this.waitsBecause === null) {
      this.#failures.endTries();
      return MOST_PER_STATEMENT;
    }
    if (this.#statements === 0 && this.#items.size > 0 && this.#failures.mayTry()) return 1;
    if (this.#callOffPump === null && !this.#stopping)
      this.#callOffPump = this.#o.clock.after(Math.max(10, this.#failures.nextTryInMs), () => {
        this.#callOffPump = null;
        this.#pump();
      });
    return 0;
  }

  async #run(items: readonly Item[]): Promise<void> {
    try {
      await this.#stepAll(items);
    } catch (error) {
      // Nothing of this batch is known to be written. The items come back from the database by the sweep.
      this.#o.log.error({ err: error, items: items.length }, 'a batch of steps was given up; the sweep takes it up again');
      for (const item of items) this.#giveUp(item);
    }
  }

  #giveUp(item: Item): void {
    if (item.kind === 'effect' || item.kind === 'due-effect') this.#effects.end(item.effectId);
    if (item.kind !== 'input') this.#journeys.forget(item.journeyId);
    this.#items.release(item);
  }

  async #stepAll(items: readonly Item[]): Promise<void> {
    let remaining = items;
    for (let attempt = 0; remaining.length > 0; attempt++) {
      try {
        const decided = this.#failures.holdBack(await this.#decisions.decideAll(remaining));
        // What was put back is in its lane again: should the write fail, it is not this batch's any more.
        remaining = decided.map(({ item }) => item);
        await this.#write(decided);
        return;
      } catch (error) {
        if (error instanceof DatabaseAway) {
          // Kept, never thrown away: an answer that was received must be written when the database is back.
          // The commit may have been made and only its answer lost: then nothing of it is new any more.
          this.#decisions.beCareful();
          await this.#whileAway(error, remaining.length, attempt);
        } else if (error instanceof Stale) {
          remaining = await this.#refresh(remaining);
        } else if (remaining.length > 1) {
          await this.#stepInParts(remaining);
          return;
        } else {
          await this.#poisonOne(remaining, error);
          return;
        }
        if (this.#isOver(attempt)) throw error;
      }
    }
  }

  /** Each part answers for itself: one that is given up takes nothing back that another has written. */
  async #stepInParts(items: readonly Item[]): Promise<void> {
    const most = Math.ceil(items.length / PARTS_OF_A_FAILED);
    for (let from = 0; from < items.length; from += most) await this.#run(items.slice(from, from + most));
  }

  #isOver(attempt: number): boolean {
    return this.#stopped || (this.#stopping && attempt > 20);
  }

  async #whileAway(error: DatabaseAway, items: number, attempt: number): Promise<void> {
    this.#awayBecause = error.message;
    this.#o.log.warn({ reason: error.message, items }, 'the database is away; waiting');
    await pause(Math.min(2_000, 100 * 2 ** Math.min(attempt, 5)), this.#o.clock);
  }

  /** Which of them are not handled yet. Waits for the database as a write does: given up, an answer beside them would be lost. */
  async #stillOpen(eventIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (eventIds.length === 0) return new Set();
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#o.store.stillOpen(eventIds);
      } catch (error) {
        if (!(error instanceof DatabaseAway) || (this.#stopping && attempt > 20)) throw error;
        await this.#whileAway(error, eventIds.length, attempt);
      }
    }
  }

  /** Somebody else moved one of the journeys or handled one of the events: what memory knows is given up and looked up again. */
  async #refresh(items: readonly Item[]): Promise<readonly Item[]> {
    this.#decisions.beCareful();
    for (const journeyId of items.flatMap((item) => this.#journeys.idsFor(item))) this.#journeys.forget(journeyId);
    const eventIds = items.map(eventIdOf).filter((eventId) => eventId !== null);
    const stillOpen = await this.#stillOpen(eventIds);
    const handled: Item[] = [];
    const remaining = items.filter((item) => {
      item.tries++;
      const eventId = eventIdOf(item);
      if (eventId !== null && !stillOpen.has(eventId)) {
        handled.push(item);
        this.#afterCommit.release(item);
        return false;
      }
      if (item.tries > MOST_TRIES) throw new Bug(`a step found its journey stale ${String(MOST_TRIES)} times`);
      return true;
    });
    if (handled.length > 0) await this.#decisions.lookAfter(handled);
    return remaining;
  }

  async #poisonOne(items: readonly Item[], error: unknown): Promise<void> {
    const [item] = items;
    if (item === undefined) return;
    this.#o.log.error(
      { err: error, lane: item.lane, kind: item.kind },
      'a step cannot be written: its lane is stopped and a person is called',
    );
    const decided = this.#failures.holdBack([{ item, journey: null, stepResult: { kind: 'bug', error } }]);
    // Waited for here as everywhere: given up, an answer that is in hand would be lost with it.
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#write(decided);
        return;
      } catch (away) {
        if (!(away instanceof DatabaseAway) || this.#isOver(attempt)) throw away;
        await this.#whileAway(away, 1, attempt);
      }
    }
  }

  #tellOfReplyToNobody(item: Item): void {
    const source = item.kind === 'input' ? item.source : null;
    this.#o.log.error(
      { alarm: 'reply-to-nobody', source, eventId: eventIdOf(item) },
      'a service reports the end of something that nobody here has asked for: money may have moved, somebody must look',
    );
  }

  async #write(decided: readonly Decided[]): Promise<void> {
    const { catalogue, clock, store } = this.#o;
    // Before the rows say when: what is counted from there must not start later than they say.
    const intendedAtMs = clock.monotonicMs();
    const batch = new Batch(catalogue, this.#o.ownerId(), clock.nowMs());
    const work: Decided[] = [];
    for (const one of decided) {
      const { item, journey, stepResult } = one;
      if (stepResult.kind === 'moved') batch.move(item, journey, stepResult);
      else if (stepResult.kind === 'postponed' && journey !== null) batch.postpone(item, journey, stepResult.effect);
      else if (stepResult.kind === 'ignored') {
        if (stepResult.note === REPLY_TO_NOBODY) this.#tellOfReplyToNobody(item);
        batch.ignore(item, stepResult.note, journey);
      } else if (stepResult.kind === 'impossible') batch.poison(item, journey, 'Impossible', stepResult.why);
      else if (stepResult.kind === 'bug') {
        this.#o.log.error({ err: stepResult.error, lane: item.lane }, 'a decision failed: its lane is stopped and a person is called');
        batch.poison(item, journey, 'Bug', stepResult.error instanceof Error ? stepResult.error.message : 'not an error');
      } else work.push(one);
    }
    if (!batch.isEmpty) {
      const statuses = (): string[] =>
        decided.flatMap(({ stepResult }) => (stepResult.kind === 'moved' ? [stepResult.journey.state.status] : []));
      this.#o.failpoint('before-step-commit', statuses);
      await store.write(batch.parts);
      this.#awayBecause = null;
      this.#o.failpoint('after-step-commit', statuses);
    }
    this.#failures.noteAll(decided);
    for (const written of batch.written) this.#afterCommit.follow(written, intendedAtMs);
    for (const { item, stepResult } of decided)
      if (item.kind === 'look-again' && stepResult.kind === 'bug') this.#items.lookFailed(item.journeyId);
    for (const one of work) this.#afterCommit.work(one);
  }

  /** Lets what is under way come to its commit; resolves when memory is empty or the time is over. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    this.#effects.stop();
    this.#callOffPump?.();
    if (!this.idle && this.waitsBecause === null)
      await Promise.race([new Promise<void>((resolve) => this.#emptied.push(resolve)), pause(withinMs, this.#o.clock)]);
    this.#stopped = true;
  }
}
