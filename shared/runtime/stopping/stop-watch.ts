/**
 * Reads `public.stop_act` four times a second, and knows at every moment whether something may leave. What was read counts for
 * three quarters of a second only: a process that cannot read the table sends nothing. So a stop holds everywhere within a second of
 * its commit, whatever becomes of a process, a line or the database.
 */
import type { Clock } from '../engine/clock.js';
import type { Log } from '../process/log.js';
import type { StopAct } from './stop-acts.js';
import {
  OWN_SYSTEMS,
  standing,
  stopInWords,
  STOPPED,
  stopOf,
  stoppedMs,
  stopsOf,
  whyNotCounted,
  type Leaving,
  type PersonAt,
  type Stop,
} from './stop-rules.js';
import type { Stopped, StopSource } from './stop-source.js';

/** `until` opens the next read: it brings every row that was not visible to this one. */
export type StopsRead = { readonly acts: readonly StopAct[]; readonly until: string };
export type StopTable = {
  /** `since`: `until` of the read before, or FROM_THE_START. @throws when the table cannot be read in time. */
  readonly read: (since: string) => Promise<StopsRead>;
  readonly end: () => Promise<void>;
};
export const FROM_THE_START = '0';

export const READ_EVERY_MS = 250;
/** After this long since a good read began, nothing is known. */
export const LEASE_MS = 750;
/** So long after its commit a row holds in every instance: the lease, and a quarter of a second for the first byte. */
export const HOLDS_EVERYWHERE_AFTER_MS = 1_000;
/** A row that was refused is judged again so often: the person's key may reach this machine a moment later than the row. */
const JUDGE_AGAIN_MS = 1_000;
const MOST_JUDGED_AGAIN = 100;
/** A stopped request is tried again after so long. */
export const STOPPED_RETRY_MS = 5_000;
const UNKNOWN_RETRY_MS = 500;

export type StopWatchOptions = {
  readonly service: string;
  readonly connect: () => Promise<StopTable>;
  readonly personAt: PersonAt;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly log: Log;
};

/** A row is another one when anything of it is another: a database that was restored may use a number twice. */
const nameOf = (act: StopAct): string => JSON.stringify([act.seq, act.actId, act.by, act.approvedBy, act.ends, act.scope, act.does]);

export class StopWatch implements StopSource {
  readonly #o: StopWatchOptions;
  readonly #counted = new Map<string, StopAct>();
  readonly #refused = new Map<string, StopAct>();
  #stops: readonly Stop[] = [];
  #standing: readonly StopAct[] = [];
  #table: StopTable | null = null;
  #since = FROM_THE_START;
  #goodAtMs = Number.NEGATIVE_INFINITY;
  #judgedAtMs = Number.NEGATIVE_INFINITY;
  /** Null before the first read. */
  #couldRead: boolean | null = null;
  #ended = false;
  #callOff = (): void => undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: StopWatchOptions) {
    this.#o = options;
  }

  /** Resolves after the first read, good or not. Until the first good one nothing may leave. */
  async start(): Promise<void> {
    await this.#turn();
  }

  async stop(): Promise<void> {
    this.#ended = true;
    this.#callOff();
    await this.#reading;
    await this.#drop();
  }

  /** Everything that stands, oldest first. */
  get standing(): readonly StopAct[] {
    return this.#standing;
  }
  /** Rows that nobody has signed as they stand. */
  get refused(): number {
    return this.#refused.size;
  }
  /** False while the last good read is too old. */
  get isKnown(): boolean {
    return this.#o.clock.monotonicMs() - this.#goodAtMs <= LEASE_MS;
  }

  whyStopped(leaving: Omit<Leaving, 'service'>): Stopped | null {
    const whole = { ...leaving, service: this.#o.service };
    const stop = stopOf(this.#standing, whole);
    if (stop !== null) return { evidence: stopInWords(stop), retryAfterMs: STOPPED_RETRY_MS };
    // Questions go on: they are asked while the database is away, too.
    if (this.isKnown || !leaving.changes || OWN_SYSTEMS.includes(leaving.system)) return null;
    return { evidence: `${STOPPED}whether a stop stands could not be read within ${String(LEASE_MS)} ms`, retryAfterMs: UNKNOWN_RETRY_MS };
  }

  stoppedMs(leaving: Omit<Leaving, 'service'>, fromMs: number, untilMs: number): number {
    return this.#stops.length === 0 ? 0 : stoppedMs(this.#stops, { ...leaving, service: this.#o.service }, fromMs, untilMs);
  }

  isStopping(): boolean {
    return this.#standing.length > 0;
  }

  #turn(): Promise<void> {
    const { clock } = this.#o;
    const startedAtMs = clock.monotonicMs();
    this.#reading = this.#read(startedAtMs).finally(() => {
      if (this.#ended) return;
      this.#callOff = clock.after(Math.max(10, READ_EVERY_MS - (clock.monotonicMs() - startedAtMs)), () => {
        void this.#turn();
      });
    });
    return this.#reading;
  }

  /** Never rejects: what fails is read again, and meanwhile the lease runs out. */
  async #read(startedAtMs: number): Promise<void> {
    try {
      this.#table ??= await this.#o.connect();
      const { acts, until } = await this.#table.read(this.#since);
      this.#learn(acts);
      this.#since = until;
      this.#goodAtMs = startedAtMs;
      if (this.#couldRead !== true) this.#o.log.info({ standing: this.#standing.map(stopInWords) }, 'the stops are known');
      this.#couldRead = true;
    } catch (error) {
      if (this.#couldRead !== false)
        this.#o.log.warn(
          { reason: error instanceof Error ? error.message : 'unknown' },
          'the stops cannot be read: soon nothing is sent until they can',
        );
      this.#couldRead = false;
      await this.#drop();
    }
  }

  async #drop(): Promise<void> {
    const table = this.#table;
    this.#table = null;
    // On a new connection everything is read again: it may be another database, as after a restore.
    this.#since = FROM_THE_START;
    await table?.end().catch(() => undefined);
  }

  #learn(acts: readonly StopAct[]): void {
    const nowMs = this.#o.clock.monotonicMs();
    const fresh = acts.filter((act) => !this.#counted.has(nameOf(act)) && !this.#refused.has(nameOf(act)));
    const again = nowMs - this.#judgedAtMs < JUDGE_AGAIN_MS ? [] : [...this.#refused.values()].slice(-MOST_JUDGED_AGAIN);
    if (again.length > 0 || fresh.length > 0) this.#judgedAtMs = nowMs;
    const before = this.#counted.size;
    for (const act of [...fresh, ...again]) this.#judge(act);
    if (this.#counted.size === before) return;
    this.#stops = stopsOf([...this.#counted.values()]);
    this.#standing = standing(this.#stops);
    this.#o.log.warn({ standing: this.#standing.map(stopInWords) }, this.#standing.length > 0 ? 'stopped' : 'nothing is stopped any more');
  }

  #judge(act: StopAct): void {
    const problem = whyNotCounted(act, this.#o.personAt);
    const name = nameOf(act);
    if (problem === null) {
      this.#refused.delete(name);
      this.#counted.set(name, act);
      return;
    }
    if (!this.#refused.has(name))
      this.#o.log.error(
        { alarm: 'stop-act-refused', seq: act.seq, does: act.does, scope: act.scope, problem },
        'a row among the stops is not signed as it stands: it does not count, and somebody must look',
      );
    this.#refused.set(name, act);
  }
}
