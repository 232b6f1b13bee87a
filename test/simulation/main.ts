import { writeFileSync } from 'node:fs';
import { runMain } from '../../infra/sandbox/processes.js';
import { demandPlaceFor } from '../../infra/sandbox/result-file.js';
import { readArguments, type SimulationArguments } from './arguments.js';
import { BREAKS, type BreakName } from './breaks.js';
import { runAll, type Found } from './crew.js';
import { runHistory, type HistoryOptions } from './history.js';
import { coverageLines, tallyLines } from './report.js';
import { shrink } from './shrink.js';
import { missing } from './tally.js';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const PLAIN_PROGRESS_EVERY_MS = 15_000;
/** One line that is written over on a terminal; elsewhere a line now and then. */
const createProgress = (of: number): ((histories: number) => void) => {
  let saidAtMs = performance.now();
  return (histories) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${String(histories)} of ${String(of)} histories `);
    else if (performance.now() - saidAtMs > PLAIN_PROGRESS_EVERY_MS) {
      saidAtMs = performance.now();
      process.stderr.write(`${String(histories)} of ${String(of)} histories\n`);
    }
  };
};
/** So many histories have every kind of fault in them, or something is wrong with the simulation itself. */
const ALL_KINDS_WITHIN = 2_000;

type Result = { readonly broken: BreakName | null; readonly found: Found; readonly tookMs: number };

const perform = async (options: SimulationArguments, broken: BreakName | null): Promise<Result> => {
  const startedMs = performance.now();
  const { histories, seed, workers } = options;
  const found = await runAll({
    ...{ from: seed, histories, broken, workers },
    onProgress: createProgress(histories),
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  return { broken, found, tookMs: performance.now() - startedMs };
};

const tellStory = async (options: HistoryOptions): Promise<void> => {
  await runHistory({ ...options, say });
};

/** The seed, the least that still shows it, and the story of that. */
const explain = async (seed: number, broken: BreakName | null): Promise<void> => {
  const rule = broken === null ? null : BREAKS[broken];
  const { smaller, calledOff, verdict, runs } = await shrink(seed, rule);
  say(`\nSeed ${String(seed)}, made smaller in ${String(runs)} runs to ${String(verdict.strokes.length)} faults:`);
  await tellStory({ seed, broken: rule, smaller, calledOff });
  const again = `npm run simulate -- --seed ${String(seed)} --histories 1 --story${broken === null ? '' : ` --break ${broken}`}`;
  say(`\nThe whole history: ${again}`);
};

const asJson = ({ broken, found, tookMs }: Result): object => ({
  broken,
  first: found.first,
  tookMs: Math.round(tookMs),
  perSecond: Math.round(found.tally.histories / (tookMs / 1_000)),
  ...found.tally,
});

const judgeProduct = async (options: SimulationArguments): Promise<{ readonly results: readonly Result[]; readonly exitCode: number }> => {
  const result = await perform(options, null);
  const { tally, first } = result.found;
  for (const line of [...tallyLines(tally, result.tookMs), '', ...coverageLines(tally), '']) say(line);
  if (first !== null) {
    say(`VIOLATION in history ${String(first.seed)}: ${first.violations.join('; ')}`);
    await explain(first.seed, null);
    return { results: [result], exitCode: 1 };
  }
  const never = tally.histories >= ALL_KINDS_WITHIN ? missing(tally) : [];
  say(never.length === 0 ? `0 violations in ${String(tally.histories)} histories` : `never struck, so not tested: ${never.join(', ')}`);
  return { results: [result], exitCode: never.length === 0 ? 0 : 1 };
};

const convict = async (options: SimulationArguments): Promise<{ readonly results: readonly Result[]; readonly exitCode: number }> => {
  const results: Result[] = [];
  for (const broken of options.breaks) {
    const result = await perform(options, broken);
    results.push(result);
    const { first } = result.found;
    const after = first === null ? 'NOT CONVICTED' : `convicted after ${String(first.seed - options.seed + 1)} histories`;
    say(
      `${broken.padEnd(30)} ${after.padEnd(32)} ${first === null ? `in ${String(options.histories)} histories` : (first.violations[0] ?? '')}`,
    );
  }
  const [only] = results;
  const { first } = only?.found ?? { first: null };
  if (results.length === 1 && only !== undefined && first !== null) await explain(first.seed, only.broken);
  return { results, exitCode: results.every(({ found }) => found.first !== null) ? 0 : 1 };
};

const run = async (options: SimulationArguments): Promise<number> => {
  const { seed, story, breaks, jsonFile } = options;
  const [broken] = breaks;
  if (story) await tellStory({ seed, broken: broken === undefined ? null : BREAKS[broken] });
  const { results, exitCode } = await (breaks.length > 0 ? convict(options) : judgeProduct(options));
  if (jsonFile !== null) writeFileSync(jsonFile, `${JSON.stringify({ options, results: results.map(asJson) }, null, 2)}\n`);
  return exitCode;
};

const main = async (): Promise<void> => {
  const read = readArguments(process.argv.slice(2));
  if (read.kind === 'run') {
    demandPlaceFor(read.arguments.jsonFile);
    process.exitCode = await run(read.arguments);
  } else {
    (read.exitCode === 0 ? process.stdout : process.stderr).write(read.text);
    process.exitCode = read.exitCode;
  }
};

runMain(main);
