import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { JsonError, parseJson, printJson, type Json, type Printable } from '../../../shared/kernel/json.js';
import type { FaultBoard, FaultRule } from './faults.js';

/** One request, read whole. Numbers in `body` are JsonNumber: the characters as sent. */
export type Call = {
  readonly requestId: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Undefined when there is no body; `unreadable` when it is not JSON. */
  readonly body: Json | undefined;
  readonly bodyText: string;
  readonly unreadable: boolean;
};

export type Answer = { readonly status: number; readonly body?: Printable; readonly headers?: Readonly<Record<string, string>> };
export type Handler = (call: Call) => Answer | Promise<Answer>;

/** An app that reads every body as text, whatever its content type, at most 1 MB. It does not add headers of its own. */
export const createApp = (): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.use(express.text({ type: () => true, limit: '1mb', defaultCharset: 'utf-8' }));
  return app;
};

const readBody = (text: string): { body: Json | undefined; unreadable: boolean } => {
  if (text === '') return { body: undefined, unreadable: false };
  try {
    return { body: parseJson(text), unreadable: false };
  } catch (cause) {
    if (cause instanceof JsonError) return { body: undefined, unreadable: true };
    throw cause;
  }
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const callOf = (request: Request): Call => {
  const url = new URL(request.originalUrl, 'http://simulator');
  const bodyText = textOf(request.body);
  const params = Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, textOf(value)]));
  return {
    requestId: randomUUID(),
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    params,
    headers: request.headers,
    bodyText,
    ...readBody(bodyText),
  };
};

const write = (response: Response, answer: Answer, requestId: string): void => {
  response.status(answer.status).set('x-request-id', requestId);
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.set(name, value);
  if (answer.body === undefined) {
    response.end();
    return;
  }
  if (response.get('content-type') === undefined) response.set('content-type', 'application/json; charset=utf-8');
  response.end(printJson(answer.body));
};

/** A handler without faults: health and the admin side. */
export const served =
  (handle: Handler): RequestHandler =>
  async (request, response) => {
    const call = callOf(request);
    write(response, await handle(call), call.requestId);
  };

/**
 * Faults of the line, the same for every simulator:
 * - `cut-before-apply` the socket dies, nothing happened; `apply-and-cut` it happened, then the socket dies
 * - `server-error-before-applying`, `server-error-after-applying` a 500, without or with the effect
 * - `answer-late` it happens at once and is answered after `delayMs`; `apply-late` it happens only after `delayMs`, even
 *   when the caller has gone (default of both 3000)
 * - `never-answer` nothing happens, and nothing is said until the caller gives up
 * - `garbled-answer` it happened, and the 2xx body is cut in the middle
 * - `unauthorised` a 401; `too-many-requests` a 429 with Retry-After; `refuse` a definite refusal; `conflict` a 409
 */
export const LINE_FAULTS = [
  'cut-before-apply',
  'apply-and-cut',
  'server-error-before-applying',
  'server-error-after-applying',
  'answer-late',
  'apply-late',
  'never-answer',
  'garbled-answer',
  'unauthorised',
  'too-many-requests',
  'refuse',
  'conflict',
] as const;
export type LineFault = (typeof LINE_FAULTS)[number];

/** How one outside system words its errors. */
export type Refusals = {
  readonly serverError: (call: Call) => Answer;
  readonly unauthorised: (call: Call) => Answer;
  /** Add the header `retry-after` in seconds: `detail` of the fault, or 1. */
  readonly tooManyRequests: (call: Call, retryAfterSeconds: string) => Answer;
  /** `detail` of the fault may choose among several reasons. */
  readonly refuse: (call: Call, detail: string | undefined) => Answer;
  readonly conflict: (call: Call, detail: string | undefined) => Answer;
};

export type Route<Name extends string> = {
  readonly operation: string;
  readonly board: FaultBoard<Name | LineFault>;
  /** What the call is about, for faults of chosen subjects. */
  readonly subjectsOf: (call: Call) => readonly string[];
  readonly refusals: Refusals;
  readonly handle: Handler;
  /** Counts the request, whatever becomes of it. */
  readonly arrived?: (operation: string) => void;
};

const DEFAULT_DELAY_MS = 3_000;

