import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from './liveness.js';
import { freePort, isPortFree } from './ports.js';
import { copyBinaries, isOpenToAll, postgresBinaries } from './postgres-binaries.js';
import { type RunFolder, makeRunFolder } from './run-folder.js';
import { type TiedChild, lastLines, spawnTied, stopTied } from './tied-child.js';
import { waitUntil } from './wait-until.js';

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 10_000;
const PORT_TRIES = 3;
/** The user "nobody" of Debian and most others: there without making one. Postgres refuses to run as root. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const USER = 'app';

export interface PostgresOptions {
  /** Where the cluster lies; what is there is used again. Never deleted. Default: a fresh temp folder. */
  readonly dir?: string;
  /** The temp folder stays after stop(). */
  readonly keep?: boolean;
  /** Nobody comes in without TLS. Default: plaintext. */
  readonly tls?: PostgresTls;
}

/** Texts in PEM. */
export interface PostgresTls {
  readonly cert: string;
  readonly key: string;
  /** Nobody comes in without a certificate of this authority. */
  readonly demands?: string;
}

export interface Postgres {
  /** A superuser on the database "postgres", with its password. Does not change. */
  readonly url: string;
  readonly port: number;
  /** The postmaster, of the latest start. */
  readonly pid: number;
  readonly folder: string;
  readonly logFile: string;
  /** Ends it and deletes the temp folder; a folder that stays is shut down orderly first. */
  stop(): Promise<void>;
  /** SIGKILL to the postmaster and every process of its own, then waits until all are gone. */
  crash(): Promise<void>;
  /** SIGSTOP or SIGCONT to every process of its own: frozen, and going on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Same folder, same port; resolves when it takes connections. Does nothing while it runs. */
  start(): Promise<void>;
  /** From now on new connections see this certificate. */
  changeTls(tls: PostgresTls): void;
}

interface Place {
  readonly bin: string;
  readonly cluster: string;
  readonly logFile: string;
  readonly port: number;
  readonly as: { readonly uid: number; readonly gid: number } | undefined;
  readonly hasTls: boolean;
}

/** The port was taken between the test and the start. */
class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' });

