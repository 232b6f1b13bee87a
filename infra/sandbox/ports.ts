import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

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

/** `count` different ports between 20000 and 31999 that are free now. They stay valid over a restart, but are not reserved. */
export const freePorts = async (count: number): Promise<number[]> => {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count; attempt += 1) {
    if (attempt > 1000) throw new Error(`found only ${ports.size} free ports of ${count} between ${LOWEST} and ${BEYOND - 1}`);
    const port = randomInt(LOWEST, BEYOND);
    if (await isPortFree(port)) ports.add(port);
  }
  return [...ports];
};

/** One free port between 20000 and 31999. */
export const freePort = async (): Promise<number> => {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port');
  return port;
};
