/** How every process starts and ends: one place for configuration errors, signals and the exit code. */
import { ConfigurationError } from './config.js';

/** sysexits: the configuration is wrong. */
export const EXIT_CONFIG = 78;
const STOP_DEADLINE_MS = 15_000;

export type Running = { readonly stop: () => Promise<void> };

const whatIsWrong = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/**
 * Runs a process until a signal: SIGTERM and SIGINT stop it gracefully, a second signal or the deadline at once. What
 * nobody caught ends the process: a state that is not understood must not go on.
 */
export const runProcess = (start: () => Promise<Running>): void => {
  const fail = (error: unknown): never => {
    process.stderr.write(`${error instanceof ConfigurationError ? error.message : whatIsWrong(error)}\n`);
    process.exit(error instanceof ConfigurationError ? EXIT_CONFIG : 1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  let stopping = false;
  const starting = start();
  starting.catch(fail);
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    starting.then((running) => running.stop()).then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};
