/** Keeps services running: one that ends by itself is started again, ever more slowly; wrong configuration ends them all. */
import { setTimeout as pauseMs } from 'node:timers/promises';
import type { Exit } from '../sandbox/tied-child.js';

/** EX_CONFIG of sysexits.h: starting it again would not help. */
export const EXIT_CONFIG = 78;

export interface Running {
  /** Never rejects. */
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
}
export interface SupervisorOptions<Name extends string> {
  readonly names: readonly Name[];
  readonly start: (name: Name) => Running;
  readonly say: (name: Name, line: string) => void;
  /** Wakes up early when the signal is aborted. Default: real time. */
  readonly pause?: (waitMs: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs?: () => number;
  /** From SIGTERM to SIGKILL. Default 20000: a service gives itself 15 s. */
  readonly graceMs?: number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** Whoever ran for so long has recovered; its next end is a new story. */
const RECOVERED_MS = 60_000;
const GRACE_MS = 20_000;
const OTHERS_SPEAK_MS = 1_500;

const realPause = async (waitMs: number, signal: AbortSignal): Promise<void> => {
  await pauseMs(waitMs, undefined, { signal }).catch(() => undefined);
};

const inWords = ({ code, signal }: Exit): string => (signal === null ? `ended with ${code ?? 'nothing'}` : `ended with ${signal}`);

export class Supervisor<Name extends string> {
  readonly #options: SupervisorOptions<Name>;
  readonly #stop = new AbortController();
  readonly #running = new Set<Running>();
  #exitCode = 0;

  constructor(options: SupervisorOptions<Name>) {
    this.#options = options;
  }

  #isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  async #keep(name: Name): Promise<void> {
    const { start, say, pause = realPause, nowMs = Date.now } = this.#options;
    let waitMs = FIRST_WAIT_MS;
    while (!this.#isStopping()) {
      const startedAtMs = nowMs();
      const running = start(name);
      this.#running.add(running);
      const exit = await running.exited;
      this.#running.delete(running);
      if (this.#isStopping()) return;
      if (exit.code === EXIT_CONFIG) {
        say(name, 'its configuration is wrong; all services end');
        // The others read theirs at this moment: all that is wrong is said at once.
        await pause(OTHERS_SPEAK_MS, this.#stop.signal);
        this.stop(EXIT_CONFIG);
        return;
      }
      if (nowMs() - startedAtMs >= RECOVERED_MS) waitMs = FIRST_WAIT_MS;
      say(name, `${inWords(exit)}; started again in ${waitMs} ms`);
      await pause(waitMs, this.#stop.signal);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  }

  /** Ends all, orderly; after the grace with SIGKILL. What was said first counts. */
  stop(exitCode = 0): void {
    if (this.#isStopping()) return;
    this.#exitCode = exitCode;
    this.#stop.abort();
    for (const running of this.#running) running.kill('SIGTERM');
    setTimeout(() => {
      for (const running of this.#running) running.kill('SIGKILL');
    }, this.#options.graceMs ?? GRACE_MS).unref();
  }

  /** Resolves with the exit code when every service is gone: only after `stop`. */
  async run(): Promise<number> {
    await Promise.all(this.#options.names.map((name) => this.#keep(name)));
    return this.#exitCode;
  }
}
