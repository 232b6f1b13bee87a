import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** How a process ended: one of the two is null, as Node tells it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface TiedChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** stdout and stderr are appended to this file, straight from the child: it never waits for us. */
  readonly logFile: string;
  /** What the system sends to the child when this process dies, however it dies. */
  readonly onParentDeath: 'KILL' | 'INT' | 'TERM';
  /** Another user to run as; needs root. */
  readonly as?: { readonly uid: number; readonly gid: number };
}

export interface TiedChild {
  readonly pid: number;
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<Exit>;
  /** How it ended, as long as it runs undefined. */
  readonly exit: Exit | undefined;
  /** False when it is gone already. */
  kill(signal: NodeJS.Signals): boolean;
}

const findTie = (): boolean => {
  const { error, stdout } = spawnSync('setpriv', ['--help'], { encoding: 'utf8' });
  return error === undefined && stdout.includes('--pdeathsig');
};

let tieable: boolean | undefined;
/** True where `setpriv --pdeathsig` exists (util-linux; the small one of BusyBox has it not). */
export const canTieChildren = (): boolean => {
  tieable ??= process.platform === 'linux' && findTie();
  return tieable;
};

const living = new Set<TiedChild>();
// For systems that cannot tie, and for a child that would only be asked to end. Not for kill -9 of us: there only the tie helps.
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

const tiedCommand = ({ command, args, onParentDeath, as }: TiedChildOptions): { command: string; args: string[] } => {
  if (!canTieChildren()) return { command, args: [...args] };
  const user = as === undefined ? [] : [`--reuid=${as.uid}`, `--regid=${as.gid}`, '--clear-groups'];
  return { command: 'setpriv', args: [...user, '--pdeathsig', onParentDeath, command, ...args] };
};

/**
 * Starts a child that does not outlive this process. Not from a worker thread: the tie follows the thread that spawned.
 * The child leads its own process group, so Ctrl-C reaches only us and we end our children in order.
 * Throws when the command cannot be started.
 */
export const spawnTied = async (options: TiedChildOptions): Promise<TiedChild> => {
  const { command, args } = tiedCommand(options);
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const spawned = spawn(command, args, {
    env: options.env,
    stdio: ['ignore', log, log],
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.as === undefined || canTieChildren() ? {} : options.as),
  });
  closeSync(log);
  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    spawned.once('exit', (code, signal) => {
      exit = { code, signal };
      living.delete(child);
      resolve(exit);
    });
  });
  const child: TiedChild = {
    get pid() {
      return spawned.pid ?? -1;
    },
    exited,
    get exit() {
      return exit;
    },
    kill: (signal) => exit === undefined && spawned.kill(signal),
  };
  await new Promise<void>((resolve, reject) => {
    spawned.once('spawn', resolve);
    spawned.once('error', reject);
  });
  // After the start an error event only says that a signal could not be sent; kill() answers that.
  spawned.on('error', () => undefined);
  if (exit === undefined) living.add(child);
  return child;
};

/** Sends SIGTERM, after `graceMs` SIGKILL, and waits until the process is gone. */
export const stopTied = async (child: TiedChild, graceMs: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> => {
  child.kill(signal);
  const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  try {
    return await child.exited;
  } finally {
    clearTimeout(killer);
  }
};

/** The last lines of a log file, for a message about a process that ended too early. */
export const lastLines = (logFile: string, count = 12): string => {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch (error) {
    return `(no log: ${(error as Error).message})`;
  }
};
