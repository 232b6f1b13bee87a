import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { ReadMessage, Unread } from './batch-reader.js';
import { pause } from './deadline.js';
import { HoldPartition, asError } from './errors.js';
import { systemClock } from '../engine/clock.js';
import { Batcher } from '../batching.js';
import type { KafkaLog } from './client.js';
import type { Guards } from './guards.js';
import type { StepOver, StoppedPartitions } from './stopped-partitions.js';
import type { Watchdog } from './watchdog.js';
import { textOf } from './wire-text.js';

export type FetchedMessage = {
  /** Without the prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: Buffer | null;
  /** As text; of a header given twice, the last. One without a value is absent. Bytes that are no text stand as `base64:...`; so in the key. */
  readonly headers: Readonly<Record<string, string>>;
  /** When it was written, ms since 1970, by the writer's clock. */
  readonly timestampMs: number;
};

export type FetchedBatch = { readonly topic: string; readonly partition: number; readonly messages: readonly FetchedMessage[] };

export type Pulse = {
  /** True once there is no point in going on: the process stops, or another member owns the partition. Return soon, resolved or rejected. */
  stopping(): boolean;
  /** Says "still at work": a sign of life for the watchdog and for the group. Rejects when the group has gone on without us. */
  heartbeat(): Promise<void>;
};

/**
 * Resolves when the batch is durable; the offset is committed after that. Rejects when it could not be done now, whatever the reason: it is
 * called again with the same batch until it resolves. What is wrong with a message is the handler's own matter (quarantine), not a rejection.
 * The same message may come more than once, and in two processes at once. A rejection with HoldPartition gives the place to other partitions.
 */
export type Ingest = (batch: FetchedBatch, pulse: Pulse) => Promise<void>;

export type BatchParts = {
  readonly ingest: Ingest;
  readonly topicPrefix: string;
  readonly heartbeatIntervalMs: number;
  readonly handlerDeadlineMs: number;
  readonly watchdog: Watchdog;
  readonly stop: AbortSignal;
  readonly onProgress: () => void;
  readonly log: KafkaLog;
  readonly guards: Guards;
  readonly stopped: StoppedPartitions;
  /** Only what the switched-off guard would call. */
  readonly commitOutside: (topic: string, partition: number, offset: string) => Promise<void>;
};

/** Batches handled at once. */
export const PARTITIONS_AT_ONCE = 4;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1_000;

/** Messages in one call of the handler. A megabyte may hold a hundred thousand of the smallest ones. */
const MOST_AT_ONCE = 2_000;
/** A partition that cannot be read on is fetched again after so long: a person may have mended it. */
const STOPPED_FOR_MS = 5_000;

/** What any client may have written: text, bytes, nothing, or several of them. */
type WireHeader = Buffer | string | null | undefined | readonly (Buffer | string | null | undefined)[];

const isList = (value: WireHeader): value is readonly (Buffer | string | null | undefined)[] => Array.isArray(value);

const headerText = (value: WireHeader): string | undefined => {
  const one = isList(value) ? value.at(-1) : value;
  if (one === undefined || one === null) return undefined;
  return typeof one === 'string' ? one : textOf(one);
};

const taken = (message: KafkaMessage, topic: string, partition: number): FetchedMessage => ({
  topic,
  partition,
  offset: message.offset,
  key: message.key === null ? null : textOf(message.key),
  value: message.value,
  // Names are others' too: `fromEntries` gives a header called `__proto__` no power.
  headers: Object.fromEntries(
    Object.entries((message.headers ?? {}) as Readonly<Record<string, WireHeader>>).flatMap(([name, value]) => {
      const text = headerText(value);
      return text === undefined ? [] : [[name, text] as const];
    }),
  ),
  timestampMs: Number(message.timestamp),
});

/** A batch that nobody could read, as one message: the handler puts it into quarantine whole. */
const unreadAsMessage = (unread: Unread, { topic, partition, first, last }: StepOver): FetchedMessage => ({
  topic,
  partition,
  offset: String(first),
  key: null,
  value: unread.bytes,
  headers: { 'unread-reason': unread.reason, 'unread-first-offset': String(first), 'unread-last-offset': String(last) },
  timestampMs: 0,
});

/** One call of the handler, with the membership kept in the meantime. */
type Attempt = { readonly durable: true } | { readonly durable: false; readonly error: Error; readonly lostMembership: Error | undefined };

const attempt = async (batch: FetchedBatch, payload: EachBatchPayload, parts: BatchParts): Promise<Attempt> => {
  let lost: Error | undefined;
  const beat = async (): Promise<void> => {
    try {
      await payload.heartbeat();
      parts.onProgress();
    } catch (thrown) {
      lost = asError(thrown);
      throw lost;
    }
  };
  const quietBeat = (): void => {
    beat().catch((thrown: unknown) => parts.log('debug', 'kafka: a heartbeat failed', { error: asError(thrown).message }));
  };
  const watch = parts.guards.handlerWatchdog
    ? parts.watchdog.watch(`handler of ${batch.topic}/${batch.partition}`, parts.handlerDeadlineMs)
    : undefined;
  const timer = parts.guards.heartbeatWhileHandling ? setInterval(quietBeat, parts.heartbeatIntervalMs) : undefined;
  const pulse: Pulse = {
    stopping: () => parts.stop.aborted || lost !== undefined || !payload.isRunning() || payload.isStale(),
    heartbeat: async () => {
      watch?.sign();
      await beat();
    },
  };
  try {
    await parts.ingest(batch, pulse);
    return { durable: true };
  } catch (thrown) {
    return { durable: false, error: asError(thrown), lostMembership: lost };
  } finally {
    clearInterval(timer);
    watch?.end();
  }
};

