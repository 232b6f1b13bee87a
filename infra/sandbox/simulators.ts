import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { type RunningProcess, startProcess } from './processes.js';
import { projectRoot } from './project-root.js';

/** Folder below test/simulators, and the name under which the services expect its address. */
const SYSTEMS = {
  investsuite: 'INVESTSUITE_BASE_URL',
  broker: 'DRIVEWEALTH_BASE_URL',
  'core-banking': 'CORE_BANKING_BASE_URL',
} as const;

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

/** Starts the simulators that are compiled, each on a free port that it is told as HTTP_PORT, with a log file in `folder`. */
export const startSimulators = async (folder: string, env: Readonly<Record<string, string | undefined>>): Promise<Simulators> => {
  const found = Object.entries(SYSTEMS).filter(([system]) => existsSync(join(projectRoot, 'dist/test/simulators', system, 'main.js')));
  const started = await Promise.all(
    found.map(async ([system, variable]) => {
      const port = await freePort();
      const running = await startProcess({
        name: `${system} simulator`,
        entry: join(projectRoot, 'dist/test/simulators', system, 'main.js'),
        env: { ...env, HTTP_HOST: '127.0.0.1', HTTP_PORT: String(port) },
        logFile: join(folder, `${system}.log`),
        isReady: async () => isListening(port),
      });
      return { running, address: [variable, `http://127.0.0.1:${port}`] as const };
    }),
  );
  return { processes: started.map(({ running }) => running), env: Object.fromEntries(started.map(({ address }) => address)) };
};
