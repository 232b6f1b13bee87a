/** What a service hands to the engine: its flows, how each effect is carried out, and how a message becomes an input. */
import { expectFiledUnder, majorVersionOf, type Envelope } from '../../../contracts/internal/envelope.js';
import { versionOf, type Topic } from '../../../contracts/internal/topics.js';
import { z } from 'zod';
import type { EffectKind, EffectsOf, Flow, JourneyFacts, Emitted, Stated, Tagged } from '../../kernel/flow.js';
import type { Inquiry, OperationAbility, Outcome, PersonsWord, Sending, WordChecked } from '../../kernel/outcome.js';
import type { Decimal } from '../../kernel/decimal.js';
import type { Upgrade } from '../../kernel/upgrade.js';

/** How patient the engine is with one effect; every figure in ms. */
export type Timing = {
  /** Total time of one request, from the commit of its intent to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Waiting before a repeat or an inquiry grows from the first to the most. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** After this long without knowing, a person is asked. */
  readonly patienceMs: number;
};

/** What an effect gets with each request, besides what its port needs. */
export type EffectSending = Sending & {
  /** The portfolio that the journey is about: known to us, not taken from the request or from an answer. */
  readonly portfolioId: string;
};

type Common<S extends Stated, Request> = {
  /** Outside system it talks to: limits and breakers are per system. */
  readonly system: string;
  readonly timing: Timing;
  /** Pure. The answer is stored as it is and frozen: JSON values only, amounts as text. */
  readonly request: (state: S, journey: JourneyFacts, key: string) => Request;
  /** The name under which the other side will speak about it, when known beforehand; callbacks are matched by it. */
  readonly reference?: (request: Request) => string;
};

/** `accepted` from a read means: no news yet, ask again. */
export type ReadEffect<S extends Stated, Request, Result, Reason extends string> = Common<S, Request> & {
  readonly kind: 'read';
  readonly read: (request: Request, sending: EffectSending) => Promise<Outcome<Result, Reason>>;
};

export type WriteEffect<S extends Stated, Request, Result, Reason extends string, K extends 'by-key' | 'once'> = Common<S, Request> & {
  readonly kind: K;
  /** `one`: at most one such effect in a journey, for ever. A `once` effect always is. */
  readonly perJourney: K extends 'once' ? 'one' : 'one' | 'many';
  readonly ability: OperationAbility;
  /** The scope `operation:NAME` that stops it, where several effects are one operation; default the name of the effect. */
  readonly operation?: string;
  /**
   * Reads again, at their sources, the facts that this request rests on, and compares them with what is frozen in it. Asked inside every
   * sending; `send` follows only where it says null, and its first byte leaves within `FRESH_MS` of this question, or not at all.
   * Whatever else it says, nothing has left.
   */
  readonly restsOn?: (request: Request, sending: EffectSending) => Promise<NotSent>;
  readonly send: (request: Request, sending: EffectSending) => Promise<Outcome<Result, Reason>>;
  readonly inquire: (request: Request, sending: EffectSending) => Promise<Inquiry<Result, Reason>>;
  /** See LifeRules: nothing there stands against people who say that it happened. */
  readonly shownWhenDone?: boolean;
  /**
   * Holds people's word against the other side where a question about the request itself says nothing. What people do by hand stands in
   * the books of the other side all the same. It is asked instead of `inquire`, for each word.
   */
  readonly checkWord?: (request: Request, word: PersonsWord, sending: EffectSending) => Promise<WordChecked<Result>>;
  /** The result to go on with when a person says that it has happened, and the other side shows none. */
  readonly resultFromPerson: (request: Request, evidence: string) => Result;
};

/** Why nothing was sent; null: all that the request rests on stands. */
export type NotSent = Extract<Outcome<never>, { kind: 'rejected' | 'retryable' }> | null;
/** A fact that was read longer ago than this is not fresh. In ms. */
export const FRESH_MS = 5_000;

// The request type of an effect is its own business; the engine stores it and hands it back.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyRequest = any;

export type EffectDefinition<S extends Stated, K extends EffectKind, Result, Reason extends string> = K extends 'read'
  ? ReadEffect<S, AnyRequest, Result, Reason>
  : K extends 'by-key' | 'once'
    ? WriteEffect<S, AnyRequest, Result, Reason, K>
    : never;

export type EffectDefinitions<S extends Stated, E extends EffectsOf<E>> = {
  readonly [N in keyof E]: EffectDefinition<S, E[N]['kind'], E[N]['result'], E[N]['reason']>;
};

