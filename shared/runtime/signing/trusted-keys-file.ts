/**
 * Whose signatures count: TRUSTED_KEYS_FILE, YAML or JSON, read again when it changes. A service may have several keys, so that a new
 * one is known everywhere before the service signs with it.
 */
import { instantMs } from '../../kernel/instant.js';
import { createHash, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { isServiceName, type ServiceName } from '../../../contracts/internal/services.js';
import { publicKeyOf } from './ed25519.js';
import { WatchedFile, type WatchedFileOptions } from './watched-file.js';
import { readYamlFile } from './yaml-file.js';

/** The name of a key follows from the key: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes. @param publicKey base64. */
export const keyIdOf = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 16);

const trustedKey = z
  .strictObject({
    id: z.string(),
    /** Ed25519, 32 bytes in base64. */
    publicKey: z.string(),
    /** From this moment on nothing counts that this key has signed, whenever it was signed. ISO 8601, UTC. */
    notAfter: z.iso.datetime().optional(),
  })
  .transform(({ id, publicKey, notAfter }, context): TrustedKey => {
    let key: KeyObject;
    try {
      key = publicKeyOf(publicKey);
    } catch {
      context.addIssue({ code: 'custom', message: 'not an Ed25519 public key: 32 bytes in base64' });
      return z.NEVER;
    }
    if (id === keyIdOf(publicKey)) return { id, key, notAfterMs: notAfter === undefined ? null : instantMs(notAfter) };
    context.addIssue({ code: 'custom', message: `the id of this key is ${keyIdOf(publicKey)}` });
    return z.NEVER;
  });

export type TrustedKey = { readonly id: string; readonly key: KeyObject; readonly notAfterMs: number | null };
/** A key and the one service that signs with it. */
export type KnownKey = TrustedKey & { readonly service: ServiceName };

const trustedKeysFile = z.strictObject({ services: z.record(z.string(), z.array(trustedKey).max(20)) });

/** @throws Error that says what is wrong with the file, never what stands in it. */
const keysIn = (path: string): ReadonlyMap<string, KnownKey> => {
  const { services } = readYamlFile(path, trustedKeysFile);
  const keys = new Map<string, KnownKey>();
  // The keys of a service that this release does not know count for nothing: a newer release may run beside it.
  for (const [service, list] of Object.entries(services))
    for (const one of list) {
      // With one key for two services either could speak as the other.
      if (keys.has(one.id)) throw new Error(`services.${service}: the key ${one.id} is there twice`);
      if (isServiceName(service)) keys.set(one.id, { ...one, service });
    }
  return keys;
};

const readTrustedKeys = (path: string): ReadonlyMap<string, KnownKey> => {
  try {
    return keysIn(path);
  } catch (error) {
    throw new Error(`TRUSTED_KEYS_FILE ${error instanceof Error ? error.message : 'cannot be read'}`, { cause: error });
  }
};

export class TrustedKeys {
  readonly #file: WatchedFile<ReadonlyMap<string, KnownKey>>;

  /** @throws Error when the file cannot be used: the process must not start. */
  constructor(options: Omit<WatchedFileOptions<unknown>, 'read'>) {
    this.#file = new WatchedFile({ ...options, read: readTrustedKeys });
  }

  /** Null when nobody has this key. Whether its time is over is for the caller to see. */
  withId(id: string): KnownKey | null {
    return this.#file.content.get(id) ?? null;
  }
}
