/** Words that only the first authors understood, each with the plain word to use. They must not come back. */
import type { SourceFile } from './repository.js';

export type PrivateWord = {
  readonly word: string;
  readonly use: string;
  readonly pattern: RegExp;
  /** `code`: a name in code; in prose and in comments the word means what it says everywhere. */
  readonly where: 'everywhere' | 'code';
};

const everywhere = (word: string, use: string, pattern: RegExp): PrivateWord => ({ word, use, pattern, where: 'everywhere' });
const inCode = (word: string, use: string): PrivateWord => ({ word, use, pattern: new RegExp(`\\b${word}\\b`, 'g'), where: 'code' });

export const PRIVATE_WORDS: readonly PrivateWord[] = [
  everywhere('take-in', 'inbox writer, ingest', /\b(?:take[-_]in|takeIn|TakeIn|TakenIn|TAKE_IN)(?![a-z])/g),
  everywhere('sayer', 'OutboxPublisher', /sayer/gi),
  everywhere('former life', 'previous run', /\bformer[ -]?(?:life|lives)\b|formerL(?:ife|ives)/gi),
  everywhere('ghost', 'previous run', /ghost/gi),
  // The setting `awaitWishAfterMs` is a public name and stays.
  everywhere('wish', 'divest request', /(?<!await)wish/gi),
  inCode('Together', 'Batcher'),
  inCode('Flood', 'FailureRate'),
  inCode('Floods', 'FailureRate'),
  inCode('Patience', 'ProbeTimer'),
  inCode('Stepped', 'StepResult'),
  inCode('Occasion', 'Trigger'),
  { ...inCode('passes', 'failpoint'), pattern: /\bpasses\(/g },
];

export type Use = { readonly word: string; readonly use: string; readonly path: string; readonly line: number };

/** What an earlier release has stored or sent is kept as it was. */
const KEPT_OF_RELEASES = /^test\/(?:upgrade|compatibility)\/(?:first|second)-release[^/]*\.(?:json|sql)$/;

const isCode = (path: string): boolean => /\.(ts|mjs|cjs)$/.test(path);

/** The glossary tells readers of old logs what a word was before: *Formerly: take-in.* */
const withoutHistory = (text: string): string => text.replace(/\*Formerly: [^*\n]*\*/g, '');

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|\s)\/\/.*$/gm, '$1');

/** Each use in these files, and in their names: a name counts as line 0. */
export const usesOf = (files: readonly SourceFile[]): Use[] =>
  files.flatMap(({ path, text }) => {
    if (KEPT_OF_RELEASES.test(path)) return [];
    const code = isCode(path) ? withoutComments(text) : '';
    return PRIVATE_WORDS.flatMap(({ word, use, pattern, where }) => {
      const searched = where === 'code' ? code : withoutHistory(text);
      const inText = [...searched.matchAll(pattern)].map(({ index }) => searched.slice(0, index).split('\n').length);
      const inName = where === 'everywhere' ? [...path.matchAll(pattern)].map(() => 0) : [];
      return [...inName, ...inText].map((line) => ({ word, use, path, line }));
    });
  });
