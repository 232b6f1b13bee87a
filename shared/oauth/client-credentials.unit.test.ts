import { createServer as createPlainServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createPaymentsApi } from '../adapters/core-banking/payments-api/adapter.js';
import type { HttpLogEntry } from '../adapters/http/http.js';
import { newAuthority } from '../../test/support/certificates.js';
import { LoginFailure } from '../kernel/login-failure.js';
import { requestToken, type ClientCredentials } from './client-credentials.js';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanUps.splice(0)) clean();
});
type Asked = { readonly headers: IncomingMessage['headers']; readonly path: string; readonly body: string };
type Answer = { readonly status: number; readonly text: string };
const listenerOf =
  (asked: Asked[], answer: (asked: Asked) => Answer): RequestListener =>
  (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const one = { headers: request.headers, path: request.url ?? '', body };
      asked.push(one);
      const { status, text } = answer(one);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
    });
  };
const listen = async (server: ReturnType<typeof createPlainServer> | ReturnType<typeof createTlsServer>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};
const serve = async (answer: (asked: Asked) => Answer): Promise<{ readonly url: string; readonly asked: Asked[] }> => {
  const asked: Asked[] = [];
  return { url: `http://127.0.0.1:${String(await listen(createPlainServer(listenerOf(asked, answer))))}`, asked };
};
const issued = (value: string, more: object = { expires_in: 300 }): Answer => ({
  status: 200,
  text: JSON.stringify({ access_token: value, token_type: 'Bearer', ...more }),
});
const SECRET = 'secret:of the client%';
const credentials = (url: string, more: Partial<ClientCredentials> = {}): ClientCredentials => ({
  ...{ tokenUrl: `${url}/token`, clientId: 'middle ware', clientSecret: SECRET, tls: () => ({}), ...more },
});
const ask = (of: ClientCredentials) => requestToken(of, AbortSignal.timeout(3_000));
const problemOf = async (of: ClientCredentials): Promise<LoginFailure> => {
  try {
    await ask(of);
  } catch (error) {
    if (error instanceof LoginFailure) return error;
    throw error;
  }
  throw new Error('a token was issued');
};

