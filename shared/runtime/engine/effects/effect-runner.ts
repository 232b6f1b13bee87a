/**
 * Carries out effects: concurrently, with a limit and a breaker per outside system and a total deadline per request. It
 * never throws for what the other side does: everything becomes an outcome.
 */
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleWhenResult, type CircuitBreakerPolicy } from 'cockatiel';
import type { LifeEvent } from '../../../kernel/effect-life.js';
import { operationOf, type AnyEffect } from '../catalogue.js';
import type { Inquiry, Outcome, PersonsWord, WordChecked } from '../../../kernel/outcome.js';
import type { Clock } from '../clock.js';
import { FRESH_MS, type EffectSending } from '../definition.js';
import { effectKey } from '../identity.js';
import type { StoredEffect } from '../store/store.js';
import type { Stopped, StopSource } from '../../stopping/stop-source.js';

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
  /** What people have stopped. Asked right before the first byte. */
  readonly stops: Pick<StopSource, 'whyStopped'>;
  readonly onBug: (error: unknown, effect: StoredEffect) => void;
  /** What aborts a request at its deadline; default the platform's own. */
  readonly newAbort?: () => Pick<AbortController, 'signal' | 'abort'>;
};

type Answer = Outcome<unknown> | Inquiry<unknown> | WordChecked<unknown>;
type CheckWord = NonNullable<Exclude<AnyEffect, { kind: 'read' }>['checkWord']>;

/** How one request is carried out, and what is said where there is no answer. */
type Way<A extends Answer> = {
  readonly leftMs: () => number;
  /** Null when it may leave. */
  readonly whyStopped: () => Stopped | null;
  readonly portfolioId: string;
  readonly call: (sending: EffectSending) => Promise<A>;
  readonly unclear: (evidence: string) => A;
  readonly notSent: (evidence: string, retryAfterMs: number) => A;
};

class System {
  readonly breaker: CircuitBreakerPolicy;
  /** What was not let go says nothing about the other side. */
  readonly stopped = new WeakSet<Answer>();
  readonly #limit: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(options: EffectRunnerOptions, saidByOthers: WeakSet<object>) {
    this.#limit = options.limitPerSystem;
    const noAnswer = handleWhenResult((answer) => {
      if (saidByOthers.has(answer as object)) return false;
      const { kind, found } = answer as { kind?: string; found?: string };
      if (this.stopped.has(answer as Answer)) return false;
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
  /** Outcomes that other systems were the reason for: they say nothing about the one that was to be asked. */
  readonly #saidByOthers = new WeakSet<object>();
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
    const system = new System(this.#options, this.#saidByOthers);
    this.#systems.set(name, system);
    return system;
  }

  /**
   * `intendedAtMs` is the monotonic time at which the send was decided. No byte leaves later than the effect's timeout after it, however long
   * the commit, a queue or a login took: the longest life of a request is counted from there.
   */
  async send(definition: AnyEffect, effect: StoredEffect, intendedAtMs: number, portfolioId: string): Promise<LifeEvent> {
    const { timeoutMs } = definition.timing;
    const leftMs = (): number => (definition.kind === 'read' ? timeoutMs : timeoutMs - (this.#options.monotonicMs() - intendedAtMs));
    const outcome = await this.#through<Outcome<unknown>>(definition, effect, {
      leftMs,
      portfolioId,
      whyStopped: this.#whyStopped(definition, effect, portfolioId, definition.kind !== 'read'),
      call: async (sending) => {
        if (!this.#options.maySend()) return { kind: 'retryable', evidence: 'this process no longer owns its effects' };
        if (leftMs() <= 0) return { kind: 'retryable', evidence: 'not sent: too long since the intent was written' };
        if (definition.kind === 'read') return definition.read(effect.request, sending);
        return this.#sendOnFreshFacts(definition, effect.request, sending);
      },
      unclear: (evidence) => ({ kind: 'unknown', evidence }),
      notSent: (evidence, retryAfterMs) => ({ kind: 'retryable', evidence, retryAfterMs }),
    });
    return { type: 'Answered', outcome, of: effect };
  }

  /** What the request rests on may have changed since it was frozen: while it waited, while we were away, or because a message lied. */
  async #sendOnFreshFacts(
    definition: Exclude<AnyEffect, { kind: 'read' }>,
    request: unknown,
    sending: EffectSending,
  ): Promise<Outcome<unknown>> {
    if (definition.restsOn === undefined) return definition.send(request, sending);
    const { monotonicMs } = this.#options;
    const askedAtMs = monotonicMs();
    const notSent = await definition.restsOn(request, sending);
    if (notSent !== null) {
      this.#saidByOthers.add(notSent);
      return notSent;
    }
    const { signal } = sending;
    const isPast = signal.isOver?.bind(signal);
    // The question took all the time there was: whoever waited has gone, and nothing may leave any more.
    if (signal.aborted || isPast?.() === true) return { kind: 'retryable', evidence: 'not sent: reading the facts again took too long' };
    signal.isOver = () => isPast?.() === true || monotonicMs() - askedAtMs >= FRESH_MS;
    return definition.send(request, sending);
  }

  async inquire(
    definition: Exclude<AnyEffect, { kind: 'read' }>,
    effect: StoredEffect,
    portfolioId: string,
  ): Promise<Extract<LifeEvent, { type: 'Inquired' }>> {
    const askedAtMs = this.#options.nowMs();
    const inquiry = await this.#through<Inquiry<unknown>>(definition, effect, {
      leftMs: () => definition.timing.timeoutMs,
      portfolioId,
      whyStopped: this.#whyStopped(definition, effect, portfolioId, false),
      call: (sending) => definition.inquire(effect.request, sending),
      unclear: (evidence) => ({ found: 'no-answer', evidence }),
      notSent: (evidence, retryAfterMs) => ({ found: 'no-answer', evidence, retryAfterMs }),
    });
    return { type: 'Inquired', inquiry, askedAtMs, of: effect };
  }

