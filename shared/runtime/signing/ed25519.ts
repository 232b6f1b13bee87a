/**
 * Ed25519 signatures (RFC 8032) over fields. Each field carries its length, so that no two lists of fields have the same bytes.
 * Nobody can move a letter from one field to the next and keep the signature.
 */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

const SIGNATURE_BYTES = 64;

/** The bytes that are signed. The first field names the purpose: a signature for one purpose is none for another. */
export const signedBytes = (fields: readonly string[]): Buffer => {
  const parts: Buffer[] = [];
  for (const field of fields) {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
};

const ofCurve = (key: KeyObject): KeyObject => {
  if (key.asymmetricKeyType !== 'ed25519') throw new RangeError('not an Ed25519 key');
  return key;
};

/** @throws RangeError when it is no Ed25519 private key in PEM (PKCS #8). The message never holds the key. */
export const privateKeyOf = (pem: string): KeyObject => {
  try {
    return ofCurve(createPrivateKey({ key: pem, format: 'pem' }));
  } catch {
    throw new RangeError('not an Ed25519 private key in PEM (PKCS #8)');
  }
};

/** @param text 32 bytes in base64, as `publicKeyText` writes them. @throws RangeError when it is no such key. */
export const publicKeyOf = (text: string): KeyObject => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== text) throw new RangeError('not an Ed25519 public key: 32 bytes in base64');
  return ofCurve(createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' }));
};

/** The 32 bytes of a public key in base64; of a private key, those of its public half. */
export const publicKeyText = (key: KeyObject): string => {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  if (typeof x !== 'string') throw new RangeError('not an Ed25519 key');
  return Buffer.from(x, 'base64url').toString('base64');
};

/** Base64 of 64 bytes. */
export const signFields = (key: KeyObject, fields: readonly string[]): string => sign(null, signedBytes(fields), key).toString('base64');

/** False for whatever is no signature of these fields by this key, however it is written. */
export const verifyFields = (key: KeyObject, fields: readonly string[], signature: string): boolean => {
  const bytes = Buffer.from(signature, 'base64');
  return bytes.length === SIGNATURE_BYTES && bytes.toString('base64') === signature && verify(null, signedBytes(fields), key, bytes);
};
