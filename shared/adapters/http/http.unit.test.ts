import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { JsonNumber } from '../../kernel/json.js';
import type { Deadline } from '../../kernel/outcome.js';
import { HttpFailure } from './failure.js';
import { createHttp, type Http, type HttpLogEntry, type HttpOptions, type HttpRequest } from './http.js';

/** Made for this test, signed by itself, for 127.0.0.1; protects nothing. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUK9a9rBBieJMOyI1EObyxjgGpUnIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA5NTYwMVoYDzIxMjYxMDI4
MDk1NjAxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARQHJIrfx1vx5VbzXa+LIF938bulOL6DTNcpQQYsCp66TApneSxK0f3
T337PmiYd2nHBtC+U2VfHZJajamIc6F+o28wbTAdBgNVHQ4EFgQUbjSTeXPXzws0
wQaZjrWJvGqjwCQwHwYDVR0jBBgwFoAUbjSTeXPXzws0wQaZjrWJvGqjwCQwGgYD
VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDRwAwRAIgBHIEd4nNBn85FV/7mbRKJ+e6WvQwC8sINe5HDLp/zYkCIEBZ
saKVxWeSfCGQ8U7T+TQ3HBTP0NoKkXq3IFzYO8Iz
-----END CERTIFICATE-----`;
const PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfUtFuug6QNOf7z9R
g+lSddVVv4/0F7uqG/c0PQOLFFOhRANCAARQHJIrfx1vx5VbzXa+LIF938bulOL6
DTNcpQQYsCp66TApneSxK0f3T337PmiYd2nHBtC+U2VfHZJajamIc6F+
-----END PRIVATE KEY-----`;

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const listen = async (server: Server | TcpServer): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
};

const client = (baseUrl: string, options: Partial<HttpOptions> = {}): Http => {
  const http = createHttp({ baseUrl, system: 'test', ...options });
  cleanUps.push(async () => {
    http.close();
    await Promise.resolve();
  });
  return http;
};

const within = (timeoutMs: number): AbortSignal => AbortSignal.timeout(timeoutMs);
const post = (signal: AbortSignal): HttpRequest => ({
  operation: 'pay',
  method: 'POST',
  path: '/pay/',
  body: { amount: new JsonNumber('3.4900') },
  signal,
});

const failureOf = async (work: Promise<unknown>): Promise<HttpFailure> => {
  const error: unknown = await work.then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof HttpFailure)) throw error;
  return error;
};

const bank = async (handle: (request: IncomingMessage, response: ServerResponse, body: string) => void): Promise<string> => {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      handle(request, response, body);
    });
  });
  return `http://127.0.0.1:${String(await listen(server))}`;
};

/** A server that is only a socket: it reads what comes and does with the line as told. */
const rawBank = async (onRequest: (socket: Socket, count: number) => void): Promise<string> => {
  let count = 0;
  const server = createTcpServer((socket) => {
    socket.on('data', () => {
      onRequest(socket, ++count);
    });
  });
  return `http://127.0.0.1:${String(await listen(server))}`;
};

