/** Answers to a fetch, byte by byte as brokers send them: what every client may write, and what no client should. */
import { afterEach, describe, expect, it } from '@jest/globals';
import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/crc32C';
import answer from 'kafkajs/src/protocol/requests/fetch/v11/response';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { gzipSync } from 'node:zlib';
import { allowance, readBatches, type ReadMessage } from './batch-reader.js';
import { readAsKafkajs, readEveryBatch } from './fetch-answer.js';

type Header = readonly [name: Buffer | null, value: Buffer | null];
type Written = { readonly key?: Buffer | null; readonly value?: Buffer | null; readonly headers?: readonly Header[] };
type Form = {
  readonly first?: number;
  /** Compression, 8 append time, 16 transaction, 32 control. */
  readonly attributes?: number;
  readonly producerId?: number;
  readonly lastOffset?: number;
  readonly records?: number;
  readonly press?: (bytes: Buffer) => Buffer;
};

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
};
const field = (bytes: Buffer | null): Buffer => (bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]));

const recordOf = ({ key = null, value = null, headers = [] }: Written, offset: number): Buffer =>
  field(
    Buffer.concat([
      ...[Buffer.from([0]), varint(offset), varint(offset), field(key), field(value), varint(headers.length)],
      ...headers.flatMap(([name, content]) => [field(name), field(content)]),
    ]),
  );

const batchOf = (written: readonly Written[], form: Form = {}): Buffer => {
  const { first = 0, attributes = 0, producerId = -1, records = written.length, press = (bytes) => bytes } = form;
  const body = press(Buffer.concat(written.map(recordOf)));
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(first), 0);
  head.writeInt32BE(49 + body.length, 8);
  head.writeInt8(2, 16);
  head.writeInt16BE(attributes, 21);
  head.writeInt32BE((form.lastOffset ?? first + Math.max(0, written.length - 1)) - first, 23);
  head.writeBigInt64BE(1_700_000_000_000n, 27);
  head.writeBigInt64BE(1_700_000_009_999n, 35);
  head.writeBigInt64BE(BigInt(producerId), 43);
  head.writeInt32BE(records, 57);
  const whole = Buffer.concat([head, body]);
  whole.writeUInt32BE(crc32C(whole.subarray(21)), 17);
  return whole;
};

const value = (text: string): Written => ({ value: Buffer.from(text) });
const handed = (messages: readonly ReadMessage[]): readonly ReadMessage[] => messages.filter((one) => !one.isControlRecord);
const read = (...batches: readonly Buffer[]): Promise<readonly ReadMessage[]> => readBatches(Buffer.concat(batches), [], allowance());
const valuesOf = (messages: readonly ReadMessage[]): readonly (string | undefined)[] =>
  handed(messages).map((one) => one.value?.toString());

describe('a record', () => {
  const headersOf = async (...headers: readonly Header[]): Promise<Readonly<Record<string, string>> | undefined> =>
    (await read(batchOf([{ headers }])))[0]?.headers;
  const [a, b] = [Buffer.from('a'), Buffer.from('b')];
  const raw = Buffer.from([0xff, 0x00]);

  it('has its headers as text: the last of several, none without a value, bytes as base64 [C1]', async () => {
    expect(await headersOf([a, null], [b, Buffer.from('1')], [b, Buffer.from('2')], [raw, raw])).toEqual({
      b: '2',
      'base64:/wA=': 'base64:/wA=',
    });
    expect(await headersOf([a, a], [a, null])).toEqual({});
    expect(await headersOf([null, null], [null, a])).toEqual({ '': 'a' });
  });
  it('gives a header named after a part of every object no power [C1]', async () => {
    const headers = await headersOf([Buffer.from('__proto__'), a], [Buffer.from('constructor'), a]);
    expect(Object.entries(headers ?? {})).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'a'],
    ]);
  });
  it('may have a hundred thousand headers, and costs no more than their bytes [C1]', async () => {
    const many = Array.from({ length: 100_000 }, (_, n): Header => [Buffer.from(String(n)), a]);
    const beganAtMs = performance.now();
    expect(Object.keys((await headersOf(...many)) ?? {})).toHaveLength(100_000);
    expect(performance.now() - beganAtMs).toBeLessThan(5_000);
  });
  it('keeps key, value, offset and time as they were written, or as the broker appended it', async () => {
    const [one, two] = await read(batchOf([{ key: raw, value: raw }, {}], { first: 7 }));
    expect(one).toMatchObject({ key: raw, value: raw, offset: '7', timestamp: '1700000000000' });
    expect(two).toMatchObject({ key: null, value: null, offset: '8', timestamp: '1700000000001' });
    expect((await read(batchOf([{}], { attributes: 8 })))[0]?.timestamp).toBe('1700000009999');
  });
});

