import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type Server, Socket } from 'node:net';
import { eventually } from '../support/eventually.js';
import { Line } from './proxy.js';

/** Answers every chunk with itself, and remembers how each connection ended. */
class Echo {
  readonly heard: string[] = [];
  readonly ends: string[] = [];
  readonly server: Server;

  constructor() {
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', (chunk: Buffer) => {
        this.heard.push(chunk.toString());
        socket.write(chunk);
      });
      socket.on('end', () => {
        this.ends.push('end');
        socket.end();
      });
      socket.on('error', (error) => this.ends.push((error as NodeJS.ErrnoException).code ?? 'error'));
    });
  }
  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as { readonly port: number }).port;
  }
}

/** A caller that keeps what it hears. */
const call = async (
  port: number,
): Promise<{
  readonly socket: Socket;
  readonly heard: () => string;
  readonly ends: string[];
}> => {
  const socket = connect({ port, host: '127.0.0.1' });
  let heard = '';
  const ends: string[] = [];
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  socket.on('end', () => ends.push('end'));
  socket.on('error', (error) => ends.push((error as NodeJS.ErrnoException).code ?? 'error'));
  await once(socket, 'connect');
  return { socket, heard: () => heard, ends };
};

describe('a line of TCP', () => {
  const echo = { now: new Echo() };
  let line: Line;
  const callers: Socket[] = [];

  beforeEach(async () => {
    echo.now = new Echo();
    line = await Line.open({
      port: 0,
      to: { host: '127.0.0.1', port: await echo.now.listen() },
    });
  });
  afterEach(async () => {
    for (const socket of callers.splice(0)) socket.destroy();
    await line.close();
    echo.now.server.close();
  });

  const caller = async (): ReturnType<typeof call> => {
    const made = await call(line.port);
    callers.push(made.socket);
    return made;
  };
  /** Said and answered: now the line carries. */
  const talking = async (): ReturnType<typeof call> => {
    const made = await caller();
    made.socket.write('hello');
    await eventually('the echo', made.heard, (heard) => heard === 'hello', 2_000);
    return made;
  };

  const untilHoled = (wanted: number): Promise<number> =>
    eventually(
      `holed connections: ${wanted}`,
      () => line.holed,
      (count) => count === wanted,
    );

  it('passes bytes both ways, also many of them, and the end of each side', async () => {
    const one = await caller();
    const much = 'x'.repeat(3_000_000);
    one.socket.end(much);
    await eventually(
      'all of it came back',
      () => one.heard().length,
      (length) => length === much.length,
      5_000,
    );
    await eventually(
      'both sides ended',
      () => [one.ends, echo.now.ends],
      ([mine, theirs]) => mine?.[0] === 'end' && theirs?.[0] === 'end',
    );
    await eventually(
      'nothing is left',
      () => line.connections,
      (left) => left === 0,
    );
  });

  it.each([
    ['reset', 'ECONNRESET', 'ECONNRESET'],
    ['end', 'end', 'end'],
  ] as const)('cut by %s, both sides hear it', async (how, mine, theirs) => {
    const one = await talking();
    expect(line.cut(how)).toBe(1);
    await eventually(
      'both sides heard',
      () => [one.ends[0], echo.now.ends[0]],
      (ends) => JSON.stringify(ends) === JSON.stringify([mine, theirs]),
    );
    await talking();
  });

  it('cut by half, only the server hears it; the caller is cut when the line heals', async () => {
    const one = await talking();
    line.cut('half');
    await eventually(
      'the server heard',
      () => echo.now.ends[0],
      (end) => end === 'ECONNRESET',
    );
    one.socket.write('anybody there?');
    // Another one gets through meanwhile, so time has passed and nothing was said.
    await talking();
    expect([one.ends, one.heard()]).toEqual([[], 'hello']);
    line.heal();
    await eventually(
      'the caller is cut',
      () => one.ends[0],
      (end) => end === 'ECONNRESET',
    );
  });

  it('swallows bytes both ways, takes new callers, and never delivers what it swallowed', async () => {
    const one = await talking();
    line.swallow();
    one.socket.write('into the hole');
    const two = await caller();
    two.socket.write('me too');
    await untilHoled(2);
    line.heal();
    await eventually(
      'both are cut',
      () => [one.ends[0], two.ends[0]],
      (ends) => ends.every((end) => end === 'ECONNRESET'),
    );
    expect(echo.now.heard).toEqual(['hello']);
    await talking();
  });

  it('leaves nothing open at the server when a caller dies in a hole: the server hears of it when the line heals', async () => {
    const one = await talking();
    line.swallow();
    one.socket.write('into the hole');
    await untilHoled(1);
    one.socket.resetAndDestroy();
    // A later caller has come and gone, so the line has heard of the death.
    const two = await caller();
    two.socket.write('me too');
    await untilHoled(2);
    expect(echo.now.ends).toEqual([]);
    line.heal();
    await eventually(
      'the server heard of both',
      () => echo.now.ends,
      (ends) => ends.length === 2 && ends.every((end) => end === 'ECONNRESET'),
    );
  });

  it('cuts a connection that is just ending, without an error that would hold the process at its exit', async () => {
    const one = await talking();
    const errors: string[] = [];
    // The line passes the end on to the server; a moment later, before the FIN has left, everything is cut.
    const passedOn = new Promise<void>((resolve) => {
      one.socket.end();
      jest.spyOn(Socket.prototype, 'end').mockImplementationOnce(function (this: Socket) {
        this.on('error', (error) => errors.push(error.message));
        this.end();
        process.nextTick(() =>
          process.nextTick(() =>
            process.nextTick(() => {
              line.cut('reset');
              resolve();
            }),
          ),
        );
        return this;
      });
    });
    await passedOn;
    await eventually(
      'the server heard',
      () => echo.now.ends,
      (ends) => ends.length > 0,
    );
    expect(errors).toEqual([]);
  });

  it('delays and keeps the order, also when it heals meanwhile', async () => {
    const one = await talking();
    line.delay(120);
    const startedAt = performance.now();
    one.socket.write('1');
    await eventually(
      'it was sent',
      () => one.socket.writableLength,
      (left) => left === 0,
    );
    await eventually(
      'it is held back',
      () => echo.now.heard,
      () => performance.now() - startedAt > 20,
    );
    expect(one.heard()).toBe('hello');
    line.heal();
    one.socket.write('2');
    await eventually('both came', one.heard, (heard) => heard === 'hello12', 2_000);
    expect(performance.now() - startedAt).toBeGreaterThan(115);
  });

  it('cuts in the middle of an answer', async () => {
    const one = await talking();
    line.cutAnswersAfter(3);
    one.socket.write('abcdef');
    await eventually(
      'it is cut',
      () => one.ends[0],
      (end) => end !== undefined,
    );
    expect(echo.now.heard).toEqual(['hello', 'abcdef']);
    expect(['hello', 'helloabc']).toContain(one.heard());
    line.heal();
    await talking();
  });

  it('refuses', async () => {
    const one = await talking();
    line.refuse();
    const two = connect({ port: line.port, host: '127.0.0.1' });
    callers.push(two);
    const [error] = (await once(two, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    await eventually(
      'the old one is cut',
      () => one.ends[0],
      (end) => end === 'ECONNRESET',
    );
    line.heal();
    await talking();
  });
});
