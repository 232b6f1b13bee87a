/**
 * A flow is a table: one row per status, and in each row one cell per input. There is no default cell: an input is
 * handled, ignored for a stated reason, or impossible for a stated reason. A new status or input does not compile until
 * every row has an answer.
 *
 * A row acts, waits or ends. A row that acts names one effect and says what follows once its outcome is known: it has
 * happened (`applied`) or never will (`rejected`). Retrying, waiting for a late answer, inquiring after an unknown
 * outcome and asking a person are the life of an effect (effect-life.ts), the same in every flow.
 */
export type Tagged = { readonly type: string };
export type Stated = { readonly status: string };

/**
 * The tenant's choices for one flow. `frozen`: as they were when the journey was opened; they shape its way. `now`: as they are today.
 * A guard (who may be paid, how long to wait, when to stop) counts the stricter of the two.
 */
export type Policies<P> = { readonly frozen: P; readonly now: P };

/** Who a journey is. A rule gets it with every step, so that no fact of ours travels through the answer of an outside system. */
export type JourneyFacts<P = unknown> = {
  readonly id: string;
  readonly subject: string;
  readonly portfolioId: string;
  /** When it was opened, in ms since the epoch. */
  readonly openedAtMs: number;
  readonly policy: Policies<P>;
};

/**
 * What a step says: an event for Kafka (`event` is the topic), or an input for another journey of the same service
 * (`tells` is the flow). It is written in the same commit as the step.
 */
export type Emitted =
  { readonly event: string; readonly data: object } | { readonly sends: string; readonly subject: string; readonly input: Tagged };

export type Move<S extends Stated, M extends Emitted> = {
  readonly to: S['status'];
  readonly set?: Partial<Omit<S, 'status'>>;
  readonly emits?: readonly M[];
};
export type Stay<S extends Stated, M extends Emitted> = {
  readonly stay: true;
  readonly set?: Partial<Omit<S, 'status'>>;
  readonly emits?: readonly M[];
};
/** A person must look: the status does not change and nothing more is sent. */
export type Hold<S extends Stated> = { readonly hold: string; readonly set?: Partial<Omit<S, 'status'>> };
export type Step<S extends Stated, M extends Emitted = never> = Move<S, M> | Stay<S, M> | Hold<S>;

export type Ignored = { readonly ignored: string };
export type Impossible = { readonly impossible: string };

/** `read`: asks only. `by-key`: a repeat under the same key changes nothing. `once`: may happen at most once, ever. */
export type EffectKind = 'read' | 'by-key' | 'once';
export type EffectsOf<E> = { readonly [K in keyof E]: { readonly kind: EffectKind; readonly result: unknown; readonly reason: string } };

/** What is done when it is not known whether an effect has happened. A `once` effect is never simply sent again. */
export type WhenUnknown<K extends EffectKind> = K extends 'once' ? 'inquire' | 'ask-person' : 'send-again' | 'inquire' | 'ask-person';

/** While a request that changes something is on its way, an input may be noted but cannot lead away from it. */
type HandlerStep<S extends Stated, M extends Emitted, K extends EffectKind> = K extends 'read' ? Step<S, M> : Stay<S, M> | Hold<S>;
/** A rule may find by the state that there is nothing to do: then no step is taken, and no line of history written. */
type Handler<S extends Stated, I, R, P> = ((state: S, input: I, journey: JourneyFacts<P>) => R | Ignored) | Ignored | Impossible;
type Inputs<S extends Stated, I extends Tagged, R, P> = { readonly [T in I['type']]: Handler<S, Extract<I, { type: T }>, R, P> };

/** Who refused: the other side, or the person who answered for a parked effect. */
export type RefusedBy = 'other-side' | 'person';

type Acts<S extends Stated, I extends Tagged, E extends EffectsOf<E>, M extends Emitted, P> = {
  [K in keyof E & string]: {
    readonly does: K;
    readonly whenUnknown: WhenUnknown<E[K]['kind']>;
    /** When somebody should look if it is still going on. Default one hour. */
    readonly overdueAfterHours?: number;
    readonly applied: (state: S, result: E[K]['result'], journey: JourneyFacts<P>) => Step<S, M>;
    readonly rejected: (state: S, reason: E[K]['reason'], by: RefusedBy, journey: JourneyFacts<P>) => Step<S, M>;
    readonly on: Inputs<S, I, HandlerStep<S, M, E[K]['kind']>, P>;
  };
}[keyof E & string];

type Waits<S extends Stated, I extends Tagged, M extends Emitted, P> = {
  readonly waitsFor: string;
  readonly overdueAfterHours: number;
  /** Does not rely on events alone: after the named interval (see the service's configuration) this step is taken. */
  readonly looksAgain?: { readonly after: string; readonly then: (state: S, journey: JourneyFacts<P>) => Step<S, M> };
  readonly on: Inputs<S, I, Step<S, M>, P>;
};

type Ends<S extends Stated, I extends Tagged, M extends Emitted, P> = { readonly ends: string; readonly on: Inputs<S, I, Step<S, M>, P> };

export type Row<S extends Stated, I extends Tagged, E extends EffectsOf<E>, M extends Emitted, P> =
  Acts<S, I, E, M, P> | Waits<S, I, M, P> | Ends<S, I, M, P>;

/** What an input does when no journey is open for its subject. */
export type Opening<S extends Stated, M extends Emitted> = { readonly open: S; readonly emits?: readonly M[] } | Ignored | Impossible;

export type Flow<S extends Stated, I extends Tagged, E extends EffectsOf<E>, M extends Emitted = never, P = unknown> = {
  readonly name: string;
  /** Who answers for a journey that is stuck; shown to operators. */
  readonly ownedBy: string;
  readonly opens: { readonly [T in I['type']]: (input: Extract<I, { type: T }>, journey: JourneyFacts<P>) => Opening<S, M> };
  readonly rows: { readonly [K in S['status']]: Row<S, I, E, M, P> };
};

export const ignored = (why: string): Ignored => ({ ignored: why });
export const impossible = (why: string): Impossible => ({ impossible: why });
/** Gives a rule that another function makes a name, so that it can be printed. Changes nothing else. */
export const named = <F extends (...words: never[]) => unknown>(name: string, rule: F): F =>
  Object.defineProperty(rule, 'name', { value: name });
/** A cell or outcome that always leads to the same status. */
export const go = <S extends Stated>(status: S['status']) => named(`to ${status}`, (): { readonly to: S['status'] } => ({ to: status }));
export const hold = (why: string) => named(`hold: ${why}`, (): { readonly hold: string } => ({ hold: why }));