describe('a token by client credentials', () => {
  it('is asked for as RFC 6749 says: a form, and the client in the header', async () => {
    const { url, asked } = await serve(() => issued('abc'));
    expect(await ask(credentials(url, { scope: 'payments read' }))).toEqual({ value: 'abc', livesMs: 300_000 });
    expect(asked).toMatchObject([
      {
        path: '/token',
        body: 'grant_type=client_credentials&scope=payments+read',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    ]);
    const [, encoded = ''] = (asked[0]?.headers.authorization ?? '').split(' ');
    expect(Buffer.from(encoded, 'base64').toString()).toBe('middle+ware:secret%3Aof+the+client%25');
  });
  it.each([
    [{ expires_in: '60' }, 60_000],
    [{}, 300_000],
    [{ expires_in: 0 }, 1_000],
    [{ expires_in: 9_999_999 }, 86_400_000],
  ])('lives as long as the answer says, within reason: %j', async (more, livesMs) => {
    const { url } = await serve(() => issued('abc', more));
    expect((await ask(credentials(url))).livesMs).toBe(livesMs);
  });
  it.each<[number, string, boolean, string]>([
    [401, '{"error":"invalid_client","error_description":"secret:of the client%"}', true, 'login answered 401 invalid_client'],
    [400, '{"error":"Not a code of theirs"}', true, 'login answered 400'],
    [403, '', true, 'login answered 403'],
    [500, '<html>', false, 'login answered 500'],
    [302, '', false, 'login answered 302'],
    [200, '{"access_token":"two words","token_type":"Bearer"}', false, 'the answer to the login cannot be read'],
    [200, '{"access_token":"abc","token_type":"mac"}', false, 'the answer to the login cannot be read'],
    [200, '{"access_token":"abc","access_token":"def","token_type":"Bearer"}', false, 'the answer to the login cannot be read'],
  ])('is not there after %s %s', async (status, text, refused, message) => {
    const { url } = await serve(() => ({ status, text }));
    expect(await problemOf(credentials(url))).toMatchObject({ refused, message });
  });
  it('is not there when nobody answers, and nothing is claimed', async () => {
    expect(await problemOf(credentials('http://127.0.0.1:9'))).toMatchObject({ refused: false, message: 'login: ECONNREFUSED' });
    const silent = createPlainServer(() => undefined);
    const url = `http://127.0.0.1:${String(await listen(silent))}`;
    await expect(requestToken(credentials(url), AbortSignal.timeout(100))).rejects.toMatchObject({ message: 'login: no answer in time' });
  });
  it('comes from a server of our own authority, and from no other', async () => {
    const [ours, others] = [newAuthority('One'), newAuthority('Two')];
    const server = createTlsServer(
      ours.issue('localhost'),
      listenerOf([], () => issued('abc')),
    );
    const url = `https://127.0.0.1:${String(await listen(server))}`;
    expect((await ask(credentials(url, { tls: () => ({ ca: ours.cert }) }))).value).toBe('abc');
    expect((await problemOf(credentials(url, { tls: () => ({ ca: others.cert }) }))).refused).toBe(false);
  });
});

describe('the bank behind client credentials', () => {
  type World = { valid: string; logins: number; refuses: boolean };
  const start = async (): Promise<{
    readonly world: World;
    readonly bank: ReturnType<typeof createPaymentsApi>;
    readonly log: HttpLogEntry[];
    readonly asked: Asked[];
  }> => {
    const world: World = { valid: 'token-1', logins: 0, refuses: false };
    const { url, asked } = await serve(({ path, headers }) => {
      if (path === '/token') {
        world.logins += 1;
        return world.refuses ? { status: 401, text: '{"error":"invalid_client"}' } : issued(world.valid);
      }
      if (headers.authorization !== `Bearer ${world.valid}`) return { status: 401, text: '{}' };
      return { status: 200, text: JSON.stringify({ externalId: 'C-1', name: 'A', status: 'ACTIVE', counterAccount: null }) };
    });
    const log: HttpLogEntry[] = [];
    const bank = createPaymentsApi({ baseUrl: url, token: credentials(url), log: (entry) => log.push(entry) });
    cleanUps.push(bank.close);
    return { world, bank, log, asked };
  };
  const read = async (bank: ReturnType<typeof createPaymentsApi>): Promise<string> =>
    (await bank.readCustomer('C-1', AbortSignal.timeout(3_000))).kind;

  it('is asked with one token by many, and one login', async () => {
    const { world, bank } = await start();
    await Promise.all(Array.from({ length: 5 }, () => read(bank)));
    expect(world.logins).toBe(1);
  });
  it('is asked with a new token after a 401, once', async () => {
    const { world, bank, asked } = await start();
    await read(bank);
    world.valid = 'token-2';
    const before = asked.length;
    await read(bank);
    expect(asked.slice(before).map(({ path }) => path)).toEqual(['/customers/C-1', '/token', '/customers/C-1']);
    expect(asked.at(-1)?.headers.authorization).toBe('Bearer token-2');
  });
  it('is not asked while the login is refused: nothing left', async () => {
    const { world, bank, asked } = await start();
    world.refuses = true;
    expect(await bank.readCustomer('C-1', AbortSignal.timeout(3_000))).toMatchObject({
      kind: 'retryable',
      evidence: expect.stringContaining('credentials: login answered 401 invalid_client'),
    });
    await read(bank);
    expect(asked.map(({ path }) => path)).toEqual(['/token']);
  });
  it('shows neither token nor secret in a line of the log', async () => {
    const { world, bank, log } = await start();
    await read(bank);
    world.refuses = true;
    world.valid = 'token-2';
    const outcome = await bank.readCustomer('C-1', AbortSignal.timeout(3_000));
    const told = JSON.stringify([log, outcome]);
    expect(log.length).toBeGreaterThan(1);
    for (const hidden of ['token-1', 'token-2', SECRET, encodeURIComponent(SECRET)]) expect(told).not.toContain(hidden);
  });
});
