import { describe, expect, it } from '@jest/globals';
import { problemsHere } from './falling-rules.js';
import { PRIVATE_WORDS, usesOf } from './words.js';

const wordsIn = (path: string, text: string): string[] => usesOf([{ path, text }]).map(({ word }) => word);

describe('a private word', () => {
  it.each([
    ['take-in', 'a.md', 'The take-in reads.'],
    ['take-in', 'a.ts', 'const takeInMs = new TakeIn();'],
    ['sayer', 'a.ts', 'export class Sayer {}'],
    ['former life', 'a.md', 'what a former life has begun'],
    ['ghost', 'a.md', 'Ghosts wake'],
    ['wish', 'a.ts', '// the newest Wish'],
    ['Together', 'a.ts', 'new Together()'],
    ['Flood', 'a.ts', 'const flood = new Flood(clock);'],
    ['Floods', 'a.ts', 'type A = Floods;'],
    ['Patience', 'a.ts', 'class Patience {'],
    ['Stepped', 'a.ts', 'const stepped: Stepped = next;'],
    ['Occasion', 'a.ts', 'type B = Occasion | null;'],
    ['passes', 'a.ts', "await passes('before-write');"],
  ])('%s is found in %s: %s', (word, path, text) => {
    expect(new Set(wordsIn(path, text))).toEqual(new Set([word]));
  });
  it('is planted above, each of them', () => {
    expect(PRIVATE_WORDS.map(({ word }) => word)).toHaveLength(12);
  });
  it('in the name of a file is found', () => {
    expect(wordsIn('shared/take-in.ts', '')).toEqual(['take-in']);
  });
  it('is given with its line and what to say instead', () => {
    expect(usesOf([{ path: 'a.ts', text: '/* one\n two */\n// three\nnew Together();\n' }])).toEqual([
      { word: 'Together', use: 'Batcher', path: 'a.ts', line: 4 },
    ]);
  });

  it.each([
    ['a.md', 'Together, a flood of people with patience stepped in on that occasion. The test passes (at once).'],
    ['a.ts', '/** Together they end. */\n// Floods of messages, Patience'],
    ['a.ts', "const url = 'http://localhost'; patienceMs + flooded;"],
    ['a.md', 'What is taken in is read; a mistake in it is found.'],
    ['a.md', '| divest request | What sets a level. *Formerly: wish.* |'],
  ])('is not %s: %s', (path, text) => {
    expect(wordsIn(path, text)).toEqual([]);
  });
  it('is used nowhere here beyond the exceptions', () => {
    expect(problemsHere('privateWords')).toEqual([]);
  });
});
