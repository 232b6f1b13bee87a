import { MissingPrerequisite } from './missing-prerequisite.js';
import { type Exit, type TiedChild, lastLines, spawnTied, stopTied } from './tied-child.js';
import { asWrongUsage, WrongUsage } from './wrong-usage.js';
import { waitUntil } from './wait-until.js';

export interface ProcessOptions {
  readonly name: string;
  /** Absolute path of the JavaScript file that Node runs. */
  readonly entry: string;
  /** Default: source maps. */
  readonly nodeArgs?: readonly string[];
  readonly args?: readonly string[];
  /** Added to this process' own environment; undefined takes a name away. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** stdout and stderr, appended over restarts. */
  readonly logFile: string;
  /** Asked every 20 ms after each start, errors count as "not yet". Without it a process counts as ready at once. */
  readonly isReady?: () => Promise<boolean>;
  /** Default 30000. */
  readonly readyTimeoutMs?: number;
}

/** One Node process that dies with us. `pid`, `exited` and `exit` speak of the latest start. */
export interface RunningProcess {
  readonly name: string;
  readonly logFile: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** undefined while it runs. */
  readonly exit: Exit | undefined;
  /** kill('SIGKILL') is the kill -9 of the crash tests. False when it is gone already. */
  kill(signal: NodeJS.Signals): boolean;
  /** SIGTERM, after `graceMs` (default 10000) SIGKILL; resolves when it is gone. */
  stop(graceMs?: number): Promise<Exit>;
  /** Kills it if it still runs, starts it again with the same environment, and waits until it is ready. */
  restart(): Promise<void>;
}

const untilReady = async (options: ProcessOptions, child: TiedChild): Promise<void> => {
  const { isReady, name, logFile } = options;
  if (isReady === undefined) return;
  const outcome = await waitUntil(
    `${name} ready`,
    async () => (child.exit === undefined ? ((await isReady()) ? ('ready' as const) : undefined) : ('exited' as const)),
    {
      timeoutMs: options.readyTimeoutMs ?? 30_000,
    },
  );
  if (outcome === 'ready') return;
  const how = child.exit?.signal ?? `code ${String(child.exit?.code)}`;
  throw new Error(`${name} ended with ${how} before it was ready. The end of ${logFile}:\n${lastLines(logFile)}`);
};

const launch = async (options: ProcessOptions): Promise<TiedChild> => {
  const child = await spawnTied({
    command: process.execPath,
    args: [...(options.nodeArgs ?? ['--enable-source-maps']), options.entry, ...(options.args ?? [])],
    env: { ...process.env, ...options.env },
    logFile: options.logFile,
    onParentDeath: 'KILL',
  });
  try {
    await untilReady(options, child);
    return child;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
};

/** Starts a Node process and waits until it is ready. Throws, with the end of its log, when it ends before. */
export const startProcess = async (options: ProcessOptions): Promise<RunningProcess> => {
  let child = await launch(options);
  return {
    name: options.name,
    logFile: options.logFile,
    get pid() {
      return child.pid;
    },
    get exited() {
      return child.exited;
    },
    get exit() {
      return child.exit;
    },
    kill: (signal) => child.kill(signal),
    stop: async (graceMs = 10_000) => stopTied(child, graceMs),
    restart: async () => {
      child.kill('SIGKILL');
      await child.exited;
      child = await launch(options);
    },
  };
};

/** For `isReady`: true when the address answers with a 2xx within a second. */
export const answersOk = async (url: string): Promise<boolean> => (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;

/**
 * Runs a command's main function: a missing prerequisite is one sentence and exit 69, any other error its stack and exit 1.
 * Does not end the process when `main` is through.
 */
export const runMain = (main: () => Promise<void>): void => {
  main().catch((thrown: unknown) => {
    const error = asWrongUsage(thrown);
    if (error instanceof MissingPrerequisite || error instanceof WrongUsage) {
      process.stderr.write(`${error.message}\n`);
      process.exit(error.exitCode);
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
};

/** What the words behind a command ask for: a run, a text to be shown, or a text that says what is wrong with them. */
export type CommandRead<Arguments> =
  | { readonly kind: 'run'; readonly arguments: Arguments }
  | { readonly kind: 'show'; readonly text: string }
  | { readonly kind: 'wrong'; readonly text: string };
/** EX_USAGE of sysexits.h. */
const USAGE = 64;

/** The whole of a command: `run` resolves with its exit code. */
export const runCommand = <Arguments>(read: CommandRead<Arguments>, run: (wanted: Arguments) => Promise<number> | number): void => {
  runMain(async () => {
    if (read.kind !== 'run') {
      (read.kind === 'show' ? process.stdout : process.stderr).write(read.text);
      process.exitCode = read.kind === 'show' ? 0 : USAGE;
      return;
    }
    // Whatever still waits on a timer or a socket has nothing to say any more.
    process.exit(await run(read.arguments));
  });
};

/**
 * Resolves with the first SIGINT, SIGTERM or SIGHUP. From then on they are ignored: a terminal, npm and a parent may each send their own
 * copy of one Ctrl-C, and the orderly end must not be cut short by the second.
 */
export const firstStopSignal = async (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
  });