describe('answers', () => {
  it('sends exact numbers and reads exact numbers', async () => {
    let seen = '';
    let headers: IncomingMessage['headers'] = {};
    const url = await bank((request, response, body) => {
      seen = `${String(request.method)} ${String(request.url)} ${body}`;
      headers = request.headers;
      response.setHeader('X-Trace', 't1').end('{"level":1e100,"price":3.4900}');
    });
    const answer = await client(`${url}/base/`).send({ ...post(within(5_000)), headers: { 'Idempotency-Key': '"k"' } });
    expect(seen).toBe('POST /base/pay/ {"amount":3.4900}');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '17',
      'idempotency-key': '"k"',
      accept: 'application/json',
      'accept-encoding': 'identity',
    });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'x-trace': 't1' },
      body: { kind: 'json', json: { level: { raw: '1e100' }, price: { raw: '3.4900' } } },
    });
  });

  it('follows no redirect and reads no proxy from the environment', async () => {
    let count = 0;
    const url = await bank((request, response) => {
      count += 1;
      response.writeHead(301, { location: `${String(request.url)}elsewhere` }).end();
    });
    const before = process.env['HTTP_PROXY'];
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:1';
    try {
      expect(await client(url).send(post(within(5_000)))).toMatchObject({ status: 301, body: { kind: 'empty' } });
    } finally {
      if (before === undefined) delete process.env['HTTP_PROXY'];
      else process.env['HTTP_PROXY'] = before;
    }
    expect(count).toBe(1);
  });

  it.each([
    [
      'not-json',
      (response: ServerResponse) => {
        response.end('<html>');
      },
    ],
    [
      'not-utf8',
      (response: ServerResponse) => {
        response.end(Buffer.from([0x22, 0xff, 0x22]));
      },
    ],
    [
      'encoded',
      (response: ServerResponse) => {
        response.setHeader('Content-Encoding', 'gzip').end('{}');
      },
    ],
    [
      'too-large',
      (response: ServerResponse) => {
        response.end(`"${'x'.repeat(5_000)}"`);
      },
    ],
    [
      'cut',
      (response: ServerResponse) => {
        response.writeHead(201, { 'content-length': '100' });
        response.write('{"a":1', () => {
          response.destroy();
        });
      },
    ],
    [
      'cut',
      (response: ServerResponse) => {
        response.writeHead(201);
        response.write('{"a":1}', () => {
          response.destroy();
        });
      },
    ],
    [
      'deadline',
      (response: ServerResponse) => {
        response.writeHead(201);
        response.write('{');
      },
    ],
  ] as const)('keeps the status when the body is %s', async (why, behave) => {
    const url = await bank((_request, response) => {
      behave(response);
    });
    const answer = await client(url, { maxBodyBytes: 1_000 }).send(post(within(why === 'deadline' ? 300 : 5_000)));
    expect(answer.status).toBeLessThan(300);
    expect(answer.body).toEqual({ kind: 'unreadable', why });
  });

  it('cuts a server that trickles bytes at the total deadline', async () => {
    const timers: NodeJS.Timeout[] = [];
    const url = await bank((_request, response) => {
      response.writeHead(200);
      timers.push(setInterval(() => response.write(' '), 20));
    });
    const startedMs = performance.now();
    const answer = await client(url).send(post(within(300)));
    timers.forEach(clearInterval);
    expect(answer.body).toEqual({ kind: 'unreadable', why: 'deadline' });
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });

  it('takes up a connection again, and never more than maxSockets', async () => {
    const ports = new Set<number>();
    const url = await bank((request, response) => {
      ports.add(request.socket.remotePort ?? 0);
      response.end('{}');
    });
    const http = client(url, { maxSockets: 2 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => http.send(post(within(5_000)))));
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

describe('over TLS', () => {
  const start = async (): Promise<{ readonly url: string; readonly bodies: string[] }> => {
    const bodies: string[] = [];
    const server = createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        bodies.push(body);
        response.end('{"ok":true}');
      });
    });
    return { url: `https://127.0.0.1:${String(await listen(server))}`, bodies };
  };

  it('sends on a new and on a kept-alive connection to a trusted server', async () => {
    const { url, bodies } = await start();
    const http = client(url, { tls: () => ({ ca: CERTIFICATE }), maxSockets: 1 });
    expect((await http.send(post(within(5_000)))).status).toBe(200);
    expect((await http.send(post(within(5_000)))).status).toBe(200);
    expect(bodies).toEqual(['{"amount":3.4900}', '{"amount":3.4900}']);
  });

  it('shows nothing to a server that is not trusted', async () => {
    const { url, bodies } = await start();
    expect(await failureOf(client(url).send(post(within(5_000))))).toMatchObject({
      beforeFirstByte: true,
      evidence: 'connect DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(bodies).toEqual([]);
  });
});

