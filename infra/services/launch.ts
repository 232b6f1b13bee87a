import { join } from 'node:path';
import { freePort } from '../sandbox/ports.js';
import { answersOk, startProcess, type RunningProcess } from '../sandbox/processes.js';
import { projectRoot } from '../sandbox/project-root.js';

/** Every service, in the order in which they are started. */
export const SERVICES = ['gateway', 'withdrawal', 'payout', 'rebalancing', 'portfolio', 'operator'] as const;
export type ServiceName = (typeof SERVICES)[number];
export const isService = (name: string): name is ServiceName => (SERVICES as readonly string[]).includes(name);

export interface LaunchOptions {
  readonly name: ServiceName;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder for the log. */
  readonly folder: string;
  /** Default: a free one. */
  readonly port?: number;
}

export type LaunchedService = RunningProcess & { readonly url: string };

/** Starts one service as its own process and waits until it is ready; after kill -9 `restart()` uses the same port. */
export const launchService = async ({ name, env, folder, port: wanted }: LaunchOptions): Promise<LaunchedService> => {
  const port = wanted ?? (await freePort());
  const url = `http://127.0.0.1:${String(port)}`;
  const running = await startProcess({
    name,
    entry: join(projectRoot, 'dist/services', name, 'src/main.js'),
    env: { ...env, SERVICE_NAME: env['SERVICE_NAME'] ?? name, HTTP_HOST: '127.0.0.1', HTTP_PORT: String(port) },
    logFile: join(folder, `${name}.log`),
    isReady: () => answersOk(`${url}/health/ready`),
    readyTimeoutMs: 60_000,
  });
  return Object.defineProperties(Object.create(running) as RunningProcess, { url: { value: url, enumerable: true } }) as LaunchedService;
};
