/** Keys that tests seal with: drawn anew for each process, and used nowhere else. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { readSealKeys, type SealKeys } from '../../shared/runtime/sealing/seal-keys-file.js';
import { Sealer, type Sealing } from '../../shared/runtime/sealing/sealer.js';

export const randomKey = (): string => randomBytes(32).toString('base64');

export type KeyText = { readonly id: string; readonly key: string };
/** The first key seals. Returns the path of the file. */
export const writeSealKeys = (keys: readonly KeyText[], hashKey?: string, folder = mkdtempSync(join(tmpdir(), 'cmw-seal-'))): string => {
  const path = join(folder, 'seal-keys.yaml');
  writeFileSync(path, stringify({ keys, ...(hashKey === undefined ? {} : { hashKey }) }), { mode: 0o600 });
  return path;
};

export const sealKeysOf = (...keys: readonly KeyText[]): SealKeys => {
  const path = writeSealKeys(keys);
  try {
    return readSealKeys(path);
  } finally {
    rmSync(dirname(path), { recursive: true });
  }
};

const own = sealKeysOf({ id: 'test', key: randomKey() });
/** One set of keys for all of a test file. */
export const testSealing: Sealing = { sealer: new Sealer(() => own), keys: () => own, isErased: () => false };
