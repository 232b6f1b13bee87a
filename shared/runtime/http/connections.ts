/**
 * The bounds of open connections. A connection is unproven until a request on it has shown a secret of ours. When there are too many,
 * the oldest unproven ones go, and a new one always comes in. Whoever holds sockets open and says nothing shuts nobody out.
 */
import type { Socket } from 'node:net';
import { networkOf, NO_PROXIES, type TrustedProxies } from './address.js';

export type ConnectionLimits = {
  /** Open at once, of everybody together. */
  readonly all: number;
  /** Unproven at once, of one address. */
  readonly perAddress: number;
};
export type Closed = 'address' | 'all';
export type ConnectionOptions = {
  readonly limits: ConnectionLimits;
  /** Their connections carry many senders, and are ours: they are counted and never closed. */
  readonly proxies?: TrustedProxies;
  /** A connection was closed because there were too many, of its address or of all. */
  readonly onClosed?: (why: Closed) => void;
};

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = { all: 4_000, perAddress: 1_000 };

export class Connections {
  readonly #options: ConnectionOptions;
  readonly #open = new Set<Socket>();
  /** Oldest first, as sets keep them. */
  readonly #unproven = new Set<Socket>();
  readonly #ofNetwork = new Map<string, Set<Socket>>();
  readonly #networks = new WeakMap<Socket, string>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get open(): number {
    return this.#open.size;
  }

  opened(socket: Socket): void {
    const { limits, proxies = NO_PROXIES } = this.#options;
    const address = socket.remoteAddress;
    // Gone before it was looked at.
    if (address === undefined) return;
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#forget(socket);
    });
    if (!proxies.trust(address)) {
      const network = networkOf(address);
      const siblings = this.#ofNetwork.get(network) ?? new Set();
      this.#ofNetwork.set(network, siblings.add(socket));
      this.#networks.set(socket, network);
      this.#unproven.add(socket);
      if (siblings.size > limits.perAddress) this.#closeOldest(siblings, 'address');
    }
    if (this.#open.size > limits.all) this.#closeOldest(this.#unproven, 'all');
  }

  /** A request on it has shown a secret of ours: it stays. */
  proven(socket: Socket): void {
    this.#forget(socket);
  }

  #forget(socket: Socket): void {
    this.#unproven.delete(socket);
    const network = this.#networks.get(socket);
    const siblings = network === undefined ? undefined : this.#ofNetwork.get(network);
    if (network === undefined || siblings === undefined) return;
    siblings.delete(socket);
    if (siblings.size === 0) this.#ofNetwork.delete(network);
  }

  #closeOldest(sockets: ReadonlySet<Socket>, why: Closed): void {
    for (const oldest of sockets) {
      this.#open.delete(oldest);
      this.#forget(oldest);
      oldest.destroy();
      this.#options.onClosed?.(why);
      return;
    }
  }
}
