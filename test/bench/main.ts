import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { firstStopSignal, runCommand } from '../../infra/sandbox/processes.js';
import { demandPlaceFor } from '../../infra/sandbox/result-file.js';
import { replaceMarked } from '../../infra/tooling/contracts/marked.js';
import { readArguments, type BenchArguments } from './arguments.js';
import { benches } from './benches.js';
import { openContext, screenOn, type Screen } from './context.js';
import { commitOf, describeMachine } from './machine.js';
import type { Bench } from './measure.js';
import { picture } from './picture.js';
import { asJson, asMarkdown, asTable, type BenchReport, type Report } from './report.js';

const INTERRUPTED = 130;
const FOLDER = join(projectRoot, 'test/bench');

const runOne = async (bench: Bench, screen: Screen, quick: boolean): Promise<BenchReport> => {
  screen.say(`${bench.name}: ${bench.does}`);
  const startedAtMs = performance.now();
  const { context, close } = openContext(screen, quick);
  const report = (rest: Pick<BenchReport, 'figures' | 'notes' | 'failed'>): BenchReport => ({
    name: bench.name,
    seconds: (performance.now() - startedAtMs) / 1_000,
    ...rest,
  });
  try {
    const { figures, notes = [] } = await bench.run(context);
    await close();
    return report({ figures, notes, failed: null });
  } catch (error) {
    screen.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    await close().catch((problem: unknown) => screen.say(String(problem)));
    return report({ figures: [], notes: [], failed: error instanceof Error ? error.message : String(error) });
  }
};

const keep = (report: Report): void => {
  const readme = join(FOLDER, 'README.md');
  writeFileSync(
    readme,
    replaceMarked(
      readFileSync(readme, 'utf8'),
      'bench',
      'Results',
      `![Measured beside floor and goal](results.svg)\n\n${asMarkdown(report)}`,
    ),
  );
  writeFileSync(join(FOLDER, 'results.svg'), picture(report));
  writeFileSync(join(FOLDER, 'results.json'), asJson(report));
};

const run = async ({ names, quick, write, jsonFile }: BenchArguments): Promise<number> => {
  // Before anything runs: the figures are of these files.
  const commit = commitOf();
  const screen = screenOn(process.stderr);
  const reports: BenchReport[] = [];
  for (const bench of benches.filter(({ name }) => names.includes(name))) reports.push(await runOne(bench, screen, quick));
  const report: Report = { date: new Date().toISOString().slice(0, 10), commit, quick, machine: describeMachine(), benches: reports };
  process.stdout.write(`\n${asTable(report)}\n`);
  if (jsonFile !== null) writeFileSync(jsonFile, asJson(report));
  const failed = reports.some((one) => one.failed !== null);
  if (write && !failed) keep(report);
  return failed ? 1 : 0;
};

runCommand(readArguments(process.argv.slice(2), benches), (wanted) => {
  demandPlaceFor(wanted.jsonFile);
  // What it has started is tied to it and ends with it.
  const interrupted = firstStopSignal().then(() => INTERRUPTED);
  return Promise.race([run(wanted), interrupted]);
});
