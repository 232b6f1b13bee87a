import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { type RunningProcess, startProcess } from './processes.js';
import { projectRoot } from './project-root.js';

interface System {
  /** Folder below test/simulators. */
  readonly folder: string;
  /** The name under which the services expect its address. */
  readonly addressName: string;
  /** Where it calls the gateway. */
  readonly webhookPath: string;
  readonly webhookSecretsName: string;
  /** What it demands of a caller, and so the services must have. */
  readonly credentials: Readonly<Record<string, string>>;
}

const SYSTEMS: readonly System[] = [
  {
    folder: 'investsuite',
    addressName: 'INVESTSUITE_BASE_URL',
    webhookPath: '/webhooks/investsuite',
    webhookSecretsName: 'WEBHOOK_SECRETS_INVESTSUITE',
    credentials: { INVESTSUITE_ACCESS_KEY_ID: 'simulator', INVESTSUITE_SECRET_ACCESS_KEY: 'simulator-secret' },
  },
  {
    folder: 'broker',
    addressName: 'DRIVEWEALTH_BASE_URL',
    webhookPath: '/webhooks/broker/drivewealth',
    webhookSecretsName: 'WEBHOOK_SECRETS_BROKER',
    credentials: {
      DRIVEWEALTH_APP_KEY: 'simulator-app-key',
      DRIVEWEALTH_CLIENT_ID: 'simulator-client',
      DRIVEWEALTH_CLIENT_SECRET: 'simulator-client-secret',
    },
  },
  {
    folder: 'core-banking',
    addressName: 'CORE_BANKING_BASE_URL',
    webhookPath: '/webhooks/core-banking',
    webhookSecretsName: 'WEBHOOK_SECRETS_CORE_BANKING',
    credentials: { CORE_BANKING_TOKEN: 'simulator-token' },
  },
];

export interface Simulators {
  readonly processes: readonly RunningProcess[];
  /** What to give to the services. */
  readonly env: Readonly<Record<string, string>>;
}

/** For `isReady`: true when something listens on this port of 127.0.0.1. */
export const isListening = async (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });

const entryOf = (system: System): string => join(projectRoot, 'dist/test/simulators', system.folder, 'main.js');

const startSimulator = async (
  system: System,
  options: SimulatorOptions,
): Promise<{ running: RunningProcess; env: Record<string, string> }> => {
  const port = await freePort();
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`;
  const running = await startProcess({
    name: `${system.folder} simulator`,
    entry: entryOf(system),
    env: {
      ...options.env,
      ...system.credentials,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(port),
      WEBHOOK_URL: `${options.gatewayUrl}${system.webhookPath}`,
      WEBHOOK_SECRET: webhookSecret,
    },
    logFile: join(options.folder, `${system.folder}.log`),
    isReady: async () => isListening(port),
  });
  return {
    running,
    // They speak plain HTTP, on this machine.
    env: {
      ALLOW_PLAINTEXT: 'true',
      [system.addressName]: `http://127.0.0.1:${port}`,
      ...system.credentials,
      [system.webhookSecretsName]: webhookSecret,
    },
  };
};

export interface SimulatorOptions {
  /** For the log files. */
  readonly folder: string;
  /** Where the simulators send their webhooks: http://host:port, without a path. */
  readonly gatewayUrl: string;
  /** More for each of them, for example SEED. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Starts every simulator that is compiled, each as a process on a free port of its own, with the environment that the services need to use it. */
export const startSimulators = async (options: SimulatorOptions): Promise<Simulators> => {
  const compiled = SYSTEMS.filter((system) => existsSync(entryOf(system)));
  const started = await Promise.all(compiled.map(async (system) => startSimulator(system, options)));
  return {
    processes: started.map(({ running }) => running),
    env: Object.assign({}, ...started.map(({ env }) => env)) as Record<string, string>,
  };
};
