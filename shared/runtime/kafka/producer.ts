/**
 * Sends messages so that "resolved" means stored. Every send is cut into requests of one topic-partition; a topic-partition always goes
 * through the same lane (one kafkajs producer, one request at a time), so the order of a key is kept.
 */
import { Partitioners } from 'kafkajs';
import type { PartitionMetadata, Producer as KafkaProducer, ProducerConfig, RecordMetadata, RetryOptions } from 'kafkajs';
import { signatureHeaders } from '../../../contracts/internal/envelope.js';
import { Bug } from '../../kernel/bug.js';
import { briefRetry, inner, openKafka } from './client.js';
import type { Inner, KafkaOptions } from './client.js';
import { within } from './deadline.js';
import { KafkaUnavailable, MessageTooLarge, asError } from './errors.js';
import type { Guards } from './guards.js';
import { Lane } from './producer-lane.js';
import type { Addressed, Parcel, ProbeTimer } from './producer-lane.js';
import { partitionCounts } from './partition-counts.js';

export type OutgoingMessage = {
  /** Without the prefix. */
  readonly topic: string;
  /** Not empty: it decides the partition, and with it the order. */
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
};

export type ProducerOptions = KafkaOptions & {
  /** How many requests may be under way at once. Default 2. */
  readonly lanes?: number;
  /** How long a send may take unless it says otherwise. Default 15 s. */
  readonly sendDeadlineMs?: number;
};

export type Producer = {
  /**
   * Resolves when the broker has acknowledged every message, in sync on all replicas it demands. Rejects with KafkaUnavailable when that is
   * not known, at the latest at the deadline: the messages may be stored, so send the same event ids again. MessageTooLarge and Bug (an
   * empty key) are found before anything is sent.
   */
  send(messages: readonly OutgoingMessage[], limits?: { readonly deadlineMs?: number }): Promise<void>;
  /** Takes no more messages, waits for what is under way, and closes: at the latest after `deadlineMs` (default 5 s). */
  stop(deadlineMs?: number): Promise<void>;
};

/** What only tests change. */
export type ProducerTuning = { readonly produceTimeoutMs: number; readonly retry: RetryOptions };
const tuning: ProducerTuning = { produceTimeoutMs: 3_000, retry: briefRetry };

const SEND_DEADLINE_MS = 15_000;
const STOP_DEADLINE_MS = 5_000;
/** Twice what a broker may take for the acknowledgement. A frozen broker must not hold a lane longer. */
const LANE_REQUEST_TIMEOUT_MS = 6_000;
const CONNECT_WAIT_MS = 1_000;
/** A broker takes 1 MB per request by default; the rest is for the frame. */
const LARGEST_MESSAGE_BYTES = 950_000;

/** Both headers of a signature. What is judged before it is signed must still fit afterwards. */
const SIGNATURE_BYTES = 200;

const partitionOf = Partitioners.DefaultPartitioner();

const sizeBytes = (message: OutgoingMessage): number => {
  let bytes = 64 + Buffer.byteLength(message.key) + Buffer.byteLength(message.value);
  if (message.headers[signatureHeaders.signature] === undefined) bytes += SIGNATURE_BYTES;
  for (const [name, value] of Object.entries(message.headers)) bytes += 8 + Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
};

/** Why this message can never be sent; null when it can. */
export const neverSendable = (message: OutgoingMessage): Bug | MessageTooLarge | null => {
  if (message.key === '') return new Bug(`a message for ${message.topic} has no key`);
  const bytes = sizeBytes(message);
  return bytes > LARGEST_MESSAGE_BYTES
    ? new MessageTooLarge(`a message for ${message.topic} has ${bytes} bytes, at most ${LARGEST_MESSAGE_BYTES} are taken`)
    : null;
};

/** The partitioner looks at nothing but how many there are. */
const metadataOf = (partitions: number): PartitionMetadata[] =>
  Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, partitionErrorCode: 0, leader: 0, replicas: [], isr: [] }));

