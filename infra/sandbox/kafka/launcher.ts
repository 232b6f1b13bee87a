import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFileLock } from '../file-lock.js';
import { freePorts, isPortFree } from '../ports.js';
import { type RunFolder, makeRunFolder } from '../run-folder.js';
import { type TiedChild, lastLines, spawnTied, stopTied } from '../tied-child.js';
import { waitUntil } from '../wait-until.js';
import { type KafkaTls, type NodePlace, archivePath, ensureTemplate, jvmArgs, writeNodes } from './broker-files.js';
import { type JarCache, type Say, ensureJars } from './jars.js';
import { type Java, findJava } from './java.js';
import { askCluster } from './probe.js';
import { ADMIN, loginOf, newUsers, usersIn, type KafkaLogin, type KafkaUsers } from './users.js';

const READY_TIMEOUT_MS = 90_000;
const STOP_GRACE_MS = 5_000;
/** Nodes that stop together lose their majority and hang in the controlled shutdown for 20 s and more. */
const STOP_GRACE_CLUSTER_MS = 1_500;
const PORT_TRIES = 3;

export interface KafkaOptions {
  /** Default 1. With 3, topics have three copies and need two in sync. */
  readonly nodes?: number;
  /** One port per node, where the caller's own proxies listen: who comes in by `proxiedPort` of a node is told to come to these. */
  readonly proxyPorts?: readonly number[];
  /** With a further listener that speaks TLS. Default: none. */
  readonly tls?: KafkaTls;
  /** Where the logs lie; what is there is used again. Such a folder is never deleted. Default: a fresh temp folder. */
  readonly dir?: string;
  /** The temp folder stays after stop(). */
  readonly keep?: boolean;
  /** Where to tell what takes long. Default: stderr. */
  readonly say?: Say;
}

export interface KafkaNode {
  readonly id: number;
  readonly port: number;
  /** Where a proxy passes its bytes on to; null without `proxyPorts`. */
  readonly proxiedPort: number | null;
  /** Where it speaks TLS; null without `tls`. */
  readonly securePort: number | null;
  /** Of the latest start. */
  readonly pid: number;
  readonly isRunning: boolean;
  readonly logFile: string;
  /** SIGTERM; the logs stay. */
  stop(): Promise<void>;
  /** SIGKILL. */
  crash(): Promise<void>;
  /** Same folder, same ports; resolves when it serves again. */
  start(): Promise<void>;
  /** For example SIGSTOP and SIGCONT. */
  signal(name: NodeJS.Signals): void;
}

export interface Kafka {
  /** host:port of every node. They never change. */
  readonly brokers: string[];
  readonly nodes: readonly KafkaNode[];
  /** Of the user that may do everything: for tests and tools. */
  readonly sasl: KafkaLogin;
  /** Of the user of one service. Nothing is allowed to it yet. */
  readonly loginOf: (service: string) => KafkaLogin;
  readonly folder: string;
  readonly pids: number[];
  /** Ends every node and deletes the temp folder, unless it is kept. */
  stop(): Promise<void>;
  /** SIGKILL to every node, then waits until they are gone. */
  crash(): Promise<void>;
  /** Starts every node that does not run, on its old folder and ports; resolves when the cluster is whole. */
  start(): Promise<void>;
}

/** The port was taken between the test and the start. */
class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

interface Machine {
  readonly java: Java;
  readonly cache: JarCache;
  readonly archive: string;
}

const logFileOf = (place: NodePlace): string => join(place.folder, 'server.log');

const spawnBroker = async (machine: Machine, place: NodePlace, extraArgs: readonly string[]): Promise<TiedChild> =>
  spawnTied({
    command: machine.java.command,
    args: [...extraArgs, ...jvmArgs(machine.cache), 'kafka.Kafka', join(place.folder, 'server.properties')],
    // Fewer memory arenas: half the resident size for the same work.
    env: { ...process.env, MALLOC_ARENA_MAX: '2' },
    logFile: logFileOf(place),
    onParentDeath: 'KILL',
  });

