/**
 * Takes messages in: a handler makes a batch durable, then its offset is committed. A database that is away is waited for inside the batch;
 * kafkajs never sees an error of ours, because an error would make it give up the partition or the process.
 */
import type { Consumer as KafkaConsumer, ConsumerConfig, ConsumerCrashEvent, ConsumerEndBatchProcessEvent } from 'kafkajs';
import { Bug } from '../../kernel/bug.js';
import { askAdmin, inner, openKafka, patientRetry, probeRetry } from './client.js';
import type { Inner, KafkaOptions } from './client.js';
import { within } from './deadline.js';
import { ConsumerDied, KafkaUnavailable, asError } from './errors.js';
import type { Guards } from './guards.js';
import { groupLag } from './lag.js';
import type { Lag } from './lag.js';
import { PARTITIONS_AT_ONCE, ingestBatch } from './ingest-batch.js';
import type { Ingest } from './ingest-batch.js';
import { StoppedPartitions } from './stopped-partitions.js';
import type { StepOver, StoppedPartition } from './stopped-partitions.js';
import { evictPreviousRun } from './takeover.js';
import { Watchdog } from './watchdog.js';

export type { Ingest, FetchedBatch, FetchedMessage, Pulse } from './ingest-batch.js';
export type { Lag, PartitionLag } from './lag.js';
export { stepOverOf } from './stopped-partitions.js';
export type { StepOver, StoppedPartition } from './stopped-partitions.js';

export type ConsumerOptions = KafkaOptions & {
  readonly groupId: string;
  /** Without the prefix. They must exist. */
  readonly topics: readonly string[];
  readonly ingest: Ingest;
  /** Called once. The process must exit: this consumer will not go on. */
  readonly onFatal: (error: Error) => void;
  /** After this long without a sign of life the group gives the partitions to others. Default 10 s; brokers refuse less than 6 s unless told otherwise. */
  readonly sessionTimeoutMs?: number;
  /** Default 1 s. */
  readonly heartbeatIntervalMs?: number;
  /** One call of `ingest` may take this long, or this long between two calls of `pulse.heartbeat()`; after that the process ends. Default 20 s. */
  readonly handlerDeadlineMs?: number;
  /** How long the fetching may be silent while the broker answers. Default 60 s. */
  readonly loopDeadlineMs?: number;
  /** What people have decided to leave out, of what cannot be read. */
  readonly stepOver?: readonly StepOver[];
};

export type Consumer = {
  /** Leaves the group, at the latest after `deadlineMs` (default 5 s). `abandoned`: a handler did not return; end the process now. */
  stop(deadlineMs?: number): Promise<'stopped' | 'abandoned'>;
  /** Throws KafkaUnavailable. */
  lag(): Promise<Lag>;
  /** ms since 1970 of the last sign of life of the fetching or a handler: for liveness and an alarm. */
  lastProgressAtMs(): number;
  /** Partitions of ours that stand still because what comes next cannot be read. Above none, somebody must look. */
  stopped(): readonly StoppedPartition[];
  paused(): boolean;
  /** Fetches nothing more, stays a member. What is already fetched is still handed over. */
  pause(): void;
  resume(): void;
};

const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_INTERVAL_MS = 1_000;
const HANDLER_DEADLINE_MS = 20_000;
const LOOP_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 5_000;

export const consumerConfig = (options: ConsumerOptions, guards: Guards): ConsumerConfig => ({
  groupId: options.groupId,
  sessionTimeout: options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
  heartbeatInterval: options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS,
  rebalanceTimeout: 60_000,
  maxWaitTimeInMs: 200,
  maxBytesPerPartition: 1_048_576,
  allowAutoTopicCreation: false,
  ...(guards.explicitRetry ? { retry: patientRetry } : {}),
});