const addressed = (message: OutgoingMessage, topic: string, partitionMetadata: PartitionMetadata[]): Addressed => {
  const never = neverSendable(message);
  if (never !== null) throw never;
  const partition = partitionOf({ topic, partitionMetadata, message: { key: message.key, value: message.value } });
  return { topic, partition, bytes: sizeBytes(message), key: message.key, value: message.value, headers: message.headers };
};

/** One parcel per topic-partition, in the order of first appearance; inside, the order of the messages. */
const parcels = (messages: readonly Addressed[], guards: Guards): Parcel[] => {
  const byAddress = new Map<string, Addressed[]>();
  for (const message of messages) {
    const address = guards.onePartitionPerRequest ? `${message.topic}/${message.partition}` : message.topic;
    const same = byAddress.get(address);
    if (same) same.push(message);
    else byAddress.set(address, [message]);
  }
  return [...byAddress].map(([address, own]) => ({ address, messages: own }));
};

export const producerConfig = (guards: Guards, retry: RetryOptions): ProducerConfig => ({
  allowAutoTopicCreation: false,
  idempotent: !guards.notIdempotent,
  maxInFlightRequests: guards.oneInFlight ? 1 : 8,
  createPartitioner: Partitioners.DefaultPartitioner,
  ...(guards.explicitRetry ? { retry } : {}),
});

/** Throws unless the answer names exactly the partitions that were sent, each once and without an error. */
const verify = (messages: readonly Addressed[], answer: readonly RecordMetadata[]): void => {
  const sent = [...new Set(messages.map(({ topic, partition }) => `${topic}/${partition}`))].sort();
  const confirmed = answer
    .filter(({ errorCode }) => errorCode === 0)
    .map(({ topicName, partition }) => `${topicName}/${partition}`)
    .sort();
  if (sent.length !== answer.length || sent.some((address, n) => address !== confirmed[n]))
    throw new KafkaUnavailable(`sent to ${sent.join(', ')}, confirmed ${confirmed.join(', ') || 'none'}`);
};

const transmitter =
  (producer: KafkaProducer, guards: Guards, { produceTimeoutMs }: ProducerTuning) =>
  async (messages: readonly Addressed[]): Promise<void> => {
    const topic = messages[0]?.topic;
    if (topic === undefined) return;
    const answer = await producer.send({
      topic,
      acks: -1,
      timeout: produceTimeoutMs,
      messages: messages.map(({ key, value, headers, partition }) => ({
        key,
        value,
        headers: { ...headers },
        ...(guards.explicitPartition ? { partition } : {}),
      })),
    });
    if (guards.verifiedAnswer) verify(messages, answer);
  };

const openLane = (options: KafkaOptions, own: Inner, tune: ProducerTuning): Lane => {
  // A client of its own, because a client's retry is also the one of its connections, and no lane may wait for another.
  const producer = openKafka(options, tune.retry, own, LANE_REQUEST_TIMEOUT_MS).producer(producerConfig(own.guards, tune.retry));
  return new Lane({
    connect: () => producer.connect(),
    transmit: transmitter(producer, own.guards, tune),
    disconnect: () => producer.disconnect(),
    oneInFlight: own.guards.oneInFlight,
  });
};

/** Everything that kafkajs or the clock may say becomes "unknown": kafkajs itself calls rejected sends that were stored not retriable. */
const unknownOutcome = (thrown: unknown, { rejectedIsUnknown }: Guards): Error => {
  const error = asError(thrown);
  if (!rejectedIsUnknown || error instanceof KafkaUnavailable) return error;
  return new KafkaUnavailable(`sending is not confirmed: ${error.message}`, { cause: error });
};

