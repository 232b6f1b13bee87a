/**
 * Partitions of which most fails: nothing more is taken in of them, one message is tried now and then, and the partition goes on as
 * soon as that is enough.
 */
import { HoldPartition } from '../../kafka/errors.js';
import type { Log } from '../../process/log.js';
import type { Clock } from '../clock.js';
import { FailureRates, ProbeTimer } from '../failure-rate.js';
import type { Engine } from '../steps/step-loop.js';
import { DECISIONS, type Taken } from './read-message.js';

export type PausedPartitionsOptions = {
  readonly engine: Pick<Engine, 'waitsBecause' | 'partitions'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
  /** How often one message is tried of a partition that is paused. */
  readonly tryEveryMs: number | undefined;
};

/** Why nothing is taken in. `easing`: the one that was tried went well, the next may follow at once. */
export type Hindrance = { readonly why: string; readonly easing: boolean };
/** Whoever writes what is refused must not be able to stop what is ours. */
const isUnreadable = ({ read }: Taken): boolean => read.kind === 'bad' && read.refused === undefined;
type Paused = { readonly why: string; readonly atMs: number };

/** A partition whose messages mostly fail is left alone for so long, and looked at again. */
const PAUSE_MS = 2_000;

export class PausedPartitions {
  readonly #o: PausedPartitionsOptions;
  /** What could not be read, by topic and partition; what could not be stepped, the engine keeps. */
  readonly #unreadable: FailureRates;
  readonly #probeTimer = new Map<string, ProbeTimer>();
  /** How far a partition that is paused was taken in, message by message. */
  readonly #through = new Map<string, bigint>();
  readonly #paused = new Map<string, Paused>();

  constructor(options: PausedPartitionsOptions) {
    this.#o = options;
    this.#unreadable = new FailureRates(options.clock);
  }

  /** Why nothing, or not everything, is ingested now. */
  get reasons(): readonly string[] {
    const sinceMs = this.#o.clock.monotonicMs() - 5 * PAUSE_MS;
    // A partition that went to another instance is not asked about here any more.
    return [...this.#paused.values()].filter(({ atMs }) => atMs >= sinceMs).map(({ why }) => why);
  }

  /** The last offset that was taken in while the partition was paused. */
  through(place: string): bigint | undefined {
    return this.#through.get(place);
  }

  /** Null when all of these may be taken in. */
  hindrance(topic: string, place: string, messages: readonly Taken[]): Hindrance | null {
    const { engine } = this.#o;
    // What people decide is taken in whatever happens: they may be mending it.
    if (engine.waitsBecause !== null && topic !== DECISIONS) return { why: engine.waitsBecause, easing: false };
    const bad = messages.filter(isUnreadable).length;
    const unreadable = this.#unreadable.of(place);
    if (unreadable.isWith(bad, messages.length))
      return { why: `most messages of ${place} cannot be read`, easing: messages[0] !== undefined && !isUnreadable(messages[0]) };
    const steps = engine.partitions.of(place);
    return steps.is ? { why: `most messages of ${place} end in quarantine`, easing: steps.eases } : null;
  }

  /** One message may be tried now. */
  mayTry(place: string): boolean {
    const known = this.#probeTimer.get(place) ?? new ProbeTimer(this.#o.clock, this.#o.tryEveryMs);
    this.#probeTimer.set(place, known);
    return known.mayTry();
  }

  /** One is taken in, and nothing is known of its step yet. */
  trying(place: string): void {
    this.#o.engine.partitions.of(place).trying();
  }

  /** One that was tried is taken in; its partition stays paused. */
  tried(place: string, one: Taken): void {
    this.note(place, [one]);
    this.#through.set(place, BigInt(one.original.offset));
  }

  /** Counts what was taken in. */
  note(place: string, taken: readonly Taken[]): void {
    this.#unreadable.of(place).note(taken.filter(isUnreadable).length, taken.length);
  }

  /** @throws HoldPartition, always: the consumer brings the rest again later. */
  pause(place: string, why: string): never {
    const nowMs = this.#o.clock.monotonicMs();
    if (!this.#paused.has(place))
      this.#o.log.error(
        { alarm: 'flood', place, why },
        'the cause is not in the single message: nothing more is taken in until that is mended',
      );
    this.#paused.set(place, { why, atMs: nowMs });
    throw new HoldPartition(why, PAUSE_MS);
  }

  /** All that came was taken in. */
  goesOn(place: string): void {
    this.#paused.delete(place);
    this.#through.delete(place);
    this.#probeTimer.get(place)?.end();
  }
}