class WatchedConsumer implements Consumer {
  readonly #options: ConsumerOptions;
  readonly #own: Inner;
  readonly #consumer: KafkaConsumer;
  readonly #kafka;
  readonly #stop = new AbortController();
  readonly #watchdog: Watchdog;
  readonly #stopped: StoppedPartitions;
  #running: Promise<void> = Promise.resolve();
  #ending: Promise<'stopped' | 'abandoned'> | undefined;
  #lastProgressAtMs = Date.now();
  #paused = false;
  #dead = false;

  constructor(options: ConsumerOptions, own: Inner) {
    this.#options = options;
    this.#own = own;
    this.#kafka = openKafka(options, patientRetry, own);
    this.#consumer = this.#kafka.consumer(consumerConfig(options, own.guards));
    this.#stopped = new StoppedPartitions(options.log, options.stepOver ?? []);
    this.#watchdog = new Watchdog(Math.min(500, (options.handlerDeadlineMs ?? HANDLER_DEADLINE_MS) / 4), (what, silentMs) =>
      this.#die(new ConsumerDied(`${what} has shown no life for ${silentMs} ms`)),
    );
    this.#listen();
  }

  #die(error: Error): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#options.log('error', 'kafka: this consumer cannot go on', { groupId: this.#options.groupId, error: error.message });
    this.#options.onFatal(error);
  }

  #progress = (): void => {
    this.#lastProgressAtMs = Date.now();
  };

  #listen(): void {
    const { CRASH, GROUP_JOIN, FETCH, HEARTBEAT, END_BATCH_PROCESS } = this.#consumer.events;
    this.#consumer.on(CRASH, (event: ConsumerCrashEvent) => this.#crashed(event));
    this.#consumer.on(FETCH, this.#progress);
    this.#consumer.on(HEARTBEAT, this.#progress);
    this.#consumer.on(END_BATCH_PROCESS, (event) => this.#passed(event));
    this.#consumer.on(GROUP_JOIN, () => {
      this.#progress();
      this.#stopped.forget();
      // After a restart kafkajs has forgotten what was paused.
      if (this.#paused) this.#consumer.pause(this.#topics());
    });
  }

  /** Control records and messages of transactions that were given up are handed to nobody. Their offset is committed here, or the lag would never end. */
  #passed({ payload: { topic, partition, batchSize, lastOffset } }: ConsumerEndBatchProcessEvent): void {
    if (batchSize !== 0) return;
    this.#consumer.commitOffsets([{ topic, partition, offset: String(BigInt(lastOffset) + 1n) }]).catch((thrown: unknown) => {
      this.#options.log('debug', 'kafka: an offset that holds nothing was not committed', {
        topic,
        partition,
        error: asError(thrown).message,
      });
    });
  }

  #crashed({ payload: { error, restart } }: ConsumerCrashEvent): void {
    this.#options.log('warn', 'kafka: the consumer crashed', { groupId: this.#options.groupId, restart, error: error.message });
    if (!restart && this.#own.guards.crashIsFatal && !this.#stop.signal.aborted)
      this.#die(new ConsumerDied(`kafkajs gave up: ${error.message}`, { cause: error }));
  }

  async start(): Promise<void> {
    const { groupId, log, ingest, topicPrefix } = this.#options;
    if (this.#own.guards.evictPreviousRun) await evictPreviousRun(this.#options, groupId, this.#kafka, this.#own);
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: this.#topics().map(({ topic }) => topic), fromBeginning: this.#own.guards.fromBeginning });
    this.#running = this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: ingestBatch({
        ingest: ingest,
        topicPrefix,
        log,
        heartbeatIntervalMs: this.#options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS,
        handlerDeadlineMs: this.#options.handlerDeadlineMs ?? HANDLER_DEADLINE_MS,
        watchdog: this.#watchdog,
        stop: this.#stop.signal,
        onProgress: this.#progress,
        guards: this.#own.guards,
        stopped: this.#stopped,
        commitOutside: (topic, partition, offset) => this.#consumer.commitOffsets([{ topic, partition, offset }]),
      }),
    });
    await this.#running;
    if (this.#own.guards.loopWatchdog) this.#watchLoop();
  }

  /** A broker that is away is waited for without end. A broker that answers while nothing is fetched means that kafkajs is stuck. */
  #watchLoop(): void {
    const deadlineMs = this.#options.loopDeadlineMs ?? LOOP_DEADLINE_MS;
    let silentAnswers = 0;
    const look = async (): Promise<void> => {
      if (Date.now() - this.#lastProgressAtMs <= deadlineMs) {
        silentAnswers = 0;
        return;
      }
      await askAdmin(
        this.#options,
        { retry: probeRetry, deadlineMs: 2_000, what: 'asking Kafka' },
        (admin) => admin.describeCluster(),
        this.#own,
      );
      silentAnswers += 1;
      if (silentAnswers > 1 && !this.#stop.signal.aborted)
        this.#die(new ConsumerDied(`nothing was fetched for ${Date.now() - this.#lastProgressAtMs} ms although Kafka answers`));
    };
    const timer = setInterval(() => {
      look().catch((thrown: unknown) => {
        silentAnswers = 0;
        this.#options.log('debug', 'kafka: away', { error: asError(thrown).message });
      });
    }, deadlineMs / 2);
    timer.unref();
    this.#stop.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  #topics(): { topic: string }[] {
    return this.#options.topics.map((topic) => ({ topic: `${this.#options.topicPrefix}${topic}` }));
  }

  stop(deadlineMs = STOP_DEADLINE_MS): Promise<'stopped' | 'abandoned'> {
    this.#ending ??= this.#end(deadlineMs);
    return this.#ending;
  }

  async #end(deadlineMs: number): Promise<'stopped' | 'abandoned'> {
    this.#stop.abort();
    const close = async (): Promise<void> => {
      // Disconnecting before run() has joined may leave a consumer that goes on.
      if (this.#own.guards.boundedStop) await Promise.allSettled([this.#running]);
      await this.#consumer.disconnect();
    };
    try {
      if (this.#own.guards.boundedStop)
        await within(deadlineMs, close(), () => new KafkaUnavailable(`a handler did not return within ${deadlineMs} ms`));
      else await close();
      return 'stopped';
    } catch (thrown) {
      this.#options.log('warn', 'kafka: the consumer was left behind', { groupId: this.#options.groupId, error: asError(thrown).message });
      return 'abandoned';
    } finally {
      this.#watchdog.stop();
    }
  }

  lag(): Promise<Lag> {
    return groupLag(this.#options, this.#options.groupId, this.#options.topics, this.#own);
  }

  lastProgressAtMs(): number {
    return this.#lastProgressAtMs;
  }

  stopped(): readonly StoppedPartition[] {
    return this.#stopped.list;
  }

  paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
    this.#consumer.pause(this.#topics());
  }

  resume(): void {
    this.#paused = false;
    this.#consumer.resume(this.#topics());
  }
}

export const startConsumerWith = async (options: ConsumerOptions, own: Inner): Promise<Consumer> => {
  const heartbeatMs = options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS;
  const sessionMs = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
  if (heartbeatMs * 3 > sessionMs)
    throw new Bug(`a session of ${sessionMs} ms needs a heartbeat at least every ${Math.floor(sessionMs / 3)} ms`);
  const consumer = new WatchedConsumer(options, own);
  try {
    await consumer.start();
  } catch (thrown) {
    await consumer.stop();
    throw new KafkaUnavailable(`the consumer ${options.groupId} could not start: ${asError(thrown).message}`, { cause: thrown });
  }
  return consumer;
};

/** Resolves when the group is joined. Rejects with KafkaUnavailable after about a minute of trying. */
export const startConsumer = async (options: ConsumerOptions): Promise<Consumer> => startConsumerWith(options, inner);
