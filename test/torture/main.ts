import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { printJson } from '../../shared/kernel/json.js';
import { firstStopSignal, runCommand } from '../../infra/sandbox/processes.js';
import { demandPlaceFor } from '../../infra/sandbox/result-file.js';
import { readArguments, type TortureArguments } from './arguments.js';
import { comparisonLines, compareWithStock, isOursWhole } from './kafka-only.js';
import { asJson, resultLines } from './report.js';
import { torture, type Watcher } from './run.js';
import { twoInstallations, twoInstallationsLines } from './two-installations.js';

const INTERRUPTED = 130;
const PLAIN_PROGRESS_EVERY_MS = 15_000;

/** One line that is written over on a terminal; elsewhere a line now and then. */
const progressOn = (out: NodeJS.WriteStream): Pick<Watcher, 'say' | 'progress'> & { readonly clear: () => void } => {
  let shownAtMs = 0;
  const clear = (): void => {
    if (out.isTTY) out.write('\r\u001b[2K');
  };
  return {
    clear,
    say: (line) => {
      clear();
      out.write(`${line}\n`);
    },
    progress: (line) => {
      if (out.isTTY) out.write(`\r\u001b[2K${line}`);
      else if (Date.now() - shownAtMs > PLAIN_PROGRESS_EVERY_MS) {
        shownAtMs = Date.now();
        out.write(`${line}\n`);
      }
    },
  };
};

/** A test of its own, which prints the table. */
const crashPoints = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const test = 'test/crash/crash-points.e2e.test.ts';
    const child = spawn(process.execPath, [join(projectRoot, 'node_modules/jest/bin/jest.js'), test], {
      cwd: projectRoot,
      stdio: 'inherit',
    });
    void firstStopSignal().then((signal) => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });

const compare = async ({ seed, jsonFile }: TortureArguments, watcher: Watcher): Promise<number> => {
  const phases = await compareWithStock(seed, watcher);
  for (const line of comparisonLines(phases)) watcher.say(line);
  if (jsonFile !== null) writeFileSync(jsonFile, `${JSON.stringify({ seed, phases }, null, 1)}\n`);
  if (watcher.interrupted.aborted) return INTERRUPTED;
  const good = isOursWhole(phases);
  watcher.say(`Seed ${seed}. Our wrapper ${good ? 'lost nothing.' : 'LOST messages, or was not tried.'}`);
  return good ? 0 : 1;
};

const runTwo = async (options: TortureArguments, watcher: Watcher): Promise<number> => {
  const result = await twoInstallations(options, watcher);
  if (result === null) return INTERRUPTED;
  for (const line of twoInstallationsLines(result)) watcher.say(line);
  if (options.jsonFile !== null) writeFileSync(options.jsonFile, `${JSON.stringify({ seed: options.seed, ...result }, null, 1)}\n`);
  return result.good ? 0 : 1;
};

const run = async (options: TortureArguments): Promise<number> => {
  const startedAtMs = Date.now();
  if (options.crashPoints) return crashPoints();
  const { say, progress, clear } = progressOn(process.stdout);
  const stop = new AbortController();
  void firstStopSignal().then(() => {
    say('Stopping ...');
    stop.abort();
  });
  if (options.kafkaOnly) return compare(options, { say, progress, interrupted: stop.signal });
  if (options.twoInstallations) return runTwo(options, { say, progress, interrupted: stop.signal });
  const result = await torture(options, {
    say,
    progress,
    interrupted: stop.signal,
  });
  clear();
  if (result === null) return INTERRUPTED;
  for (const line of resultLines(result, options.seed)) say(line);
  say(`${((Date.now() - startedAtMs) / 1_000).toFixed(0)} s in all.`);
  if (options.jsonFile !== null) writeFileSync(options.jsonFile, `${printJson(asJson(result, options.seed))}\n`);
  return result.good ? 0 : 1;
};

runCommand(readArguments(process.argv.slice(2)), (wanted) => {
  demandPlaceFor(wanted.jsonFile);
  return run(wanted);
});
