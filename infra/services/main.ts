import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { isServiceName, serviceNames, type ServiceName } from '../../contracts/internal/services.js';
import { freePort } from '../sandbox/ports.js';
import { firstStopSignal, runMain } from '../sandbox/processes.js';
import { projectRoot } from '../sandbox/project-root.js';
import { canTieChildren, type Exit } from '../sandbox/tied-child.js';
import { SERVICE_NODE_ARGS, withoutOthers } from './launch.js';
import { Supervisor, type Running } from './supervisor.js';

const USAGE = 64;
const LONGEST_NAME = Math.max(...serviceNames.map((name) => name.length));

const HELP = `npm run services [-- name ...]

Starts the named services, or all of them, against what the environment names: your own Kafka, Postgres, InvestSuite, broker and bank.
Bring the database up to date first: npm run migrate. A service that ends by itself is started again; Ctrl-C ends all.
Wrong configuration ends all with exit 78.

Services: ${serviceNames.join(', ')}
HTTP_PORT is for one service; among several the gateway has it, and <NAME>_HTTP_PORT (OPERATOR_HTTP_PORT, say) gives any other its own.
A service without a port takes a free one and says which; how the operators' command line reaches the operator service is said at start.
`;

const prefixed = (name: ServiceName, from: Readable, to: NodeJS.WriteStream): void => {
  createInterface({ input: from, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) =>
    to.write(`${name.padEnd(LONGEST_NAME)} | ${line}\n`),
  );
};

const givenPort = (name: ServiceName, alone: boolean): string | undefined =>
  process.env[`${name.toUpperCase().replaceAll('-', '_')}_HTTP_PORT`] ??
  (alone || name === 'gateway' ? process.env['HTTP_PORT'] : undefined);

/** Chosen once, so that the operator service comes back under the same address when it is started again. */
const operatorPort = async (names: readonly ServiceName[]): Promise<string | undefined> => {
  if (!names.includes('operator')) return undefined;
  const given = givenPort('operator', names.length === 1);
  return given === undefined || given === '' || given === '0' ? String(await freePort()) : given;
};

const howToOperate = (port: string): string => {
  const host = process.env['HTTP_HOST'] ?? '';
  const reached = host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `once it is ready: OPERATOR_URL=http://${reached}:${port} OPERATOR_TOKEN=<your token> OPERATOR_KEY_FILE=<your key> npm run operator -- journeys list`;
};

/** Copies need names of their own and ports of their own, so what is meant for one is not given to all. */
const environmentOf = (name: ServiceName, alone: boolean, port: string | undefined): NodeJS.ProcessEnv => {
  const { HTTP_PORT: _forOne, SERVICE_NAME: given, ...rest } = process.env;
  return { ...withoutOthers(rest, name), SERVICE_NAME: alone ? (given ?? name) : name, ...(port === undefined ? {} : { HTTP_PORT: port }) };
};

const start = (name: ServiceName, alone: boolean, port: string | undefined): Running => {
  const service = [process.execPath, ...SERVICE_NODE_ARGS, join(projectRoot, 'dist/services', name, 'src/main.js')];
  const [command = process.execPath, ...args] = canTieChildren() ? ['setpriv', '--pdeathsig', 'TERM', ...service] : service;
  // A group of its own: Ctrl-C reaches only us, and we end them in order.
  const child = spawn(command, args, { env: environmentOf(name, alone, port), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  prefixed(name, child.stdout, process.stdout);
  prefixed(name, child.stderr, process.stderr);
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: 1, signal: null }));
  });
  return { exited, kill: (signal) => void child.kill(signal) };
};

const namesFrom = (words: readonly string[]): readonly ServiceName[] | string => {
  const strange = words.find((word) => !isServiceName(word));
  if (strange !== undefined) return `There is no service "${strange}"; there are ${serviceNames.join(', ')}.`;
  const wanted = words.filter(isServiceName);
  return wanted.length === 0 ? serviceNames : [...new Set(wanted)];
};

const main = async (): Promise<void> => {
  const words = process.argv.slice(2);
  if (words.includes('--help')) {
    process.stdout.write(HELP);
    return;
  }
  const names = namesFrom(words);
  if (typeof names === 'string') {
    process.stderr.write(`${names}\n`);
    process.exitCode = USAGE;
    return;
  }
  const alone = names.length === 1;
  const port = await operatorPort(names);
  if (port !== undefined) process.stderr.write(`${'operator'.padEnd(LONGEST_NAME)} | ${howToOperate(port)}\n`);
  const supervisor = new Supervisor({
    names,
    start: (name) => start(name, alone, name === 'operator' ? port : givenPort(name, alone)),
    say: (name, line) => process.stderr.write(`${name.padEnd(LONGEST_NAME)} | ${line}\n`),
  });
  const running = supervisor.run();
  void firstStopSignal().then(() => {
    supervisor.stop();
  });
  process.exit(await running);
};

runMain(main);
