/**
 * The keys of sealed texts: SEAL_KEYS_FILE, YAML or JSON, read again when it changes. The first key seals; all of them open. A key leaves the
 * file only when nothing is sealed with it any more.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { readYamlFile } from '../signing/yaml-file.js';
import { WatchedFile, type WatchedFileOptions } from '../signing/watched-file.js';
import { keyFor } from './cipher.js';

const KEY_BYTES = 32;
const SHAPE = /^[A-Za-z0-9+/]{43}=$/;
const keyText = z
  .string()
  .refine((text) => SHAPE.test(text) && Buffer.from(text, 'base64').length === KEY_BYTES, 'not a key: 32 bytes in base64')
  // What many people would write first guards nothing.
  .refine((text) => new Set(Buffer.from(text, 'base64')).size > 8, 'not a key: its bytes are not random');
const keyId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be 1 to 32 characters: a to z, 0 to 9 and -');

const sealKeysFile = z.strictObject({
  keys: z
    .array(z.strictObject({ id: keyId, key: keyText }))
    .min(1)
    .max(50),
  /** Makes the keyed hashes. It stays when keys are changed; without it the oldest key, the last one, makes them. */
  hashKey: keyText.optional(),
});

/** One key of the file, with what is derived from it. */
export type MasterKey = {
  readonly id: string;
  /** Of the key itself, 16 hexadecimal digits: tells another key under the same id. It says nothing about the key. */
  readonly mark: string;
  /** Seals what is not kept for ever: messages, and what is kept of them. */
  readonly forTexts: KeyObject;
  /** Wraps data keys. */
  readonly forDataKeys: KeyObject;
};
export type SealKeys = {
  /** Seals what is written now. */
  readonly first: MasterKey;
  readonly withId: (id: string) => MasterKey | null;
  readonly all: readonly MasterKey[];
  readonly forHashes: KeyObject;
};

const masterOf = (id: string, key: string): MasterKey => {
  const bytes = Buffer.from(key, 'base64');
  return {
    id,
    mark: createHash('sha256').update('cmw-seal-1 mark').update(bytes).digest('hex').slice(0, 16),
    forTexts: keyFor(bytes, 'texts'),
    forDataKeys: keyFor(bytes, 'data keys'),
  };
};

/** @throws Error that says what is wrong with the file, never what stands in it. */
export const readSealKeys = (path: string): SealKeys => {
  let content: z.output<typeof sealKeysFile>;
  try {
    content = readYamlFile(path, sealKeysFile);
  } catch (error) {
    throw new Error(`SEAL_KEYS_FILE ${error instanceof Error ? error.message : 'cannot be read'}`, { cause: error });
  }
  const all = content.keys.map(({ id, key }) => masterOf(id, key));
  const [first] = all;
  const byId = new Map(all.map((key) => [key.id, key]));
  if (first === undefined || byId.size < all.length) throw new Error('SEAL_KEYS_FILE keys: an id is there twice');
  if (new Set(all.map(({ mark }) => mark)).size < all.length) throw new Error('SEAL_KEYS_FILE keys: a key is there twice');
  const hashKey = content.hashKey ?? content.keys.at(-1)?.key ?? '';
  return { first, all, withId: (id) => byId.get(id) ?? null, forHashes: keyFor(Buffer.from(hashKey, 'base64'), 'hashes') };
};

export class SealKeysFile {
  readonly #file: WatchedFile<SealKeys>;

  /** @throws Error when the file cannot be used: the process must not start. */
  constructor(options: Omit<WatchedFileOptions<unknown>, 'read'>) {
    this.#file = new WatchedFile({ ...options, read: readSealKeys });
  }

  /** As it stands now, at most a second old. */
  get now(): SealKeys {
    return this.#file.content;
  }
}
