/**
 * The entry of every npm script: checks what the command needs, installs and builds what is stale, then hands over.
 * Signals go on to the command and its exit code comes back. Plain Node without a dependency: it runs on a bare clone.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Refusal, ensureBuilt, ensureDependencies, root, say } from './build.mjs';
import { JEST, jestWords } from './jest.mjs';
import { checkPrerequisites } from './prerequisites.mjs';

/** `file` is what Node runs; `level`: the level of tests that jest runs; `servers`: it starts Kafka and Postgres; `built`: it needs dist/; `evenBroken`: it judges compile errors itself; `help`: said here, where the command cannot. */
const COMMANDS = {
  demo: {
    file: 'dist/infra/demo/main.js',
    servers: true,
    built: true,
    does: 'the main job for real, on its own servers; -- --once ends it',
  },
  test: { file: 'infra/tooling/test.mjs', servers: true, built: true, evenBroken: true, does: 'everything that must pass' },
  'test:unit': {
    file: JEST,
    level: 'unit',
    does: 'the tests that need no server',
    help: 'npm run test:unit [-- words for jest]: the tests that need no server, in one to two minutes on two cores. A path or --testPathPatterns kernel takes some, -t NAME one; jest explains the rest (npx jest --help).',
  },
  simulate: {
    file: 'dist/test/simulation/main.js',
    built: true,
    does: 'seeded histories of the real engine and flows; an auditor reads the books of the world',
  },
  sandbox: {
    file: 'dist/infra/sandbox/main.js',
    servers: true,
    built: true,
    does: 'Kafka, Postgres and simulators; prints the environment to export',
  },
  bench: {
    file: 'dist/test/bench/main.js',
    // As a service is started.
    nodeArgs: ['--max-semi-space-size=64'],
    servers: true,
    built: true,
    does: 'speed and cost, beside goals and floors; -- --list',
  },
  services: {
    file: 'dist/infra/services/main.js',
    built: true,
    does: 'the services, against what the environment names; -- names choose some',
  },
  migrate: { file: 'dist/migrations/main.js', built: true, does: 'the migrations of the database, forward only' },
  keys: { file: 'dist/infra/keys/main.js', built: true, does: 'makes the keys that services sign their messages with' },
  topics: { file: 'dist/infra/topics/main.js', built: true, does: 'makes topics, and allows each service what it needs; -- --print' },
  erase: { file: 'dist/infra/erase/main.js', built: true, does: 'erases one customer, for ever; -- CUSTOMER --by NAME --why TEXT' },
  reseal: { file: 'dist/infra/reseal/main.js', built: true, does: 'seals anew with the first key of SEAL_KEYS_FILE' },
  operator: { file: 'dist/services/operator/src/cli.js', built: true, does: "the operators' command line" },
  torture: {
    file: 'dist/test/torture/main.js',
    servers: true,
    built: true,
    does: 'kill -9, freezes and cut lines while customers are paid; the books decide',
  },
  attack: {
    file: 'dist/test/attack/main.js',
    servers: true,
    built: true,
    does: 'attacks the product in a sandbox; -- --peel takes guards out, -- --mutate takes mends out',
  },
  'two-builds': {
    file: 'dist/test/two-builds/main.js',
    servers: true,
    built: true,
    does: 'customers are paid while one build is replaced by another; the books decide',
  },
  contracts: { file: 'dist/infra/tooling/contracts/main.js', built: true, does: 'writes the generated files again' },
  new: { file: 'dist/infra/new/main.js', built: true, does: 'the skeleton of a service or an adapter; -- service NAME' },
  sbom: { file: 'dist/infra/supply/sbom.js', built: true, does: 'the list of all parts that are shipped, as CycloneDX' },
  production: { file: 'dist/infra/supply/production.js', built: true, does: 'a folder with what is shipped; -- --folder DIR' },
  lint: { file: 'infra/tooling/lint.mjs', does: 'style and import rules, and licences' },
  build: {
    built: true,
    does: 'compiles into dist/',
    help: 'npm run build: compiles into dist/ when a source is newer than the last good build. Every other command does so by itself.',
  },
};

const help = () => {
  const lines = Object.entries(COMMANDS).map(([name, { does }]) => `  npm run ${name.padEnd(10)} ${does}`);
  return `Each command does its own set-up. Arguments go behind "--".\n\n${lines.join('\n')}\n`;
};

/** The command must end when this process is killed with -9, and then in order: SIGTERM. Where the system cannot do that, we do without. */
const tied = (args) => {
  const canTie =
    process.platform === 'linux' && (spawnSync('setpriv', ['--help'], { encoding: 'utf8' }).stdout ?? '').includes('--pdeathsig');
  return canTie ? { command: 'setpriv', args: ['--pdeathsig', 'TERM', process.execPath, ...args] } : { command: process.execPath, args };
};

/** Our parent and, where the system has /proc, its parent too: npm puts a shell between itself and us. */
const ancestors = () => {
  const stat = `/proc/${process.ppid}/stat`;
  if (!existsSync(stat)) return String(process.ppid);
  const text = readFileSync(stat, 'utf8');
  return `${process.ppid} ${text.slice(text.lastIndexOf(')') + 2).split(' ')[1]}`;
};

/** npm passes SIGTERM on, but cannot pass on a kill -9 of its own: then our ancestors change. */
const watchNpm = (child) => {
  if (process.env.npm_lifecycle_event === undefined) return;
  const atStart = ancestors();
  setInterval(() => {
    if (ancestors() !== atStart) child.kill('SIGTERM');
  }, 500).unref();
};

const handOver = (file, args, nodeArgs = []) =>
  new Promise((done, fail) => {
    const start = tied(['--enable-source-maps', ...nodeArgs, join(root, file), ...args]);
    const child = spawn(start.command, start.args, { cwd: root, stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    watchNpm(child);
    child.once('error', fail);
    child.once('exit', (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 0)));
  });

const main = async () => {
  const [name = '--help', ...words] = process.argv.slice(2);
  const args = words[0] === '-h' ? ['--help', ...words.slice(1)] : words;
  if (name === '--help' || name === '-h') {
    process.stdout.write(help());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new Refusal(`There is no command "${name}".\n\n${help()}`, 64);
  if (command.help !== undefined && args.includes('--help')) {
    process.stdout.write(`${command.help}\n`);
    return 0;
  }
  if (command.file === undefined && args.length > 0) throw new Refusal(`npm run ${name} takes nothing but --help, not "${args[0]}".`, 64);
  checkPrerequisites({ servers: command.servers === true });
  await ensureDependencies();
  if (command.built === true)
    await ensureBuilt().catch((error) => {
      if (command.evenBroken !== true) throw error;
      say(error.message);
    });
  if (command.file === undefined) return 0;
  if (!existsSync(join(root, command.file))) throw new Refusal(`${name}: ${command.file} does not exist.`, 70);
  return handOver(command.file, command.level === undefined ? args : jestWords(command.level, args), command.nodeArgs);
};

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Refusal ? error.message : error.stack);
  process.exitCode = error instanceof Refusal ? error.exitCode : 1;
}
