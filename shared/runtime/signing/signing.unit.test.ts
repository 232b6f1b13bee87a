import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { privateKeyOf, publicKeyOf, publicKeyText, signedBytes, signFields, verifyFields } from './ed25519.js';
import { Operators, type Operator } from './operators-file.js';
import { signAct, textHash, whyNotSigned, type ActText } from './signed-act.js';

const pair = (): KeyObject => generateKeyPairSync('ed25519').privateKey;

describe('a signature over fields', () => {
  const key = pair();
  const own = publicKeyOf(publicKeyText(key));
  it('holds for these fields, and for no other list of fields', () => {
    const lists = fc.array(fc.string(), { maxLength: 5 });
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(signedBytes(a).equals(signedBytes(b))).toBe(same);
      }),
    );
    const signature = signFields(key, ['ab', 'c']);
    expect([['ab', 'c'], ['a', 'bc'], ['abc'], ['ab', 'c', '']].map((fields) => verifyFields(own, fields, signature))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
  it('is refused, and throws nothing, however it is written', () => {
    const signature = signFields(key, ['x']);
    for (const bad of ['', 'x', signature.slice(0, -4), `${signature} `, signature.replace('=', ''), Buffer.alloc(64).toString('base64')])
      expect(verifyFields(own, ['x'], bad)).toBe(false);
    expect(verifyFields(publicKeyOf(publicKeyText(pair())), ['x'], signature)).toBe(false);
  });
  it('is made with Ed25519 keys only, and no message shows a key', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const bad of [rsa, 'secret words'])
      expect(() => privateKeyOf(bad)).toThrow(new RangeError('not an Ed25519 private key in PEM (PKCS #8)'));
    expect(() => publicKeyOf('AAAA')).toThrow('32 bytes in base64');
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(verifyFields(own, ['y'], signFields(privateKeyOf(pem), ['y']))).toBe(true);
  });
});

describe('an act', () => {
  const keys: Readonly<Record<string, KeyObject>> = { anna: pair(), ben: pair(), carl: pair() };
  const person = (name: string, roles: Operator['roles']): Operator => ({
    name,
    roles,
    expires: '2999-01-01',
    tokenHash: null,
    publicKey: publicKeyOf(publicKeyText(keys[name] ?? pair())),
  });
  const people = [person('anna', ['act', 'approve']), person('ben', ['act', 'approve']), person('carl', ['look', 'act'])];
  const rules = { named: (name: string) => people.find((one) => one.name === name.trim().toLowerCase()) ?? null, needsSecond: true };
  const act: ActText = { actId: 'a1', kind: 'answer-effect', about: { effectId: 'po-1:Pay', generation: '1', text: textHash('evidence') } };
  const by = (name: string, what: ActText = act) => ({ name, signature: signAct(keys[name] ?? pair(), what, 'asks', name) });
  const approves = (name: string, what: ActText = act) => ({ name, signature: signAct(keys[name] ?? pair(), what, 'approves', name) });

  it('is carried out when two people with the roles for it have signed it', () => {
    expect(whyNotSigned(act, by('anna'), approves('ben'), rules)).toBeNull();
    expect(whyNotSigned(act, by('carl'), null, { ...rules, needsSecond: false })).toBeNull();
  });
  it('is not carried out by one person, however the name is spelt [A4]', () => {
    expect(whyNotSigned(act, by('anna'), null, rules)).toBe('a second person has not approved it');
    expect(whyNotSigned(act, by('anna'), approves('anna'), rules)).toBe('the same person asked and approved');
    const capital = { name: ' Anna', signature: signAct(keys['anna'] ?? pair(), act, 'approves', 'Anna') };
    expect(whyNotSigned(act, by('anna'), capital, rules)).toBe('the same person asked and approved');
  });
  it('is not carried out by invented names, without the role, or by a signature of another part [A4]', () => {
    expect(whyNotSigned(act, by('eve'), approves('ben'), rules)).toMatch('eve is not known');
    expect(whyNotSigned(act, by('anna'), approves('carl'), rules)).toMatch('carl has no role for this');
    const asked = { name: 'ben', signature: signAct(keys['ben'] ?? pair(), act, 'asks', 'ben') };
    expect(whyNotSigned(act, by('anna'), asked, rules)).toMatch('the signature of ben is not theirs');
  });
  it('is not carried out once a fact of it is another one [A5]', () => {
    const others: readonly ActText[] = [
      { ...act, actId: 'a2' },
      { ...act, kind: 'replay-dead-letter' },
      { ...act, about: { ...act.about, generation: '2' } },
      { ...act, about: { ...act.about, text: textHash('other evidence') } },
      { ...act, about: { ...act.about, more: '' } },
    ];
    for (const other of others) expect(whyNotSigned(other, by('anna'), approves('ben', other), rules)).toMatch('anna is not theirs');
  });
});

describe('the file of operators', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'operators-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const anna = {
    name: 'anna',
    roles: ['act'],
    expires: '2027-01-01',
    tokenHash: textHash('token of anna'),
    publicKey: publicKeyText(pair()),
  };
  const write = (operators: readonly object[], atMs = 0): string => {
    const path = join(folder, 'operators.yaml');
    writeFileSync(path, JSON.stringify({ operators }));
    utimesSync(path, atMs / 1_000, atMs / 1_000);
    return path;
  };
  const at = (text: string): number => new Date(text).getTime();
  const open = (path: string, now = { ms: at('2026-12-31T23:59:59Z') }, problems: string[] = []) =>
    new Operators(
      path,
      () => now.ms,
      (problem) => problems.push(problem),
    );

  it('knows a person by name and by token, until the day of expiry', () => {
    const now = { ms: at('2026-12-31T23:59:59Z') };
    const operators = open(write([anna]), now);
    expect([operators.named('Anna ')?.name, operators.withToken('token of anna')?.name, operators.withToken('x')]).toEqual([
      'anna',
      'anna',
      null,
    ]);
    now.ms = at('2027-01-01T00:00:00Z');
    expect([operators.named('anna'), operators.withToken('token of anna')]).toEqual([null, null]);
  });
  it('is read again when it changes; a file that has become unreadable leaves the people of before', () => {
    const now = { ms: at('2026-12-01T00:00:00Z') };
    const problems: string[] = [];
    const operators = open(write([anna]), now, problems);
    write([{ ...anna, name: 'ben' }], 5_000);
    now.ms += 2_000;
    expect([operators.named('anna'), operators.named('ben')?.name]).toEqual([null, 'ben']);
    writeFileSync(join(folder, 'operators.yaml'), 'operators: 5');
    now.ms += 2_000;
    expect(operators.named('ben')?.name).toBe('ben');
    expect(problems).toHaveLength(1);
  });
  it('is refused when one person could count as two, or acts without a key', () => {
    const other = { ...anna, name: 'ben', tokenHash: textHash('b'), publicKey: publicKeyText(pair()) };
    expect(() => open(write([anna, { ...other, publicKey: anna.publicKey }]))).toThrow('two operators have one public key');
    expect(() => open(write([anna, { ...other, tokenHash: anna.tokenHash }]))).toThrow('two operators have one token');
    expect(() => open(write([anna, { ...other, name: 'anna' }]))).toThrow('two operators have one name');
    expect(() => open(write([{ ...anna, publicKey: null }]))).toThrow('whoever acts or approves needs a public key');
    expect(() => open(write([{ ...anna, name: 'Anna' }]))).toThrow('operators.0.name');
    expect(() => open(join(folder, 'none.yaml'))).toThrow('cannot be read');
  });
});
