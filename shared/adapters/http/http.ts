import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { TlsMaterial, TlsNow } from '../../kernel/tls.js';
import { Axios, AxiosHeaders } from 'axios';
import { JsonError, parseJson, printJson, type Json, type Printable } from '../../kernel/json.js';
import type { Deadline } from '../../kernel/outcome.js';
import { HttpFailure } from './failure.js';
import { sendRaw, type RawAnswer, type RawBody, type Wire } from './slim-adapter.js';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export type HttpRequest = {
  /** Our name for the call, for logs: paths may hold IBANs and are never logged. */
  readonly operation: string;
  readonly method: Method;
  /** Below the base URL, starting with `/`; ids in it go through `segment`, values through `query`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Printed by kernel/json, so amounts stay exact. */
  readonly body?: Printable;
  /** Total deadline. */
  readonly signal: Deadline;
};

/** `unreadable` bodies still came with a status that is known. */
export type Body =
  | { readonly kind: 'json'; readonly json: Json }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unreadable'; readonly why: 'cut' | 'too-large' | 'deadline' | 'encoded' | 'not-utf8' | 'not-json' };

export type HttpAnswer = {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
};

/** One line per request. No body, no path, no header but the other side's trace id. */
export type HttpLogEntry = {
  readonly system: string;
  readonly operation: string;
  readonly method: Method;
  readonly durationMs: number;
  readonly status: number | null;
  readonly unreadable: string | null;
  readonly failure: string | null;
  readonly traceId: string | null;
};

/** Above any REQUESTS_AT_ONCE: the engine limits, a queue for sockets would only hide it. */
const MOST_SOCKETS = 256;

export type HttpOptions = {
  /** May hold a path, which every request path is put behind. Credentials in it are refused. */
  readonly baseUrl: string;
  /** Our name of the outside system, for logs. */
  readonly system: string;
  readonly maxSockets?: number;
  readonly maxBodyBytes?: number;
  readonly connectTimeoutMs?: number;
  /** Idle sockets are closed after this; below the 5 s after which common servers close theirs, so that few writes meet a socket that is just closing. */
  readonly idleSocketTimeoutMs?: number;
  /** Whom we believe and what we show. What changes is used by the next connection. Absent: the public authorities, and nothing. */
  readonly tls?: TlsNow;
  /** The header that carries their trace id, e.g. `dw-request-id`. */
  readonly traceHeader?: string;
  readonly log?: (entry: HttpLogEntry) => void;
};

/** What a process gives to every adapter that it makes. */
export type Outside = {
  readonly log: (entry: HttpLogEntry) => void;
  /** By the name of the system, as in the names of its settings: `CORE_BANKING`. */
  readonly tls: (system: string) => TlsNow;
};

/** What an adapter's caller may say of the connection. */
export type Connection = Pick<HttpOptions, 'baseUrl' | 'maxSockets' | 'maxBodyBytes' | 'connectTimeoutMs' | 'tls' | 'log'>;

/** The connection out of an adapter's options, which hold more. */
export const connectionOf = ({ baseUrl, maxSockets, maxBodyBytes, connectTimeoutMs, tls, log }: Connection): Connection => ({
  baseUrl,
  ...(maxSockets === undefined ? {} : { maxSockets }),
  ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
  ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
  ...(tls === undefined ? {} : { tls }),
  ...(log === undefined ? {} : { log }),
});

export type Http = {
  /** @throws HttpFailure when there is no answer. Every status is an answer, redirects included: none is followed. */
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>;
  /** Closes the idle sockets. */
  readonly close: () => void;
};

const UTF8 = new TextDecoder('utf-8', { fatal: true });

const unreadable = (why: Extract<Body, { kind: 'unreadable' }>['why']): Body => ({ kind: 'unreadable', why });

const bodyOf = (raw: RawBody, headers: Readonly<Record<string, string>>): Body => {
  if (raw.cut !== null) return unreadable(raw.cut);
  if (raw.bytes.length === 0) return { kind: 'empty' };
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return unreadable('encoded');
  let text: string;
  try {
    text = UTF8.decode(raw.bytes);
  } catch {
    return unreadable('not-utf8');
  }
  try {
    return { kind: 'json', json: parseJson(text) };
  } catch (error) {
    if (error instanceof JsonError) return unreadable('not-json');
    throw error;
  }
};

