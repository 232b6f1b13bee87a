/** What can be killed and frozen, each by the same four words. */
import type { Kafka, KafkaNode } from '../../infra/sandbox/kafka/launcher.js';
import type { Postgres } from '../../infra/sandbox/postgres.js';
import { lastLines } from '../../infra/sandbox/tied-child.js';
import type { LaunchedService } from '../../infra/services/launch.js';
import type { Victim } from './chaos.js';
import type { TortureStack } from './stack.js';

export interface Mortal {
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves when it is ready again. */
  revive(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

/** A service that ended although nobody had killed it: allowed, and started again as in production, but told. */
export interface OwnEnd {
  readonly victim: Victim;
  readonly how: string;
  readonly lastWords: string;
}

const TRIES = 5;
const LAST_LINES = 40;

/** What its log said was fatal, or the end of the log. */
const lastWords = (logFile: string): string => {
  for (const line of lastLines(logFile, LAST_LINES).split('\n').reverse())
    try {
      const said = JSON.parse(line) as { level?: string; msg?: string; err?: { message?: string } };
      if (said.level === 'fatal') return `${said.msg ?? 'fatal'}: ${said.err?.message ?? 'no reason'}`;
    } catch {
      // Not a line of the log: the trace of an error that nobody caught.
    }
  return lastLines(logFile, 12);
};

/** Keeps one service running, as whoever supervises it in production does. */
class Supervised implements Mortal {
  readonly #victim: Victim;
  readonly #service: LaunchedService;
  readonly #ended: (end: OwnEnd) => void;
  #expected = false;
  #reviving: Promise<void> = Promise.resolve();

  constructor(victim: Victim, service: LaunchedService, ended: (end: OwnEnd) => void) {
    this.#victim = victim;
    this.#service = service;
    this.#ended = ended;
    this.#watch();
  }

  #watch(): void {
    void this.#service.exited.then(({ code, signal }) => {
      if (this.#expected) return;
      this.#ended({
        victim: this.#victim,
        how: signal ?? `exit ${String(code)}`,
        lastWords: lastWords(this.#service.logFile),
      });
      this.#reviving = this.#start();
      this.#reviving.catch(() => undefined);
    });
  }

  async #start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#service.restart();
        this.#expected = false;
        this.#watch();
        return;
      } catch (error) {
        if (attempt === TRIES) throw error;
        this.#ended({
          victim: this.#victim,
          how: 'did not become ready',
          lastWords: lastWords(this.#service.logFile),
        });
      }
    }
  }

  async kill(): Promise<void> {
    await this.#reviving;
    this.#expected = true;
    this.#service.kill('SIGKILL');
    await this.#service.exited;
  }
  async revive(): Promise<void> {
    this.#reviving = this.#start();
    await this.#reviving;
  }
  freeze(): Promise<void> {
    this.#service.kill('SIGSTOP');
    return Promise.resolve();
  }
  thaw(): Promise<void> {
    this.#service.kill('SIGCONT');
    return Promise.resolve();
  }
  /** From now on its end is nobody's surprise. */
  async release(): Promise<void> {
    await this.#reviving;
    this.#expected = true;
  }
}

const mortalNode = (node: KafkaNode): Mortal => ({
  kill: () => node.crash(),
  revive: () => node.start(),
  freeze: () => {
    node.signal('SIGSTOP');
    return Promise.resolve();
  },
  thaw: () => {
    node.signal('SIGCONT');
    return Promise.resolve();
  },
});
const mortalPostgres = (postgres: Postgres): Mortal => ({
  kill: () => postgres.crash(),
  revive: () => postgres.start(),
  freeze: () => postgres.signal('SIGSTOP'),
  thaw: () => postgres.signal('SIGCONT'),
});
const nodesOf = (kafka: Kafka): readonly (readonly [Victim, Mortal])[] =>
  kafka.nodes.map((node) => [`kafka-${node.id}` as const, mortalNode(node)]);

export interface Mortals {
  readonly of: (victim: Victim) => Mortal;
  readonly ownEnds: readonly OwnEnd[];
  /** Before everything is stopped in order. */
  release(): Promise<void>;
}

export const mortalsOf = ({ stack, services }: TortureStack): Mortals => {
  const ownEnds: OwnEnd[] = [];
  const supervised = [...services].map(
    ([victim, service]) => [victim, new Supervised(victim, service, (end) => ownEnds.push(end))] as const,
  );
  const all = new Map<Victim, Mortal>([...supervised, ...nodesOf(stack.kafka), ['postgres', mortalPostgres(stack.postgres)]]);
  return {
    of: (victim) => {
      const found = all.get(victim);
      if (found === undefined) throw new Error(`there is no ${victim}`);
      return found;
    },
    ownEnds,
    release: async () => {
      await Promise.all(supervised.map(([, one]) => one.release()));
    },
  };
};
