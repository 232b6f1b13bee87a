import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { eventually } from '../../../test/support/eventually.js';
import { Bodies, BodyRefused, type BodyLimits } from './body.js';

let server: Server | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => server?.close(resolve));
});

type Stage = { readonly port: number; readonly bodies: Bodies; readonly outcomes: string[] };
const stage = async (limits: Partial<BodyLimits> = {}): Promise<Stage> => {
  const bodies = new Bodies({ bytes: 100, deadlineMs: 5_000, perSender: 100, heldBytes: 10_000, ...limits });
  const outcomes: string[] = [];
  server = createServer((request, response) => {
    bodies.read(request, String(request.headers['x-sender'] ?? 'one')).then(
      (body) => {
        outcomes.push(body.toString());
        response.end(body);
      },
      (error: unknown) => {
        if (!(error instanceof BodyRefused)) throw error;
        outcomes.push(error.problem.code);
        response.writeHead(error.problem.status).end(error.problem.code);
      },
    );
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, bodies, outcomes };
};
/** Headers that promise so many bytes (or chunks), and what is sent of them. */
const begin = (port: number, promised: number | 'chunked', sent: string, sender = 'one'): Socket & { heard: string } => {
  const socket = Object.assign(connect(port, '127.0.0.1'), { heard: '' });
  sockets.push(socket);
  socket.setEncoding('utf8').on('data', (text: string) => {
    socket.heard += text;
  });
  socket.on('error', () => undefined);
  const length = promised === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${promised}`;
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nX-Sender: ${sender}\r\n${length}\r\n\r\n${sent}`);
  return socket;
};
const heard = (socket: { readonly heard: string }, text: string): Promise<string> =>
  eventually(
    `"${text}" is heard`,
    () => socket.heard,
    (all) => all.includes(text),
  );

describe('a body', () => {
  it('is taken in as it came, also in pieces', async () => {
    const { port, bodies } = await stage();
    const slow = begin(port, 4, 'a');
    await eventually(
      'it is on its way',
      () => bodies.arriving,
      (count) => count === 1,
    );
    slow.write('bcd');
    await heard(slow, 'abcd');
    await heard(begin(port, 'chunked', '2\r\nxy\r\n1\r\nz\r\n0\r\n\r\n'), 'xyz');
    await heard(begin(port, 0, ''), '200 OK');
    expect(bodies.arriving).toBe(0);
  });
  it('has a deadline in all, however it trickles [A10]', async () => {
    const { port, bodies } = await stage({ deadlineMs: 300 });
    const began = performance.now();
    const slow = begin(port, 90, 'a');
    const trickle = setInterval(() => slow.write('a'), 40);
    slow.once('close', () => {
      clearInterval(trickle);
    });
    await heard(slow, '408');
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(bodies.arriving).toBe(0);
  });
  it('that promises too much is refused before it comes; one that brings too much, when it has', async () => {
    const { port, bodies } = await stage();
    await heard(begin(port, 101, ''), '413');
    await heard(begin(port, 'chunked', `65\r\n${'x'.repeat(101)}\r\n`), '413');
    await heard(begin(port, 100, 'x'.repeat(100)), '200 OK');
    expect(bodies.arriving).toBe(0);
  });
  it('that is cut leaves nothing behind', async () => {
    const { port, bodies, outcomes } = await stage();
    const cut = begin(port, 50, 'half');
    await eventually(
      'it is on its way',
      () => bodies.arriving,
      (count) => count === 1,
    );
    cut.destroy();
    await eventually(
      'it is cut',
      () => outcomes,
      (all) => all.includes('cut'),
    );
    expect(bodies.arriving).toBe(0);
  });
  it('of one sender makes room for the next: the slowest goes, and nobody else [A10]', async () => {
    const { port, bodies } = await stage({ perSender: 2 });
    const slow = [];
    for (const sender of ['one', 'other', 'one', 'one']) {
      slow.push(begin(port, 50, 'x', sender));
      await eventually(
        'it is seen',
        () => bodies.arriving,
        (count) => count === Math.min(slow.length, 3),
      );
    }
    await heard(slow[0]!, '408');
    await heard(begin(port, 2, 'ok', 'third'), 'ok');
    expect(slow.slice(1).map((socket) => socket.heard)).toEqual(['', '', '']);
  });
  it('waits in a memory of all that is bounded [A10]', async () => {
    const { port, bodies } = await stage({ heldBytes: 100 });
    const slow = [begin(port, 60, 'x'.repeat(50), 'a')];
    await eventually(
      'the first is seen',
      () => bodies.arriving,
      (count) => count === 1,
    );
    slow.push(begin(port, 60, 'x'.repeat(55), 'b'));
    await heard(slow[0]!, '408');
    expect(slow[1]?.heard).toBe('');
  });
});
