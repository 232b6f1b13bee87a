/** The way of a request to an outside system and back. The other side acts when the request arrives, if it ever does. */
import type { Deadline } from '../../shared/kernel/outcome.js';
import { never } from './never.js';
import type { FaultName } from './faults.js';
import type { Ground } from './ground.js';
import type { Life } from './scheduler.js';

const WRITE_FAULTS = [
  'not-sent',
  'rate-limited',
  'request-lost',
  'request-late',
  'answer-lost',
  'answer-late',
  'error-but-done',
  'error-not-done',
] as const satisfies readonly FaultName[];
const DATABASE_FAULTS = ['database-away', 'commit-answer-lost', 'commit-late'] as const satisfies readonly FaultName[];
const READ_FAULTS = ['not-sent', 'rate-limited', 'answer-lost', 'error-not-done'] as const satisfies readonly FaultName[];

export type Asked<A> = {
  readonly what: string;
  readonly signal: Deadline;
  /** Carries it out at the other side and says what comes back. */
  readonly arrive: () => A;
  /** Nothing left, or nothing was done. */
  readonly retryable: (evidence: string, retryAfterMs?: number) => A;
  /** It may have been done. */
  readonly unknown: (evidence: string) => A;
  /** Whether a second delivery changes nothing. */
  readonly harmlessTwice?: boolean;
};

/** What an adapter looks at before its first byte. */
const isOver = (signal: Deadline): boolean => signal.aborted || signal.isOver?.() === true;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener('abort', () => {
        resolve();
      });
  });

export class Network {
  readonly #ground: Ground;
  readonly #life: Life;

  constructor(ground: Ground, life: Life) {
    this.#ground = ground;
    this.#life = life;
  }

  /** `arrive`, whatever becomes of the process that asked. */
  #arriveAfter<A>(waitMs: number, asked: Asked<A>): void {
    const { scheduler, tell } = this.#ground;
    scheduler.after(waitMs, null, () => {
      asked.arrive();
      tell('world', () => `a request of ${this.#life.name} arrives late: ${asked.what}`);
    });
  }

  #answerAfter<A>(waitMs: number, answer: A): Promise<A> {
    return new Promise((resolve) => {
      this.#ground.scheduler.after(waitMs, this.#life, () => {
        resolve(answer);
      });
    });
  }

  write<A>(asked: Asked<A>): Promise<A> {
    if (!this.#life.alive) return never();
    const { faults, random, tell, scheduler } = this.#ground;
    const { what, signal } = asked;
    if (isOver(signal)) return this.#answerAfter(1, asked.retryable('the deadline was over before the request was made'));
    const fault = faults.among(WRITE_FAULTS);
    tell(this.#life.name, () => `asks: ${what}${fault === null ? '' : ` (${fault})`}`);
    if (fault !== null) return this.#faulty(fault, asked);
    if (asked.harmlessTwice === true && faults.happens('request-twice')) this.#arriveAfter(random.between(1, 800), asked);
    const thereMs = random.between(1, 40);
    if (random.chance(0.5)) return this.#answerAfter(thereMs, asked.arrive());
    return new Promise((resolve) => {
      scheduler.after(thereMs, null, () => {
        const answer = asked.arrive();
        scheduler.after(1, this.#life, () => {
          resolve(answer);
        });
      });
    });
  }

  read<A>(asked: Asked<A>): Promise<A> {
    if (!this.#life.alive) return never();
    const { faults, random, tell } = this.#ground;
    if (isOver(asked.signal)) return this.#answerAfter(1, asked.retryable('the deadline was over before the request was made'));
    const fault = faults.among(READ_FAULTS);
    tell(this.#life.name, () => `reads: ${asked.what}${fault === null ? '' : ` (${fault})`}`);
    return fault === null ? this.#answerAfter(random.between(1, 40), asked.arrive()) : this.#faulty(fault, asked);
  }

  /** A statement of our own database, outside of the engine's store. */
  async database<A>(what: string, apply: () => A, away: A): Promise<A> {
    if (!this.#life.alive) return never();
    const { faults, random, tell } = this.#ground;
    const fault = faults.among(DATABASE_FAULTS);
    tell(this.#life.name, () => `${what}${fault === null ? '' : ` (${fault})`}`);
    if (fault === 'commit-late') this.#ground.scheduler.after(random.between(5, 600), null, () => void apply());
    else if (fault !== 'database-away') {
      const answer = apply();
      if (fault === null) return this.#answerAfter(random.between(1, 12), answer);
    }
    return this.#answerAfter(random.between(5, 300), away);
  }

  async #faulty<A>(fault: (typeof WRITE_FAULTS)[number], asked: Asked<A>): Promise<A> {
    const { plan, random } = this.#ground;
    const soonMs = random.between(1, 60);
    switch (fault) {
      case 'not-sent':
        return this.#answerAfter(soonMs, asked.retryable('connection refused'));
      case 'rate-limited':
        return this.#answerAfter(soonMs, asked.retryable('answered 429', random.between(50, 1_000)));
      case 'error-but-done':
        asked.arrive();
        return this.#answerAfter(soonMs, asked.unknown('answered 502'));
      case 'error-not-done':
        return this.#answerAfter(soonMs, asked.unknown('answered 500'));
      case 'answer-late': {
        const answer = asked.arrive();
        // An adapter that does not hear its signal brings the answer when nobody waits for it any more.
        if (random.chance(0.3)) return this.#answerAfter(plan.timeoutMs + random.between(1, 1_500), answer);
        break;
      }
      case 'answer-lost':
        asked.arrive();
        break;
      case 'request-late':
        this.#arriveAfter(random.between(1, plan.lifeMs), asked);
        break;
      case 'request-lost':
        break;
    }
    await aborted(asked.signal);
    return asked.unknown('no answer in time');
  }
}
