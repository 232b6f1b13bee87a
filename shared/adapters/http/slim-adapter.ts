/**
 * The transport below axios: node:http or node:https with a keep-alive agent of ours, and nothing else. axios' own node
 * transport follows redirects, reads proxy settings from the environment, decompresses, and counts only idle time; each of
 * these is a way to lose sight of what happened to a payment.
 */
import { request as httpRequest, type Agent as HttpAgent, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest, type Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { InternalAxiosRequestConfig } from 'axios';
import type { Deadline } from '../../kernel/outcome.js';
import { HttpFailure } from './failure.js';

/** What a body may be when it does not arrive whole. */
export type Cut = 'cut' | 'too-large' | 'deadline';

/** The raw answer: `bytes` is null when the body did not arrive whole. */
export type RawBody = { readonly bytes: Buffer; readonly cut: null } | { readonly bytes: null; readonly cut: Cut };

/** Header names in lower case; of a header given several times, all, with commas between. */
export type RawAnswer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: RawBody };

export type Wire = {
  readonly base: URL;
  readonly agent: () => HttpAgent | HttpsAgent;
  readonly maxBodyBytes: number;
  readonly connectTimeoutMs: number;
};

type Course = {
  /** True from the moment bytes of the request may have left this machine. */
  left: boolean;
  /** Why we gave up ourselves, where we did. */
  givenUp: string | null;
  response: IncomingMessage | null;
};

const codeOf = (error: unknown): string => {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'error';
};

const isReady = (socket: Socket): boolean => !socket.connecting && !('secureConnecting' in socket && socket.secureConnecting === true);

/** Calls `ready` when request bytes may flow from now on: at once on a kept-alive socket, else once it is connected. */
const watchSocket = (request: ClientRequest, wire: Wire, ready: () => void, giveUp: (why: string) => void): void => {
  const secure = wire.base.protocol === 'https:';
  request.once('socket', (socket) => {
    if (isReady(socket)) {
      ready();
      return;
    }
    const timer = setTimeout(() => {
      giveUp('connect timeout');
    }, wire.connectTimeoutMs);
    const stop = (): void => {
      clearTimeout(timer);
    };
    socket.once('close', stop);
    request.once('close', stop);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      stop();
      ready();
    });
  });
};

const readBody = (
  response: IncomingMessage,
  maxBodyBytes: number,
  giveUp: (why: Cut) => void,
  done: (body: RawBody) => void,
  course: Course,
): void => {
  const chunks: Buffer[] = [];
  let size = 0;
  let over = false;
  const finish = (body: RawBody): void => {
    if (over) return;
    over = true;
    done(body);
  };
  const cut = (): void => {
    const why = course.givenUp;
    finish({ bytes: null, cut: why === 'too-large' ? 'too-large' : why === null ? 'cut' : 'deadline' });
  };
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBodyBytes) chunks.push(chunk);
    else giveUp('too-large');
  });
  response.once('end', () => {
    if (response.complete && course.givenUp === null) finish({ bytes: Buffer.concat(chunks), cut: null });
    else cut();
  });
  response.once('error', cut);
  response.once('close', cut);
};

const optionsOf = (config: InternalAxiosRequestConfig, wire: Wire, body: string | null): RequestOptions => {
  const headers: Record<string, string> = {
    Accept: 'application/json',
    'User-Agent': 'client-middleware',
    ...config.headers.toJSON(true),
    'Accept-Encoding': 'identity',
  };
  if (body !== null) headers['Content-Length'] = String(Buffer.byteLength(body));
  return {
    agent: wire.agent(),
    host: wire.base.hostname.replace(/^\[|\]$/g, ''),
    port: wire.base.port,
    path: `${wire.base.pathname.replace(/\/$/, '')}${config.url ?? '/'}`,
    method: (config.method ?? 'get').toUpperCase(),
    headers,
  };
};

const TOO_LATE = 'the deadline was over before the request was made';
const isOver = (signal: Deadline): boolean => signal.aborted || signal.isOver?.() === true;

/**
 * Sends one request. The signal is the total deadline: it ends the wait for a socket, the connect, the request and the body.
 * @throws HttpFailure when no answer came. An answer whose body was cut is an answer: its status is known.
 */
export const sendRaw = (config: InternalAxiosRequestConfig, wire: Wire, signal: Deadline): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    if (isOver(signal)) {
      reject(new HttpFailure(true, TOO_LATE));
      return;
    }
    const secure = wire.base.protocol === 'https:';
    const body = typeof config.data === 'string' ? config.data : null;
    const course: Course = { left: false, givenUp: null, response: null };
    const request = (secure ? httpsRequest : httpRequest)(optionsOf(config, wire, body));
    const giveUp = (why: string): void => {
      course.givenUp ??= why;
      request.destroy();
    };
    const onAbort = (): void => {
      giveUp('no answer before the deadline');
    };
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      if (course.response !== null) return;
      const lost = course.left ? 'connection lost' : 'connect';
      reject(new HttpFailure(!course.left, course.givenUp ?? `${lost} ${codeOf(error)}`));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    // Over TLS the request is held back until the certificate is accepted; in the clear node holds it until the connect.
    watchSocket(
      request,
      wire,
      () => {
        if (course.givenUp === null && isOver(signal)) giveUp(TOO_LATE);
        if (course.givenUp !== null) return;
        course.left = true;
        if (secure) request.end(body ?? undefined);
      },
      giveUp,
    );
    request.once('response', (response: IncomingMessage) => {
      course.response = response;
      readBody(
        response,
        wire.maxBodyBytes,
        giveUp,
        (read) => {
          signal.removeEventListener('abort', onAbort);
          if (read.cut !== null) request.destroy();
          resolve({ status: response.statusCode ?? 0, headers: flatten(response), body: read });
        },
        course,
      );
    });
    request.on('error', fail);
    request.once('close', () => {
      fail(null);
    });
    if (!secure) request.end(body ?? undefined);
  });

const flatten = (response: IncomingMessage): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
};
