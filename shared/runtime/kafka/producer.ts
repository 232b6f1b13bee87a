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
import { KafkaUnavailable, MessageRefused, MessageTooLarge, TopicRefused, asError } from './errors.js';
import type { Guards } from './guards.js';
import { Lane } from './producer-lane.js';
import type { Addressed, Outcome, Parcel, ProbeTimer } from './producer-lane.js';
import { TopicFactsCache } from './topic-facts.js';
import type { TopicFacts } from './topic-facts.js';

export type { Outcome } from './producer-lane.js';

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
   * What became of each message, in their order; null when the broker has acknowledged it, in sync on all replicas it demands. Never rejects.
   * KafkaUnavailable: not known, at the latest at the deadline; it may be stored, so send the same event id again. TopicRefused: not stored, and
   * no other of its topic now. MessageTooLarge, MessageRefused and Bug (an empty key): not stored, and trying again does not help.
   */
  sendEach(messages: readonly OutgoingMessage[], limits?: { readonly deadlineMs?: number }): Promise<readonly Outcome[]>;
  /**
   * Resolves when the broker has acknowledged every message. Rejects with what `sendEach` says of one of them. What is not known comes before
   * what is refused for ever: a refusal means that all others are stored or refused.
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

/** What a topic's limit counts besides the messages: the head of a batch, and a little for what we do not count exactly. */
const BATCH_BYTES = 100;

const mostBytesOf = ({ mostBytes }: Pick<TopicFacts, 'mostBytes'>): number =>
  mostBytes === null ? LARGEST_MESSAGE_BYTES : Math.min(LARGEST_MESSAGE_BYTES, mostBytes - BATCH_BYTES);

/** Why this message can never be sent to a topic that takes so many bytes; null when it can. */
export const neverSendable = (message: OutgoingMessage, mostBytes = LARGEST_MESSAGE_BYTES): Bug | MessageTooLarge | null => {
  if (message.key === '') return new Bug(`a message for ${message.topic} has no key`);
  const bytes = sizeBytes(message);
  return bytes > mostBytes
    ? new MessageTooLarge(`a message for ${message.topic} has ${bytes} bytes, at most ${mostBytes} are taken`)
    : null;
};

/** The partitioner looks at nothing but how many there are. */
const metadataOf = (partitions: number): PartitionMetadata[] =>
  Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, partitionErrorCode: 0, leader: 0, replicas: [], isr: [] }));

const addressed = (message: OutgoingMessage, topic: string, partitionMetadata: PartitionMetadata[]): Addressed => {
  const partition = partitionOf({ topic, partitionMetadata, message: { key: message.key, value: message.value } });
  return { topic, partition, bytes: sizeBytes(message), key: message.key, value: message.value, headers: message.headers };
};

/** A message that can be sent, where it goes, and its place in the send. */
type Ready = { readonly at: number; readonly message: Addressed; readonly mostBytes: number };

