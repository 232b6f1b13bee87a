/**
 * Text sealed with a key of 256 bits: AES-256-GCM (NIST SP 800-38D), 96 random bits as its start value. What the text belongs to is sealed
 * with it, so that a sealed text is of no use in another place.
 *
 * Layout before base64url: start value (12 bytes), cipher text, tag (16 bytes). The first clear byte says whether the rest is deflated.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomFillSync, type KeyObject } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const AS_IT_IS = 0;
const DEFLATED = 1;
/** A sealed text is longer than a clear one. A long one is deflated first: whatever fits a topic in clear shall fit it sealed. */
const DEFLATE_FROM_BYTES = 16_384;
/** Whoever seals is one of us; this bounds what a mistake of ours can cost. */
const LARGEST_CLEAR_BYTES = 64 * 1_048_576;

/** The text was sealed with another key, for another place, or was changed. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

// Random bytes are drawn for many texts at once: one call for each would cost more than the cipher.
const drawn = Buffer.alloc(IV_BYTES * 341);
let used = drawn.length;
const freshIv = (): Buffer => {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const iv = Buffer.from(drawn.subarray(used, used + IV_BYTES));
  used += IV_BYTES;
  return iv;
};

const clearBytesOf = (text: string): Buffer => {
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  bytes.writeUInt8(AS_IT_IS, 0);
  bytes.write(text, 1);
  if (bytes.length <= DEFLATE_FROM_BYTES) return bytes;
  const deflated = deflateRawSync(bytes.subarray(1));
  return deflated.length + 1 < bytes.length ? Buffer.concat([Buffer.of(DEFLATED), deflated]) : bytes;
};

/** @param about what the text belongs to: it must be named again to open it. */
export const sealWith = (key: KeyObject, text: string, about: string): string => {
  const iv = freshIv();
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(about));
  const sealed = cipher.update(clearBytesOf(text));
  return Buffer.concat([iv, sealed, cipher.final(), cipher.getAuthTag()]).toString('base64url');
};

/** @throws SealBroken. */
export const openWith = (key: KeyObject, payload: string, about: string): string => {
  const bytes = Buffer.from(payload, 'base64url');
  if (bytes.length <= IV_BYTES + TAG_BYTES) throw new SealBroken('a sealed text is cut off');
  let clear: Buffer;
  try {
    const opener = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    opener.setAAD(Buffer.from(about));
    opener.setAuthTag(bytes.subarray(-TAG_BYTES));
    clear = Buffer.concat([opener.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), opener.final()]);
    if (clear[0] === DEFLATED) return inflateRawSync(clear.subarray(1), { maxOutputLength: LARGEST_CLEAR_BYTES }).toString('utf8');
  } catch (cause) {
    throw new SealBroken('a sealed text was changed, or is of another place or key', { cause });
  }
  return clear.toString('utf8', 1);
};

/** A key of its own for each purpose (RFC 5869), so that what is made for one is of no use for another. */
export const keyFor = (master: Buffer, purpose: string): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `cmw-seal-1 ${purpose}`, 32)));
