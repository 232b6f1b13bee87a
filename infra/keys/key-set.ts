/** A set of signing keys: one private key file for each service, and the file of public keys that every service reads. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { publicKeyText } from '../../shared/runtime/signing/ed25519.js';
import { keyIdOf } from '../../shared/runtime/signing/trusted-keys-file.js';
import { WrongUsage } from '../sandbox/wrong-usage.js';

export const TRUSTED_KEYS = 'trusted-keys.yaml';
export const SEAL_KEYS = 'seal-keys.yaml';

export type MadeKey = { readonly service: string; readonly id: string; /** Of the private key. */ readonly file: string };
type PublicKey = { readonly id: string; readonly publicKey: string; readonly notAfter?: string };
type Trusted = { services: Record<string, PublicKey[]> };

/** Nobody else on the machine may read it, and nobody ever sees half of it. */
const writePrivately = (path: string, text: string): void => {
  const unfinished = `${path}.tmp-${String(process.pid)}`;
  writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx' });
  renameSync(unfinished, path);
};

const readTrusted = (folder: string): Trusted => {
  const path = join(folder, TRUSTED_KEYS);
  if (!existsSync(path)) throw new WrongUsage(`There is no ${path}: make a set first (npm run keys).`);
  return parse(readFileSync(path, 'utf8')) as Trusted;
};
const writeTrusted = (folder: string, trusted: Trusted): void => {
  writePrivately(join(folder, TRUSTED_KEYS), stringify(trusted, { lineWidth: 0 }));
};

const makeKey = (folder: string, service: string): { readonly made: MadeKey; readonly known: PublicKey } => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = publicKeyText(privateKey);
  const id = keyIdOf(publicKey);
  const file = join(folder, `${service}.${id}.pem`);
  writePrivately(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return { made: { service, id, file }, known: { id, publicKey } };
};

const SEAL_KEY_BYTES = 32;
const randomKey = (): string => randomBytes(SEAL_KEY_BYTES).toString('base64');

type SealKeysText = { keys: { id: string; key: string }[]; hashKey: string };

/** The keys of sealed fields. Every service reads the same file. @throws WrongUsage when there is one already: its keys are in use. */
export const makeSealKeys = (folder: string): string => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, SEAL_KEYS);
  if (existsSync(file)) throw new WrongUsage(`There is a ${file} already; add a key with --add-seal-key.`);
  const content: SealKeysText = { keys: [{ id: 'k1', key: randomKey() }], hashKey: randomKey() };
  writePrivately(file, stringify(content, { lineWidth: 0 }));
  return file;
};

const readSealKeysText = (folder: string): SealKeysText => {
  const file = join(folder, SEAL_KEYS);
  if (!existsSync(file)) throw new WrongUsage(`There is no ${file}: make one first (npm run keys).`);
  return parse(readFileSync(file, 'utf8')) as SealKeysText;
};

/** A new key that opens, and seals once it is the first. Every service must know a key before one seals with it. */
export const addSealKey = (folder: string): string => {
  const content = readSealKeysText(folder);
  const taken = content.keys.map(({ id }) => Number(/^k(\d+)$/.exec(id)?.[1] ?? '0'));
  const id = `k${String(Math.max(0, ...taken) + 1)}`;
  content.keys.push({ id, key: randomKey() });
  writePrivately(join(folder, SEAL_KEYS), stringify(content, { lineWidth: 0 }));
  return id;
};

/** From now on this key seals. @throws WrongUsage when the file does not hold it. */
export const sealWithKey = (folder: string, id: string): void => {
  const content = readSealKeysText(folder);
  const first = content.keys.find((key) => key.id === id);
  if (first === undefined) throw new WrongUsage(`${SEAL_KEYS} holds no key ${id}.`);
  content.keys = [first, ...content.keys.filter((key) => key !== first)];
  writePrivately(join(folder, SEAL_KEYS), stringify(content, { lineWidth: 0 }));
};

/** @throws WrongUsage when there is a set already: its keys are in use. */
export const makeKeySet = (folder: string, services: readonly string[]): readonly MadeKey[] => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(join(folder, TRUSTED_KEYS))) throw new WrongUsage(`${folder} holds a set of keys already; add a key with --add SERVICE.`);
  const keys = services.map((service) => makeKey(folder, service));
  writeTrusted(folder, { services: Object.fromEntries(keys.map(({ made, known }) => [made.service, [known]])) });
  return keys.map(({ made }) => made);
};

/** One more key of a service; the earlier ones still count. */
export const addKey = (folder: string, service: string): MadeKey => {
  const trusted = readTrusted(folder);
  const { made, known } = makeKey(folder, service);
  trusted.services[service] = [...(trusted.services[service] ?? []), known];
  writeTrusted(folder, trusted);
  return made;
};

/** What was signed with this key counts no more. Its private key file goes, too. @throws WrongUsage when nobody has it, or it is the last one. */
export const removeKey = (folder: string, id: string): string => {
  const trusted = readTrusted(folder);
  const [service, keys] = Object.entries(trusted.services).find(([, list]) => list.some((key) => key.id === id)) ?? [];
  if (service === undefined || keys === undefined) throw new WrongUsage(`No service has a key ${id}.`);
  if (keys.length === 1)
    throw new WrongUsage(`${id} is the only key of ${service}: without it nothing of ${service} counts. Add one first.`);
  trusted.services[service] = keys.filter((key) => key.id !== id);
  writeTrusted(folder, trusted);
  rmSync(join(folder, `${service}.${id}.pem`), { force: true });
  return service;
};
