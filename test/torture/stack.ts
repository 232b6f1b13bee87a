/** The whole product as in the demo, but with two instances of whatever moves money, and a line that can be cut before everything each of them needs. */
import type { EngineServiceName, ServiceName } from '../../contracts/internal/services.js';
import { startStack, type Stack } from '../world/stack.js';
import { freePort, freePorts } from '../../infra/sandbox/ports.js';
import { launchService, ofService, type LaunchedService } from '../../infra/services/launch.js';
import { COPIES, type Copy, type LineName, type Victim } from './chaos.js';
import { Line } from './proxy.js';

export interface TortureStackOptions {
  readonly seed: number;
  readonly kafkaNodes: number;
  readonly say: (line: string) => void;
}

/** Long enough for a busy machine, short enough for a freeze to outlast it. */
export const REQUEST_TIMEOUT_MS = 2_000;
/**
 * A request may leave until its timeout is over, wait in front of the simulator, travel 3.4 s inside it (fault `requests-late`) and be held
 * back by a line; the rest is for the machine.
 */
export const LONGEST_LIFE_MS = 9_000;
export const SESSION_TIMEOUT_MS = 6_000;

const TENANT = {
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  requestLongestLifeMs: LONGEST_LIFE_MS,
};
/** Environment names of what is reached by a line of one's own. */
const ADDRESSES: Readonly<Record<string, LineName>> = {
  DATABASE_URL: 'postgres',
  INVESTSUITE_BASE_URL: 'investsuite',
  DRIVEWEALTH_BASE_URL: 'broker',
  CORE_BANKING_BASE_URL: 'bank',
};

export interface NamedLine {
  readonly name: LineName;
  /** Whose it is; null: everybody's. */
  readonly owner: Victim | null;
  readonly line: Line;
}

export interface TortureStack {
  readonly stack: Stack;
  readonly services: ReadonlyMap<Victim, LaunchedService>;
  readonly lines: readonly NamedLine[];
  readonly operatorUrl: string;
  stop(): Promise<void>;
}

const portOf = (url: string): number => Number(new URL(url).port);
const throughPort = (url: string, port: number): string => {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.toString().replace(/\/$/, '');
};

const serviceOf = (copy: Copy): EngineServiceName => copy.slice(0, copy.lastIndexOf('-')) as EngineServiceName;

const localLine = (port: number, to: number): Promise<Line> => Line.open({ port, to: { host: '127.0.0.1', port: to } });

class Lines {
  readonly all: NamedLine[] = [];

  async add(name: LineName, owner: Victim | null, port: number, to: number): Promise<Line> {
    const line = await localLine(port, to);
    this.all.push({ name, owner, line });
    return line;
  }

  /** The environment of one process: each address in it becomes a line of its own. */
  async environmentFor(owner: Victim, env: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const own: Record<string, string> = { ...env };
    for (const [variable, name] of Object.entries(ADDRESSES)) {
      const url = env[variable];
      if (url === undefined) continue;
      const line = await this.add(name, owner, 0, portOf(url));
      own[variable] = throughPort(url, line.port);
    }
    return own;
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map(({ line }) => line.close()));
  }
}

const openKafkaLines = async (lines: Lines, stack: Stack, ports: readonly number[]): Promise<void> => {
  for (const [index, node] of stack.kafka.nodes.entries()) {
    const port = ports[index];
    if (node.proxiedPort === null || port === undefined) throw new Error(`Kafka node ${node.id} has no listener behind a proxy`);
    await lines.add('kafka', null, port, node.proxiedPort);
  }
};

/** Nothing is left behind, also when this throws. */
export const startTortureStack = async ({ seed, kafkaNodes, say }: TortureStackOptions): Promise<TortureStack> => {
  const kafkaPorts = await freePorts(kafkaNodes);
  const stack = await startStack({
    seed,
    say,
    services: [],
    tenant: TENANT,
    kafka: { nodes: kafkaNodes, proxyPorts: kafkaPorts },
  });
  const lines = new Lines();
  const services = new Map<Victim, LaunchedService>();
  const stop = async (): Promise<void> => {
    await Promise.all([...services.values()].map((service) => service.stop()));
    await lines.close();
    await stack.stop();
  };
  try {
    await openKafkaLines(lines, stack, kafkaPorts);
    const env = {
      ...stack.env,
      KAFKA_BROKERS: kafkaPorts.map((port) => `127.0.0.1:${String(port)}`).join(','),
      KAFKA_REPLICATION_FACTOR: String(Math.min(3, kafkaNodes)),
      KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
    };
    const gatewayPort = await freePort();
    await lines.add('webhooks', null, portOf(stack.urls.gateway), gatewayPort);
    const launch = async (copy: Victim, name: ServiceName, port?: number): Promise<void> => {
      const own = await lines.environmentFor(copy, ofService(env, name));
      services.set(
        copy,
        await launchService({
          name,
          copy,
          env: own,
          folder: stack.folder,
          ...(port === undefined ? {} : { port }),
        }),
      );
    };
    say(`services: gateway, operator, ${COPIES.join(', ')} ...`);
    await Promise.all([
      launch('gateway', 'gateway', gatewayPort),
      launch('operator', 'operator'),
      ...COPIES.map((copy) => launch(copy, serviceOf(copy))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stack,
    services,
    lines: lines.all,
    operatorUrl: services.get('operator')?.url ?? '',
    stop,
  };
};