  #whyStopped(definition: AnyEffect, { name }: StoredEffect, portfolioId: string, changes: boolean): () => Stopped | null {
    const leaving = { system: definition.system, operation: operationOf(definition, name), portfolioId, changes };
    return () => this.#options.stops.whyStopped(leaving);
  }

  /** No answer is no yes: people's word is then not taken, and they may say it again. */
  checkWord(
    definition: AnyEffect,
    check: CheckWord,
    effect: StoredEffect,
    word: PersonsWord,
    portfolioId: string,
  ): Promise<WordChecked<unknown>> {
    const notTaken = (why: string): WordChecked<unknown> => ({ taken: false, why });
    return this.#through<WordChecked<unknown>>(definition, effect, {
      leftMs: () => definition.timing.timeoutMs,
      portfolioId,
      whyStopped: this.#whyStopped(definition, effect, portfolioId, false),
      call: (sending) => check(effect.request, word, sending),
      unclear: notTaken,
      notSent: notTaken,
    });
  }

  async #through<A extends Answer>(definition: AnyEffect, effect: StoredEffect, way: Way<A>): Promise<A> {
    const system = this.#system(definition.system);
    this.#underWay++;
    await system.take();
    try {
      // Here too, so that not even a question which is part of the request is asked.
      const stopped = way.whyStopped();
      if (stopped !== null) return way.notSent(stopped.evidence, stopped.retryAfterMs);
      return await system.breaker.execute(() => this.#call(system, effect, way));
    } catch (error) {
      if (error instanceof BrokenCircuitError)
        return way.notSent(`${definition.system} has not been answering; waiting a moment`, this.#options.breakerOpenMs);
      this.#options.onBug(error, effect);
      return way.unclear('a bug of ours in the effect');
    } finally {
      system.give();
      this.#underWay--;
    }
  }

  async #call<A extends Answer>(system: System, effect: StoredEffect, way: Way<A>): Promise<A> {
    const deadline = this.#options.newAbort?.() ?? new AbortController();
    const timeoutMs = Math.max(1, way.leftMs());
    const { after, monotonicMs } = this.#options;
    const overAtMs = monotonicMs() + timeoutMs;
    const callOffAbort = after(timeoutMs, () => {
      deadline.abort();
    });
    let callOffGivingUp = (): void => undefined;
    // An effect that ignores its signal must not hold a journey for ever.
    const tooLate = new Promise<A>((resolve) => {
      callOffGivingUp = after(timeoutMs + LATE_ANSWER_GRACE_MS, () => {
        resolve(way.unclear(`no answer within ${String(timeoutMs)} ms`));
      });
    });
    let stopped: Stopped | null = null;
    // Asked by whoever is about to write the first byte. A request that has left is not called back: its answer counts.
    const isOver = (): boolean => {
      stopped ??= way.whyStopped();
      return stopped !== null || monotonicMs() >= overAtMs;
    };
    try {
      const sending: EffectSending = {
        key: effectKey(effect.id, effect.generation),
        signal: Object.assign(deadline.signal, { isOver }),
        portfolioId: way.portfolioId,
        firstSentAtMs: effect.firstSentAtMs ?? effect.plannedAtMs,
      };
      const answer = await Promise.race([way.call(sending), tooLate]);
      return this.#orStopped(system, answer, stopped, way);
    } finally {
      callOffAbort();
      callOffGivingUp();
    }
  }

  /** Where nothing has happened because of a stop, the stop is the evidence. */
  #orStopped<A extends Answer>(system: System, answer: A, stopped: Stopped | null, way: Way<A>): A {
    const isOpen = 'kind' in answer ? answer.kind === 'retryable' : 'found' in answer ? answer.found === 'no-answer' : !answer.taken;
    if (stopped === null || !isOpen) return answer;
    const refused = way.notSent(stopped.evidence, stopped.retryAfterMs);
    system.stopped.add(refused);
    return refused;
  }
}
