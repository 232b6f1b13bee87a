/**
 * Everything that must pass, in order: `node infra/tooling/test.mjs`. Says per step what it took, goes on after a failed
 * step, and ends with one line `N passed, N failed` over all jest runs.
 * Flags: --only STEP (may repeat; types, lint, generated, unit, int, e2e), --no-coverage, --help. Other words go to jest: then only
 * jest steps run, and what a filter leaves out is not counted as skipped.
 * Exit 1 when a step failed, a test failed or a test was skipped.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { JEST, jestWords } from './jest.mjs';
import { repositoryRoot } from './source-files.mjs';

/** Lines and branches, percent, of the kernel and of every decide folder. */
const COVERAGE_FLOOR = 95;
/** How long a jest run may take to end after its results are known. */
const LINGERS_AT_MOST_MS = 20_000;
const REPORT_SIGNAL = 'SIGUSR2';
const REPORT_TAKES_MS = 5_000;

const HELP = `npm test [-- options] [words for jest]: everything that must pass; exit 0 only then.
  --only STEP     only this; may repeat: types, lint, generated, unit, int, e2e
  --no-coverage   does not ask how much of what decides about money the unit tests reach
Other words go to jest; then only unit, int and e2e run: npm test -- --only int --testPathPatterns kafka`;

const say = (line) => process.stdout.write(`${line}\n`);
const inRepository = (path) => join(repositoryRoot, path);

const readArguments = (words) => {
  const only = [];
  const forJest = [];
  let coverage = true;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--only') only.push(...(words[++i] ?? '').split(','));
    else if (word.startsWith('--only=')) only.push(...word.slice('--only='.length).split(','));
    else if (word === '--no-coverage') coverage = false;
    else if (word !== '--coverage') forJest.push(word);
  }
  return { only, forJest, coverage: coverage && forJest.length === 0 };
};

/** The signal that asked us to stop: the program of the moment gets it too, cleans up, and no step follows. */
let stoppedBy = null;
let running = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stoppedBy = signal;
    running?.kill(signal);
  });
}

/** Where a process is and what holds it: Node's own diagnostic report, which it writes on REPORT_SIGNAL while its loop turns. */
const whereItIs = (folder, pid) => {
  const name = readdirSync(folder).findLast((file) => file.startsWith('report.') && file.includes(`.${pid}.`));
  if (name === undefined) return 'no report: its loop is blocked, or it is not in JavaScript any more';
  const { javascriptStack, libuv } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const address = (end) => (end === undefined || end === null ? '?' : `${end.ip4 ?? end.ip6 ?? end.host}:${end.port}`);
  const handles = libuv
    .filter(({ is_active, is_referenced }) => is_active && is_referenced)
    .map(({ type, localEndpoint, remoteEndpoint }) =>
      localEndpoint === undefined ? type : `${type} ${address(localEndpoint)} to ${address(remoteEndpoint)}`,
    );
  return [`open: ${handles.join(', ')}`, javascriptStack.message, ...(javascriptStack.stack ?? [])].join('\n  ');
};

/** Kills a jest that has written its results and does not end: a test left a socket or a timer behind. Says first what holds it. */
const endAfterResults = (child, resultFile) => {
  let asked = false;
  return setInterval(() => {
    const writtenAtMs = statSync(resultFile, { throwIfNoEntry: false })?.mtimeMs;
    if (writtenAtMs === undefined) return;
    const lingersMs = Date.now() - writtenAtMs;
    if (lingersMs > LINGERS_AT_MOST_MS - REPORT_TAKES_MS && !asked) asked = child.kill(REPORT_SIGNAL);
    if (lingersMs < LINGERS_AT_MOST_MS) return;
    child.kill('SIGKILL');
    say(`jest does not end: a test left something open\n  ${whereItIs(dirname(resultFile), child.pid)}`);
  }, 1000);
};

/** Runs one program to its end. Resolves to whether it passed. */
const run = (words, resultFile = null) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd: repositoryRoot, stdio: ['ignore', 'inherit', 'inherit'] });
    running = child;
    const watch = resultFile === null ? null : endAfterResults(child, resultFile);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(watch);
      running = null;
      if (signal !== null) say(`ended by ${signal}`);
      resolve(code === 0);
    });
  });

/** Types of every file, tests included. Incremental: after a build it takes under a second. */
const types = async () => {
  const passed = await run([inRepository('node_modules/@typescript/native/bin/tsc'), '-p', 'tsconfig.json']);
  say(passed ? 'types: no errors' : 'types: failed');
  return { passed };
};

const lint = async () => ({ passed: await run([inRepository('infra/tooling/lint.mjs')]) });

const generated = async () => {
  const generator = 'dist/infra/tooling/contracts/main.js';
  if (!existsSync(inRepository(generator))) {
    say(`generated files: ${generator} is missing; build first`);
    return { passed: false };
  }
  return { passed: await run([inRepository(generator), '--check']) };
};

const percent = (covered, total) => (total === 0 ? 100 : (100 * covered) / total);

const coverageGroup = (file) => /^(shared\/kernel|services\/[^/]+\/src\/decide)\//.exec(file)?.[1] ?? null;