/** One parcel per topic-partition, in the order of first appearance; inside, the order of the messages. */
const parcels = (ready: readonly Ready[], guards: Guards): { readonly parcel: Parcel; readonly at: readonly number[] }[] => {
  const byAddress = new Map<string, Ready[]>();
  for (const one of ready) {
    const { topic, partition } = one.message;
    const address = guards.onePartitionPerRequest ? `${topic}/${partition}` : topic;
    const same = byAddress.get(address);
    if (same) same.push(one);
    else byAddress.set(address, [one]);
  }
  return [...byAddress].map(([address, own]) => ({
    parcel: { address, messages: own.map(({ message }) => message), mostBytes: Math.min(...own.map(({ mostBytes }) => mostBytes)) },
    at: own.map(({ at }) => at),
  }));
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

const openLane = (options: KafkaOptions, own: Inner, tune: ProducerTuning, onRefused: (topic: string) => void): Lane =>
  new Lane({
    open: () => {
      // A client of its own, because a client's retry is also the one of its connections, and no lane may wait for another.
      const producer = openKafka(options, tune.retry, own, LANE_REQUEST_TIMEOUT_MS).producer(producerConfig(own.guards, tune.retry));
      return {
        connect: () => producer.connect(),
        transmit: transmitter(producer, own.guards, tune),
        disconnect: () => producer.disconnect(),
      };
    },
    oneInFlight: own.guards.oneInFlight,
    onRefused,
  });

/** The same may be sent again and again: it brings the same no. */
export const isForever = (error: Error): boolean =>
  error instanceof Bug || error instanceof MessageTooLarge || error instanceof MessageRefused;

/** Everything that kafkajs or the clock may say becomes "unknown": kafkajs itself calls rejected sends that were stored not retriable. */
const unknownOutcome = (error: Error, { rejectedIsUnknown }: Guards): Error => {
  if (!rejectedIsUnknown || error instanceof KafkaUnavailable || error instanceof TopicRefused || isForever(error)) return error;
  return new KafkaUnavailable(`sending is not confirmed: ${error.message}`, { cause: error });
};

class LanedProducer implements Producer {
  readonly #options: ProducerOptions;
  readonly #own: Inner;
  readonly #lanes: readonly Lane[];
  readonly #laneOf = new Map<string, Lane>();
  readonly #metadata = new Map<number, PartitionMetadata[]>();
  readonly #facts: TopicFactsCache;
  readonly #underWay = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: ProducerOptions, own: Inner, tune: ProducerTuning) {
    this.#options = options;
    this.#own = own;
    this.#facts = new TopicFactsCache(options, own);
    const onRefused = (topic: string): void => {
      this.#facts.forget(topic);
    };
    this.#lanes = Array.from({ length: options.lanes ?? 2 }, () => openLane(options, own, tune, onRefused));
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
    const errors = (await this.sendEach(messages, limits)).filter((outcome) => outcome !== null);
    const error = errors.find((one) => !isForever(one)) ?? errors[0];
    if (error !== undefined) throw error;
  }

  async sendEach(messages: readonly OutgoingMessage[], limits?: { readonly deadlineMs?: number }): Promise<readonly Outcome[]> {
    if (messages.length === 0) return [];
    if (this.#stopped) return messages.map(() => new KafkaUnavailable('the producer is stopped'));
    const deadlineMs = limits?.deadlineMs ?? this.#options.sendDeadlineMs ?? SEND_DEADLINE_MS;
    const late = new KafkaUnavailable(`sending is not confirmed within ${deadlineMs} ms`);
    const outcomes: Outcome[] = messages.map(() => late);
    const patience: ProbeTimer = { over: false };
    const sending = this.#deliver(messages, outcomes, deadlineMs, patience);
    this.#underWay.add(sending);
    const done = (): void => void this.#underWay.delete(sending);
    sending.then(done, done);
    try {
      await within(deadlineMs, sending, () => late);
    } catch (thrown) {
      if (thrown !== late) outcomes.fill(asError(thrown));
    } finally {
      patience.over = true;
    }
    return outcomes.map((outcome) => (outcome === null ? null : unknownOutcome(outcome, this.#own.guards)));
  }

  /** Writes what becomes of each message into `outcomes` as soon as it is known. */
  async #deliver(messages: readonly OutgoingMessage[], outcomes: Outcome[], deadlineMs: number, patience: ProbeTimer): Promise<void> {
    const named = messages.map((message) => ({ message, topic: `${this.#options.topicPrefix}${message.topic}` }));
    const facts = await this.#facts.of(
      named.map(({ topic }) => topic),
      deadlineMs,
    );
    const ready = named.flatMap(({ message, topic }, at): Ready[] => {
      const known = facts.get(topic);
      const mostBytes = known === undefined || known instanceof Error ? LARGEST_MESSAGE_BYTES : mostBytesOf(known);
      const never = neverSendable(message, mostBytes);
      if (never !== null || known === undefined || known instanceof Error || known.partitions === 0) {
        outcomes[at] = never ?? (known instanceof Error ? known : new KafkaUnavailable(`nothing is known of the topic ${topic}`));
        return [];
      }
      return [{ at, message: addressed(message, topic, this.#metadataOf(known.partitions)), mostBytes }];
    });
    await Promise.all(
      parcels(ready, this.#own.guards).map(async ({ parcel, at }) => {
        const own = await this.#lane(parcel.address).deliver(parcel, patience);
        own.forEach((outcome, n) => {
          const place = at[n];
          if (place !== undefined) outcomes[place] = outcome;
        });
      }),
    );
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
