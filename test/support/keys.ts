/** Signing keys for a test: a set as `npm run keys` makes it, and signatures of any service of it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emittersOf, serviceNames } from '../../contracts/internal/services.js';
import type { Topic } from '../../contracts/internal/topics.js';
import { makeKeySet, makeSealKeys, TRUSTED_KEYS } from '../../infra/keys/key-set.js';
import type { OutgoingMessage } from '../../shared/runtime/kafka/producer.js';
import { privateKeyOf } from '../../shared/runtime/signing/ed25519.js';
import { messageSigner, type SignMessage } from '../../shared/runtime/signing/messages.js';

/** Signs as the service whose private key file this is. */
export const signerOf = (keyFile: string, nowMs: () => number = Date.now): SignMessage =>
  messageSigner(privateKeyOf(readFileSync(keyFile, 'utf8')), nowMs);

/** The first service of the list that may emit a topic. @throws Error when none does. */
export const emitterOf = (topic: string): string => {
  const [first] = emittersOf(topic as Topic);
  if (first === undefined) throw new Error(`no service emits ${topic}`);
  return first;
};

export type TestKeys = {
  readonly folder: string;
  readonly trustedKeysFile: string;
  readonly sealKeysFile: string;
  readonly keyFileOf: (service: string) => string;
  readonly signAs: (service: string, nowMs?: () => number) => SignMessage;
  /** As whoever may emit its topic. */
  readonly signed: <M extends OutgoingMessage>(message: M) => M;
  readonly remove: () => void;
};

export const makeTestKeys = (services: readonly string[] = serviceNames): TestKeys => {
  const folder = mkdtempSync(join(tmpdir(), 'test-keys-'));
  const sealKeysFile = makeSealKeys(folder);
  const files = new Map(makeKeySet(folder, services).map(({ service, file }) => [service, file]));
  const keyFileOf = (service: string): string => {
    const file = files.get(service);
    if (file === undefined) throw new Error(`there is no key of ${service}`);
    return file;
  };
  const signAs = (service: string, nowMs?: () => number): SignMessage => signerOf(keyFileOf(service), nowMs);
  return {
    folder,
    trustedKeysFile: join(folder, TRUSTED_KEYS),
    sealKeysFile,
    keyFileOf,
    signAs,
    signed: (message) => signAs(emitterOf(message.topic))(message),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
