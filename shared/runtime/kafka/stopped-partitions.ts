/**
 * Partitions that stand still because what comes next in them cannot be read. Others go on. A person reads the place in the log, in
 * readiness or in a metric, and steps over it: infra/runbooks/stopped-partition.md.
 */
import type { Unread } from './batch-reader.js';
import type { KafkaLog } from './client.js';

export type StoppedPartition = {
  /** Without the prefix. */
  readonly topic: string;
  readonly partition: number;
  /** The next one to be read, which cannot be. */
  readonly offset: string;
  /** The last one of the batch that cannot be read, as it claims; null when the broker itself refuses to give it. */
  readonly lastOffset: string | null;
  readonly reason: string;
};

/** A person's word: in this partition, this range of offsets is left out. What it holds goes to the handler as it is. */
export type StepOver = { readonly topic: string; readonly partition: number; readonly first: bigint; readonly last: bigint };

const FORM = /^([\w.-]+)\/(\d{1,6})\/(\d{1,18})-(\d{1,18})$/;

/** Reads `topic/partition/first-last`. Null when it is not one. */
export const stepOverOf = (text: string): StepOver | null => {
  const [, topic = '', partition = '', first = '', last = ''] = FORM.exec(text) ?? [];
  if (topic === '' || BigInt(last) < BigInt(first)) return null;
  return { topic, partition: Number(partition), first: BigInt(first), last: BigInt(last) };
};

/** A person may not have read it the first time. */
const SAY_AGAIN_AFTER_MS = 600_000;

type Place = { readonly topic: string; readonly partition: number };
const keyOf = ({ topic, partition }: Place): string => `${topic}/${String(partition)}`;

export class StoppedPartitions {
  readonly #log: KafkaLog;
  readonly #stepOver: readonly StepOver[];
  readonly #stopped = new Map<string, StoppedPartition>();
  readonly #said = new Map<string, { readonly offset: string; readonly atMs: number }>();

  constructor(log: KafkaLog, stepOver: readonly StepOver[]) {
    this.#log = log;
    this.#stepOver = stepOver;
  }

  get list(): readonly StoppedPartition[] {
    return [...this.#stopped.values()];
  }

  stop(place: Place, fetchedOffset: string, unread: Unread): void {
    const { firstOffset, lastOffset, reason } = unread;
    const stopped: StoppedPartition = { ...place, offset: firstOffset ?? fetchedOffset, lastOffset, reason };
    this.#stopped.set(keyOf(place), stopped);
    const said = this.#said.get(keyOf(place));
    if (said?.offset === stopped.offset && Date.now() - said.atMs < SAY_AGAIN_AFTER_MS) return;
    this.#said.set(keyOf(place), { offset: stopped.offset, atMs: Date.now() });
    this.#log('error', 'kafka: a partition cannot be read on: it stands still, the others go on, somebody must look', {
      alarm: 'stopped-partition',
      ...stopped,
    });
  }

  goesOn(place: Place): void {
    this.#stopped.delete(keyOf(place));
  }

  /** The partitions are given out anew: what is still ours is found again. */
  forget(): void {
    this.#stopped.clear();
  }

  /** A person's word about exactly this place; null when there is none. */
  stepOver(place: Place, { firstOffset }: Unread): StepOver | null {
    if (firstOffset === null) return null;
    const found = this.#stepOver.find((one) => keyOf(one) === keyOf(place) && one.first === BigInt(firstOffset));
    if (found === undefined) return null;
    this.#log('error', 'kafka: a person steps over what cannot be read: it goes to quarantine as it is', {
      alarm: 'stepped-over',
      ...place,
      first: String(found.first),
      last: String(found.last),
    });
    return found;
  }
}
