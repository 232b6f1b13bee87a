/** Every rule that may only fall, and its exceptions of today. */
import { classSizes, isTest, lineCount } from './sizes.js';
import { commentSentences, isLong, markdownSentences, type Sentence } from './sentences.js';
import { fallingProblems, type Counts, type FallingRule } from './falling.js';
import { ourFiles, readOurs, type SourceFile } from './repository.js';
import { usesOf, type Use } from './words.js';

export const EXCEPTIONS_FILE = 'test/tidy/exceptions.json';

/** These speak about the words themselves. */
const ABOUT_WORDS = ['test/tidy/words.ts', 'test/tidy/words.unit.test.ts', EXCEPTIONS_FILE];

export type Found = Sentence & { readonly path: string };

const code = (): SourceFile[] => ourFiles(/\.(ts|mjs|cjs)$/);
export const pages = (): SourceFile[] => [{ path: 'README.md', text: readOurs('README.md') }, ...ourFiles(/\.md$/)];
const productCode = (): SourceFile[] => code().filter(({ path }) => !isTest(path));

const sentencesOf = (files: readonly SourceFile[], read: (text: string) => readonly Sentence[]): Found[] =>
  files.flatMap(({ path, text }) => read(text).map((sentence) => ({ ...sentence, path })));

export const pageSentences = (): Found[] => sentencesOf(pages(), markdownSentences);
export const productCommentSentences = (): Found[] => sentencesOf(productCode(), commentSentences);
export const privateWords = (): Use[] =>
  usesOf([...pages(), ...ourFiles(/\.(ts|mjs|cjs|sql|ya?ml|json)$/)].filter(({ path }) => !ABOUT_WORDS.includes(path)));

const tally = (names: readonly string[]): Counts => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

const lines = (files: readonly SourceFile[]): Counts => Object.fromEntries(files.map(({ path, text }) => [path, lineCount(text)]));

export const FALLING_RULES = {
  classes: { unit: 'lines', limit: 300, count: (): Counts => Object.assign({}, ...code().map(classSizes)) as Counts },
  productFiles: { unit: 'lines', limit: 500, count: (): Counts => lines(productCode()) },
  testFiles: { unit: 'lines', limit: 600, count: (): Counts => lines(code().filter(({ path }) => isTest(path))) },
  longSentencesOfPages: {
    unit: 'sentences of more than 25 words',
    limit: 0,
    count: (): Counts =>
      tally(
        pageSentences()
          .filter(isLong)
          .map(({ path }) => path),
      ),
  },
  longSentencesOfComments: {
    unit: 'sentences of more than 25 words in comments',
    limit: 0,
    count: (): Counts =>
      tally(
        productCommentSentences()
          .filter(isLong)
          .map(({ path }) => path.split('/')[0] ?? path),
      ),
  },
  privateWords: { unit: 'uses', limit: 0, count: (): Counts => tally(privateWords().map(({ word }) => word)) },
} as const satisfies Readonly<Record<string, FallingRule>>;

export type RuleName = keyof typeof FALLING_RULES;

export const RULE_NAMES = Object.keys(FALLING_RULES) as readonly RuleName[];

/** The exceptions of every rule. A rule without any may be left out. */
export const readExceptions = (): Readonly<Partial<Record<RuleName, Counts>>> =>
  JSON.parse(readOurs(EXCEPTIONS_FILE)) as Partial<Record<RuleName, Counts>>;

/** What stands against the rule here. `npm run lint -- exceptions` mends what is only a higher exception than needed. */
export const problemsHere = (name: RuleName): string[] =>
  fallingProblems(FALLING_RULES[name], FALLING_RULES[name].count(), readExceptions()[name] ?? {});
