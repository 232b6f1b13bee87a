import { describe, expect, it } from '@jest/globals';
import { FALLING_RULES, problemsHere } from './falling-rules.js';
import { classSizes, isTest, lineCount } from './sizes.js';

const sizesOf = (...lines: readonly string[]): Record<string, number> => classSizes({ path: 'a.ts', text: `${lines.join('\n')}\n` });

describe('the size of', () => {
  it('a file is its lines', () => {
    expect([lineCount(''), lineCount('a\n'), lineCount('a\nb'), lineCount('a\n\nb\n')]).toEqual([0, 1, 2, 3]);
  });
  it('a class is its lines, braces included', () => {
    expect(sizesOf('export class One extends Two {', '  a(): void {', '    if (b) {', '    }', '  }', '}', 'const c = {};')).toEqual({
      'a.ts One': 6,
    });
  });
  it('a class goes on where its head is broken into lines', () => {
    expect(sizesOf('class One', '  extends Two', '  implements Three', '{', '  a = 1;', '}')).toEqual({ 'a.ts One': 6 });
  });
  it('a class inside something, and an empty one, are found too', () => {
    expect(sizesOf('const make = () => {', '  class Inner {', '    a = 1;', '  }', '};', 'class Gone extends Error {}')).toEqual({
      'a.ts Inner': 3,
      'a.ts Gone': 1,
    });
    expect(sizesOf('export const Two = class extends One {', '  a = 1;', '};')).toEqual({ 'a.ts extends': 3 });
  });
  it('a class that does not end is an error', () => {
    expect(() => sizesOf('class One {', '  a = 1;')).toThrow('does not end');
  });
});

describe('the rules of size', () => {
  it('know code of tests by its place and by its name', () => {
    expect(['test/simulation/world.ts', 'services/one/src/one.int.test.ts', 'infra/demo/main.ts'].map(isTest)).toEqual([true, true, false]);
  });
  it('look at every file, and at the classes of the engine', () => {
    const { classes, productFiles, testFiles } = FALLING_RULES;
    expect(Object.keys(classes.count())).toContainEqual(expect.stringMatching(/^shared\/runtime\/engine\//));
    expect(Object.keys(productFiles.count()).length).toBeGreaterThan(200);
    expect(Object.keys(testFiles.count()).length).toBeGreaterThan(100);
    expect([classes.limit, productFiles.limit, testFiles.limit]).toEqual([300, 500, 600]);
  });
  it.each(['classes', 'productFiles', 'testFiles'] as const)('hold here: %s', (name) => {
    expect(problemsHere(name)).toEqual([]);
  });
});