describe('where it failed', () => {
  it('before the first byte: refused', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    cleanUps.length = 0;
    const failure = await failureOf(client(`http://127.0.0.1:${String(port)}`).send(post(within(5_000))));
    expect(failure).toMatchObject({ beforeFirstByte: true, evidence: 'connect ECONNREFUSED' });
  });

  it('before the first byte: a name that does not exist', async () => {
    const failure = await failureOf(client('http://nobody.invalid').send(post(within(10_000))));
    expect(failure.beforeFirstByte).toBe(true);
    expect(failure.evidence).toMatch(/^connect E/);
  });

  it('before the first byte: the deadline was over already', async () => {
    expect(await failureOf(client('http://127.0.0.1:9').send(post(AbortSignal.abort())))).toMatchObject({ beforeFirstByte: true });
  });

  it('before the first byte: the process stood still, and its timers have not rung yet', async () => {
    let count = 0;
    const url = await bank(() => {
      count += 1;
    });
    /** The clock says that the time is over from the n-th look on. */
    const overFromLook = (n: number): Deadline => {
      let looks = 0;
      return Object.assign(new AbortController().signal, { isOver: () => ++looks >= n });
    };
    for (const look of [1, 2])
      expect(await failureOf(client(url).send(post(overFromLook(look))))).toMatchObject({
        beforeFirstByte: true,
        evidence: 'the deadline was over before the request was made',
      });
    expect(count).toBe(0);
  });

  it('before the first byte: given up while waiting for a socket', async () => {
    let count = 0;
    const url = await bank(() => {
      count += 1;
    });
    const http = client(url, { maxSockets: 1 });
    const first = failureOf(http.send(post(within(1_500))));
    const second = await failureOf(http.send(post(within(200))));
    expect(second).toMatchObject({ beforeFirstByte: true });
    expect((await first).beforeFirstByte).toBe(false);
    expect(count).toBe(1);
  });

  it('before the first byte: TLS is not agreed, and nothing of the request was shown', async () => {
    let seen = '';
    const server = createTcpServer((socket) => {
      socket.once('data', (chunk) => {
        seen += chunk.toString('latin1');
        socket.destroy();
      });
    });
    const port = await listen(server);
    const failure = await failureOf(client(`https://127.0.0.1:${String(port)}`).send(post(within(5_000))));
    expect(failure).toMatchObject({ beforeFirstByte: true });
    expect(seen).not.toContain('3.4900');
  });

  it('before the first byte: a TLS handshake that hangs ends at the connect timeout', async () => {
    const port = await listen(createTcpServer(() => undefined));
    const failure = await failureOf(client(`https://127.0.0.1:${String(port)}`, { connectTimeoutMs: 200 }).send(post(within(5_000))));
    expect(failure).toMatchObject({ beforeFirstByte: true, evidence: 'connect timeout' });
  });

  it('after the first byte: reset after the request was written', async () => {
    const url = await rawBank((socket) => {
      socket.resetAndDestroy();
    });
    expect(await failureOf(client(url).send(post(within(5_000))))).toMatchObject({
      beforeFirstByte: false,
      evidence: 'connection lost ECONNRESET',
    });
  });

  it('after the first byte: no answer until the deadline', async () => {
    const url = await rawBank(() => undefined);
    expect(await failureOf(client(url).send(post(within(200))))).toMatchObject({
      beforeFirstByte: false,
      evidence: 'no answer before the deadline',
    });
  });

  it('after the first byte: what comes back is not HTTP', async () => {
    const url = await rawBank((socket) => {
      socket.end('SSH-2.0\r\n\r\n');
    });
    expect(await failureOf(client(url).send(post(within(5_000))))).toMatchObject({ beforeFirstByte: false });
  });

  it('after the first byte: a kept-alive socket is reset at the second request', async () => {
    const url = await rawBank((socket, count) => {
      if (count === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
      else socket.resetAndDestroy();
    });
    const http = client(url, { maxSockets: 1 });
    expect((await http.send(post(within(5_000)))).status).toBe(200);
    expect(await failureOf(http.send(post(within(5_000))))).toMatchObject({ beforeFirstByte: false });
  });
});

describe('what is said about it', () => {
  it('logs the operation and the trace id, never path, body or headers', async () => {
    const entries: HttpLogEntry[] = [];
    const url = await bank((_request, response) => {
      response.setHeader('dw-request-id', 'r-1').end('{"iban":"BE68539007547034"}');
    });
    const http = client(url, { traceHeader: 'dw-request-id', log: (entry) => entries.push(entry) });
    await http.send({ ...post(within(5_000)), path: '/accounts/BE68539007547034/balances', headers: { Authorization: 'Bearer secret' } });
    await failureOf(http.send(post(AbortSignal.abort())));
    expect(entries).toMatchObject([
      { operation: 'pay', status: 200, traceId: 'r-1', failure: null },
      { status: null, failure: expect.stringContaining('nothing was sent') },
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/BE68|secret|3\.49/);
  });

  it.each(['ftp://x', 'http://user:pass@x', 'http://x/?a=1'])('refuses the base URL %s', (baseUrl) => {
    expect(() => createHttp({ baseUrl, system: 'test' })).toThrow(RangeError);
  });
});