const figures = (group, { lines, branches }) => {
  const rates = [percent(lines.covered, lines.total), percent(branches.covered, branches.total)];
  const low = rates.some((rate) => rate < COVERAGE_FLOOR);
  const [line, branch] = rates.map((rate) => `${rate.toFixed(1)} %`.padStart(8));
  say(`  ${group.padEnd(44)} lines ${line}   branches ${branch}${low ? `   below ${COVERAGE_FLOOR} %` : ''}`);
  return !low;
};

/** Prints the figures of the kernel and of each decide folder. Returns whether all reach the floor. */
const judgeCoverage = (summaryFile) => {
  if (!existsSync(summaryFile)) {
    say('coverage: no figures were written');
    return false;
  }
  const groups = new Map();
  for (const [path, counts] of Object.entries(JSON.parse(readFileSync(summaryFile, 'utf8')))) {
    const group = path === 'total' ? null : coverageGroup(relative(repositoryRoot, path).replaceAll('\\', '/'));
    if (group === null) continue;
    const sums = groups.get(group) ?? { lines: { covered: 0, total: 0 }, branches: { covered: 0, total: 0 } };
    for (const kind of ['lines', 'branches']) {
      sums[kind].covered += counts[kind].covered;
      sums[kind].total += counts[kind].total;
    }
    groups.set(group, sums);
  }
  say('coverage of what decides about money:');
  const enough = [...groups].sort().map(([group, sums]) => figures(group, sums));
  return enough.length > 0 && enough.every(Boolean);
};

const readCounts = (file) => {
  // No result file means that jest itself broke down: that is one failure, not none.
  if (!existsSync(file)) return { passedTests: 0, failedTests: 1, skippedTests: 0 };
  const result = JSON.parse(readFileSync(file, 'utf8'));
  return {
    passedTests: result.numPassedTests,
    failedTests: result.numFailedTests + result.numRuntimeErrorTestSuites,
    skippedTests: result.numPendingTests + result.numTodoTests,
  };
};

const jest = async (project, { forJest, coverage }, folder) => {
  const resultFile = join(folder, `${project}.json`);
  const withCoverage = coverage && project === 'unit';
  const filtered = forJest.length > 0;
  const forThisLevel = [
    ...['--ci', '--json', `--outputFile=${resultFile}`],
    ...(withCoverage ? ['--coverage', '--coverageReporters=json-summary', `--coverageDirectory=${join(folder, 'coverage')}`] : []),
    ...(filtered ? ['--passWithNoTests', ...forJest] : []),
  ];
  const words = [
    ...['--report-on-signal', `--report-signal=${REPORT_SIGNAL}`, `--report-directory=${folder}`],
    inRepository(JEST),
    ...jestWords(project, forThisLevel),
  ];
  const passed = await run(words, resultFile);
  const counts = readCounts(resultFile);
  if (counts.skippedTests > 0 && !filtered) say(`${counts.skippedTests} tests were skipped; every test must run`);
  const covered = withCoverage ? judgeCoverage(join(folder, 'coverage/coverage-summary.json')) : true;
  return { passed: passed && covered && (filtered || counts.skippedTests === 0), ...counts };
};

const steps = {
  types: { title: 'Types', act: types },
  lint: { title: 'Lint: style, formatting, import rules', act: lint },
  generated: { title: 'Generated files are fresh', act: generated },
  unit: { title: 'Unit tests', act: (words, folder) => jest('unit', words, folder) },
  int: { title: 'Integration tests, on real Kafka and Postgres', act: (words, folder) => jest('int', words, folder) },
  e2e: { title: 'End-to-end tests, every service a process', act: (words, folder) => jest('e2e', words, folder) },
};
const jestSteps = ['unit', 'int', 'e2e'];

const take = async (name, words, folder) => {
  const { title, act } = steps[name];
  say(`\n=== ${title} ===`);
  const startedAt = performance.now();
  const result = await act(words, folder);
  return { title, seconds: (performance.now() - startedAt) / 1000, passedTests: 0, failedTests: 0, skippedTests: 0, ...result };
};

const sumUp = (results) => {
  say('\n=== Summary ===');
  for (const { title, passed, seconds } of results) {
    say(`${passed ? 'passed' : 'FAILED'}  ${`${seconds.toFixed(1)} s`.padStart(8)}  ${title}`);
  }
  const total = (kind) => results.reduce((sum, result) => sum + result[kind], 0);
  if (total('skippedTests') > 0) say(`${total('skippedTests')} skipped`);
  say(`${total('passedTests')} passed, ${total('failedTests')} failed`);
  return results.every(({ passed }) => passed);
};

const main = async () => {
  if (process.argv.includes('--help')) {
    say(HELP);
    return;
  }
  const words = readArguments(process.argv.slice(2));
  const unknown = words.only.filter((name) => !(name in steps));
  if (unknown.length > 0) {
    say(`no such step: ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}`);
    process.exitCode = 64;
    return;
  }
  const all = words.forJest.length > 0 ? jestSteps : Object.keys(steps);
  const chosen = words.only.length > 0 ? all.filter((name) => words.only.includes(name)) : all;
  const folder = mkdtempSync(join(tmpdir(), 'test-results-'));
  try {
    const results = [];
    for (const name of chosen) if (stoppedBy === null) results.push(await take(name, words, folder));
    const passed = sumUp(results);
    if (stoppedBy !== null) say(`stopped by ${stoppedBy}`);
    process.exitCode = passed && results.length > 0 && stoppedBy === null ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

await main();
