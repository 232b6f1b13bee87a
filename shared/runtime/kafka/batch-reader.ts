/**
 * Reads the batches of one partition as brokers send them. Everything that the wire allows is read: every compression, headers without a
 * value, headers in any number, batches without records. What cannot be read becomes one mark in its place, with its offsets and its bytes.
 */
import type { KafkaMessage } from 'kafkajs';
import Decoder from 'kafkajs/src/protocol/decoder';
import decodeMessageSet from 'kafkajs/src/protocol/messageSet/decoder';
import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/crc32C';
import { decompressed } from './codecs.js';
import { Undecodable, asError } from './errors.js';
import { textOf } from './wire-text.js';

/** What stands where nothing could be read. */
export type Unread = {
  /** Null when the broker said it, and not the bytes. Of a damaged batch both offsets are what it claims. */
  readonly firstOffset: string | null;
  readonly lastOffset: string | null;
  readonly reason: string;
  /** The batch whole, as it came. */
  readonly bytes: Buffer;
};

export type ReadMessage = Pick<KafkaMessage, 'key' | 'value' | 'timestamp' | 'attributes' | 'offset'> & {
  readonly headers: Readonly<Record<string, string>>;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
  readonly unread?: Unread;
};

export type AbortedTransaction = { readonly producerId: string; readonly firstOffset: string };

/** What one answer may still become in memory. Whatever is beyond it is fetched again, when this is done. */
export type Allowance = { bytes: number; records: number };
export const allowance = (): Allowance => ({ bytes: 32 * 1024 * 1024, records: MOST_RECORDS });

/** A record has at least 7 bytes: compressed, a megabyte could hold tens of millions. */
const MOST_RECORDS = 100_000;

const OUTSIDE = { producerId: '-1', inTransaction: false } as const;

/** Where there is no message for us: kafkajs moves on from here, and hands nothing over. */
const nothingUpTo = (offset: string): ReadMessage => ({
  ...{ key: null, value: null, headers: {}, timestamp: '0', attributes: 0, offset },
  isControlRecord: true,
  batchContext: OUTSIDE,
});

/** The largest offset that there can be. kafkajs drops what lies before the offset that it asked for; a damaged batch may claim any. */
const BEYOND_ALL = '9223372036854775807';

/** In the place of what could not be read. */
export const unreadMark = (unread: Unread): ReadMessage => ({ ...nothingUpTo(BEYOND_ALL), isControlRecord: false, unread });

/** Numbers of 7 bits a byte, and what they count. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  int8(): number {
    this.#at += 1;
    return this.#bytes.readInt8(this.#at - 1);
  }

  /** Up to ten bytes, the lowest first; the sign is the last bit. */
  varlong(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new Undecodable('a record ends too early');
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new Undecodable('a number has more than ten bytes');
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new Undecodable('a record ends too early');
      this.#at += 1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new Undecodable('a number has more than five bytes');
  }

  /** Null: a length below zero, which is how "none" is written. */
  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Undecodable('a record ends too early');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}

/** Of a header that is given several times, the last counts; one without a value is none. */
const headersOf = (fields: Fields): Record<string, string> => {
  const count = fields.varint();
  if (count < 0) throw new Undecodable('a record has less than no headers');
  const headers = new Map<string, string>();
  for (let n = 0; n < count; n += 1) {
    const name = textOf(fields.bytes() ?? Buffer.alloc(0));
    const value = fields.bytes();
    if (value === null) headers.delete(name);
    else headers.set(name, textOf(value));
  }
  return Object.fromEntries(headers);
};

type Batch = {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly attributes: number;
  readonly firstTimestampMs: bigint;
  readonly largestTimestampMs: bigint;
  readonly producerId: string;
  readonly records: number;
  readonly body: Buffer;
};

const HEADER_BYTES = 61;
/** Up to here the length is counted from. */
const LENGTH_END = 12;
const MAGIC_AT = 16;
const CHECKED_FROM = 21;
const MAGIC = 2;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

const batchOf = (bytes: Buffer): Batch => {
  if (bytes.length < HEADER_BYTES) throw new Undecodable(`a batch of ${String(bytes.length)} bytes`);
  if (bytes.readInt8(MAGIC_AT) !== MAGIC) throw new Undecodable(`form ${String(bytes.readInt8(MAGIC_AT))} of a batch is unknown`);
  if (crc32C(bytes.subarray(CHECKED_FROM)) !== bytes.readUInt32BE(17)) throw new Undecodable('its checksum is wrong');
  const firstOffset = bytes.readBigInt64BE(0);
  return {
    firstOffset,
    lastOffset: firstOffset + BigInt(bytes.readInt32BE(23)),
    attributes: bytes.readInt16BE(CHECKED_FROM),
    firstTimestampMs: bytes.readBigInt64BE(27),
    largestTimestampMs: bytes.readBigInt64BE(35),
    producerId: String(bytes.readBigInt64BE(43)),
    records: bytes.readInt32BE(57),
    body: bytes.subarray(HEADER_BYTES),
  };
};

