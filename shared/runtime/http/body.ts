/**
 * Takes bodies in, as the bytes that were sent. A body is bounded in size, in time from its first header to its last byte, and in
 * number for one sender. All bodies that are on their way are bounded together. Where a bound is met the oldest of them goes: honest
 * senders are quick, so the oldest is the slowest.
 */
import type { IncomingMessage } from 'node:http';
import type { Problem } from './server.js';

export type BodyLimits = {
  readonly bytes: number;
  readonly deadlineMs: number;
  /** On their way at once from one sender. */
  readonly perSender: number;
  /** Held at once in bodies that are not whole yet. */
  readonly heldBytes: number;
};

/** The body did not come, or must not. The sender is told by this problem. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

const TOO_LARGE: Problem = { status: 413, code: 'too-large', title: 'The body is too large' };
const TOO_SLOW: Problem = { status: 408, code: 'too-slow', title: 'The body did not come in time; send it again' };
const CUT: Problem = { status: 400, code: 'cut', title: 'The body ended too early' };

type Arriving = { readonly sender: string; heldBytes: number; readonly refuse: (problem: Problem) => void };

export class Bodies {
  readonly #limits: BodyLimits;
  /** Oldest first, as sets keep them. */
  readonly #arriving = new Set<Arriving>();
  readonly #ofSender = new Map<string, number>();
  #heldBytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  get arriving(): number {
    return this.#arriving.size;
  }

  /** @throws BodyRefused, and nothing else. */
  read(request: IncomingMessage, sender: string): Promise<Buffer> {
    const declared = request.headers['content-length'];
    if (declared !== undefined && Number(declared) > this.#limits.bytes) return Promise.reject(new BodyRefused(TOO_LARGE));
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const stop = (): void => {
        clearTimeout(timer);
        request.off('data', onChunk).off('end', onEnd).off('close', onClose).off('error', onClose);
        // Nobody reads on: what still comes is dropped, so that the answer can leave on this connection.
        request.on('error', () => undefined).resume();
        this.#left(arriving);
      };
      const arriving: Arriving = {
        sender,
        heldBytes: 0,
        refuse: (problem) => {
          stop();
          reject(new BodyRefused(problem));
        },
      };
      const onChunk = (chunk: Buffer): void => {
        chunks.push(chunk);
        arriving.heldBytes += chunk.length;
        this.#heldBytes += chunk.length;
        if (arriving.heldBytes > this.#limits.bytes) arriving.refuse(TOO_LARGE);
        else if (this.#heldBytes > this.#limits.heldBytes) this.#refuseOldest(null);
      };
      const onEnd = (): void => {
        stop();
        resolve(Buffer.concat(chunks));
      };
      const onClose = (): void => {
        arriving.refuse(CUT);
      };
      const timer = setTimeout(() => {
        arriving.refuse(TOO_SLOW);
      }, this.#limits.deadlineMs);
      this.#arriving.add(arriving);
      const ofSender = (this.#ofSender.get(sender) ?? 0) + 1;
      this.#ofSender.set(sender, ofSender);
      request.on('data', onChunk).on('end', onEnd).on('close', onClose).on('error', onClose);
      if (request.destroyed) arriving.refuse(CUT);
      else if (ofSender > this.#limits.perSender) this.#refuseOldest(sender);
    });
  }

  #left(arriving: Arriving): void {
    const { sender, heldBytes } = arriving;
    this.#arriving.delete(arriving);
    this.#heldBytes -= heldBytes;
    const others = (this.#ofSender.get(sender) ?? 1) - 1;
    if (others === 0) this.#ofSender.delete(sender);
    else this.#ofSender.set(sender, others);
  }

  /** @param sender null: of anybody. */
  #refuseOldest(sender: string | null): void {
    for (const one of this.#arriving) {
      if (sender !== null && one.sender !== sender) continue;
      one.refuse(TOO_SLOW);
      return;
    }
  }
}