/** Resolves to whether the batch is durable, no longer ours, or to be left alone for a while. Rejects only with what the group says, so that kafkajs joins again. */
const untilDurable = async (
  batch: FetchedBatch,
  payload: EachBatchPayload,
  parts: BatchParts,
): Promise<'durable' | 'gone' | HoldPartition> => {
  let waitMs = FIRST_WAIT_MS;
  for (let tries = 1; ; tries += 1) {
    if (parts.stop.aborted || !payload.isRunning() || payload.isStale()) return 'gone';
    const result = await attempt(batch, payload, parts);
    if (result.durable) return 'durable';
    if (result.error instanceof HoldPartition && result.lostMembership === undefined) return result.error;
    if (!parts.guards.waitInsideBatch) throw result.error;
    parts.log('warn', 'kafka: a batch could not be taken in; trying again', {
      topic: batch.topic,
      partition: batch.partition,
      tries,
      error: result.error.message,
    });
    if (result.lostMembership) throw result.lostMembership;
    await pause(Math.min(waitMs, parts.heartbeatIntervalMs), parts.stop);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    await payload.heartbeat();
  }
};

type Offset = { readonly topic: string; readonly partition: number; readonly offset: string; readonly payload: EachBatchPayload };

/**
 * Offsets of batches that became durable in the same turn are committed in one request, by the call of one of the batches; what the group says
 * to that, all of them hear.
 */
const commitTogether = (offsets: readonly Offset[]): Promise<void> => {
  const byTopic = new Map<string, { partition: number; offset: string }[]>();
  for (const { topic, partition, offset } of offsets) {
    const partitions = (byTopic.get(topic) ?? []).filter((one) => one.partition !== partition);
    byTopic.set(topic, [...partitions, { partition, offset }]);
  }
  const topics = [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
  // The last one belongs to the present run of the consumer, whatever happened to the others'.
  return offsets.at(-1)?.payload.commitOffsetsIfNecessary({ topics }) ?? Promise.resolve();
};

/** What kafkajs calls with every fetched batch. Batches of different partitions run at the same time. */
export const ingestBatch = (parts: BatchParts): ((payload: EachBatchPayload) => Promise<void>) => {
  const commits = new Batcher<Offset, undefined>({
    work: async (offsets) => {
      await commitTogether(offsets);
      return offsets.map(() => undefined);
    },
    ...{ rounds: PARTITIONS_AT_ONCE, most: PARTITIONS_AT_ONCE, mostWaiting: Number.POSITIVE_INFINITY },
    isOfAll: () => true,
    soon: systemClock.soon,
  });
  /** Resolves to true when all of these are durable and their offset is committed. */
  const ingestPart = async (payload: EachBatchPayload, messages: readonly FetchedMessage[], lastOffset: string): Promise<boolean> => {
    const { batch } = payload;
    const topic = batch.topic.slice(parts.topicPrefix.length);
    const nextOffset = String(BigInt(lastOffset) + 1n);
    const commit = async (): Promise<void> => {
      if (parts.guards.commitInsideBatch) await commits.do({ topic: batch.topic, partition: batch.partition, offset: nextOffset, payload });
      else await parts.commitOutside(batch.topic, batch.partition, nextOffset);
    };
    if (!parts.guards.commitAfterDurable) await commit();
    const end = await untilDurable({ topic, partition: batch.partition, messages }, payload, parts);
    if (end instanceof HoldPartition) {
      parts.log('debug', 'kafka: a partition is held', { topic, partition: batch.partition, reason: end.message });
      // Nothing is resolved: it is fetched again from here. The place in which it was handled is free for others meanwhile.
      setTimeout(payload.pause(), end.forMs).unref();
      return false;
    }
    if (end === 'gone') return false;
    // A failed commit leaves the offset unresolved: the batch comes again, here or elsewhere, and is known by its ids.
    if (parts.guards.commitAfterDurable) await commit();
    payload.resolveOffset(lastOffset);
    parts.onProgress();
    await payload.heartbeat();
    return true;
  };

  return async (payload) => {
    const { batch } = payload;
    const topic = batch.topic.slice(parts.topicPrefix.length);
    const place = { topic, partition: batch.partition };
    const raw = batch.messages as readonly (KafkaMessage & Pick<ReadMessage, 'unread'>)[];
    const unread = raw.find((message) => message.unread !== undefined)?.unread;
    const messages = raw.filter((message) => message.unread === undefined).map((message) => taken(message, topic, batch.partition));
    for (let from = 0; from < messages.length; from += MOST_AT_ONCE) {
      const some = messages.slice(from, from + MOST_AT_ONCE);
      const isLast = from + MOST_AT_ONCE >= messages.length && unread === undefined;
      // Behind the last message there may be offsets that hold nothing for us.
      if (!(await ingestPart(payload, some, isLast ? batch.lastOffset() : (some.at(-1)?.offset ?? '')))) return;
    }
    if (unread === undefined) {
      parts.stopped.goesOn(place);
      return;
    }
    const stepOver = parts.stopped.stepOver(place, unread);
    if (stepOver !== null) {
      await ingestPart(payload, [unreadAsMessage(unread, stepOver)], String(stepOver.last));
      return;
    }
    parts.stopped.stop(place, (batch as unknown as { readonly fetchedOffset: { toString(): string } }).fetchedOffset.toString(), unread);
    setTimeout(payload.pause(), STOPPED_FOR_MS).unref();
  };
};
