import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMarkAlive, ownMark } from './liveness.js';

/*
 * Below the range the system takes for outgoing connections (32768 and up): a port of that range can be taken by any
 * client while our server is down for a restart.
 */
const LOWEST = 20_000;
const BEYOND = 32_000;

/** True when nobody listens on this port of 127.0.0.1 now. */
export const isPortFree = async (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });

const CLAIMS = join(tmpdir(), 'client-middleware-ports');
const claimed = new Set<string>();
process.on('exit', () => {
  for (const path of claimed) rmSync(path, { force: true });
});
const markIn = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/**
 * Nobody listens on a port between its choice and the start of the server: so two sandboxes of one machine could choose the same.
 * False: another process that lives has it, or this one chose it before.
 */
export const claim = (port: number): boolean => {
  const path = join(CLAIMS, String(port));
  mkdirSync(CLAIMS, { recursive: true });
  if (!isMarkAlive(markIn(path))) rmSync(path, { force: true });
  try {
    writeFileSync(path, ownMark(), { flag: 'wx' });
  } catch {
    return false;
  }
  claimed.add(path);
  return true;
};

/**
 * `count` different ports between 20000 and 31999 that are free now. They stay valid over a restart. No other sandbox on this machine
 * takes them while this process lives; other programs may.
 */
export const freePorts = async (count: number): Promise<number[]> => {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count; attempt += 1) {
    if (attempt > 1000) throw new Error(`found only ${ports.size} free ports of ${count} between ${LOWEST} and ${BEYOND - 1}`);
    const port = randomInt(LOWEST, BEYOND);
    if ((await isPortFree(port)) && claim(port)) ports.add(port);
  }
  return [...ports];
};

/** One free port between 20000 and 31999. */
export const freePort = async (): Promise<number> => {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port');
  return port;
};
