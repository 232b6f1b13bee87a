/**
 * Reads a broker's answer to a fetch in the place of kafkajs. As it comes, kafkajs reads all partitions of an answer or none. One batch in a
 * form that it does not know ends the consumer, and with it every partition of the service.
 */
import Decoder from 'kafkajs/src/protocol/decoder';
import v10 from 'kafkajs/src/protocol/requests/fetch/v10/response';
import v11 from 'kafkajs/src/protocol/requests/fetch/v11/response';
import v4 from 'kafkajs/src/protocol/requests/fetch/v4/response';
import v5 from 'kafkajs/src/protocol/requests/fetch/v5/response';
import v6 from 'kafkajs/src/protocol/requests/fetch/v6/response';
import v7 from 'kafkajs/src/protocol/requests/fetch/v7/response';
import v8 from 'kafkajs/src/protocol/requests/fetch/v8/response';
import v9 from 'kafkajs/src/protocol/requests/fetch/v9/response';
import { allowance, readBatches, unreadMark } from './batch-reader.js';
import type { AbortedTransaction, Allowance, ReadMessage } from './batch-reader.js';

type Decode = (raw: Buffer) => Promise<object>;

/** The versions that brokers since 1.0 answer in. Older ones have no transactions, and are none of those that we support. */
const ANSWERS = new Map([
  [4, v4],
  [5, v5],
  [6, v6],
  [7, v7],
  [8, v8],
  [9, v9],
  [10, v10],
  [11, v11],
]);
const originals = new Map([...ANSWERS].map(([version, answer]): [number, Decode] => [version, answer.decode]));

/**
 * What a broker says about one partition, and what another try does not mend at once. For it, kafkajs as it comes gives up the whole
 * answer. What it handles itself (another leader, an offset out of range) is left to it.
 */
const SAID_OF_ONE_PARTITION: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  2: 'CORRUPT_MESSAGE',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  56: 'KAFKA_STORAGE_ERROR',
  76: 'UNSUPPORTED_COMPRESSION_TYPE',
};

const transaction = (decoder: Decoder) => ({
  producerId: decoder.readInt64().toString(),
  firstOffset: decoder.readInt64().toString(),
});

type Part = {
  readonly topicName: string | null;
  readonly fields: { readonly partition: number; readonly errorCode: number };
  readonly bytes: Buffer;
  readonly transactions: readonly AbortedTransaction[];
};

const partOf =
  (version: number, topicName: string | null) =>
  (decoder: Decoder): Part => {
    const partition = decoder.readInt32();
    const errorCode = decoder.readInt16();
    const highWatermark = decoder.readInt64().toString();
    const lastStableOffset = decoder.readInt64().toString();
    const start = version >= 5 ? { lastStartOffset: decoder.readInt64().toString() } : {};
    const transactions = decoder.readArray(transaction);
    const replica = version >= 11 ? { preferredReadReplica: decoder.readInt32() } : {};
    const size = decoder.readInt32();
    return {
      topicName,
      fields: { partition, errorCode, ...{ highWatermark, lastStableOffset, ...start, ...replica } },
      bytes: size > 0 ? (decoder.readBytes(size) ?? Buffer.alloc(0)) : Buffer.alloc(0),
      transactions,
    };
  };

const messagesOf = async ({ fields, bytes, transactions }: Part, allowed: Allowance): Promise<readonly ReadMessage[]> => {
  const said = SAID_OF_ONE_PARTITION[fields.errorCode];
  return said === undefined
    ? readBatches(bytes, transactions, allowed)
    : [unreadMark({ firstOffset: null, lastOffset: null, reason: `the broker says ${said}`, bytes: Buffer.alloc(0) })];
};

/** Who is read first, in turns: what one answer may become in memory is shared by all of its partitions. */
let turn = 0;

const readParts = async (parts: readonly Part[]): Promise<readonly (readonly ReadMessage[])[]> => {
  const allowed = allowance();
  const read: (readonly ReadMessage[])[] = parts.map(() => []);
  turn = parts.length === 0 ? 0 : (turn + 1) % parts.length;
  for (let n = 0; n < parts.length; n += 1) {
    const at = (turn + n) % parts.length;
    const part = parts[at];
    if (part !== undefined) read[at] = await messagesOf(part, allowed);
  }
  return read;
};

const decodeWith =
  (version: number): Decode =>
  async (raw) => {
    const decoder = new Decoder(raw);
    const throttleTimeMs = decoder.readInt32();
    const session = version >= 7 ? { errorCode: decoder.readInt16(), sessionId: decoder.readInt32() } : {};
    const parts = decoder.readArray((of) => {
      const topicName = of.readString();
      return of.readArray(partOf(version, topicName));
    });
    const messages = (await readParts(parts.flat())).values();
    const responses = parts.map((ofTopic) => ({
      topicName: ofTopic[0]?.topicName ?? null,
      partitions: ofTopic.map(({ fields }) => ({
        ...fields,
        errorCode: SAID_OF_ONE_PARTITION[fields.errorCode] === undefined ? fields.errorCode : 0,
        // What belongs to them is left out already.
        abortedTransactions: [],
        messages: messages.next().value ?? [],
      })),
    }));
    // From version 8 on the client itself is to wait; see kafkajs.
    const throttle = version >= 8 ? { throttleTime: 0, clientSideThrottleTime: throttleTimeMs } : { throttleTime: throttleTimeMs };
    return { ...throttle, ...session, responses: responses.filter(({ partitions }) => partitions.length > 0) };
  };

/** Process-wide; calling it again changes nothing. */
export const readEveryBatch = (): void => {
  for (const [version, answer] of ANSWERS) answer.decode = decodeWith(version);
};

/** Only for the tests that show what happens without it. */
export const readAsKafkajs = (): void => {
  for (const [version, answer] of ANSWERS) answer.decode = originals.get(version) ?? answer.decode;
};
