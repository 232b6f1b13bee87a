/** What `npm run lint -- sentences | words | exceptions` prints and does. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fallingProblems, lowered } from './falling.js';
import {
  EXCEPTIONS_FILE,
  FALLING_RULES,
  RULE_NAMES,
  pageSentences,
  privateWords,
  productCommentSentences,
  readExceptions,
  type Found,
} from './falling-rules.js';
import { repositoryRoot } from './repository.js';
import { MOST_WORDS, isLong, median } from './sentences.js';

/** EX_USAGE of sysexits.h. */
const USAGE = 64;
const SHOWN_CHARACTERS = 160;
const HELP = `npm run lint -- sentences [--worst N] [--in PATH]   words per sentence of pages and of comments in product code; the longest sentences
npm run lint -- words [--in PATH]                   every use of a word that must not come back, and what to say instead
npm run lint -- exceptions                          lowers the exceptions of ${EXCEPTIONS_FILE} to what is found; raises none
  --worst N   how many sentences to print; default 20
  --in PATH   only what lies below this path, such as infra/runbooks
`;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const figures = (what: string, found: readonly Found[]): void => {
  const words = found.map((sentence) => sentence.words);
  const text = found.filter(({ kind }) => kind === 'prose' || kind === 'item').map((sentence) => sentence.words);
  say(
    `${what}: ${String(found.length)} sentences, worst ${String(Math.max(0, ...words))} words, median ${String(median(words))} ` +
      `(${String(median(text))} without headings and table cells); ${String(found.filter(isLong).length)} have more than ${String(MOST_WORDS)}`,
  );
};

const sentences = (worst: number, below: string): void => {
  const inside = ({ path }: Found): boolean => path.startsWith(below);
  const ofPages = pageSentences().filter(inside);
  const ofComments = productCommentSentences().filter(inside);
  const longest = [...ofPages, ...ofComments].filter(isLong).sort((a, b) => b.words - a.words);
  for (const { words, path, line, text } of longest.slice(0, worst)) {
    say(`${String(words).padStart(4)}  ${path}:${String(line)}`);
    say(`      ${text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text}`);
  }
  figures('pages', ofPages);
  figures('comments', ofComments);
};

const words = (below: string): void => {
  const uses = privateWords().filter(({ path }) => path.startsWith(below));
  for (const { word, use, path, line } of uses) say(`${path}${line === 0 ? '' : `:${String(line)}`} "${word}": say ${use}`);
  say(`private words: ${String(uses.length)}`);
};

/** Says what is left, which is for people: something new, or something that has grown. */
const lowerExceptions = (): number => {
  const before = readExceptions();
  const after = RULE_NAMES.map((name) => {
    const found = FALLING_RULES[name].count();
    const exceptions = lowered(FALLING_RULES[name], found, before[name] ?? {});
    return { name, exceptions, problems: fallingProblems(FALLING_RULES[name], found, exceptions) };
  });
  const kept = after.filter(({ exceptions }) => Object.keys(exceptions).length > 0);
  const text = JSON.stringify(Object.fromEntries(kept.map(({ name, exceptions }) => [name, exceptions])), null, 2);
  writeFileSync(join(repositoryRoot, EXCEPTIONS_FILE), `${text}\n`);
  const problems = after.flatMap((one) => one.problems);
  for (const problem of problems) say(problem);
  say(`${EXCEPTIONS_FILE}: written; ${String(problems.length)} problems left`);
  return problems.length === 0 ? 0 : 1;
};

const main = (): number => {
  const options = { worst: { type: 'string', default: '20' }, in: { type: 'string', default: '' }, help: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const [topic, ...surplus] = positionals;
  const worst = /^\d{1,6}$/.test(values.worst) ? Number(values.worst) : null;
  if (worst === null || surplus.length > 0) {
    process.stderr.write(HELP);
    return USAGE;
  }
  if (topic === 'exceptions') return lowerExceptions();
  if (topic === 'words') words(values.in);
  else sentences(worst, values.in);
  return 0;
};

// `| head` has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof TypeError && 'code' in error)) throw error;
  // parseArgs throws these for words that it does not know.
  process.stderr.write(`${error.message}\n${HELP}`);
  process.exitCode = USAGE;
}
