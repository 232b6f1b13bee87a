import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pageSentences, problemsHere, productCommentSentences } from './falling-rules.js';
import { repositoryRoot } from './repository.js';
import { commentSentences, isLong, markdownSentences, median, wordCount } from './sentences.js';

const counted = (...lines: readonly string[]): number[] => markdownSentences(lines.join('\n')).map(({ words }) => words);

describe('words', () => {
  it.each<[number, string]>([
    [3, 'one two three'],
    [2, 'one - two'],
    [2, 'one\u2014two'],
    [3, 'pages 5\u201310 only'],
    [1, 'well-known'],
    [3, 'costs 3.50 EUR'],
    [2, 'see `npm run lint -- sentences`'],
    [2, 'see ``a `b` c``'],
    [4, 'the [decision record](a/b(c).md "title") says'],
    [2, 'see <https://example.org/a>'],
    [2, '**very** *bold*'],
    [0, '-> = | !'],
  ])('are %i in: %s', (words, text) => {
    expect(wordCount(text)).toBe(words);
  });
});

describe('sentences of a page', () => {
  it('end with a dot, a question or an exclamation mark', () => {
    expect(counted('One two. Three? Four five six! Seven')).toEqual([2, 1, 3, 1]);
  });
  it('end behind quotes and brackets too, and before code', () => {
    expect(counted('He said "go." Then (he left.) `npm` ran. [link.md](a.md) says, e.g. [b](c.md). Text')).toEqual([3, 3, 2, 4, 1]);
  });
  it('go on behind an abbreviation, a number, a colon, a semicolon and a broken line', () => {
    expect(counted('Use e.g. This one: it has', 'version 3.5 of No. 7; i.e. all. Next.')).toEqual([13, 1]);
    expect(counted('The answer is no. Then it ends.')).toEqual([4, 3]);
  });
  it('end with a blank line, an item, a heading and a cell', () => {
    expect(counted('# Two words', 'a b c', '', 'd e', '- f g:', '  h i', '- j', '1. k l', '   m. N', '', 'o p')).toEqual([
      2, 3, 2, 4, 1, 3, 1, 2,
    ]);
    expect(counted('| head | a b |', '|---|:--:|', '| c d. E | `x | y` z \\| w |')).toEqual([1, 2, 2, 1, 3]);
  });
  it('are not read from code, comments and references', () => {
    expect(
      counted('```', 'a b c', '```', '', '~~~sh', 'a', '~~~', '', '    indented code', '', '<!-- a', 'b --> c', '', '[1]: http://a.b'),
    ).toEqual([1]);
    expect(counted('- item', '', '    of two paragraphs')).toEqual([1, 3]);
    expect(counted('````', '```', 'still code', '````', 'prose')).toEqual([1]);
  });
  it('end between the entries of a row of links', () => {
    expect(counted('[a b](c.md) \u00b7 [d](e.md) \u00b7 f g h')).toEqual([2, 1, 3]);
  });
  it('have the line where they begin, and their text', () => {
    expect(markdownSentences('# A\n\nOne `two\nthree` four. Five\nsix.\n')).toEqual([
      { kind: 'heading', line: 1, words: 1, text: 'A' },
      { kind: 'prose', line: 3, words: 3, text: 'One `code` four.' },
      { kind: 'prose', line: 4, words: 2, text: 'Five six.' },
    ]);
  });
});

describe('sentences of comments', () => {
  it('are those of comments with two stars, by the rules of a page', () => {
    const source = [
      "const globs = 'services/**/*.ts';",
      '/** One two. Three. */',
      'const a = 1; // not this one',
      '/* nor this */',
      '  /**',
      '   * Four five',
      '   * six:',
      '   * - seven',
      '   *',
      '   * @throws RangeError when late.',
      '   */',
    ].join('\n');
    expect(commentSentences(source).map(({ words, line }) => [words, line])).toEqual([
      [2, 2],
      [1, 2],
      [3, 6],
      [1, 8],
      [4, 10],
    ]);
  });
});

describe('a long sentence', () => {
  it('has more than 25 words', () => {
    expect([24, 25, 26].map((length) => markdownSentences('word '.repeat(length)).some(isLong))).toEqual([false, false, true]);
  });
  it('is looked for in every page and in the comments of the product', () => {
    const [ofPages, ofComments] = [pageSentences(), productCommentSentences()].map((found) => new Set(found.map(({ path }) => path)));
    expect([...(ofPages ?? [])]).toEqual(
      expect.arrayContaining(['README.md', expect.stringMatching(/^infra\/runbooks\//), expect.stringMatching(/^infra\/decisions\//)]),
    );
    expect(ofPages).toContain('services/payout/README.md');
    expect(ofComments).toContain('shared/kernel/effect-life.ts');
    expect([...(ofComments ?? [])].filter((path) => path.startsWith('test/'))).toEqual([]);
  });
  it.each(['longSentencesOfPages', 'longSentencesOfComments'] as const)('is found nowhere here beyond the exceptions: %s', (name) => {
    expect(problemsHere(name)).toEqual([]);
  });
});

describe('the middle', () => {
  it('of numbers is the one in the middle, or between the two', () => {
    expect([median([]), median([3]), median([5, 1, 3]), median([4, 1, 3, 2])]).toEqual([0, 3, 3, 2.5]);
  });
});

describe('npm run lint -- sentences', () => {
  const lint = (...words: readonly string[]): string =>
    execFileSync(process.execPath, [join(repositoryRoot, 'infra/tooling/lint.mjs'), ...words], { encoding: 'utf8' });

  it('prints the longest sentences, and the worst and the median', () => {
    const said = lint('sentences', '--worst', '1');
    expect(said).toMatch(/^pages: \d+ sentences, worst \d+ words, median [\d.]+ /m);
    expect(said).toMatch(/^comments: \d+ sentences, worst \d+ words, median [\d.]+ /m);
  });
  it('explains itself', () => {
    expect(lint('--help')).toContain('npm run lint -- sentences');
  });
});
