/**
 * Style, formatting and import rules, and licences: `node infra/tooling/lint.mjs`.
 * Flags: --fix (repairs style and formatting first), --no-cache, --help.
 * `sentences`, `words` or `exceptions` as the first word: what test/tidy/main.ts prints or does about the rules that may only fall.
 *
 * eslint's own cache judges each file by its own text, but rules that know types also depend on other files. So the cache
 * here is all or nothing: when no file, no setting and no tool has changed since a clean run, there is nothing to do.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot, sourceFiles } from './source-files.mjs';

const CLEAN_RUN = join(repositoryRoot, 'node_modules/.cache/client-middleware/lint-clean');
const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'infra/tooling/prettier.json'];

const HELP = `npm run lint: style, formatting and import rules of every file, and the licences of what is shipped.
  --fix        repairs what can be repaired
  --no-cache   looks again although nothing has changed since the last clean run

npm run lint -- sentences    words per sentence of pages and comments, the longest sentences first
npm run lint -- words        every use of a word that must not come back
npm run lint -- exceptions   lowers the exceptions of the rules that may only fall
                             each explains itself: npm run lint -- sentences --help
`;
const ABOUT_TEXT = ['sentences', 'words', 'exceptions'];
/** EX_USAGE of sysexits.h. */
const USAGE = 64;

/** Undefined for words that it does not know. */
const readFlags = () => {
  try {
    const options = { fix: { type: 'boolean' }, cache: { type: 'boolean', default: true }, help: { type: 'boolean' } };
    return parseArgs({ options, allowNegative: true }).values;
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return undefined;
  }
};

const fingerprint = () => {
  const hash = createHash('sha256').update(process.version);
  for (const file of [...SETTINGS, ...sourceFiles(repositoryRoot, ['.ts', '.mjs', '.cjs'])]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(repositoryRoot, file)));
  }
  return hash.digest('hex');
};

const lastCleanRun = () => {
  try {
    return readFileSync(CLEAN_RUN, 'utf8');
  } catch (cause) {
    if (cause.code === 'ENOENT') return null;
    throw cause;
  }
};

/** Runs one check in a process of its own and prints what it said when it is done. Resolves to whether it passed. */
const check = (script, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    child.stdout.on('data', (chunk) => said.push(chunk));
    child.stderr.on('data', (chunk) => said.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(said));
      resolve(code === 0);
    });
  });

/** From the sources: prose and licences can be judged while the code does not compile. */
const fromSource = (file, words) => {
  const program = ['--require', join(import.meta.dirname, 'source-require.cjs'), join(repositoryRoot, file)];
  return spawnSync(process.execPath, [...program, ...words], { stdio: 'inherit', cwd: repositoryRoot }).status ?? 1;
};
const aboutText = (words) => fromSource('test/tidy/main.ts', words);
const licencesPass = () => fromSource('infra/supply/check-licences.ts', []) === 0;

const main = async () => {
  const words = process.argv.slice(2);
  if (ABOUT_TEXT.includes(words[0])) {
    process.exitCode = aboutText(words);
    return;
  }
  const values = readFlags();
  if (values === undefined) {
    process.exitCode = USAGE;
    return;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.cache && !values.fix && lastCleanRun() === fingerprint()) {
    process.stdout.write('lint: nothing has changed since the last clean run\n');
    return;
  }
  const fix = values.fix ? ['--fix'] : [];
  // One after the other when files are written, so that no two write the same file; at once otherwise.
  const passed = values.fix
    ? [await check('style-rules.mjs', fix), await check('formatting.mjs', fix), await check('import-rules.mjs', [])]
    : await Promise.all(['style-rules.mjs', 'formatting.mjs', 'import-rules.mjs'].map((script) => check(script, [])));
  if (![...passed, licencesPass()].every(Boolean)) {
    process.stdout.write('lint: failed\n');
    process.exitCode = 1;
    return;
  }
  mkdirSync(dirname(CLEAN_RUN), { recursive: true });
  writeFileSync(CLEAN_RUN, fingerprint());
};

await main();
