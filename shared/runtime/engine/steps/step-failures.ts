/**
 * Steps that fail, counted by flow and trigger. When most of a kind do, it is a bug of ours: what fails is held back instead of being
 * written, which would stop one lane after the other, and one step is tried now and then.
 */
import type { Log } from '../../process/log.js';
import type { Clock } from '../clock.js';
import { FailureRates, ProbeTimer } from '../failure-rate.js';
import type { Decided } from './decide.js';
import type { Item } from './lanes.js';

export type StepFailuresOptions = {
  readonly clock: Clock;
  readonly log: Log;
  /** How often one step is tried while most fail. */
  readonly tryEveryMs: number | undefined;
  readonly putBack: (item: Item) => void;
};

type Count = { failed: number; of: number };

const kindOf = ({ item, journey }: Pick<Decided, 'item' | 'journey'>): string => {
  const flow = journey?.flow ?? (item.kind === 'input' && 'flow' in item.to ? item.to.flow : 'unknown');
  return `${flow} ${item.kind === 'input' ? item.input.type : item.kind === 'effect' ? `${journey?.effect?.name ?? ''} ${item.event.type}` : item.kind}`;
};

const counted = (decided: readonly Decided[]): ReadonlyMap<string, Count> => {
  const counts = new Map<string, Count>();
  for (const one of decided) {
    if (one.stepResult.kind === 'work' || one.stepResult.kind === 'postponed') continue;
    const kind = kindOf(one);
    const count = counts.get(kind) ?? { failed: 0, of: 0 };
    count.of++;
    if (one.stepResult.kind === 'bug') count.failed++;
    counts.set(kind, count);
  }
  return counts;
};

export class StepFailures {
  /** Messages that ended in quarantine, by topic and partition. */
  readonly partitions: FailureRates;
  /** Steps that were bugs, by flow and trigger. */
  readonly #kinds: FailureRates;
  readonly #probeTimer: ProbeTimer;
  readonly #log: Log;
  readonly #putBack: (item: Item) => void;
  #trying = false;

  constructor({ clock, log, tryEveryMs, putBack }: StepFailuresOptions) {
    this.partitions = new FailureRates(clock);
    this.#kinds = new FailureRates(clock);
    this.#probeTimer = new ProbeTimer(clock, tryEveryMs);
    this.#log = log;
    this.#putBack = putBack;
  }

  /** Not null: most steps of some kind are bugs of ours. Nothing is taken in, and a step is only tried now and then. */
  get waitsBecause(): string | null {
    const kinds = this.#kinds.high;
    return kinds.length === 0 ? null : `most steps fail: ${kinds.join(', ')}`;
  }

  /** True once per interval: the step that is taken now is a try. */
  mayTry(): boolean {
    if (!this.#probeTimer.mayTry()) return false;
    this.#trying = true;
    return true;
  }
  get nextTryInMs(): number {
    return this.#probeTimer.leftMs;
  }
  /** The step that was a try is over. */
  tried(): void {
    this.#trying = false;
  }
  /** Nothing waits any more. */
  endTries(): void {
    this.#probeTimer.end();
  }

  /** Bugs that would make a flood are not written, which would stop one lane after the other: their items wait in memory and in the inbox. */
  holdBack(decided: readonly Decided[]): readonly Decided[] {
    if (this.#trying || !decided.some(({ stepResult }) => stepResult.kind === 'bug')) return decided;
    const counts = counted(decided);
    const high = new Set(
      [...counts].filter(([kind, { failed, of }]) => failed > 0 && this.#kinds.of(kind).isWith(failed, of)).map(([kind]) => kind),
    );
    if (high.size === 0) return decided;
    for (const kind of high) {
      const failed = counts.get(kind)?.failed ?? 0;
      this.#note(kind, failed, failed);
    }
    return decided.filter((one) => {
      if (one.stepResult.kind !== 'bug' || !high.has(kindOf(one))) return true;
      this.#log.error({ err: one.stepResult.error, lane: one.item.lane }, 'a decision failed, as most do: it is held back');
      this.#putBack(one.item);
      return false;
    });
  }

  /** What was written, or had nothing to write. */
  noteAll(decided: readonly Decided[]): void {
    let failed = 0;
    for (const [kind, count] of counted(decided)) {
      this.#note(kind, count.failed, count.of);
      failed += count.failed;
    }
    if (this.#trying && failed === 0) this.#probeTimer.encourage();
    for (const { item, stepResult } of decided)
      if (item.kind === 'input' && item.original !== null)
        this.partitions
          .of(`${item.original.topic}/${String(item.original.partition)}`)
          .note(stepResult.kind === 'bug' || stepResult.kind === 'impossible' ? 1 : 0, 1);
  }

  /** Counts what was decided; a flood that begins is told. */
  #note(kind: string, failed: number, of: number): void {
    const failureRate = this.#kinds.of(kind);
    const before = failureRate.isWith(0, 0);
    failureRate.note(failed, of);
    if (!before && failureRate.is)
      this.#log.error({ alarm: 'flood', kind }, 'most steps of a kind fail: a bug of ours; nothing more is taken in until that is mended');
  }
}
