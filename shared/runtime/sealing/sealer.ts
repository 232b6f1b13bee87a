/**
 * Seals and opens single texts. A sealed text says how it was sealed. `sealed:1:m:<key id>:...` is sealed with a key of SEAL_KEYS_FILE: what goes
 * by itself. `sealed:1:d:<data key id>:...` is sealed with the data key of a portfolio: what stays until that key is forgotten.
 */
import { createHmac, type KeyObject } from 'node:crypto';
import { openWith, SealBroken, sealWith } from './cipher.js';
import type { MasterKey, SealKeys } from './seal-keys-file.js';

/** The file of keys lacks the key: nothing is wrong with the text, and it can be opened once the key is there. */
export class SealKeyMissing extends Error {
  override readonly name = 'SealKeyMissing';
  constructor(keyId: string) {
    super(`sealed with the key "${keyId}", which SEAL_KEYS_FILE does not hold`);
  }
}

const FORM = /^sealed:1:([md]):([a-z0-9-]{1,32}):([A-Za-z0-9_-]+)$/;
export type SealedBy = { readonly by: 'master' | 'data'; readonly keyId: string; readonly payload: string };

/** Null when the text is not sealed. */
export const sealedBy = (text: string): SealedBy | null => {
  if (!text.startsWith('sealed:1:')) return null;
  const [, kind, keyId, payload] = FORM.exec(text) ?? [];
  return keyId === undefined || payload === undefined ? null : { by: kind === 'm' ? 'master' : 'data', keyId, payload };
};
export const isSealed = (text: string): boolean => sealedBy(text) !== null;

export const sealedForPortfolio = (dataKeyId: string, key: KeyObject, text: string, about: string): string =>
  `sealed:1:d:${dataKeyId}:${sealWith(key, text, about)}`;

/** So many last characters find an account, as people name it. */
export const TAIL_CHARACTERS = 4;

export class Sealer {
  readonly #keys: () => SealKeys;

  constructor(keys: () => SealKeys) {
    this.#keys = keys;
  }

  /** @param about what the text belongs to: it must be named again to open it. */
  seal(text: string, about: string): string {
    const { id, forTexts } = this.#keys().first;
    return `sealed:1:m:${id}:${sealWith(forTexts, text, about)}`;
  }

  /** A text that is not sealed is given back as it is: earlier releases sealed nothing. @throws SealKeyMissing, SealBroken. */
  open(text: string, about: string): string {
    const sealed = sealedBy(text);
    if (sealed === null) return text;
    if (sealed.by === 'data') throw new SealBroken('sealed with a data key, and not here');
    return openWith(this.#master(sealed.keyId).forTexts, sealed.payload, about);
  }

  #master(id: string): MasterKey {
    const key = this.#keys().withId(id);
    if (key === null) throw new SealKeyMissing(id);
    return key;
  }

  /** The same for the same text, and of no use without the key: finds a row or a lane by something personal. */
  hash(purpose: 'account' | 'tail' | 'key', text: string): string {
    const plain = text.replaceAll(/\s/g, '').toUpperCase();
    return `${purpose}-${createHmac('sha256', this.#keys().forHashes).update(`${purpose} ${plain}`).digest('base64url').slice(0, 27)}`;
  }
}

/** What a service seals with, and which data keys were erased. */
export type Sealing = {
  readonly sealer: Sealer;
  readonly keys: () => SealKeys;
  readonly isErased: (dataKeyId: string) => boolean;
};
