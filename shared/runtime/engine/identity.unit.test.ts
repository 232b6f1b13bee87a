import { describe, expect, it } from '@jest/globals';
import { contentHash, derivedId, effectKey } from './identity.js';

describe('derived names', () => {
  it('are the same for ever', () => {
    // base32 (RFC 4648, lower case) of SHA-256("abc"), which FIPS 180 gives as ba7816bf 8f01cfea 414140de 5dae2223 ...
    expect(derivedId('wd-', 'abc')).toBe('wd-xj4bnp4pahh6uqkbidpf3lrc');
    expect(derivedId('wd-', 'abc', 8)).toBe('wd-xj4bnp4p');
    expect(effectKey('j:Pay', 1)).toBe('j:Pay');
    expect(effectKey('j:Pay', 2)).toBe('j:Pay:g2');
    expect(contentHash('a')).toBe('0cc175b9c0f1b6a831c399e269772661');
  });
  it('differ where the text differs', () => {
    const ids = new Set(Array.from({ length: 20_000 }, (_, n) => derivedId('', String(n))));
    expect(ids.size).toBe(20_000);
    for (const id of [...ids].slice(0, 100)) expect(id).toMatch(/^[a-z2-7]{24}$/);
  });
});
