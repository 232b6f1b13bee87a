/**
 * Carries out effects: concurrently, with a limit and a breaker per outside system and a total deadline per request. It
 * never throws for what the other side does: everything becomes an outcome.
 */
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleWhenResult, type CircuitBreakerPolicy } from 'cockatiel';
import type { LifeEvent } from '../../../kernel/effect-life.js';
import type { Inquiry, Outcome, PersonsWord, Sending, WordChecked } from '../../../kernel/outcome.js';
import type { AnyEffect } from '../catalogue.js';
import type { Clock } from '../clock.js';
import { effectKey } from '../identity.js';
import type { StoredEffect } from '../store/store.js';

export type EffectRunnerOptions = {
  /** Requests under way at once, per outside system. */
  readonly limitPerSystem: number;
  /** So many requests without a usable answer in a row open the breaker. */
  readonly breakerAfterFailures: number;
  readonly breakerOpenMs: number;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly after: Clock['after'];
  /** False once the owner's lock is lost: nothing new may be sent. */
  readonly maySend: () => boolean;
  readonly onBug: (error: unknown, effect: StoredEffect) => void;
  /** What aborts a request at its deadline; default the platform's own. */
  readonly newAbort?: () => Pick<AbortController, 'signal' | 'abort'>;
};

type Answer = Outcome<unknown> | Inquiry<unknown> | WordChecked<unknown>;
type CheckWord = NonNullable<Exclude<AnyEffect, { kind: 'read' }>['checkWord']>;

class System {
  readonly breaker: CircuitBreakerPolicy;
  readonly #limit: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(options: EffectRunnerOptions) {
    this.#limit = options.limitPerSystem;
    const noAnswer = handleWhenResult((answer) => {
      const { kind, found } = answer as { kind?: string; found?: string };
      return kind === 'unknown' || kind === 'retryable' || found === 'no-answer';
    });
    this.breaker = circuitBreaker(noAnswer, {
      halfOpenAfter: options.breakerOpenMs,
      breaker: new ConsecutiveBreaker(options.breakerAfterFailures),
    });
  }

  async take(): Promise<void> {
    if (this.#running < this.#limit) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  give(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}

const LATE_ANSWER_GRACE_MS = 1_000;

export class EffectRunner {
  readonly #options: EffectRunnerOptions;
  readonly #systems = new Map<string, System>();
  #underWay = 0;

  constructor(options: EffectRunnerOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay;
  }

  #system(name: string): System {
    const known = this.#systems.get(name);
    if (known !== undefined) return known;
    const system = new System(this.#options);
    this.#systems.set(name, system);
    return system;
  }

  /**
   * `intendedAtMs` is the monotonic time at which the send was decided. No byte leaves later than the effect's timeout after it, however long
   * the commit, a queue or a login took: the longest life of a request is counted from there.
   */
  async send(definition: AnyEffect, effect: StoredEffect, intendedAtMs: number): Promise<LifeEvent> {
    const { timeoutMs } = definition.timing;
    const leftMs = (): number => (definition.kind === 'read' ? timeoutMs : timeoutMs - (this.#options.monotonicMs() - intendedAtMs));
    const outcome = await this.#through(
      definition,
      effect,
      leftMs,
      async (sending) => {
        if (!this.#options.maySend()) return { kind: 'retryable', evidence: 'this process no longer owns its effects' };
        if (leftMs() <= 0) return { kind: 'retryable', evidence: 'not sent: too long since the intent was written' };
        return definition.kind === 'read' ? definition.read(effect.request, sending) : definition.send(effect.request, sending);
      },
      (evidence): Outcome<unknown> => ({ kind: 'unknown', evidence }),
      (evidence): Outcome<unknown> => ({ kind: 'retryable', evidence, retryAfterMs: this.#options.breakerOpenMs }),
    );
    return { type: 'Answered', outcome, of: effect };
  }

  async inquire(definition: Exclude<AnyEffect, { kind: 'read' }>, effect: StoredEffect): Promise<Extract<LifeEvent, { type: 'Inquired' }>> {
    const askedAtMs = this.#options.nowMs();
    const noAnswer = (evidence: string): Inquiry<unknown> => ({ found: 'no-answer', evidence });
    const inquiry = await this.#through(
      definition,
      effect,
      () => definition.timing.timeoutMs,
      (sending) => definition.inquire(effect.request, sending),
      noAnswer,
      noAnswer,
    );
    return { type: 'Inquired', inquiry, askedAtMs, of: effect };
  }

  /** No answer is no yes: people's word is then not taken, and they may say it again. */
  checkWord(definition: AnyEffect, check: CheckWord, effect: StoredEffect, word: PersonsWord): Promise<WordChecked<unknown>> {
    const notTaken = (why: string): WordChecked<unknown> => ({ taken: false, why });
    return this.#through<WordChecked<unknown>>(
      definition,
      effect,
      () => definition.timing.timeoutMs,
      (sending) => check(effect.request, word, sending),
      notTaken,
      notTaken,
    );
  }

  async #through<A extends Answer>(
    definition: AnyEffect,
    effect: StoredEffect,
    leftMs: () => number,
    call: (sending: Sending) => Promise<A>,
    unclear: (evidence: string) => A,
    notSent: (evidence: string) => A,
  ): Promise<A> {
    const system = this.#system(definition.system);
    this.#underWay++;
    await system.take();
    try {
      return await system.breaker.execute(() => this.#call(effect, leftMs(), call, unclear));
    } catch (error) {
      if (error instanceof BrokenCircuitError) return notSent(`${definition.system} has not been answering; waiting a moment`);
      this.#options.onBug(error, effect);
      return unclear('a bug of ours in the effect');
    } finally {
      system.give();
      this.#underWay--;
    }
  }

  async #call<A extends Answer>(
    effect: StoredEffect,
    deadlineMs: number,
    call: (sending: Sending) => Promise<A>,
    unclear: (evidence: string) => A,
  ): Promise<A> {
    const deadline = this.#options.newAbort?.() ?? new AbortController();
    const timeoutMs = Math.max(1, deadlineMs);
    const { after, monotonicMs } = this.#options;
    const overAtMs = monotonicMs() + timeoutMs;
    const callOffAbort = after(timeoutMs, () => {
      deadline.abort();
    });
    let callOffGivingUp = (): void => undefined;
    // An effect that ignores its signal must not hold a journey for ever.
    const tooLate = new Promise<A>((resolve) => {
      callOffGivingUp = after(timeoutMs + LATE_ANSWER_GRACE_MS, () => {
        resolve(unclear(`no answer within ${String(timeoutMs)} ms`));
      });
    });
    try {
      const sending: Sending = {
        key: effectKey(effect.id, effect.generation),
        signal: Object.assign(deadline.signal, { isOver: () => monotonicMs() >= overAtMs }),
        firstSentAtMs: effect.firstSentAtMs ?? effect.plannedAtMs,
      };
      return await Promise.race([call(sending), tooLate]);
    } finally {
      callOffAbort();
      callOffGivingUp();
    }
  }
}