const baseOf = (baseUrl: string): URL => {
  const base = new URL(baseUrl);
  const known = base.protocol === 'http:' || base.protocol === 'https:';
  if (!known || base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '') {
    throw new RangeError('a base URL is http or https, without credentials, query or fragment');
  }
  return base;
};

/** Headers and failures travel beside axios: it would read every header again, and print two stacks for each failure. */
const NO_HEADERS = new AxiosHeaders();
const asFailure = (error: unknown): HttpFailure => {
  if (error instanceof HttpFailure) return error;
  throw error;
};

const NO_MATERIAL: TlsMaterial = {};
const NOTHING_OF_OURS: TlsNow = () => NO_MATERIAL;

type Pool = { readonly keepAlive: boolean; readonly maxSockets: number; readonly timeout: number };
type Agents = { readonly now: () => HttpAgent | HttpsAgent; readonly close: () => void };

const plainAgent = (pool: Pool): Agents => {
  const agent = new HttpAgent(pool);
  return {
    now: () => agent,
    close: () => {
      agent.destroy();
    },
  };
};

/**
 * An agent for each set of certificates: a kept-alive connection was made with those of its time. The agent of before is left to itself:
 * what is under way ends, and its idle connections close after their timeout.
 */
const secureAgents = (pool: Pool, tls: TlsNow): Agents => {
  let material = tls();
  let agent = new HttpsAgent({ ...pool, ...material });
  return {
    now: () => {
      const wanted = tls();
      if (wanted === material) return agent;
      material = wanted;
      agent = new HttpsAgent({ ...pool, ...material });
      return agent;
    },
    close: () => {
      agent.destroy();
    },
  };
};

/** An http client for one outside system: axios' API over a slim keep-alive transport of ours. */
export const createHttp = (options: HttpOptions): Http => {
  const base = baseOf(options.baseUrl);
  const pool = { keepAlive: true, maxSockets: options.maxSockets ?? MOST_SOCKETS, timeout: options.idleSocketTimeoutMs ?? 4_000 };
  const agents = base.protocol === 'https:' ? secureAgents(pool, options.tls ?? NOTHING_OF_OURS) : plainAgent(pool);
  const wire: Wire = {
    base,
    agent: agents.now,
    maxBodyBytes: options.maxBodyBytes ?? 5_000_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
  };
  // Not axios.create: it brings defaults of which we use none, and they are merged into every request.
  const client = new Axios({ validateStatus: () => true });

  const note = (request: HttpRequest, startedMs: number, answer: HttpAnswer | null, failure: string | null): void => {
    options.log?.({
      system: options.system,
      operation: request.operation,
      method: request.method,
      durationMs: Math.round(performance.now() - startedMs),
      status: answer?.status ?? null,
      unreadable: answer?.body.kind === 'unreadable' ? answer.body.why : null,
      failure,
      traceId: answer?.headers[(options.traceHeader ?? 'x-request-id').toLowerCase()] ?? null,
    });
  };

  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    if (!request.path.startsWith('/')) throw new RangeError('a path starts with a slash');
    const startedMs = performance.now();
    const hasBody = request.body !== undefined;
    try {
      const { data } = await client.request<RawAnswer | HttpFailure>({
        url: request.path,
        method: request.method,
        headers: { ...request.headers, ...(hasBody ? { 'Content-Type': 'application/json' } : {}) },
        ...(hasBody ? { data: printJson(request.body) } : {}),
        // The signal goes past axios, which would answer an abort without saying whether bytes had left.
        adapter: async (config) => ({
          data: await sendRaw(config, wire, request.signal).catch(asFailure),
          ...{ status: 0, statusText: '', headers: NO_HEADERS, config },
        }),
      });
      if (data instanceof HttpFailure) throw data;
      const answer: HttpAnswer = { status: data.status, headers: data.headers, body: bodyOf(data.body, data.headers) };
      note(request, startedMs, answer, null);
      return answer;
    } catch (error) {
      note(request, startedMs, null, error instanceof HttpFailure ? error.message : 'error of our own');
      throw error;
    }
  };
  return {
    send,
    close: () => {
      agents.close();
    },
  };
};
