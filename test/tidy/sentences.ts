/**
 * How many words a sentence has, in Markdown and in the comments before our functions.
 *
 * A heading, a list item and a table cell end their last sentence. Inline code is one word. A link counts by its text. Fenced and
 * indented code, comments of HTML and the rule under a table's head count nothing. `:` and `;` end no sentence, ` · ` between the
 * entries of a row of links does. A dot before a small letter, as in "e.g. this", ends none either.
 */

export type Sentence = {
  readonly words: number;
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  readonly kind: 'prose' | 'item' | 'heading' | 'cell';
};

type Block = { readonly kind: Sentence['kind']; readonly line: number; text: string };

/** Stands for inline code and for an address: one word, which may begin a sentence. */
const CODE = '\uE000';
/** Stands before the text of a link, which may begin a sentence with a small letter: the name of a file. */
const LINK = '\uE001';
const FENCE = /^\s*(```+|~~~+)/;
const HEADING = /^\s{0,3}#{1,6}\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)(?:[-*+]|\d{1,3}[.)])\s+(.*)$/;
const ROW = /^\s*\|(.*)$/;
const ROW_RULE = /^\s*\|[\s:|-]*-[\s:|-]*$/;
const REFERENCE = /^\s{0,3}\[[^\]]+\]:\s/;
const RULE = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
const ABBREVIATION = /(?:^|[\s("'])(?:e\.g|i\.e|cf|vs|approx|resp|incl|excl)$/i;
/** "no. 5" is a number; "the answer is no. Then" is the end of a sentence. */
const NUMBERED = /(?:^|[\s("'])(?:no|nr|fig|art)$/i;

const newlines = (text: string): string => '\n'.repeat(text.split('\n').length - 1);

const withoutMarkup = (text: string): string =>
  text
    .replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, (code) => CODE + newlines(code))
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/<https?:[^>\s]+>/g, CODE)
    .replace(/\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)/g, `${LINK}$1`)
    .replace(/\[([^\]]+)\]\[[^\]]*\]/g, `${LINK}$1`)
    .replace(/\{@link\s+[^}]*\}/g, CODE)
    .replace(/<\/?(?:a|b|i|em|strong|sub|sup|kbd|details|summary|p|img)\b[^>]*>/gi, '')
    .replace(/\*+/g, '');

export const wordCount = (text: string): number =>
  withoutMarkup(text)
    .split(/[\s\u2014]+|(?<=\p{L})\u2013(?=\p{L})/u)
    .filter((word) => /[\p{L}\p{N}\uE000]/u.test(word)).length;

const endsSentence = (before: string, mark: string, after: string): boolean => {
  if (/^[("'\u201c\u2018[_]*\p{Ll}/u.test(after)) return false;
  if (mark !== '.') return true;
  return !ABBREVIATION.test(before) && !(NUMBERED.test(before) && /^\d/.test(after));
};

/** The sentences of a text without blocks, with the place where each begins. */
const split = (text: string): { readonly text: string; readonly at: number }[] => {
  const found: { text: string; at: number }[] = [];
  let from = 0;
  const cut = (to: number): void => {
    found.push({ text: text.slice(from, to), at: from });
    from = to;
  };
  for (const match of text.matchAll(/([.!?\u2026]+)["'\u201d\u2019)\]_]*\s+|\s\u00b7\s|<br\s*\/?>/g)) {
    const to = match.index + match[0].length;
    const mark = match[1];
    if (mark === undefined || endsSentence(text.slice(from, match.index), mark, text.slice(to))) cut(to);
  }
  cut(text.length);
  return found;
};

const sentencesOf = ({ kind, line, text }: Block): Sentence[] => {
  const plain = withoutMarkup(text);
  return split(plain).flatMap((one) => {
    const words = wordCount(one.text);
    if (words === 0) return [];
    const start = one.at + one.text.length - one.text.trimStart().length;
    return [
      {
        kind,
        words,
        line: line + newlines(plain.slice(0, start)).length,
        text: one.text.trim().replaceAll(LINK, '').replaceAll(CODE, '`code`').replace(/\s+/g, ' '),
      },
    ];
  });
};

/** Reads line by line what stands together: a paragraph, an item, a heading, the cells of a row. */
class Blocks {
  readonly #done: Block[] = [];
  #open: Block | null = null;
  #fence: string | null = null;
  #inList = false;
  #afterBlank = true;

  read(line: string, number: number): void {
    if (this.#isCode(line)) return;
    const blank = line.trim() === '';
    if (blank || RULE.test(line) || REFERENCE.test(line) || ROW_RULE.test(line)) this.#close();
    else this.#take(line.replace(/^\s*(?:>\s?)+/, ''), number);
    this.#afterBlank = blank;
  }

  end(): readonly Block[] {
    this.#close();
    return this.#done;
  }

  #isCode(line: string): boolean {
    const mark = FENCE.exec(line)?.[1];
    if (this.#fence !== null) {
      if (mark?.startsWith(this.#fence) === true) this.#fence = null;
      return true;
    }
    if (mark !== undefined) {
      this.#close();
      this.#fence = mark;
      return true;
    }
    return this.#open === null && this.#afterBlank && !this.#inList && /^(?: {4}|\t)/.test(line) && line.trim() !== '';
  }

  #take(line: string, number: number): void {
    const heading = HEADING.exec(line)?.[1];
    const item = ITEM.exec(line)?.[2];
    const row = ROW.exec(line)?.[1];
    if (heading !== undefined) this.#one('heading', heading, number);
    else if (row !== undefined) for (const cell of cellsOf(row)) this.#one('cell', cell, number);
    else if (item !== undefined) {
      this.#close();
      this.#open = { kind: 'item', text: item, line: number };
      this.#inList = true;
    } else if (this.#open !== null) this.#open.text += `\n${line}`;
    else {
      this.#inList &&= /^\s/.test(line);
      this.#open = { kind: this.#inList ? 'item' : 'prose', text: line, line: number };
    }
  }

  #one(kind: Block['kind'], text: string, line: number): void {
    this.#close();
    this.#done.push({ kind, text, line });
  }

  #close(): void {
    if (this.#open !== null) this.#done.push(this.#open);
    this.#open = null;
  }
}

/** The cells of a row, their code replaced: a `|` inside code separates nothing. */
const cellsOf = (row: string): string[] =>
  withoutMarkup(row)
    .replace(/\|\s*$/, '')
    .split(/(?<!\\)\|/);

export const markdownSentences = (markdown: string): Sentence[] => {
  const blocks = new Blocks();
  const visible = markdown.replace(/<!--[\s\S]*?-->/g, newlines);
  visible.split('\n').forEach((line, index) => {
    blocks.read(line, index + 1);
  });
  return blocks.end().flatMap(sentencesOf);
};

/** The sentences of the comments that begin with two stars. A tag such as `@throws` begins a sentence. */
export const commentSentences = (source: string): Sentence[] =>
  [...source.matchAll(/(?<=^|\s)\/\*\*(?!\/)([\s\S]*?)\*\//gm)].flatMap(({ 1: comment = '', index }) => {
    const line = source.slice(0, index).split('\n').length;
    const text = comment
      .split('\n')
      .map((one) => one.replace(/^\s*\* ?/, '').replace(/^\s*@(\w+)/, '- $1'))
      .map((one, at) => (at === 0 ? one.trimStart() : one))
      .join('\n');
    return markdownSentences(text).map((sentence) => ({ ...sentence, line: line + sentence.line - 1 }));
  });

export const MOST_WORDS = 25;

export const isLong = ({ words }: Sentence): boolean => words > MOST_WORDS;

export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};