/** As in production: everybody logs in with a password. */
const initialise = async (place: Omit<Place, 'port'>, password: string): Promise<void> => {
  if (existsSync(join(place.cluster, 'PG_VERSION'))) return;
  mkdirSync(place.cluster, { recursive: true, mode: 0o700 });
  const passwordFile = `${place.cluster}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (place.as !== undefined) for (const path of [place.cluster, passwordFile]) chownSync(path, place.as.uid, place.as.gid);
  const args = [
    '-D',
    place.cluster,
    '-U',
    USER,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--locale=C.UTF-8',
    '-E',
    'UTF8',
    '-N',
  ];
  try {
    // initdb wants a working folder that its user can enter.
    await promisify(execFile)(join(place.bin, 'initdb'), args, { env: environment(), cwd: place.cluster, ...(place.as ?? {}) });
  } finally {
    rmSync(passwordFile, { force: true });
  }
};

/** A folder that is used again keeps its password. */
const passwordIn = (folder: string): string => {
  const path = join(folder, 'password');
  if (!existsSync(path)) writeFileSync(path, randomBytes(18).toString('base64url'), { mode: 0o600 });
  return readFileSync(path, 'utf8');
};

const TLS_FILES = { ssl_cert_file: 'tls.cert', ssl_key_file: 'tls.key', ssl_ca_file: 'tls.ca' } as const;

/** Postgres wants a key that only its own user may read. */
const writeTls = ({ cluster, as }: Pick<Place, 'cluster' | 'as'>, { cert, key, demands }: PostgresTls): void => {
  // Without an authority that is demanded, any will do: nobody is asked for a certificate.
  const texts = { 'tls.cert': cert, 'tls.key': key, 'tls.ca': demands ?? cert };
  const hba = `hostssl all all 127.0.0.1/32 scram-sha-256${demands === undefined ? '' : ' clientcert=verify-ca'}\n`;
  for (const [name, text] of Object.entries({ ...texts, 'pg_hba.conf': hba })) {
    writeFileSync(join(cluster, name), text, { mode: 0o600 });
    if (as !== undefined) chownSync(join(cluster, name), as.uid, as.gid);
  }
};

const spawnPostmaster = async (place: Place): Promise<TiedChild> => {
  const settings = {
    ...{ listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '300', fsync: 'on' },
    ...(place.hasTls ? { ssl: 'on', ...TLS_FILES } : {}),
  };
  return spawnTied({
    command: join(place.bin, 'postgres'),
    args: [
      '-D',
      place.cluster,
      '-p',
      String(place.port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: environment(),
    cwd: place.cluster,
    logFile: place.logFile,
    // A fast shutdown: the postmaster takes its backends along, which SIGKILL would not.
    onParentDeath: 'INT',
    ...(place.as === undefined ? {} : { as: place.as }),
  });
};

const startPostmaster = async (place: Place): Promise<TiedChild> => {
  const before = existsSync(place.logFile) ? statSync(place.logFile).size : 0;
  const child = await spawnPostmaster(place);
  const state = await waitUntil(
    'Postgres ready',
    () => {
      if (child.exit !== undefined) return 'exited' as const;
      const fresh = readFileSync(place.logFile).subarray(before).toString('utf8');
      return fresh.includes('ready to accept connections') ? ('ready' as const) : undefined;
    },
    { timeoutMs: READY_TIMEOUT_MS, everyMs: 10 },
  );
  if (state === 'ready') return child;
  const end = lastLines(place.logFile);
  const message = `Postgres ended before it was ready. The end of ${place.logFile}:\n${end}`;
  throw end.includes('Address already in use') ? new PortTaken(message) : new Error(message);
};

const childrenOf = async (pid: number): Promise<number[]> => {
  if (process.platform === 'linux') {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  }
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return rows.filter(([, parent]) => parent === pid).map(([child]) => child ?? 0);
};

const trySignal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** Backends outlive a killed postmaster by some milliseconds and would still answer queries, so each gets its own SIGKILL. */
const crashPostmaster = async (child: TiedChild): Promise<void> => {
  if (child.exit !== undefined) return;
  const backends = await childrenOf(child.pid);
  child.kill('SIGKILL');
  for (const pid of backends) trySignal(pid, 'SIGKILL');
  await child.exited;
  // A backend that still holds the shared memory would make the next start refuse.
  await waitUntil('all Postgres processes gone', () => backends.every((pid) => !isAlive(pid)), { timeoutMs: 10_000, everyMs: 5 });
};

/** The postmaster is stopped first and goes on last: so it cannot have a child that was missed. */
const signalPostmaster = async (child: TiedChild, name: 'SIGSTOP' | 'SIGCONT'): Promise<void> => {
  if (child.exit !== undefined) return;
  if (name === 'SIGSTOP') child.kill(name);
  for (const pid of await childrenOf(child.pid)) trySignal(pid, name);
  if (name === 'SIGCONT') child.kill(name);
};

/** As root everything must lie where nobody can reach it; any other user runs Postgres as itself. */
const preparePlace = (folder: RunFolder, hasTls: boolean): Omit<Place, 'port'> => {
  const bin = postgresBinaries();
  const asNobody = process.getuid?.() === 0;
  if (asNobody && !isOpenToAll(folder.path))
    throw new Error(`${folder.path} must be open to the user that Postgres runs as (chmod o+x on it and above)`);
  return {
    bin: asNobody && !isOpenToAll(bin) ? copyBinaries(bin, join(folder.path, 'postgres')) : bin,
    cluster: join(folder.path, 'cluster'),
    logFile: join(folder.path, 'server.log'),
    as: asNobody ? NOBODY : undefined,
    hasTls,
  };
};

const tempBase = (): string => {
  const bases = [tmpdir(), '/tmp', '/var/tmp'];
  return process.getuid?.() === 0 ? (bases.find((base) => existsSync(base) && isOpenToAll(base)) ?? tmpdir()) : tmpdir();
};

const choosePort = async (folder: string): Promise<number> => {
  const known = join(folder, 'port');
  const old = existsSync(known) ? Number(readFileSync(known, 'utf8')) : 0;
  const port = old !== 0 && (await isPortFree(old)) ? old : await freePort();
  writeFileSync(known, String(port));
  return port;
};

const firstStart = async (
  folder: RunFolder,
  password: string,
  tls: PostgresTls | undefined,
): Promise<{ place: Place; child: TiedChild }> => {
  const unplaced = preparePlace(folder, tls !== undefined);
  await initialise(unplaced, password);
  if (tls !== undefined) writeTls(unplaced, tls);
  for (let attempt = 1; ; attempt += 1) {
    const place = { ...unplaced, port: await choosePort(folder.path) };
    try {
      return { place, child: await startPostmaster(place) };
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === PORT_TRIES) throw error;
    }
  }
};

/**
 * Starts a real PostgreSQL on a free port of 127.0.0.1 as a child that dies with this process, fsync on, and waits until it takes
 * connections. Throws MissingPrerequisite where there are no binaries for the machine.
 */
export const startPostgres = async (options: PostgresOptions = {}): Promise<Postgres> => {
  if (options.dir !== undefined) mkdirSync(options.dir, { recursive: true });
  const folder: RunFolder =
    options.dir === undefined
      ? makeRunFolder('postgres', { keep: options.keep ?? false, base: tempBase() })
      : { path: options.dir, remove: () => undefined };
  const password = passwordIn(folder.path);
  const { place, ...first } = await firstStart(folder, password, options.tls).catch((error: unknown) => {
    folder.remove();
    throw error;
  });
  let child = first.child;
  const isDeleted = options.dir === undefined && options.keep !== true;
  return {
    url: `postgres://${USER}:${password}@127.0.0.1:${place.port}/postgres`,
    port: place.port,
    get pid() {
      return child.pid;
    },
    folder: folder.path,
    logFile: place.logFile,
    stop: async () => {
      // Frozen, it would not hear that it is to end.
      await signalPostmaster(child, 'SIGCONT');
      // What is deleted anyway needs no last checkpoint: SIGQUIT ends at once, SIGINT orderly.
      await stopTied(child, STOP_GRACE_MS, isDeleted ? 'SIGQUIT' : 'SIGINT');
      folder.remove();
    },
    crash: async () => crashPostmaster(child),
    signal: async (name) => signalPostmaster(child, name),
    start: async () => {
      if (child.exit !== undefined) child = await startPostmaster(place);
    },
    changeTls: (tls) => {
      writeTls(place, tls);
      child.kill('SIGHUP');
    },
  };
};