class LanedProducer implements Producer {
  readonly #options: ProducerOptions;
  readonly #own: Inner;
  readonly #lanes: readonly Lane[];
  readonly #laneOf = new Map<string, Lane>();
  readonly #metadata = new Map<number, PartitionMetadata[]>();
  readonly #partitions: (topics: readonly string[], deadlineMs: number) => Promise<ReadonlyMap<string, number>>;
  readonly #underWay = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: ProducerOptions, own: Inner, tune: ProducerTuning) {
    this.#options = options;
    this.#own = own;
    this.#lanes = Array.from({ length: options.lanes ?? 2 }, () => openLane(options, own, tune));
    this.#partitions = partitionCounts(options, own);
  }

  /** Waits a little, so that the first send is quick. A Kafka that is away is the matter of the sends. */
  async connect(): Promise<void> {
    const open = Promise.all(this.#lanes.map((lane) => lane.connect()));
    try {
      await within(CONNECT_WAIT_MS, open, () => new KafkaUnavailable(`not connected within ${CONNECT_WAIT_MS} ms`));
    } catch (thrown) {
      this.#options.log('warn', 'kafka: not connected yet; the first send tries again', { error: asError(thrown).message });
    }
  }

  async send(messages: readonly OutgoingMessage[], limits?: { readonly deadlineMs?: number }): Promise<void> {
    if (messages.length === 0) return;
    if (this.#stopped) throw new KafkaUnavailable('the producer is stopped');
    const deadlineMs = limits?.deadlineMs ?? this.#options.sendDeadlineMs ?? SEND_DEADLINE_MS;
    const patience: ProbeTimer = { over: false };
    const sending = this.#deliver(messages, deadlineMs, patience);
    this.#underWay.add(sending);
    const done = (): void => void this.#underWay.delete(sending);
    sending.then(done, done);
    try {
      await within(deadlineMs, sending, () => new KafkaUnavailable(`sending is not confirmed within ${deadlineMs} ms`));
    } catch (thrown) {
      if (thrown instanceof Bug || thrown instanceof MessageTooLarge) throw thrown;
      throw unknownOutcome(thrown, this.#own.guards);
    } finally {
      patience.over = true;
    }
  }

  async #deliver(messages: readonly OutgoingMessage[], deadlineMs: number, patience: ProbeTimer): Promise<void> {
    const named = messages.map((message) => ({ message, topic: `${this.#options.topicPrefix}${message.topic}` }));
    const counts = await this.#partitions(
      named.map(({ topic }) => topic),
      deadlineMs,
    );
    const ready = named.map(({ message, topic }) => {
      const partitions = counts.get(topic);
      if (partitions === undefined) throw new KafkaUnavailable(`nothing is known of the topic ${topic}`);
      return addressed(message, topic, this.#metadataOf(partitions));
    });
    const results = await Promise.allSettled(
      parcels(ready, this.#own.guards).map((parcel) => this.#lane(parcel.address).deliver(parcel, patience)),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw asError(failed.reason);
  }

  #metadataOf(partitions: number): PartitionMetadata[] {
    const known = this.#metadata.get(partitions);
    if (known !== undefined) return known;
    const made = metadataOf(partitions);
    this.#metadata.set(partitions, made);
    return made;
  }

  #lane(address: string): Lane {
    const known = this.#laneOf.get(address);
    if (known) return known;
    const lane = this.#lanes[this.#laneOf.size % this.#lanes.length];
    if (!lane) throw new Bug('a producer needs at least one lane');
    this.#laneOf.set(address, lane);
    return lane;
  }

  async stop(deadlineMs = STOP_DEADLINE_MS): Promise<void> {
    this.#stopped = true;
    const close = async (): Promise<void> => {
      await Promise.allSettled([...this.#underWay]);
      await Promise.allSettled(this.#lanes.map((lane) => lane.disconnect()));
    };
    try {
      await within(deadlineMs, close(), () => new KafkaUnavailable(`not closed within ${deadlineMs} ms`));
    } catch (thrown) {
      this.#options.log('warn', 'kafka: the producer was left behind', { error: asError(thrown).message });
    }
  }
}

export const startProducerWith = async (options: ProducerOptions, own: Inner, tune: ProducerTuning = tuning): Promise<Producer> => {
  const producer = new LanedProducer(options, own, tune);
  await producer.connect();
  return producer;
};

/** Never rejects for a Kafka that is away: then the first send connects, and says KafkaUnavailable as long as it cannot. */
export const startProducer = async (options: ProducerOptions): Promise<Producer> => startProducerWith(options, inner);
