import { join } from 'node:path';
import { serviceNames, type ServiceName } from '../../contracts/internal/services.js';
import { prefixOf } from '../../shared/runtime/process/config.js';
import { freePort } from '../sandbox/ports.js';
import { answersOk, startProcess, type RunningProcess } from '../sandbox/processes.js';
import { projectRoot } from '../sandbox/project-root.js';

/**
 * How Node is started for a service. What a journey holds while it waits for an answer outlives many small collections of a
 * young generation of the default 16 MB; with 64 MB a journey was measured to cost a sixth less of Node's time.
 */
export const SERVICE_NODE_ARGS = ['--enable-source-maps', '--max-semi-space-size=64'] as const;

export interface LaunchOptions {
  readonly name: ServiceName;
  /** Name of this instance, where there are several: of its log, in Kafka and in Postgres. Default: the service's. */
  readonly copy?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder for the log. */
  readonly folder: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Root folder of the build whose code runs. Default: this one. */
  readonly build?: string;
}

/** What is meant for one service alone is no business of the others: not even in the environment of their processes. */
export const withoutOthers = <T extends Readonly<Record<string, string | undefined>>>(env: T, name: ServiceName): T => {
  const others = serviceNames.filter((other) => other !== name).map(prefixOf);
  return Object.fromEntries(Object.entries(env).filter(([key]) => !others.some((prefix) => key.startsWith(prefix)))) as T;
};

/** The settings of one service under their common names: what is meant for it alone wins, what is meant for others is gone. */
export const ofService = (env: Readonly<Record<string, string>>, name: ServiceName): Record<string, string> => {
  const own = prefixOf(name);
  const entries = Object.entries(withoutOthers(env, name));
  return Object.fromEntries([
    ...entries.filter(([key]) => !key.startsWith(own)),
    ...entries.flatMap(([key, value]) => (key.startsWith(own) ? [[key.slice(own.length), value] as const] : [])),
  ]);
};

export type LaunchedService = RunningProcess & { readonly url: string };

/** Starts one service as its own process and waits until it is ready; after kill -9 `restart()` uses the same port. */
export const launchService = async ({
  name,
  copy = name,
  env,
  folder,
  port: wanted,
  build = projectRoot,
}: LaunchOptions): Promise<LaunchedService> => {
  const port = wanted ?? (await freePort());
  const url = `http://127.0.0.1:${String(port)}`;
  const running = await startProcess({
    name: copy,
    nodeArgs: SERVICE_NODE_ARGS,
    entry: join(build, 'dist/services', name, 'src/main.js'),
    env: { ...withoutOthers(env, name), SERVICE_NAME: env['SERVICE_NAME'] ?? copy, HTTP_HOST: '127.0.0.1', HTTP_PORT: String(port) },
    logFile: join(folder, `${copy}.log`),
    isReady: () => answersOk(`${url}/health/ready`),
    readyTimeoutMs: 60_000,
  });
  return Object.defineProperties(Object.create(running) as RunningProcess, { url: { value: url, enumerable: true } }) as LaunchedService;
};
