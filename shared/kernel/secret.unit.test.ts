import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { base64Bytes, credentialProblem, webhookKeyOf } from './secret.js';

const encoded = (bytes: Uint8Array): string => `whsec_${Buffer.from(bytes).toString('base64')}`;
const someBytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 37 + 11) % 256);

describe('base64Bytes', () => {
  it('reads what the engine writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(base64Bytes(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
      }),
    );
  });
  it('reads nothing else', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20, unit: fc.constantFrom('A', 'Q', 'z', '+', '/', '=', '-', '_', ' ', '*', '\n') }), (text) => {
        expect(base64Bytes(text) !== null).toBe(Buffer.from(text, 'base64').toString('base64') === text);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('a webhook secret', () => {
  it('is whsec_ and base64 of 24 to 64 bytes, or ASCII of as many', () => {
    for (const length of [24, 32, 33, 64]) {
      const bytes = randomBytes(length);
      expect(webhookKeyOf(encoded(bytes)).key).toEqual(Uint8Array.from(bytes));
    }
    expect(webhookKeyOf('correct-horse-battery-staple').key).toEqual(Uint8Array.from(Buffer.from('correct-horse-battery-staple')));
  });
  it.each([
    ['whsec_****************************', 'base64'],
    [`whsec_${'*'.repeat(64)}`, 'base64'],
    ['whsec_', '24 to 64 bytes, and this one has 0'],
    [encoded(someBytes(23)), 'this one has 23'],
    [encoded(someBytes(65)), 'this one has 65'],
    [encoded(new Uint8Array(32)), 'guessed'],
    [encoded(new Uint8Array(32).fill(255)), 'guessed'],
    [encoded(Uint8Array.from({ length: 32 }, (_, index) => index % 7)), 'guessed'],
    [encoded(someBytes(25)).replace(/=+$/, ''), 'base64'],
    [`${encoded(someBytes(24))}\n`, 'base64'],
    [encoded(someBytes(24)).replace('whsec_', 'whsec_ '), 'base64'],
    [`whsec_${Buffer.from(someBytes(26)).toString('base64url')}`, 'base64'],
    [`${encoded(someBytes(24)).slice(0, 12)}...${encoded(someBytes(24)).slice(-6)}`, 'base64'],
    ['short', 'this one has 5'],
    ['**********************************', 'masked'],
    ['abcdefgh••••••••••••••••abcdefgh', 'masked'],
    ['abcdefghijkl...qrstuvwxyz0123456', 'masked'],
    ['xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'masked'],
    ['abababababababababababababababab', 'guessed'],
    ['correct horse battery staple', 'printable'],
    ['pässwört-pässwört-pässwört-pässwört', 'printable'],
  ])('is not %j [A11]', (secret, why) => {
    const { key, problem } = webhookKeyOf(secret);
    expect(key).toBeNull();
    expect(problem).toContain(why);
    if (secret.length > 14) expect(problem).not.toContain(secret.slice(6, 14));
  });
});

describe('a credential', () => {
  it('is long enough, and one word', () => {
    expect(credentialProblem('simulator-token')).toBeNull();
    expect(credentialProblem(randomBytes(18).toString('base64url'), 24)).toBeNull();
  });
  it.each([
    ['', 'printable'],
    ['eleven-char', 'at least 12'],
    ['twelve-chars but two words', 'printable'],
    ['line\nbreak-in-a-token', 'printable'],
    ['************', 'masked'],
    ['abcd********efgh', 'masked'],
    ['000000000000', 'masked'],
    ['dw-1234...7890', 'masked'],
  ])('is not %j [A11]', (secret, why) => {
    expect(credentialProblem(secret)).toContain(why);
  });
});