const untilServing = async (place: NodePlace, child: TiedChild, users: KafkaUsers, expectedIds: () => number[]): Promise<void> => {
  const state = await waitUntil(
    `Kafka node ${place.id}`,
    async () => {
      if (child.exit !== undefined) return 'exited' as const;
      const view = await askCluster(place.port, loginOf(users, ADMIN));
      return view.controllerId >= 0 && expectedIds().every((id) => view.nodeIds.includes(id)) ? ('serving' as const) : undefined;
    },
    { timeoutMs: READY_TIMEOUT_MS },
  );
  if (state === 'serving') return;
  const end = lastLines(logFileOf(place));
  const message = `Kafka node ${place.id} ended before it was ready. The end of ${logFileOf(place)}:\n${end}`;
  throw end.includes('Address already in use') ? new PortTaken(message) : new Error(message);
};

/**
 * An archive of loaded classes halves the time to start. Made once, by a run that is thrown away. Without it everything works,
 * so a failure is only told.
 */
const ensureArchive = async (machine: Machine, template: string, say: Say): Promise<void> => {
  if (existsSync(machine.archive)) return;
  await withFileLock(`${machine.archive}.lock`, async () => {
    if (existsSync(machine.archive)) return;
    const folder = makeRunFolder('kafka-archive');
    const unfinished = `${machine.archive}.tmp-${process.pid}`;
    try {
      const [port = 0, controllerPort = 0] = await freePorts(2);
      const place = { id: 1, port, controllerPort, folder: folder.path };
      const users = newUsers();
      writeNodes([place], template, users);
      const child = await spawnBroker(machine, place, [`-XX:ArchiveClassesAtExit=${unfinished}`]);
      await untilServing(place, child, users, () => [1]);
      await stopTied(child, 30_000);
      renameSync(unfinished, machine.archive);
    } catch (error) {
      say(`Kafka will start a little slower: no class data archive (${(error as Error).message})`);
    } finally {
      rmSync(unfinished, { force: true });
      folder.remove();
    }
  });
};

const prepareMachine = async (say: Say): Promise<{ machine: Machine; template: string }> => {
  const java = await findJava();
  const cache = await ensureJars(say);
  const machine = { java, cache, archive: archivePath(cache, java) };
  const template = await ensureTemplate(cache, java);
  await ensureArchive(machine, template, say);
  return { machine, template };
};

const startNode = async (
  machine: Machine,
  place: NodePlace,
  users: KafkaUsers,
  runningIds: () => number[],
): Promise<{ node: KafkaNode; untilReady: () => Promise<void> }> => {
  const extraArgs = existsSync(machine.archive) ? ['-Xshare:auto', `-XX:SharedArchiveFile=${machine.archive}`] : [];
  let child = await spawnBroker(machine, place, extraArgs);
  const untilReady = async (): Promise<void> => untilServing(place, child, users, runningIds);
  const node: KafkaNode = {
    id: place.id,
    port: place.port,
    proxiedPort: place.behindProxy?.port ?? null,
    securePort: place.secure?.port ?? null,
    logFile: logFileOf(place),
    get pid() {
      return child.pid;
    },
    get isRunning() {
      return child.exit === undefined;
    },
    stop: async () => {
      await stopTied(child, STOP_GRACE_MS);
    },
    crash: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
    start: async () => {
      if (child.exit === undefined) return;
      child = await spawnBroker(machine, place, extraArgs);
      await untilReady();
    },
    signal: (name) => {
      child.kill(name);
    },
  };
  return { node, untilReady };
};

type Wanted = {
  readonly folder: string;
  readonly users: KafkaUsers;
  readonly count: number;
  readonly proxyPorts: readonly number[];
  readonly tls: KafkaTls | undefined;
};

