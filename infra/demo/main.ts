import { writeFileSync } from 'node:fs';
import { printJson } from '../../shared/kernel/json.js';
import { firstStopSignal, runMain } from '../sandbox/processes.js';
import { readArguments, type DemoArguments } from './arguments.js';
import { planCustomers } from './mix.js';
import { createOperatorClient } from './operator-client.js';
import { createPeople } from './people.js';
import { createProgress } from './progress.js';
import { asJson, verdictLines } from './report.js';
import { runCustomers } from './run.js';
import { startStack, type Stack } from './stack.js';
import { World } from './world.js';

/** EX_USAGE of sysexits.h. */
const USAGE = 64;

const seconds = (sinceMs: number): string => ((Date.now() - sinceMs) / 1_000).toFixed(1);

const perform = async (stack: Stack, options: DemoArguments, interrupted: Promise<unknown>, startedAt: number): Promise<boolean> => {
  const progress = createProgress(process.stdout);
  const world = new World(stack);
  const anna = createOperatorClient(stack.urls.operator, stack.operators.anna);
  const ben = createOperatorClient(stack.urls.operator, stack.operators.ben);
  const people = createPeople({ world, brokers: stack.kafka.brokers, anna, ben, say: progress.say });
  const { verdict, msOf } = await runCustomers({
    world, plan: planCustomers(options.customers, options.seed), faults: options.faults, readFacts: anna.facts, people, progress, interrupted,
  });
  for (const line of verdictLines(verdict)) progress.say(line);
  progress.say(`seed ${options.seed}, ${seconds(startedAt)} s`);
  if (options.jsonFile !== null) writeFileSync(options.jsonFile, `${printJson(asJson(options.seed, verdict, msOf))}\n`);
  return verdict.ok;
};

const main = async (): Promise<void> => {
  const read = readArguments(process.argv.slice(2));
  if (read.kind === 'show') { process.stdout.write(read.text); return; }
  if (read.kind === 'wrong') { process.stderr.write(`${read.sentence}\n`); process.exitCode = USAGE; return; }
  const startedAt = Date.now();
  const stopSignal = firstStopSignal();
  const interrupted = stopSignal.then(() => 'interrupted' as const);
  const starting = startStack({ seed: read.arguments.seed, say: (line) => void process.stdout.write(`${line}\n`), keep: read.arguments.keep });
  const stack = await Promise.race([starting, interrupted]);
  if (stack === 'interrupted') process.exit(130);
  try {
    const ok = await perform(stack, read.arguments, interrupted, startedAt);
    process.exitCode = ok ? 0 : 1;
    if (!read.arguments.once) await stopSignal;
  } finally {
    const hook = process.env['DEMO_DEBUG'];
    // eslint-disable-next-line
    if (hook !== undefined) await (require(hook) as (url: string) => Promise<void>)(stack.postgres.url);
    await stack.stop();
  }
};

runMain(main);
