import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseJson, printJson, type Json, type Printable } from '../../../shared/kernel/json.js';

/** An answer, or why there was none. */
export type Got = { readonly status: number; readonly body: Json; readonly error: string | null };
export type Caller = (method: string, path: string, body?: Printable, headers?: Readonly<Record<string, string>>) => Promise<Got>;

/** A plain HTTP caller. A cut line is status 0. */
export const callerOf =
  (url: string, common: Readonly<Record<string, string>> = {}): Caller =>
  async (method, path, body, headers) => {
    try {
      const answer = await fetch(url + path, {
        method,
        headers: { 'content-type': 'application/json', connection: 'close', ...common, ...headers },
        ...(body === undefined ? {} : { body: printJson(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? null : parseJson(text), error: null };
    } catch (cause) {
      return { status: 0, body: null, error: String(cause) };
    }
  };

/** Waits until `look` gives something, and says what it saw last when it does not in time. */
export const until = async <Value>(what: string, look: () => Value | null | Promise<Value | null>, deadlineMs = 5_000): Promise<Value> => {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    if (Date.now() > endMs) throw new Error(`waited ${String(deadlineMs)} ms in vain for: ${what}`);
    await pause(5);
  }
};

export type Received = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
};
export type Ear = { readonly url: string; readonly heard: Received[]; readonly close: () => Promise<void> };

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
};

/** Listens for callbacks and keeps them. */
export const startEar = (status = 202): Promise<Ear> =>
  new Promise((resolve) => {
    const heard: Received[] = [];
    const server = createServer((request, response) => {
      textOf(request).then(
        (text) => {
          heard.push({ path: request.url ?? '', headers: request.headers, text });
          response.writeHead(status).end();
        },
        () => response.destroy(),
      );
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${String(port)}`,
        heard,
        close: () =>
          new Promise((done) => {
            server.close(() => {
              done();
            });
            server.closeAllConnections();
          }),
      });
    });
  });
