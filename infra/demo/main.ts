import { writeFileSync } from 'node:fs';
import { printJson } from '../../shared/kernel/json.js';
import { projectRootOf, readStateFile, removeStateFile, stateFilePath, writeStateFile } from '../../shared/runtime/process/state-file.js';
import { firstStopSignal, runMain } from '../sandbox/processes.js';
import { demandPlaceFor } from '../sandbox/result-file.js';
import { readArguments, type DemoArguments } from './arguments.js';
import { planCustomers } from '../../test/world/mix.js';
import { createOperatorClient } from '../../test/world/operator-client.js';
import { People } from '../../test/world/people.js';
import { createProgress } from './progress.js';
import { asJson, verdictLines } from './report.js';
import { runCustomers, type RunResult } from './run.js';
import { startStack, type Stack } from '../../test/world/stack.js';
import { World } from '../../test/world/world.js';

/** EX_USAGE of sysexits.h. */
const USAGE = 64;
const INTERRUPTED = 130;

type Stop = Promise<'interrupted'>;

const seconds = (sinceMs: number): string => ((Date.now() - sinceMs) / 1_000).toFixed(1);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** One demo. */
type Chosen = DemoArguments & { readonly seed: number };

const perform = async (stack: Stack, options: Chosen, interrupted: Stop): Promise<RunResult> => {
  const progress = createProgress(process.stdout);
  const world = new World(stack);
  const anna = createOperatorClient(stack.urls.operator, stack.operators.anna);
  const ben = createOperatorClient(stack.urls.operator, stack.operators.ben);
  const people = new People({ world, send: stack.send, anna, ben, say: progress.say, answersFor: 'planned refusals' });
  const plan = planCustomers(options.customers, options.seed);
  return runCustomers({ world, plan, faults: options.faults, readFacts: anna.facts, people, progress, interrupted });
};

/** The command line of the operators finds the demo by this file. It goes again, unless another demo has written it since. */
const announceOperators = (stack: Stack): (() => void) => {
  const path = stateFilePath(process.env, projectRootOf(__dirname));
  const { anna, keyFileOf } = stack.operators;
  const state = { operatorUrl: stack.urls.operator, operatorToken: anna.token, operatorKeyFile: keyFileOf(anna) };
  writeStateFile(path, state);
  return () => {
    if (readStateFile(path)?.operatorToken === state.operatorToken) removeStateFile(path);
  };
};

const lookAround = (stack: Stack, paidPortfolioId: string | undefined): readonly string[] => [
  '',
  'Everything stays up until Ctrl-C. Look around, in another terminal:',
  '  npm run operator -- journeys list',
  `  npm run operator -- journeys show ${paidPortfolioId ?? 'ID'}`,
  '  npm run operator -- effects list --parked',
  '  npm run operator -- dead-letters list',
  'That is anna. Money needs a second person; this is ben:',
  `  OPERATOR_URL=${stack.urls.operator} OPERATOR_TOKEN=${stack.operators.ben.token} OPERATOR_KEY_FILE=${stack.operators.keyFileOf(stack.operators.ben)} npm run operator -- effects approve ID`,
  'A demo that leaves payments which wait for people, to practise with:',
  '  npm run demo -- --faults refused-payments,returned-payments',
  `Operators' API ${stack.urls.operator}, gateway ${stack.urls.gateway}, logs ${stack.folder}`,
];

const showAndStay = async (stack: Stack, options: Chosen, startedAt: number, interrupted: Stop): Promise<number> => {
  if ((await Promise.race([interrupted, Promise.resolve('not yet' as const)])) === 'interrupted') return INTERRUPTED;
  const result = await Promise.race([perform(stack, options, interrupted), interrupted]);
  if (result === 'interrupted') return INTERRUPTED;
  const { verdict, msOf } = result;
  for (const line of verdictLines(verdict)) say(line);
  say(`Seed ${options.seed}, ${seconds(startedAt)} s in all.`);
  if (options.jsonFile !== null) writeFileSync(options.jsonFile, `${printJson(asJson(options.seed, verdict, msOf))}\n`);
  if (!options.once) {
    for (const line of lookAround(stack, verdict.customers.find(({ end }) => end === 'paid')?.portfolioId)) say(line);
    await interrupted;
  }
  return verdict.ok ? 0 : 1;
};

const run = async (options: Chosen, interrupted: Stop): Promise<number> => {
  const startedAt = Date.now();
  // Not cut short by an interruption: what has begun to start is stopped in order, and leaves nothing behind.
  const stack = await startStack({ seed: options.seed, say, keep: options.keep });
  const forget = announceOperators(stack);
  try {
    return await showAndStay(stack, options, startedAt, interrupted);
  } finally {
    forget();
    await stack.stop();
    if (options.keep) say(`Kept: ${[stack.folder, stack.kafka.folder, stack.postgres.folder].join(' ')}`);
  }
};

/** The exit code of the first demo that is not good; the others are run all the same, unless somebody has had enough. */
const runAll = async (options: DemoArguments): Promise<number> => {
  const interrupted: Stop = firstStopSignal().then(() => 'interrupted');
  void interrupted.then(() => {
    say('Stopping ...');
  });
  const codes: number[] = [];
  for (const seed of options.seeds) {
    if (codes.at(-1) === INTERRUPTED) break;
    codes.push(await run({ ...options, seed }, interrupted));
  }
  if (options.seeds.length > 1)
    say(
      `Seeds ${options.seeds.join(', ')}: ${options.seeds.map((seed, index) => `${String(seed)} -> ${String(codes[index] ?? 'not run')}`).join(', ')}`,
    );
  return codes.find((code) => code !== 0) ?? 0;
};

const main = async (): Promise<void> => {
  const read = readArguments(process.argv.slice(2));
  switch (read.kind) {
    case 'show':
      process.stdout.write(read.text);
      return;
    case 'wrong':
      process.stderr.write(`${read.sentence}\n`);
      process.exitCode = USAGE;
      return;
    case 'run':
      demandPlaceFor(read.arguments.jsonFile);
      // Whatever still waits on a timer or a socket has nothing to say any more.
      process.exit(await runAll(read.arguments));
  }
};

runMain(main);
