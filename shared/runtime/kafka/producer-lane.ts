import { KafkaUnavailable, asError } from './errors.js';
import { refusalOfMessage, refusalOfTopic } from './refusals.js';

/** A message with its place: the topic as the cluster knows it, and the partition. */
export type Addressed = {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
};

/** What became of a message: null when the broker has acknowledged it. */
export type Outcome = Error | null;

/** What one send has for one topic-partition. */
export type Parcel = {
  readonly address: string;
  readonly messages: readonly Addressed[];
  /** The largest request that its topic takes. */
  readonly mostBytes: number;
};

/** Over once nobody waits for the send any more. Not an AbortSignal: to abort one makes an error with a stack, for every send. */
export type ProbeTimer = { over: boolean };

type Waiting = {
  readonly parcel: Parcel;
  readonly patience: Readonly<ProbeTimer>;
  readonly settle: (outcomes: readonly Outcome[]) => void;
};

export type Connection = {
  connect(): Promise<void>;
  transmit(messages: readonly Addressed[]): Promise<void>;
  disconnect(): Promise<void>;
};
export type LaneParts = {
  /** A new client. One that has met a topic which is gone asks about that topic for ever, and fails for all others. */
  readonly open: () => Connection;
  readonly oneInFlight: boolean;
  /** The broker has refused a message or the topic: what is known of the topic may be old. */
  readonly onRefused: (topic: string) => void;
};

/** Far below the broker's 1 MB, so that small parcels travel together and a large one goes alone. */
const REQUEST_BYTES = 256_000;
const REQUEST_MESSAGES = 500;

/** Consecutive requests that respect the limits, in order. A message above the limit is a request of its own. */
const inRequests = (messages: readonly Addressed[], mostBytes: number): Addressed[][] => {
  const requests: Addressed[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const current = requests.at(-1);
    if (current && current.length < REQUEST_MESSAGES && bytes + message.bytes <= mostBytes) current.push(message);
    else requests.push([message]);
    bytes = current === requests.at(-1) ? bytes + message.bytes : message.bytes;
  }
  return requests;
};

const mostBytes = (parcel: Parcel): number => Math.min(REQUEST_BYTES, parcel.mostBytes);

const totalBytes = (messages: readonly Addressed[]): number => messages.reduce((sum, { bytes }) => sum + bytes, 0);

/** A queue in front of one kafkajs producer. */
export class Lane {
  readonly #parts: LaneParts;
  readonly #queue: Waiting[] = [];
  #client: Connection;
  #connection: Promise<void> | undefined;
  #busy = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#client = parts.open();
  }

  /** Rejects when it failed; the next call tries again. */
  connect(): Promise<void> {
    this.#connection ??= this.#client.connect().catch((thrown: unknown) => {
      this.#connection = undefined;
      throw thrown;
    });
    return this.#connection;
  }

  disconnect(): Promise<void> {
    return this.#client.disconnect();
  }

  /** Resolves to what became of each message, in their order. Never rejects. A parcel that was given up before its turn is never sent. */
  deliver(parcel: Parcel, patience: Readonly<ProbeTimer>): Promise<readonly Outcome[]> {
    const delivered = new Promise<readonly Outcome[]>((resolve) => {
      this.#queue.push({ parcel, patience, settle: resolve });
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
      if (taken.length > 0 && (bytes > mostBytes(first.parcel) || messages > REQUEST_MESSAGES)) break;
      taken.push(waiting);
    }
    const gone = new Set(taken);
    this.#queue.splice(0, this.#queue.length, ...this.#queue.filter((waiting) => !gone.has(waiting)));
    return taken;
  }

  /** Never rejects: every parcel is told its own end. After a failed request the rest of a parcel stays here, so that it cannot overtake. */
  async #send(taken: readonly Waiting[]): Promise<void> {
    const wanted = taken.filter(({ patience }) => !patience.over);
    for (const { parcel, settle } of taken.filter(({ patience }) => patience.over))
      settle(parcel.messages.map(() => new KafkaUnavailable('given up before it was sent')));
    const [first] = wanted;
    if (first === undefined) return;
    const outcomes = new Map<Addressed, Outcome>();
    const messages = wanted.flatMap(({ parcel }) => parcel.messages);
    let failed = await this.connect().then(() => null, asError);
    for (const request of inRequests(messages, mostBytes(first.parcel))) failed ??= await this.#transmit(request, outcomes);
    if (failed !== null) for (const message of messages) if (!outcomes.has(message)) outcomes.set(message, failed);
    for (const { parcel, settle } of wanted) settle(parcel.messages.map((message) => outcomes.get(message) ?? null));
  }

  /**
   * Notes what became of each message. Of a request that the broker definitely refuses nothing is stored. It is cut in halves until the message
   * is found that it is about. The others are sent, in order. Returns why nothing more may be sent now; null when all is known.
   */
  async #transmit(request: readonly Addressed[], outcomes: Map<Addressed, Outcome>): Promise<Error | null> {
    const topic = request[0]?.topic ?? '';
    try {
      await this.#client.transmit(request);
      for (const message of request) outcomes.set(message, null);
      return null;
    } catch (thrown) {
      const refusal = refusalOfMessage(thrown, topic);
      if (refusal === null) return this.#unknown(thrown, topic);
      this.#parts.onRefused(topic);
      const [only, ...others] = request;
      if (only !== undefined && others.length === 0) {
        outcomes.set(only, refusal);
        return null;
      }
      const middle = Math.ceil(request.length / 2);
      return (await this.#transmit(request.slice(0, middle), outcomes)) ?? (await this.#transmit(request.slice(middle), outcomes));
    }
  }

  #unknown(thrown: unknown, topic: string): Error {
    const refusal = refusalOfTopic(thrown, topic);
    if (refusal === null) return asError(thrown);
    this.#parts.onRefused(topic);
    const before = this.#client;
    this.#client = this.#parts.open();
    this.#connection = undefined;
    void before.disconnect().catch(() => undefined);
    return refusal;
  }
}
