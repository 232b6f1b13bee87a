import { KafkaUnavailable, asError } from './errors.js';

/** A message with its place: the topic as the cluster knows it, and the partition. */
export type Addressed = {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
};

/** What one send has for one topic-partition. */
export type Parcel = { readonly address: string; readonly messages: readonly Addressed[] };

/** Over once nobody waits for the send any more. Not an AbortSignal: to abort one makes an error with a stack, for every send. */
export type ProbeTimer = { over: boolean };

type Waiting = { readonly parcel: Parcel; readonly patience: Readonly<ProbeTimer>; readonly settle: (error?: unknown) => void };

export type LaneParts = {
  connect(): Promise<void>;
  transmit(messages: readonly Addressed[]): Promise<void>;
  disconnect(): Promise<void>;
  readonly oneInFlight: boolean;
};

/** Far below the broker's 1 MB, so that small parcels travel together and a large one goes alone. */
const REQUEST_BYTES = 256_000;
const REQUEST_MESSAGES = 500;

/** Consecutive requests that respect the limits, in order. A message above the limit is a request of its own. */
const inRequests = (messages: readonly Addressed[]): Addressed[][] => {
  const requests: Addressed[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const current = requests.at(-1);
    if (current && current.length < REQUEST_MESSAGES && bytes + message.bytes <= REQUEST_BYTES) current.push(message);
    else requests.push([message]);
    bytes = current === requests.at(-1) ? bytes + message.bytes : message.bytes;
  }
  return requests;
};

const totalBytes = (messages: readonly Addressed[]): number => messages.reduce((sum, { bytes }) => sum + bytes, 0);

/** A queue in front of one kafkajs producer. */
export class Lane {
  readonly #parts: LaneParts;
  readonly #queue: Waiting[] = [];
  #connection: Promise<void> | undefined;
  #busy = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** Rejects when it failed; the next call tries again. */
  connect(): Promise<void> {
    this.#connection ??= this.#parts.connect().catch((thrown: unknown) => {
      this.#connection = undefined;
      throw thrown;
    });
    return this.#connection;
  }

  disconnect(): Promise<void> {
    return this.#parts.disconnect();
  }

  /** Resolves when all of the parcel is acknowledged. A parcel that was given up before its turn is never sent. */
  deliver(parcel: Parcel, patience: Readonly<ProbeTimer>): Promise<void> {
    const delivered = new Promise<void>((resolve, reject) => {
      this.#queue.push({
        parcel,
        patience,
        settle: (error) => (error === undefined ? resolve() : reject(asError(error))),
      });
    });
    void this.#work();
    return delivered;
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#take(); next.length > 0; next = this.#take()) {
      const done = this.#send(next);
      if (this.#parts.oneInFlight) await done;
    }
    this.#busy = false;
  }

  /** The oldest parcel, and with it whatever else waits for the same topic-partition, up to one request. */
  #take(): Waiting[] {
    const [first] = this.#queue;
    if (!first) return [];
    const taken: Waiting[] = [];
    let bytes = 0;
    let messages = 0;
    for (const waiting of this.#queue) {
      if (waiting.parcel.address !== first.parcel.address) continue;
      bytes += totalBytes(waiting.parcel.messages);
      messages += waiting.parcel.messages.length;
      if (taken.length > 0 && (bytes > REQUEST_BYTES || messages > REQUEST_MESSAGES)) break;
      taken.push(waiting);
    }
    const gone = new Set(taken);
    this.#queue.splice(0, this.#queue.length, ...this.#queue.filter((waiting) => !gone.has(waiting)));
    return taken;
  }

  /** Never rejects: every parcel is told its own end. After a failed request the rest of a parcel stays here, so that it cannot overtake. */
  async #send(taken: readonly Waiting[]): Promise<void> {
    const wanted = taken.filter(({ patience }) => !patience.over);
    for (const late of taken.filter(({ patience }) => patience.over)) late.settle(new KafkaUnavailable('given up before it was sent'));
    if (wanted.length === 0) return;
    try {
      await this.connect();
      for (const request of inRequests(wanted.flatMap(({ parcel }) => parcel.messages))) await this.#parts.transmit(request);
      for (const { settle } of wanted) settle();
    } catch (thrown) {
      for (const { settle } of wanted) settle(thrown);
    }
  }
}
