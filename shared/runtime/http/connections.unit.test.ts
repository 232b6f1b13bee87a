import { afterEach, describe, expect, it } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { pino } from 'pino';
import { eventually } from '../../../test/support/eventually.js';
import { trustedProxies } from './address.js';
import { Connections, type Closed, type ConnectionLimits, type ConnectionOptions } from './connections.js';
import { createApp, createRegistry, finishApp, listen, type Listening } from './server.js';

let listening: Listening | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listening?.stop();
  listening = null;
});

type Stage = { readonly port: number; readonly connections: Connections; readonly closed: Closed[] };
const stage = async (limits: ConnectionLimits, more: Partial<ConnectionOptions> = {}): Promise<Stage> => {
  const closed: Closed[] = [];
  const connections = new Connections({ limits, onClosed: (why) => closed.push(why), ...more });
  const app = createApp(createRegistry('toy'), []);
  app.get('/known', (_request, response) => {
    response.json({});
  });
  finishApp(app, pino({ level: 'silent' }));
  listening = await listen(app, '127.0.0.1', 0, connections);
  return { port: Number(new URL(listening.url).port), connections, closed };
};
/** A socket that says nothing, from an address of its own; what it heard is kept. */
const open = async (port: number, localAddress = '127.0.0.1'): Promise<Socket & { heard: string }> => {
  const socket = Object.assign(connect({ port, host: '127.0.0.1', localAddress }), { heard: '' });
  sockets.push(socket);
  socket.setEncoding('utf8').on('data', (text: string) => {
    socket.heard += text;
  });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
};
const isClosed = (socket: Socket): Promise<boolean> =>
  eventually('the socket is closed', () => socket.destroyed || socket.readableEnded, Boolean);
const ask = async (socket: Socket & { heard: string }, path: string): Promise<string> => {
  socket.heard = '';
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return eventually(
    `an answer about ${path}`,
    () => socket.heard,
    (heard) => heard.includes('\r\n\r\n'),
  );
};

describe('open connections', () => {
  it('of one address are bounded: the oldest that has shown nothing goes, and a new one always comes in [A10]', async () => {
    const { port, connections, closed } = await stage({ all: 100, perAddress: 2 });
    const [first, second] = [await open(port), await open(port)];
    const other = await open(port, '127.0.0.2');
    await eventually(
      'all are counted',
      () => connections.open,
      (count) => count === 3,
    );
    const third = await open(port);
    await isClosed(first);
    expect(await ask(third, '/known')).toContain('200 OK');
    expect([second.destroyed, other.destroyed, closed]).toEqual([false, false, ['address']]);
  });
  it('stay once a request on them has shown a secret of ours', async () => {
    const { port, closed } = await stage({ all: 100, perAddress: 1 });
    const known = await open(port);
    expect(await ask(known, '/known')).toContain('200 OK');
    const [second, third] = [await open(port), await open(port)];
    await isClosed(second);
    expect(await ask(known, '/known')).toContain('200 OK');
    expect([third.destroyed, closed]).toEqual([false, ['address']]);
  });
  it('are not proven by what needs no secret, nor by a refusal', async () => {
    const { port } = await stage({ all: 100, perAddress: 1 });
    const prober = await open(port);
    for (const path of ['/health/live', '/metrics?x', '/nothing']) await ask(prober, path);
    await open(port);
    await isClosed(prober);
  });
  it('of all addresses are bounded together [A10]', async () => {
    const { port, connections, closed } = await stage({ all: 3, perAddress: 100 });
    const oldest = await open(port, '127.0.0.2');
    await eventually(
      'it is counted',
      () => connections.open,
      (count) => count === 1,
    );
    for (const address of ['127.0.0.3', '127.0.0.4', '127.0.0.5']) await open(port, address);
    await isClosed(oldest);
    expect(await ask(await open(port, '127.0.0.6'), '/known')).toContain('200 OK');
    expect(new Set(closed)).toEqual(new Set(['all']));
  });
  it('of our own proxies are counted and never closed: they carry many senders', async () => {
    const { port, connections, closed } = await stage({ all: 100, perAddress: 1 }, { proxies: trustedProxies(['127.0.0.1']) });
    const proxied = [await open(port), await open(port), await open(port)];
    await eventually(
      'all are counted',
      () => connections.open,
      (count) => count === 3,
    );
    expect([proxied.some(({ destroyed }) => destroyed), closed]).toEqual([false, []]);
    for (const socket of proxied) socket.destroy();
    await eventually(
      'none is left',
      () => connections.open,
      (count) => count === 0,
    );
  });
});