export type FlowBinding<S extends Stated, I extends Tagged, E extends EffectsOf<E>, M extends Emitted, P> = {
  readonly flow: Flow<S, I, E, M, P>;
  /** Two or three letters that open every journey id of this flow. */
  readonly idPrefix: string;
  /** Checks a state loaded from the database. */
  readonly state: z.ZodType<S>;
  /**
   * Top-level members of its state, of its requests and of its results that say something personal (accounts, names). At rest they are sealed.
   * Ids by which others find a row are none of them. Empty: the flow holds nothing personal.
   */
  readonly personal: readonly string[];
  /** The tenant's choices for this flow. They are frozen with each journey when it is opened. JSON values only, amounts as text. */
  readonly policy: { readonly schema: z.ZodType<P>; readonly now: P };
  /** From version 1 of the stored state to 2, from 2 to 3, and so on. The present version is one more than there are of them. */
  readonly upgrades: readonly Upgrade[];
  /**
   * What makes a journey unique for ever. `subject`: one journey per subject, ever. `event`: one open journey per subject,
   * a new one per opening event. Or a text derived from the opening input.
   */
  readonly oneJourneyPer: 'subject' | 'event' | ((input: I, subject: string) => string);
  readonly effects: EffectDefinitions<S, E>;
  /** Money at stake, shown to operators. */
  readonly shows: (state: S) => { readonly amount: Decimal; readonly currency: string } | null;
  /** Lengths of the intervals that `looksAgain` names, in ms. */
  readonly intervalsMs: Readonly<Record<string, number>>;
};

/**
 * An act that people do outside of this system: nothing is sent and nobody can be asked. Both are refused.
 * The flow parks the effect until two people have said what they did.
 */
export const byPeople = (
  timing: Timing,
): Pick<
  WriteEffect<Stated, unknown, never, string, 'once'>,
  'kind' | 'perJourney' | 'system' | 'timing' | 'ability' | 'send' | 'inquire'
> => ({
  kind: 'once',
  perJourney: 'one',
  system: 'people',
  timing,
  ability: {
    repeatable: 'after-inquiry',
    keyMemoryMs: null,
    longestLifeMs: 0,
    afterAbsence: 'ask-person',
    source: 'nothing is sent: people do it',
  },
  send: async () => ({ kind: 'rejected', reason: 'people do this' }),
  inquire: async () => ({ found: 'rejected', reason: 'people do this' }),
});

/** What a message is for us. */
export type Arrival =
  /** An input of the journey of this flow and subject. `portfolioId` is its lane. */
  | { readonly deliver: { readonly flow: string; readonly subject: string; readonly input: Tagged }; readonly portfolioId: string }
  /** A reply to what the journey with this id, of this portfolio, has asked for. When nobody knows that journey, it is an alarm. */
  | { readonly deliverTo: { readonly journeyId: string; readonly input: Tagged }; readonly portfolioId: string }
  /** An input of the journey whose effect carries this reference. */
  | { readonly deliverByReference: { readonly reference: string; readonly input: Tagged } }
  /** News about an effect with this reference: ask the other side now, believe nothing of what was said. */
  | { readonly notification: string }
  | { readonly ignored: string };

export type Consume = {
  readonly topic: Topic;
  /** Pure. @throws when the message is not what the topic promises: it is quarantined whole. */
  readonly read: (event: Envelope) => Arrival;
};

/**
 * Listens to one topic: what stands in `data` is checked by our schema, and a portfolio named in it has to be the one that
 * the message is filed under. So `read` only says what the event is for us.
 */
export const consumes = <S extends z.ZodType<object>>(
  topic: Topic,
  schema: S,
  read: (said: z.output<S>, event: Envelope) => Arrival,
): Consume => ({
  topic,
  read: (event) => {
    if (majorVersionOf(event) !== versionOf(topic)) throw new RangeError(`only version ${versionOf(topic)} of ${topic} is understood`);
    const said = schema.parse(event.data);
    const { portfolioId } = said as { readonly portfolioId?: string | null };
    if (portfolioId !== undefined && portfolioId !== null) expectFiledUnder(event, portfolioId);
    return read(said, event);
  },
});

/** A message in the form of an earlier release, in ours; any other as it is. Pure. @throws when it cannot be understood. */
export type Translate = (topic: Topic, event: Envelope) => Envelope;

/** The same consumers, for messages of earlier releases too: in the inbox, in quarantine and in Kafka some may still wait. */
export const translated = (translate: Translate, all: readonly Consume[]): readonly Consume[] =>
  all.map(({ topic, read }) => ({ topic, read: (event) => read(translate(topic, event)) }));

/** An event of our own making: a job found something that no message told us. */
export type Found = { readonly topic: Topic; readonly type: string; readonly portfolioId: string; readonly data: object };

/**
 * Work by the clock. Every instance may run it at once: what it finds becomes events whose ids are made of the job, its time
 * slot and the portfolio, so the inbox takes each of them once.
 */
export type Job = {
  readonly name: string;
  /** Cron expression, UTC. A slot that is missed is not made up for: a job looks at what is there now. */
  readonly schedule: string;
  readonly run: (signal: AbortSignal) => Promise<readonly Found[]>;
  /** Total time of one run. */
  readonly timeoutMs: number;
};

export type Binding = FlowBinding<
  Stated,
  Tagged,
  EffectsOf<Record<string, { kind: EffectKind; result: unknown; reason: string }>>,
  Emitted,
  unknown
>;

export type ServiceDefinition = {
  readonly name: string;
  readonly bindings: readonly Binding[];
  readonly consumes: readonly Consume[];
  readonly jobs?: readonly Job[];
};

/** Of a flow whose way no choice of the tenant shapes. */
export const noPolicy = { schema: z.null(), now: null } as const;

/** Forgets the flow's own types, which only its own table needs. */
export const bind = <S extends Stated, I extends Tagged, E extends EffectsOf<E>, M extends Emitted, P>(
  binding: FlowBinding<S, I, E, M, P>,
): Binding => binding as unknown as Binding;