describe('a batch', () => {
  const xerial = (bytes: Buffer): Buffer => {
    const block = compressSync(bytes);
    const head = Buffer.alloc(20);
    Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]).copy(head);
    head.writeUInt32BE(block.length, 16);
    return Buffer.concat([head, block]);
  };
  /** One frame with one block that is not compressed. */
  const zstd = (bytes: Buffer): Buffer => {
    const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.length, 0, 0, 0]);
    head.writeUIntLE((bytes.length << 3) | 1, 6, 3);
    return Buffer.concat([head, bytes]);
  };
  it.each<[string, number, (bytes: Buffer) => Buffer]>([
    ['nothing', 0, (bytes) => bytes],
    ['gzip', 1, (bytes) => gzipSync(bytes)],
    ['snappy as Java frames it', 2, xerial],
    ['snappy without a frame', 2, (bytes) => compressSync(bytes)],
    ['lz4', 3, (bytes) => compressFrameSync(bytes)],
    ['zstd', 4, zstd],
  ])('compressed by %s is read [C2]', async (_what, attributes, press) => {
    expect(valuesOf(await read(batchOf([value('1'), value('2')], { attributes, press })))).toEqual(['1', '2']);
  });

  const bomb = Buffer.alloc(40 * 1024 * 1024);
  it.each<[string, Buffer, RegExp]>([
    ['with a compression that nobody knows', batchOf([value('x')], { attributes: 5 }), /compression 5 is unknown/],
    ['with a wrong checksum', Buffer.concat([batchOf([value('x')]).subarray(0, -1), Buffer.from([0x7f])]), /checksum/],
    ['of a later form', Buffer.concat([batchOf([]).subarray(0, 16), Buffer.from([3]), batchOf([]).subarray(17)]), /form 3/],
    ['that says it has more records than it has', batchOf([value('x')], { records: 2 }), /too early/],
    ['that has more records than it says', batchOf([value('x'), value('y')], { records: 1, lastOffset: 0 }), /left behind/],
    ['of more records than memory should hold', batchOf([value('x')], { records: 2_000_000_000 }), /at most 100000/],
    ['that becomes too large, by gzip', batchOf([], { records: 1, attributes: 1, press: () => gzipSync(bomb) }), /larger than/],
    [
      'that becomes too large, by lz4',
      batchOf([], { records: 1, attributes: 3, press: () => compressFrameSync(bomb) }),
      /when decompressed/,
    ],
    ['that becomes too large, by snappy', batchOf([], { records: 1, attributes: 2, press: () => compressSync(bomb) }), /when decompressed/],
    [
      'that asks for a gigabyte of memory, by zstd',
      batchOf([], { records: 1, attributes: 4, press: () => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xa0, 1, 0, 0, 0]) }),
      /when decompressed/,
    ],
    [
      'whose compressed part is none',
      batchOf([], { records: 1, attributes: 4, press: () => Buffer.from('no zstd here') }),
      /no zstd frame/,
    ],
    [
      'whose compressed part is cut',
      batchOf([], { records: 1, attributes: 3, press: () => compressFrameSync('abc').subarray(0, 8) }),
      /too early/,
    ],
  ])(
    '%s is marked with its place, its bytes and the reason; what came before it is read, what comes behind it is not [C2]',
    async (_what, bad, reason) => {
      bad.writeBigInt64BE(5n, 0);
      const messages = await read(batchOf([value('before')], { first: 4 }), bad, batchOf([value('behind')], { first: 9 }));
      expect(messages.map((one) => one.value?.toString() ?? one.unread?.reason)).toEqual(['before', expect.stringMatching(reason)]);
      expect(messages[1]?.unread).toMatchObject({ firstOffset: '5', bytes: bad });
      // kafkajs drops what lies before the offset that it asked for: the mark must not be lost there.
      expect(BigInt(messages[1]?.offset ?? 0) > 1n << 60n).toBe(true);
    },
  );

  it('that holds nothing for us is passed, up to its last offset [C2]', async () => {
    const messages = await read(
      batchOf([], { first: 3, lastOffset: 8 }),
      batchOf([value('x')], { first: 9, lastOffset: 12 }),
      batchOf([value('end of a transaction')], { first: 13, attributes: 48, producerId: 1 }),
    );
    expect(valuesOf(messages)).toEqual(['x']);
    expect(messages.filter((one) => one.isControlRecord).map(({ offset }) => offset)).toEqual(['8', '12', '13']);
  });
  it('that is cut at the end of an answer is left for the next one', async () => {
    expect(valuesOf(await read(batchOf([value('1')]), batchOf([value('2')], { first: 1 }).subarray(0, 40)))).toEqual(['1']);
  });
  it('of a transaction that was given up is passed, whatever the order in which the broker lists them [C2]', async () => {
    const at = (first: number, text: string, producerId: number): Buffer => batchOf([value(text)], { first, attributes: 16, producerId });
    const end = (first: number, producerId: number): Buffer => batchOf([value('')], { first, attributes: 48, producerId });
    const bytes = Buffer.concat([
      ...[at(0, 'given up', 1), at(1, 'given up', 2), at(2, 'kept', 3), end(3, 2), at(4, 'given up', 1), at(5, 'kept', 2)],
      ...[batchOf([value('outside')], { first: 6 }), end(7, 1), at(8, 'kept', 1)],
    ]);
    // By their ends: the second ended first.
    const transactions = [
      { producerId: '2', firstOffset: '1' },
      { producerId: '1', firstOffset: '0' },
    ];
    expect(valuesOf(await readBatches(bytes, transactions, allowance()))).toEqual(['kept', 'kept', 'outside', 'kept']);
  });
  it('waits for the next answer where this one has become large enough', async () => {
    const left = allowance();
    left.records = 1;
    expect(valuesOf(await readBatches(Buffer.concat([batchOf([value('1')]), batchOf([value('2')], { first: 1 })]), [], left))).toEqual([
      '1',
    ]);
  });
});

