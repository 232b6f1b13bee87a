/**
 * A line of TCP that can be cut, go silent, become slow or break in the middle of an answer. It passes bytes on as they come and
 * understands none of them.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * `reset` and `end`: every connection is cut, by RST or by FIN. `half`: the server sees an RST while the caller's side stays open and
 * silent, as when a machine in between dies.
 */
export type Cut = 'reset' | 'end' | 'half';

type Weather =
  | { readonly kind: 'fair' }
  /** Bytes of both directions are swallowed; new connections are taken and never answered. */
  | { readonly kind: 'black-hole' }
  /** New connections are refused with an RST. */
  | { readonly kind: 'refuse' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Of the next answer only so many bytes arrive; then that connection is cut. */
  | { readonly kind: 'half-answer'; readonly bytes: number };

interface Pair {
  readonly caller: Socket;
  readonly server: Socket;
  /** Something that was sent never arrived: this connection can only be cut any more. */
  holed: boolean;
}

const FAIR: Weather = { kind: 'fair' };

/**
 * By RST. One that is just sending its FIN cannot be reset: libuv refuses (EINVAL), Node 20 then keeps the handle for ever, and the
 * process spins at its exit.
 */
const reset = (socket: Socket): void => {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
};

export interface LineOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly to: { readonly host: string; readonly port: number };
}

export class Line {
  readonly #server: Server;
  readonly #to: LineOptions['to'];
  readonly #pairs = new Set<Pair>();
  #weather: Weather = FAIR;

  private constructor(to: LineOptions['to']) {
    this.#to = to;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
      this.#accept(caller);
    });
  }

  /** Resolves when it listens on 127.0.0.1. */
  static async open({ port, to }: LineOptions): Promise<Line> {
    const line = new Line(to);
    await new Promise<void>((resolve, reject) => {
      line.#server.once('error', reject);
      line.#server.listen(port, '127.0.0.1', resolve);
    });
    return line;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the line is closed');
    return address.port;
  }
  get connections(): number {
    return this.#pairs.size;
  }
  /** Connections of which something was lost. */
  get holed(): number {
    return [...this.#pairs].filter(({ holed }) => holed).length;
  }

  #accept(caller: Socket): void {
    caller.on('error', () => undefined);
    if (this.#weather.kind === 'refuse') {
      reset(caller);
      return;
    }
    const server = connect({ ...this.#to, allowHalfOpen: true, noDelay: true });
    const pair: Pair = { caller, server, holed: false };
    this.#pairs.add(pair);
    server.on('error', () => {
      this.#destroy(pair, 'reset');
    });
    for (const socket of [caller, server])
      socket.on('close', () => {
        // Of a holed connection neither side is meant to notice the other's end, until the line heals or is closed.
        if (!pair.holed) this.#destroy(pair, socket.readableEnded ? 'end' : 'reset');
        else if (caller.destroyed && server.destroyed) this.#pairs.delete(pair);
      });
    this.#pass(pair, caller, server, false);
    this.#pass(pair, server, caller, true);
  }

  #destroy(pair: Pair, how: 'reset' | 'end'): void {
    this.#pairs.delete(pair);
    for (const socket of [pair.caller, pair.server])
      if (how === 'end') socket.destroy();
      else reset(socket);
  }

  /** In order, also when the delay changes while bytes are on their way. */
  #pass(pair: Pair, from: Socket, to: Socket, isAnswer: boolean): void {
    let arrivesAtMs = 0;
    const onTheWay: (() => void)[] = [];
    const later = (act: () => void): void => {
      const delayMs = this.#weather.kind === 'delay' ? this.#weather.delayMs : 0;
      arrivesAtMs = Math.max(arrivesAtMs, Date.now() + delayMs);
      const waitMs = arrivesAtMs - Date.now();
      // A timer may be late: whoever comes behind it waits for it all the same.
      if (waitMs <= 0 && onTheWay.length === 0) act();
      else {
        onTheWay.push(act);
        setTimeout(() => onTheWay.shift()?.(), waitMs);
      }
    };
    from.on('data', (chunk: Buffer) => {
      if (this.#weather.kind === 'black-hole') pair.holed = true;
      if (pair.holed) return;
      if (isAnswer && this.#weather.kind === 'half-answer') {
        to.write(chunk.subarray(0, this.#weather.bytes), () => {
          this.#destroy(pair, 'reset');
        });
        pair.holed = true;
        return;
      }
      later(() => {
        if (pair.holed || to.destroyed) return;
        if (to.write(chunk)) return;
        from.pause();
        to.once('drain', () => from.resume());
      });
    });
    from.on('end', () => {
      if (this.#weather.kind === 'black-hole') pair.holed = true;
      later(() => {
        if (!pair.holed && !to.destroyed) to.end();
      });
    });
  }

  /** Cuts every connection there is; new ones are taken. Returns how many were cut. */
  cut(how: Cut): number {
    const pairs = [...this.#pairs];
    for (const pair of pairs) {
      if (how !== 'half') this.#destroy(pair, how);
      else {
        pair.holed = true;
        reset(pair.server);
      }
    }
    return pairs.length;
  }

  swallow(): void {
    this.#weather = { kind: 'black-hole' };
  }
  refuse(): void {
    this.#weather = { kind: 'refuse' };
    this.cut('reset');
  }
  delay(delayMs: number): void {
    this.#weather = { kind: 'delay', delayMs };
  }
  cutAnswersAfter(bytes: number): void {
    this.#weather = { kind: 'half-answer', bytes };
  }
  /** Fair weather again. Connections of which bytes were lost are cut: what was swallowed never arrives later. */
  heal(): void {
    this.#weather = FAIR;
    for (const pair of [...this.#pairs]) if (pair.holed) this.#destroy(pair, 'reset');
  }

  /** Cuts everything and frees the port. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.cut('reset');
    for (const pair of [...this.#pairs]) this.#destroy(pair, 'reset');
    await closed;
  }
}