const refusal = (rule: FaultRule<LineFault>, refusals: Refusals, call: Call): Answer | null => {
  switch (rule.fault) {
    case 'server-error-before-applying':
      return refusals.serverError(call);
    case 'unauthorised':
      return refusals.unauthorised(call);
    case 'too-many-requests':
      return refusals.tooManyRequests(call, rule.detail ?? '1');
    case 'refuse':
      return refusals.refuse(call, rule.detail);
    case 'conflict':
      return refusals.conflict(call, rule.detail);
    case 'cut-before-apply':
    case 'apply-and-cut':
    case 'server-error-after-applying':
    case 'answer-late':
    case 'apply-late':
    case 'never-answer':
    case 'garbled-answer':
      return null;
  }
};

const garble = (response: Response, answer: Answer): void => {
  const text = printJson(answer.body ?? {});
  response
    .status(answer.status)
    .set('content-type', 'application/json')
    .end(text.slice(0, Math.max(1, Math.floor(text.length / 2))));
};

const serveStruck = async <Name extends string>(
  route: Route<Name>,
  rule: FaultRule<LineFault>,
  call: Call,
  response: Response,
): Promise<void> => {
  if (rule.fault === 'cut-before-apply') {
    response.socket?.destroy();
    return;
  }
  if (rule.fault === 'never-answer') return;
  const refused = refusal(rule, route.refusals, call);
  if (refused !== null) {
    write(response, refused, call.requestId);
    return;
  }
  if (rule.fault === 'apply-late') await pause(rule.delayMs ?? DEFAULT_DELAY_MS, undefined, { ref: false });
  const answer = await route.handle(call);
  if (rule.fault === 'answer-late') await pause(rule.delayMs ?? DEFAULT_DELAY_MS, undefined, { ref: false });
  if (rule.fault === 'apply-and-cut') response.socket?.destroy();
  else if (rule.fault === 'server-error-after-applying') write(response, route.refusals.serverError(call), call.requestId);
  else if (rule.fault === 'garbled-answer') garble(response, answer);
  else write(response, answer, call.requestId);
};

/** Requests that have come in, by operation: what a caller sends by itself shows here, and nowhere in the other books. */
export type Arrivals = { readonly note: (operation: string) => void; readonly counts: () => Readonly<Record<string, number>> };
export const createArrivals = (): Arrivals => {
  const counts = new Map<string, number>();
  return {
    note: (operation) => counts.set(operation, (counts.get(operation) ?? 0) + 1),
    counts: () => Object.fromEntries(counts),
  };
};

/** A route of the outside system: the board is asked first, then the handler runs, or does not, as the fault says. */
export const servedUnderFaults =
  <Name extends string>(route: Route<Name>): RequestHandler =>
  async (request, response) => {
    const call = callOf(request);
    route.arrived?.(route.operation);
    const rule = route.board.strike(route.operation, route.subjectsOf(call), LINE_FAULTS);
    if (rule === null) write(response, await route.handle(call), call.requestId);
    else await serveStruck(route, rule as FaultRule<LineFault>, call, response);
  };

/** A mistake of the simulator itself: said loudly, answered with 500. Add it last. */
export const lastResort =
  (onError: (error: unknown) => void) =>
  (error: unknown, _request: Request, response: Response, _next: NextFunction): void => {
    onError(error);
    if (response.headersSent) response.socket?.destroy();
    else write(response, { status: 500, body: { title: 'simulator error', detail: String(error) } }, 'none');
  };

export type RunningHttp = { readonly url: string; readonly close: () => Promise<void> };

/** Listens; port 0 takes a free one. `close` also ends idle and open connections. */
export const listen = (app: Express, host: string, port: number): Promise<RunningHttp> =>
  new Promise((resolve, reject) => {
    const server = app.listen(port, host);
    server.once('error', reject);
    server.once('listening', () => {
      const address = server.address() as AddressInfo;
      const close = (): Promise<void> =>
        new Promise((done) => {
          server.close(() => {
            done();
          });
          server.closeAllConnections();
        });
      resolve({ url: `http://${host.includes(':') ? `[${host}]` : host}:${String(address.port)}`, close });
    });
  });

/** The one line a parent process waits for. */
export const announceReady = (url: string, more: Readonly<Record<string, string>> = {}): void => {
  process.stdout.write(`${printJson({ ready: true, url, ...more })}\n`);
};

/** Ends cleanly on SIGTERM and SIGINT, and when the parent's end of our standard input goes away if `withParent`. */
export const endOnSignal = (close: () => Promise<void>, withParent = false): void => {
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (withParent) process.stdin.resume().once('end', end);
};
