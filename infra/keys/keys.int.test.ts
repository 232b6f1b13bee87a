/** `npm run keys` as people run it. */
import { readSealKeys } from '../../shared/runtime/sealing/seal-keys-file.js';
import { Sealer } from '../../shared/runtime/sealing/sealer.js';
import { afterAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames } from '../../contracts/internal/services.js';
import { TrustedKeys } from '../../shared/runtime/signing/trusted-keys-file.js';
import { projectRoot } from '../sandbox/project-root.js';

const base = mkdtempSync(join(tmpdir(), 'keys-test-'));
afterAll(() => {
  rmSync(base, { recursive: true, force: true });
});
type Ran = { readonly code: number; readonly said: string };
const keys = (...words: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(projectRoot, 'dist/infra/keys/main.js'), ...words], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: `${stdout}${stderr}` });
    });
  });
const privateLinesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.pem'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line.length > 20 && !line.startsWith('---'));

describe('the command that makes signing keys', () => {
  const folder = join(base, 'set');
  it('makes one private key for each service, one file of public keys and one of the keys of sealed fields, readable by their owner only; it prints no key', async () => {
    const { code, said } = await keys('--folder', folder);
    expect(code).toBe(0);
    expect(readdirSync(folder)).toHaveLength(serviceNames.length + 2);
    expect([folder, ...readdirSync(folder).map((name) => join(folder, name))].map((path) => statSync(path).mode & 0o077)).toEqual(
      Array.from({ length: serviceNames.length + 3 }, () => 0),
    );
    for (const name of serviceNames) expect(said).toContain(`export ${name.toUpperCase()}__SIGNING_KEY_FILE=${folder}/${name}.`);
    const sealKeys = readSealKeys(join(folder, 'seal-keys.yaml'));
    expect(said).toContain(`export SEAL_KEYS_FILE=${folder}/seal-keys.yaml`);
    expect(sealKeys.first.id).toBe('k1');
    for (const [text] of readFileSync(join(folder, 'seal-keys.yaml'), 'utf8').matchAll(/[A-Za-z0-9+/]{43}=/g))
      expect(said).not.toContain(text);
    for (const line of privateLinesIn(folder)) expect(said).not.toContain(line);
    expect(privateLinesIn(folder)).toHaveLength(serviceNames.length);
    expect(() => new TrustedKeys({ path: join(folder, 'trusted-keys.yaml'), nowMs: () => 0, onProblem: () => undefined })).not.toThrow();
  });
  it('never writes over a set that is in use', async () => {
    const before = privateLinesIn(folder);
    expect(await keys('--folder', folder)).toMatchObject({
      code: 64,
      said: expect.stringContaining('holds a set of keys already') as unknown as string,
    });
    expect(privateLinesIn(folder)).toEqual(before);
  });
  it('adds a key beside the earlier one, and removes that one', async () => {
    const added = await keys('--folder', folder, '--add', 'payout');
    expect(added.code).toBe(0);
    const ofPayout = readdirSync(folder).filter((name) => name.startsWith('payout.'));
    expect(ofPayout).toHaveLength(2);
    const old = ofPayout.find((name) => !added.said.includes(name)) ?? '';
    expect((await keys('--folder', folder, '--remove', old.split('.')[1] ?? '')).code).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('payout.'))).toEqual(ofPayout.filter((name) => name !== old));
  });
  it('changes the key that seals in two steps, and never takes a key away', async () => {
    const file = join(folder, 'seal-keys.yaml');
    const idsOf = (): readonly string[] => readSealKeys(file).all.map(({ id }) => id);
    expect((await keys('--folder', folder, '--add-seal-key')).code).toBe(0);
    expect(idsOf()).toEqual(['k1', 'k2']);
    const hashed = new Sealer(() => readSealKeys(file)).hash('account', 'BE68539007547034');
    expect((await keys('--folder', folder, '--seal-with', 'k2')).code).toBe(0);
    expect(idsOf()).toEqual(['k2', 'k1']);
    expect(new Sealer(() => readSealKeys(file)).hash('account', 'BE68539007547034')).toBe(hashed);
    expect(await keys('--folder', folder, '--seal-with', 'k9')).toMatchObject({ code: 64 });
  });
  it.each([
    [['--add', 'nobody'], 'There is no service "nobody"'],
    [['--remove', '0000000000000000'], 'No service has a key'],
    [['--add', 'payout', '--remove', 'x'], 'one at a time'],
    [['--colour', 'red'], 'colour'],
  ])('refuses %j with exit 64', async (words, why) => {
    expect(await keys('--folder', folder, ...words)).toMatchObject({ code: 64, said: expect.stringContaining(why) as unknown as string });
  });
});
