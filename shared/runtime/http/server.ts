/** The HTTP side of every process: health, metrics, bounded bodies, problem+json, graceful end. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { ErrorRequestHandler, Express, Response } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { CommonConfig } from '../process/config.js';
import type { Log } from '../process/log.js';
import { NO_PROXIES } from './address.js';
import { Connections, DEFAULT_CONNECTION_LIMITS } from './connections.js';

/** RFC 9457. `code` is stable: callers may rely on it. */
export type Problem = { readonly status: number; readonly code: string; readonly title: string; readonly detail?: string };

export const sendProblem = (response: Response, problem: Problem, headers: Readonly<Record<string, string>> = {}): void => {
  response
    .status(problem.status)
    .set(headers)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', ...problem }));
};

/** Resolves when the dependency answers; rejects, or does not resolve in time, when it is away. */
export type Check = { readonly name: string; readonly check: () => Promise<void> };

/** Rejected by a check whose reason may be shown to whoever asks. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

const CHECK_TIMEOUT_MS = 2_000;

const within = async (work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('no answer in time'));
    }, CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** `notes`: what an operator should know although the process is well; shown by /health/ready. */
export const createApp = (
  registry: Registry,
  checks: readonly Check[],
  notes: () => Readonly<Record<string, readonly string[]>> = () => ({}),
): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/health/live', (_request, response) => {
    // A loop that is stuck ends its process by itself (Kafka watchdogs, deadlines); what answers here is alive.
    response.json({ status: 'alive' });
  });
  app.get('/health/ready', async (_request, response) => {
    const reasons = new Map<string, string>();
    const results = await Promise.all(
      checks.map(async ({ name, check }) => {
        try {
          await within(check());
          return [name, 'ready'] as const;
        } catch (error) {
          if (error instanceof NotReady) reasons.set(name, error.message);
          return [name, 'away'] as const;
        }
      }),
    );
    const away = results.filter(([, state]) => state === 'away').map(([name]) => name);
    response.status(away.length === 0 ? 200 : 503).json({
      status: away.length === 0 ? 'ready' : 'waiting',
      away,
      ...(reasons.size === 0 ? {} : { reasons: Object.fromEntries(reasons) }),
      dependencies: Object.fromEntries(results),
      ...notes(),
    });
  });
  app.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return app;
};

export const createRegistry = (service: string): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
};

export type Count = (labels: Readonly<Record<string, string>>) => void;
/** A counter of the process, shown by /metrics. */
export const counting = (registry: Registry, name: string, help: string, labelNames: readonly string[]): Count => {
  const counter = new Counter({ name: `cmw_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  return (labels) => {
    counter.inc(labels);
  };
};

/** The last handlers of an app: what nobody answers, and what failed. */
export const finishApp = (app: Express, log: Log): void => {
  app.use((_request, response) => {
    sendProblem(response, { status: 404, code: 'not-found', title: 'There is nothing at this address' });
  });
  const failed: ErrorRequestHandler = (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    // Express says so of an address that cannot be decoded: the fault is the caller's.
    const { status } = error as { status?: unknown };
    if (typeof status === 'number' && status >= 400 && status < 500) {
      sendProblem(response, { status: 400, code: 'bad-request', title: 'The request cannot be understood' });
      return;
    }
    log.error({ err: error }, 'a request failed');
    sendProblem(response, { status: 500, code: 'internal', title: 'Something went wrong here' });
  };
  app.use(failed);
};

export type Listening = { readonly url: string; readonly stop: () => Promise<void> };

/** The bounds that the configuration sets, and how they show in /metrics. */
export const countedConnections = (
  settings: Pick<CommonConfig, 'HTTP_MAX_CONNECTIONS' | 'HTTP_CONNECTIONS_PER_ADDRESS' | 'TRUSTED_PROXIES'>,
  registry: Registry,
): Connections => {
  const closed = counting(
    registry,
    'connections_closed_total',
    'connections closed because there were too many, of one address or of all',
    ['why'],
  );
  const connections = new Connections({
    limits: { all: settings.HTTP_MAX_CONNECTIONS, perAddress: settings.HTTP_CONNECTIONS_PER_ADDRESS },
    proxies: settings.TRUSTED_PROXIES ?? NO_PROXIES,
    onClosed: (why) => {
      closed({ why });
    },
  });
  new Gauge({
    name: 'cmw_connections_open',
    help: 'connections that are open now',
    registers: [registry],
    collect() {
      this.set(connections.open);
    },
  });
  return connections;
};

/**
 * Whoever is slower has not sent a request. Node looks for them at every `connectionsCheckingInterval`, which is 30 s unless it is said:
 * until then a socket that says nothing would stay.
 */
const PATIENCE = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
} as const;

/** @param connections counts and bounds what is open; without it the careful defaults count. */
export const listen = async (
  app: Express,
  host: string,
  port: number,
  connections: Pick<Connections, 'opened' | 'proven'> = new Connections({ limits: DEFAULT_CONNECTION_LIMITS }),
): Promise<Listening> => {
  const server: Server = createServer(PATIENCE, app);
  server.on('connection', (socket) => {
    connections.opened(socket);
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    response.once('finish', () => {
      // Of what needs no secret a good answer proves nothing.
      const isPublic = /^\/(?:health|metrics)(?:[/?]|$)/.test(request.url ?? '');
      if (!isPublic && response.statusCode >= 200 && response.statusCode < 300) connections.proven(request.socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.address.includes(':') ? `[${address.address}]` : address.address}:${String(address.port)}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeIdleConnections();
        setTimeout(() => {
          server.closeAllConnections();
        }, 3_000).unref();
      }),
  };
};