describe('an answer of several partitions (guard everyBatch)', () => {
  afterEach(() => {
    readAsKafkajs();
  });
  const int16 = (number: number): Buffer => Buffer.from([(number >> 8) & 0xff, number & 0xff]);
  const int32 = (number: number): Buffer => Buffer.concat([int16(number >> 16), int16(number)]);
  const int64 = (number: number): Buffer => Buffer.concat([int32(number < 0 ? -1 : 0), int32(number)]);
  const partition = (id: number, errorCode: number, records: Buffer): Buffer =>
    Buffer.concat([
      ...[int32(id), int16(errorCode), int64(100), int64(100), int64(0)],
      ...[int32(0), int32(-1), int32(records.length), records],
    ]);
  const answerOf = (...parts: readonly Buffer[]): Buffer =>
    Buffer.concat([int32(0), int16(0), int32(0), int32(1), int16(1), Buffer.from('t'), int32(parts.length), ...parts]);
  type Decoded = { readonly responses: readonly { readonly partitions: readonly { readonly messages: readonly ReadMessage[] }[] }[] };
  const decoded = async (raw: Buffer): Promise<readonly string[]> => {
    const { responses } = (await answer.parse(await answer.decode(raw))) as Decoded;
    return responses.flatMap(({ partitions }) =>
      partitions.map(({ messages }) => messages.map((one) => one.unread?.reason ?? String(one.value)).join()),
    );
  };
  const good = batchOf([value('good')]);
  const unknown = batchOf([value('x')], { attributes: 5 });
  const corrupt = Buffer.concat([good.subarray(0, -1), Buffer.from([0x7f])]);

  it('is read where it can be; one that cannot stops nobody else [C2]', async () => {
    readEveryBatch();
    const raw = answerOf(
      partition(0, 0, good),
      partition(1, 0, unknown),
      partition(2, 0, corrupt),
      partition(3, 29, good),
      partition(4, 0, good),
    );
    for (let again = 0; again < 6; again += 1)
      expect(await decoded(raw)).toEqual([
        'good',
        'compression 5 is unknown',
        'its checksum is wrong',
        'the broker says TOPIC_AUTHORIZATION_FAILED',
        'good',
      ]);
  });
  it('still says that an offset is out of range: kafkajs knows what to do then', async () => {
    readEveryBatch();
    await expect(decoded(answerOf(partition(0, 1, good)))).rejects.toThrow('offset');
  });
  it('without the guard is given up whole', async () => {
    const zstd = batchOf([value('x')], { attributes: 4 });
    await expect(decoded(answerOf(partition(0, 0, good), partition(1, 0, zstd)))).rejects.toThrow('ZSTD compression not implemented');
  });
});