const choosePlaces = async ({ folder, count, proxyPorts, tls }: Wanted): Promise<NodePlace[]> => {
  const known = join(folder, 'ports.json');
  const old = existsSync(known) ? (JSON.parse(readFileSync(known, 'utf8')) as number[]) : [];
  const free = await Promise.all(old.map(isPortFree));
  const ports = old.length === 2 * count && free.every(Boolean) ? old : await freePorts(2 * count);
  writeFileSync(known, JSON.stringify(ports));
  const behind = await freePorts(proxyPorts.length);
  const securePorts = tls === undefined ? [] : await freePorts(count);
  const secure = (index: number): NodePlace['secure'] => {
    const secured = securePorts[index];
    return secured === undefined || tls === undefined ? undefined : { ...tls, port: secured };
  };
  const behindProxy = (index: number): NodePlace['behindProxy'] => {
    const [port, told] = [behind[index], proxyPorts[index]];
    return port === undefined || told === undefined ? undefined : { port, told };
  };
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    port: ports[2 * index] ?? 0,
    controllerPort: ports[2 * index + 1] ?? 0,
    folder: join(folder, `node-${index + 1}`),
    behindProxy: behindProxy(index),
    secure: secure(index),
  }));
};

const startCluster = async (machine: Machine, template: string, wanted: Wanted): Promise<KafkaNode[]> => {
  const places = await choosePlaces(wanted);
  writeNodes(places, template, wanted.users);
  const nodes: KafkaNode[] = [];
  const runningIds = (): number[] => nodes.filter((node) => node.isRunning).map((node) => node.id);
  const started = await Promise.all(places.map(async (place) => startNode(machine, place, wanted.users, runningIds)));
  nodes.push(...started.map(({ node }) => node));
  try {
    await Promise.all(started.map(async ({ untilReady }) => untilReady()));
    return nodes;
  } catch (error) {
    await Promise.all(nodes.map(async (node) => node.crash()));
    throw error;
  }
};

const startWithFreshPorts = async (machine: Machine, template: string, wanted: Wanted): Promise<KafkaNode[]> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startCluster(machine, template, wanted);
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === PORT_TRIES) throw error;
    }
  }
};

const stopNodes = async (nodes: readonly KafkaNode[]): Promise<void> => {
  // A suspended node does not see SIGTERM.
  for (const node of nodes) node.signal('SIGCONT');
  const impatience = setTimeout(
    () => {
      for (const node of nodes) node.signal('SIGKILL');
    },
    nodes.length > 1 ? STOP_GRACE_CLUSTER_MS : STOP_GRACE_MS,
  );
  await Promise.all(nodes.map(async (node) => node.stop()));
  clearTimeout(impatience);
};

/**
 * Starts a real Apache Kafka (KRaft) on free ports of 127.0.0.1 as children that die with this process, and waits until it serves.
 * Throws MissingPrerequisite without Java, or without Maven when the jars are not in the cache.
 */
export const startKafka = async (options: KafkaOptions = {}): Promise<Kafka> => {
  const say = options.say ?? ((line) => process.stderr.write(`${line}\n`));
  const { machine, template } = await prepareMachine(say);
  if (options.dir !== undefined) mkdirSync(options.dir, { recursive: true });
  const folder: RunFolder =
    options.dir === undefined ? makeRunFolder('kafka', { keep: options.keep ?? false }) : { path: options.dir, remove: () => undefined };
  const users = usersIn(folder.path);
  const wanted = { folder: folder.path, users, count: options.nodes ?? 1, proxyPorts: options.proxyPorts ?? [], tls: options.tls };
  const nodes = await startWithFreshPorts(machine, template, wanted).catch((error: unknown) => {
    folder.remove();
    throw error;
  });
  return {
    brokers: nodes.map((node) => `127.0.0.1:${node.port}`),
    nodes,
    sasl: loginOf(users, ADMIN),
    loginOf: (service) => loginOf(users, service),
    folder: folder.path,
    get pids() {
      return nodes.filter((node) => node.isRunning).map((node) => node.pid);
    },
    stop: async () => {
      await stopNodes(nodes);
      folder.remove();
    },
    crash: async () => {
      await Promise.all(nodes.map(async (node) => node.crash()));
    },
    start: async () => {
      await Promise.all(nodes.map(async (node) => node.start()));
    },
  };
};
