/**
 * Once a second, with jitter and limits: what memory does not know. Unhandled events, journeys and effects that are due,
 * effects of owners that are gone, events that were not said. After a crash this is the whole recovery.
 */
import type { Log } from '../../process/log.js';
import type { StopSource } from '../../stopping/stop-source.js';
import type { Clock } from '../clock.js';
import type { Engine } from '../steps/step-loop.js';
import type { OutboxPublisher } from '../outbox/outbox-publisher.js';
import { DatabaseAway, type EngineStore, type StateVersions } from '../store/store.js';
import type { InboxWriter } from '../inbox/inbox-writer.js';

export type SweepOptions = {
  readonly store: EngineStore;
  readonly engine: Engine;
  readonly outboxPublisher: OutboxPublisher;
  readonly inboxWriter: Pick<InboxWriter, 'again'>;
  /** What else there is, is left to a newer instance. */
  readonly readable: StateVersions;
  readonly stops: Pick<StopSource, 'isStopping'>;
  readonly log: Log;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  /** From 0 to 1: copies that started together do not stay together. */
  readonly random: () => number;
  readonly ownerId: () => number;
  readonly everyMs: number;
  /** How long another instance is left alone with what it probably has in memory. */
  readonly graceMs: number;
};

const MOST = 500;
/** Longer than any sender repeats itself and than Kafka keeps offsets: an event that comes again later is a new one. */
const KEEP_HANDLED_DAYS = 60;
const DROP_EVERY_MS = 600_000;
/** Overdue is a matter of hours, and looking for it goes over every open journey: an index would cost every step more. */
const OVERDUE_EVERY_MS = 30_000;
/** What people have stopped becomes overdue so long after it is let go at the earliest. */
const ROOM_AFTER_A_STOP_MS = 3_600_000;
/** After a start, as long as whole pages of events wait: the next page, once the one before is nearly through. */
const NEXT_PAGE_MS = 50;

export class Sweep {
  readonly #o: SweepOptions;
  #callOff: () => void = () => undefined;
  #working: Promise<void> = Promise.resolve();
  #stopped = false;
  #first = true;
  /** From the start until a page of waiting events was not full: what a previous run has left is taken up page after page. */
  #recovering = true;
  #hurries = false;
  #wholeAgainAtMs = Number.NEGATIVE_INFINITY;
  #droppedAtMs: number;
  #lookedForOverdueAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: SweepOptions) {
    this.#o = options;
    this.#droppedAtMs = options.clock.monotonicMs();
  }

  start(): void {
    this.#next(0);
  }

  #next(waitMs: number): void {
    if (this.#stopped) return;
    this.#callOff = this.#o.clock.after(waitMs, () => {
      const onlyEvents = this.#hurries && this.#o.clock.monotonicMs() < this.#wholeAgainAtMs;
      this.#working = (onlyEvents ? this.#nextPage() : this.once())
        .catch((error: unknown) => {
          if (error instanceof DatabaseAway) this.#o.log.warn({ reason: error.message }, 'the sweep waits: the database is away');
          else this.#o.log.error({ err: error }, 'the sweep failed; it is tried again');
        })
        .finally(() => {
          this.#next(this.#hurries ? NEXT_PAGE_MS : this.#o.everyMs * (0.75 + this.#o.random() / 2));
        });
    });
  }

  /** Between two whole sweeps, while what a previous run has left is taken up. */
  async #nextPage(): Promise<void> {
    this.#hurries = false;
    if (this.#o.engine.waitsBecause === null) await this.#takeUpEvents(this.#o.graceMs);
  }

  async once(): Promise<void> {
    const { store, engine, outboxPublisher, graceMs, log } = this.#o;
    this.#wholeAgainAtMs = this.#o.clock.monotonicMs() + this.#o.everyMs;
    // After a start nothing is in memory: nobody needs to be left alone on our account.
    const grace = this.#first ? 0 : graceMs;
    this.#first = false;
    this.#hurries = false;
    // First of all: what an earlier life has said goes out before anything newer.
    await outboxPublisher.publishMissed(async () => {
      const isWhole = outboxPublisher.isBehind;
      const rows = await store.unsentOutbox(isWhole ? 0 : grace, MOST);
      return { rows, all: isWhole && rows.length < MOST };
    });
    await store.openDecidedLanes();
    await engine.refreshBlocked();
    // While most steps fail nothing more is taken up: it would only pile up in memory.
    if (engine.waitsBecause === null) await this.#takeUp(grace);
    const nowMs = this.#o.clock.monotonicMs();
    if (nowMs - this.#droppedAtMs > DROP_EVERY_MS) {
      this.#droppedAtMs = nowMs;
      await store.dropHandled(KEEP_HANDLED_DAYS, 10 * MOST);
    }
    if (nowMs - this.#lookedForOverdueAtMs < OVERDUE_EVERY_MS) return;
    this.#lookedForOverdueAtMs = nowMs;
    if (this.#o.stops.isStopping()) await store.putOffOverdue(ROOM_AFTER_A_STOP_MS);
    for (const late of await store.newlyOverdue(MOST)) log.error({ alarm: 'overdue', ...late }, 'a journey is overdue: somebody must look');
  }

  async #takeUpEvents(grace: number): Promise<void> {
    const { store, engine, inboxWriter } = this.#o;
    const fresh = await engine.notInMemory(async () => {
      const rows = await store.openInbox(grace, MOST, engine.leftToNewer.notToList());
      if (rows.length < MOST) this.#recovering = false;
      return rows;
    });
    this.#hurries = this.#recovering && fresh.length > 0;
    for (const row of fresh) {
      try {
        const item = await inboxWriter.again(row);
        if (item !== null) engine.enqueue(item);
      } catch (error) {
        if (error instanceof DatabaseAway) throw error;
        // One row must not keep the sweep from all others.
        this.#o.log.error({ err: error, eventId: row.eventId }, 'an event of the inbox cannot be taken up: somebody must look');
        engine.leftToNewer.leaveEvent(row.eventId);
      }
    }
  }

  async #takeUp(grace: number): Promise<void> {
    const { store, engine, readable } = this.#o;
    await this.#takeUpEvents(grace);
    for (const { journeyId, portfolioId, version } of await store.dueJourneys(MOST, readable))
      engine.enqueue({ kind: 'look-again', lane: portfolioId, journeyId, version, tries: 0 });
    for (const effect of await store.orphanedEffects(this.#o.ownerId(), MOST, readable)) {
      if (engine.hasEffect(effect.effectId)) continue;
      engine.enqueue({
        kind: 'effect',
        lane: effect.portfolioId,
        journeyId: effect.journeyId,
        effectId: effect.effectId,
        event: { type: 'Orphaned' },
        eventId: null,
        tries: 0,
      });
    }
    for (const effect of await store.dueEffects(grace, MOST, readable))
      if (!engine.hasEffect(effect.effectId))
        engine.enqueue({ kind: 'due-effect', lane: effect.portfolioId, journeyId: effect.journeyId, effectId: effect.effectId, tries: 0 });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#callOff();
    await this.#working;
  }
}
