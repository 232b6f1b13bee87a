/**
 * The compressions that a Kafka batch may have. Kafkajs reads gzip only, and without a bound. A megabyte may become a gigabyte and end the
 * process. Here each of them stops at `LARGEST_BATCH_BYTES`.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { decompressFrame } from 'lz4-napi';
import { uncompressSync } from 'snappy';
import { Undecodable } from './errors.js';

/** Decompressed. Brokers take about a megabyte per batch, compressed. JSON becomes ten to twenty times as much. */
export const LARGEST_BATCH_BYTES = 32 * 1024 * 1024;

const tooLarge = (): Undecodable => new Undecodable(`more than ${String(LARGEST_BATCH_BYTES)} bytes when decompressed`);
const cut = (): Undecodable => new Undecodable('its compressed part ends too early');

const fromGzip = async (bytes: Buffer): Promise<Buffer> => promisify(gunzip)(bytes, { maxOutputLength: LARGEST_BATCH_BYTES });

/** What Java writes before the blocks: `\x82SNAPPY\0` and two versions. librdkafka writes one block and nothing else. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** A block begins with its decompressed size, 7 bits a byte, the lowest first. */
const snappySize = (block: Buffer): number => {
  let size = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = block[at];
    if (byte === undefined) throw cut();
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return size;
  }
  throw new Undecodable('a snappy block has no size');
};

const snappyBlocks = (bytes: Buffer): readonly Buffer[] => {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return [bytes];
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
    if (at + 4 > bytes.length) throw cut();
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw cut();
    blocks.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return blocks;
};

const fromSnappy = (bytes: Buffer): Buffer => {
  const blocks = snappyBlocks(bytes);
  if (blocks.reduce((sum, block) => sum + snappySize(block), 0) > LARGEST_BATCH_BYTES) throw tooLarge();
  return Buffer.concat(blocks.map((block) => uncompressSync(block, { asBuffer: true }) as Buffer));
};

const LZ4_MAGIC = 0x184d2204;
/** By the three bits of the frame's second byte; 64 kB to 4 MB. */
const lz4BlockBytes = (descriptor: number): number => 2 ** (8 + 2 * ((descriptor >> 4) & 7));

/** An upper bound of what an LZ4 frame becomes: no block is larger than the frame says. */
const lz4Bound = (bytes: Buffer): number => {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== LZ4_MAGIC) throw new Undecodable('no LZ4 frame');
  const flags = bytes.readUInt8(4);
  const blockBytes = lz4BlockBytes(bytes.readUInt8(5));
  const checksumBytes = (flags & 0x10) === 0 ? 0 : 4;
  let bound = 0;
  for (let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4); ;) {
    if (at + 4 > bytes.length) throw cut();
    const size = bytes.readUInt32LE(at) & 0x7fff_ffff;
    if (size === 0) return bound;
    bound += blockBytes;
    at += 4 + size + checksumBytes;
  }
};

const fromLz4 = async (bytes: Buffer): Promise<Buffer> => {
  // The last block may be a small one.
  if (lz4Bound(bytes) > LARGEST_BATCH_BYTES + lz4BlockBytes(bytes.readUInt8(5))) throw tooLarge();
  const whole = await decompressFrame(bytes);
  if (whole.length > LARGEST_BATCH_BYTES) throw tooLarge();
  return whole;
};

const ZSTD_MAGIC = 0xfd2fb528;
/** What decoders everywhere take by default; more memory than this nobody may ask us for. */
const LARGEST_WINDOW_BYTES = 128 * 1024 * 1024;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;

/** How much memory the frame asks for, and where its first block begins. */
const zstdHeader = (bytes: Buffer): { readonly windowBytes: number; readonly headerBytes: number } => {
  if (bytes.length < 9 || bytes.readUInt32LE(0) !== ZSTD_MAGIC) throw new Undecodable('no zstd frame');
  const flags = bytes.readUInt8(4);
  const isSingle = (flags & 0x20) !== 0;
  const dictionaryBytes = DICTIONARY_ID_BYTES[(flags & 3) as 0 | 1 | 2 | 3];
  const sizeBytes = flags >> 6 === 0 ? Number(isSingle) : 2 ** (flags >> 6);
  const sizeAt = 5 + (isSingle ? 0 : 1) + dictionaryBytes;
  if (sizeAt + sizeBytes > bytes.length) throw cut();
  if (!isSingle) {
    const descriptor = bytes.readUInt8(5);
    const base = 2 ** (10 + (descriptor >> 3));
    return { windowBytes: base + (base / 8) * (descriptor & 7), headerBytes: sizeAt + sizeBytes };
  }
  let size = sizeBytes === 2 ? 256 : 0;
  for (let at = 0; at < sizeBytes; at += 1) size += bytes.readUInt8(sizeAt + at) * 2 ** (8 * at);
  return { windowBytes: size, headerBytes: sizeAt + sizeBytes };
};

/** A further frame could ask for any memory: Kafka's clients write one frame. */
const expectOneZstdFrame = (bytes: Buffer): void => {
  const { windowBytes, headerBytes } = zstdHeader(bytes);
  if (windowBytes > LARGEST_WINDOW_BYTES) throw tooLarge();
  for (let at = headerBytes; ;) {
    if (at + 3 > bytes.length) throw cut();
    const block = bytes.readUIntLE(at, 3);
    const isRepeatedByte = ((block >> 1) & 3) === 1;
    at += 3 + (isRepeatedByte ? 1 : block >> 3);
    if ((block & 1) === 0) continue;
    const checksumBytes = (bytes.readUInt8(4) & 0x04) === 0 ? 0 : 4;
    if (at + checksumBytes !== bytes.length) throw new Undecodable('more, or less, than one zstd frame');
    return;
  }
};

const fromZstd = (bytes: Buffer): Buffer => {
  expectOneZstdFrame(bytes);
  const parts: Uint8Array[] = [];
  let size = 0;
  const stream = new Decompress((part) => {
    size += part.length;
    if (size > LARGEST_BATCH_BYTES) throw tooLarge();
    parts.push(part);
  });
  stream.push(bytes, true);
  return Buffer.concat(parts, size);
};

const asItIs = (bytes: Buffer): Buffer => bytes;

/** By the three bits of a batch's attributes. */
const CODECS: readonly ((bytes: Buffer) => Buffer | Promise<Buffer>)[] = [asItIs, fromGzip, fromSnappy, fromLz4, fromZstd];

/**
 * The records of a batch, decompressed.
 * @param attributes of the batch; its three lowest bits name the compression.
 * @throws Undecodable, or what the library says of bytes that it cannot read.
 */
export const decompressed = async (bytes: Buffer, attributes: number): Promise<Buffer> => {
  const codec = CODECS[attributes & 7];
  if (codec === undefined) throw new Undecodable(`compression ${String(attributes & 7)} is unknown`);
  return codec(bytes);
};