const recordOf = (bytes: Buffer, batch: Batch, batchContext: ReadMessage['batchContext']): ReadMessage => {
  const fields = new Fields(bytes);
  const attributes = fields.int8();
  const timestampMs = batch.firstTimestampMs + fields.varlong();
  const offset = batch.firstOffset + BigInt(fields.varint());
  const key = fields.bytes();
  const value = fields.bytes();
  return {
    attributes,
    timestamp: String((batch.attributes & APPEND_TIME) === 0 ? timestampMs : batch.largestTimestampMs),
    offset: String(offset),
    key,
    value,
    headers: headersOf(fields),
    isControlRecord: false,
    batchContext,
  };
};

const recordsOf = async (batch: Batch, allowed: Allowance): Promise<readonly ReadMessage[]> => {
  if (batch.records > MOST_RECORDS) throw new Undecodable(`${String(batch.records)} records, at most ${String(MOST_RECORDS)} are read`);
  if (batch.records <= 0) return [];
  const body = await decompressed(batch.body, batch.attributes);
  allowed.bytes -= body.length;
  allowed.records -= batch.records;
  const context = { producerId: batch.producerId, inTransaction: (batch.attributes & TRANSACTIONAL) !== 0 };
  const fields = new Fields(body);
  const records: ReadMessage[] = [];
  for (let n = 0; n < batch.records; n += 1) records.push(recordOf(fields.bytes() ?? Buffer.alloc(0), batch, context));
  if (!fields.atEnd) throw new Undecodable('bytes are left behind its last record');
  return records;
};

/** Which producers are in a transaction that was given up, batch by batch. Brokers list them by their ends, not by their beginnings. */
class Aborted {
  readonly #coming: { readonly producerId: string; readonly from: bigint }[];
  readonly #now = new Set<string>();

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#coming = transactions
      .map(({ producerId, firstOffset }) => ({ producerId, from: BigInt(firstOffset) }))
      .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  }

  /** True when this batch was written in a transaction that was given up. */
  holds(batch: Batch): boolean {
    for (let [next] = this.#coming; next !== undefined && next.from <= batch.lastOffset; [next] = this.#coming) {
      this.#now.add(next.producerId);
      this.#coming.shift();
    }
    return (batch.attributes & TRANSACTIONAL) !== 0 && this.#now.has(batch.producerId);
  }

  /** A control batch says how the transaction of its producer has ended: with either end, what comes next of it is new. */
  end({ producerId }: Batch): void {
    this.#now.delete(producerId);
  }
}

const messagesOf = async (batch: Batch, aborted: Aborted, allowed: Allowance): Promise<readonly ReadMessage[]> => {
  const isAborted = aborted.holds(batch);
  const isControl = (batch.attributes & CONTROL) !== 0;
  if (isControl) aborted.end(batch);
  const records = isControl || isAborted ? [] : await recordsOf(batch, allowed);
  // A batch may end with offsets that hold nothing: control records, and what a broker has cleaned away.
  return records.at(-1)?.offset === String(batch.lastOffset) ? records : [...records, nothingUpTo(String(batch.lastOffset))];
};

/** Forms of before 2017. A broker keeps them only in topics that have not been written to since. */
const oldMessages = async (bytes: Buffer): Promise<readonly ReadMessage[]> =>
  (await decodeMessageSet(new Decoder(bytes), bytes.length)).map(({ offset, timestamp, attributes, key, value }) => ({
    ...{ offset, timestamp, attributes, key, value, headers: {} },
    isControlRecord: false,
    batchContext: OUTSIDE,
  }));

/** The offsets stand at the beginning, where even a damaged batch can mostly be believed. */
const unreadBatch = (bytes: Buffer, thrown: unknown): ReadMessage => {
  const first = bytes.readBigInt64BE(0);
  const span = bytes.length >= HEADER_BYTES && bytes.readInt8(MAGIC_AT) === MAGIC ? bytes.readInt32BE(23) : 0;
  const reason = asError(thrown).message;
  return unreadMark({ firstOffset: String(first), lastOffset: String(first + BigInt(Math.max(0, span))), reason, bytes });
};

/**
 * All messages of one partition of a fetch. A batch that is cut at the end is left out: it is fetched again. Nothing is read behind a batch
 * that cannot be read. Never rejects.
 */
export const readBatches = async (
  bytes: Buffer,
  transactions: readonly AbortedTransaction[],
  allowed: Allowance,
): Promise<readonly ReadMessage[]> => {
  const aborted = new Aborted(transactions);
  const messages: ReadMessage[] = [];
  for (let at = 0; at + MAGIC_AT < bytes.length && allowed.bytes > 0 && allowed.records > 0;) {
    const length = bytes.readInt32BE(at + 8);
    const end = at + LENGTH_END + length;
    if (length > 0 && end > bytes.length) break;
    const isOld = bytes.readInt8(at + MAGIC_AT) < MAGIC && bytes.readInt8(at + MAGIC_AT) >= 0;
    const batch = isOld || length <= 0 ? bytes.subarray(at) : bytes.subarray(at, end);
    try {
      const read = isOld ? await oldMessages(batch) : await messagesOf(batchOf(batch), aborted, allowed);
      for (const message of read) messages.push(message);
    } catch (thrown) {
      messages.push(unreadBatch(batch, thrown));
      break;
    }
    at += batch.length;
  }
  return messages;
};
