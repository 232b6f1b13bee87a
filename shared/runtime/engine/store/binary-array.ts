/**
 * Arrays as parameters of a statement in Postgres' own binary form (array_send, array_recv). As text every quotation mark of every
 * message would be escaped here and unescaped there, which cost more than the rest of the way into the database.
 *
 * Layout, all big-endian: number of dimensions, whether there are nulls, oid of the element type; per dimension its length and lower
 * bound; per element its length in bytes (-1 is null) and its bytes. The driver sends a Buffer as a binary parameter.
 */
const OID = { boolean: 16, bigint: 20, int: 23, text: 25 } as const;
export type ElementType = keyof typeof OID;

const HEAD_BYTES = 20;
const EMPTY_BYTES = 12;
const WIDTH = { boolean: 1, bigint: 8, int: 4 } as const;

const empty = (type: ElementType): Buffer => {
  const buffer = Buffer.alloc(EMPTY_BYTES);
  buffer.writeInt32BE(OID[type], 8);
  return buffer;
};
const EMPTY: Readonly<Record<ElementType, Buffer>> = {
  boolean: empty('boolean'),
  bigint: empty('bigint'),
  int: empty('int'),
  text: empty('text'),
};

const withHead = (type: ElementType, count: number, hasNull: boolean, bodyBytes: number): Buffer => {
  const buffer = Buffer.allocUnsafe(HEAD_BYTES + bodyBytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(OID[type], 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
};

/** `text[]`. The text must hold no NUL: Postgres refuses it. */
export const textArray = (values: readonly (string | null)[]): Buffer => {
  if (values.length === 0) return EMPTY.text;
  let bodyBytes = 4 * values.length;
  let hasNull = false;
  for (const value of values)
    if (value === null) hasNull = true;
    else bodyBytes += Buffer.byteLength(value);
  const buffer = withHead('text', values.length, hasNull, bodyBytes);
  let at = HEAD_BYTES;
  for (const value of values) {
    const bytes = value === null ? 0 : buffer.write(value, at + 4);
    buffer.writeInt32BE(value === null ? -1 : bytes, at);
    at += 4 + bytes;
  }
  return buffer;
};

type Scalar = number | string | boolean;

/** `int[]`, `bigint[]` or `boolean[]`. A bigint may be given as text, as the driver gives it; a number must be whole. */
const scalarArray = (
  type: keyof typeof WIDTH,
  values: readonly (Scalar | null)[],
  put: (buffer: Buffer, value: Scalar, at: number) => void,
) => {
  if (values.length === 0) return EMPTY[type];
  const nulls = values.reduce<number>((count, value) => count + (value === null ? 1 : 0), 0);
  const width = WIDTH[type];
  const buffer = withHead(type, values.length, nulls > 0, 4 * values.length + width * (values.length - nulls));
  let at = HEAD_BYTES;
  for (const value of values) {
    buffer.writeInt32BE(value === null ? -1 : width, at);
    at += 4;
    if (value === null) continue;
    put(buffer, value, at);
    at += width;
  }
  return buffer;
};

/** @throws RangeError for what is no such number. */
export const intArray = (values: readonly (number | null)[]): Buffer =>
  scalarArray('int', values, (buffer, value, at) => {
    if (!Number.isInteger(value)) throw new RangeError('not a whole number');
    buffer.writeInt32BE(value as number, at);
  });
export const bigintArray = (values: readonly (number | string | null)[]): Buffer =>
  scalarArray('bigint', values, (buffer, value, at) => void buffer.writeBigInt64BE(BigInt(value), at));
export const booleanArray = (values: readonly (boolean | null)[]): Buffer =>
  scalarArray('boolean', values, (buffer, value, at) => void buffer.writeUInt8(value === true ? 1 : 0, at));
