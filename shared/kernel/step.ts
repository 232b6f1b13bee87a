/**
 * One step: one journey at one version and one occasion, through its flow table. Pure. What comes out is everything that
 * the step changes; the engine writes it in one commit.
 */
import { Bug } from './bug.js';
import { transition, type EffectRecord, type LifeEvent, type LifeRules, type Transition } from './effect-life.js';
import type { EffectKind, EffectsOf, Flow, JourneyFacts, Emitted, Stated, Step, Tagged } from './flow.js';

/** A flow whose own types are forgotten: the runner handles all flows alike. */
export type AnyFlow = Flow<Stated, Tagged, EffectsOf<Record<string, { kind: EffectKind; result: unknown; reason: string }>>, Emitted>;
type AnyRow = AnyFlow['rows'][string];

export type JourneyRecord = {
  readonly id: string;
  readonly flow: string;
  readonly subject: string;
  readonly portfolioId: string;
  /** When it was opened, in ms since the epoch. */
  readonly openedAtMs: number;
  /** The tenant's choices as they were then; null when it was opened before choices were kept: those of today count. */
  readonly policy: unknown;
  /** Raised by one with every step; a write of a stale version fails. */
  readonly version: number;
  readonly state: Stated;
  readonly ended: boolean;
  /** Why a person must look, or null. */
  readonly held: string | null;
  /** The effect of the present row, when it acts. */
  readonly effect: EffectRecord | null;
};

export type Trigger =
  | { readonly kind: 'input'; readonly input: Tagged }
  | { readonly kind: 'effect'; readonly effectId: string; readonly event: LifeEvent }
  /** A waiting row's interval is over. */
  | { readonly kind: 'look-again' }
  /** Something that people must know, and that leads nowhere by itself. */
  | { readonly kind: 'noticed'; readonly note: string };

export type StepResult =
  /** Nothing is changed; the note says why. */
  | { readonly kind: 'ignored'; readonly note: string }
  | { readonly kind: 'impossible'; readonly why: string }
  /** Only the effect's own waiting changed: no new version, no line of history. */
  | { readonly kind: 'postponed'; readonly effect: EffectRecord }
  | {
      readonly kind: 'moved';
      readonly journey: JourneyRecord;
      /** The effect of the row that was left or answered, as it is now. */
      readonly closing: EffectRecord | null;
      /** Its result, when it was applied. */
      readonly result: unknown;
      /** True when `journey.effect` is new and has to be inserted. */
      readonly planned: boolean;
      readonly emits: readonly Emitted[];
      readonly note: string | null;
    };

export type EffectRules = { readonly kind: EffectKind; readonly perJourney: 'one' | 'many'; readonly life: LifeRules };
export type RulesOf = (effectName: string, row: { readonly whenUnknown: LifeRules['whenUnknown'] }) => EffectRules;

/** What a step is judged by besides the journey and its flow. */
export type StepContext = {
  readonly rulesOf: RulesOf;
  /** The tenant's choices of today for this flow. */
  readonly policy: unknown;
  readonly nowMs: number;
};

type Identity = Pick<JourneyRecord, 'id' | 'subject' | 'portfolioId' | 'openedAtMs' | 'policy'>;

/** What rules and requests know of their journey besides its state. */
export const factsOf = ({ id, subject, portfolioId, openedAtMs, policy }: Identity, now: unknown): JourneyFacts => ({
  id,
  subject,
  portfolioId,
  openedAtMs,
  policy: { frozen: policy ?? now, now },
});

const rowOf = (flow: AnyFlow, status: string): AnyRow => {
  const row = flow.rows[status];
  if (row === undefined) throw new Bug(`flow ${flow.name} has no row ${status}`);
  return row;
};

const plan = (journeyId: string, version: number, row: AnyRow, { rulesOf, nowMs }: StepContext): EffectRecord | null => {
  if (!('does' in row)) return null;
  const rules = rulesOf(row.does, row);
  return {
    id: rules.perJourney === 'one' ? `${journeyId}:${row.does}` : `${journeyId}:${row.does}:${String(version)}`,
    name: row.does,
    kind: rules.kind,
    status: 'sending',
    generation: 1,
    attempt: 1,
    reference: null,
    plannedAtMs: nowMs,
    firstSentAtMs: nowMs,
    lastSentAtMs: nowMs,
    dueAtMs: null,
    note: null,
  };
};

type From = {
  readonly closing: EffectRecord | null;
  readonly result: unknown;
  readonly note: string | null;
  /** The other side has refused what closes: nothing of it is on its way any more. */
  readonly isRefused: boolean;
};

const isUndecided = (effect: EffectRecord): boolean => effect.status !== 'applied' && effect.status !== 'rejected';
const overtaken = (effect: EffectRecord | null): EffectRecord | null =>
  effect === null || !isUndecided(effect) ? effect : { ...effect, status: 'rejected', dueAtMs: null, note: 'overtaken by another input' };

const follow = (flow: AnyFlow, journey: JourneyRecord, step: Step<Stated, Emitted>, from: From, context: StepContext): StepResult => {
  const version = journey.version + 1;
  const emits = 'emits' in step ? (step.emits ?? []) : [];
  const state = { ...journey.state, ...step.set };
  if ('hold' in step) {
    // Parked, it would ask a person whether something has happened that has.
    if (from.closing?.status === 'applied' && from.closing.kind !== 'read')
      throw new Bug(`flow ${flow.name}, ${state.status}: what has happened cannot be held; name the status that follows`);
    const held = from.closing ?? journey.effect;
    const lastSentAtMs = from.isRefused ? null : (held?.lastSentAtMs ?? null);
    const effect = held === null ? null : { ...held, status: 'parked' as const, lastSentAtMs, dueAtMs: null, note: step.hold };
    return {
      kind: 'moved',
      journey: { ...journey, version, state, held: step.hold, effect },
      closing: effect,
      result: null,
      planned: false,
      emits: emits,
      note: step.hold,
    };
  }
  if ('stay' in step) {
    if (from.closing !== null && (from.closing.status === 'applied' || from.closing.status === 'rejected'))
      throw new Bug(`flow ${flow.name}, ${state.status}: an outcome cannot stay; name the status that follows`);
    return {
      kind: 'moved',
      journey: { ...journey, version, state },
      closing: from.closing,
      result: from.result,
      planned: false,
      emits: emits,
      note: from.note,
    };
  }
  // The types say so too; a table that got around them must not lose a request that may be on its way.
  if (from.closing === null && journey.effect !== null && journey.effect.kind !== 'read' && isUndecided(journey.effect))
    throw new Bug(`flow ${flow.name}, ${state.status}: an input leads away from ${journey.effect.name}, whose outcome is open`);
  const row = rowOf(flow, step.to);
  const planned = plan(journey.id, version, row, context);
  return {
    kind: 'moved',
    journey: { ...journey, version, state: { ...state, status: step.to }, ended: 'ends' in row, held: null, effect: planned },
    closing: from.closing ?? overtaken(journey.effect),
    result: from.result,
    planned: planned !== null,
    emits: emits,
    note: from.note,
  };
};

const onInput = (flow: AnyFlow, journey: JourneyRecord, input: Tagged, context: StepContext): StepResult => {
  const handler = rowOf(flow, journey.state.status).on[input.type];
  if (handler === undefined) throw new Bug(`flow ${flow.name} has no input ${input.type}`);
  if ('ignored' in handler) return { kind: 'ignored', note: handler.ignored };
  if ('impossible' in handler) return { kind: 'impossible', why: handler.impossible };
  const next = handler(journey.state, input, factsOf(journey, context.policy));
  if ('ignored' in next) return { kind: 'ignored', note: next.ignored };
  return follow(flow, journey, next, { closing: null, result: null, note: null, isRefused: false }, context);
};

const onTransition = (
  flow: AnyFlow,
  journey: JourneyRecord,
  row: Extract<AnyRow, { does: string }>,
  next: Transition,
  context: StepContext,
): StepResult => {
  const { effect } = next;
  if (next.end === null) {
    // A question's waiting is nobody's history; everything about a request that may change something, and every word of a person, is.
    const wasParked = journey.effect?.status === 'parked';
    if (effect.kind === 'read' && effect.status !== 'parked' && !wasParked) return { kind: 'postponed', effect };
    if (effect.status === journey.effect?.status && effect.status !== 'parked' && effect.generation === journey.effect.generation)
      return { kind: 'postponed', effect };
    const held = effect.status === 'parked' ? (effect.note ?? 'nobody knows whether it has happened') : null;
    return {
      kind: 'moved',
      journey: { ...journey, version: journey.version + 1, held, effect },
      closing: effect,
      result: null,
      planned: false,
      emits: [],
      note: effect.note,
    };
  }
  const facts = factsOf(journey, context.policy);
  const step =
    next.end === 'applied' ? row.applied(journey.state, next.result, facts) : row.rejected(journey.state, next.reason, next.by, facts);
  return follow(
    flow,
    journey,
    step,
    {
      closing: effect,
      result: next.end === 'applied' ? next.result : null,
      note: effect.note,
      isRefused: next.end === 'rejected' && next.by === 'other-side',
    },
    context,
  );
};

const onEffect = (flow: AnyFlow, journey: JourneyRecord, effectId: string, event: LifeEvent, context: StepContext): StepResult => {
  if (journey.effect === null || journey.effect.id !== effectId)
    return { kind: 'ignored', note: 'an answer to an effect that was overtaken' };
  const row = rowOf(flow, journey.state.status);
  if (!('does' in row)) throw new Bug(`journey ${journey.id} has an effect in ${journey.state.status}, which does not act`);
  const next = transition(journey.effect, event, context.rulesOf(row.does, row).life, context.nowMs);
  if (next === null) return { kind: 'ignored', note: `an effect that is ${journey.effect.status} has no use for ${event.type}` };
  return onTransition(flow, journey, row, next, context);
};

export const step = (flow: AnyFlow, journey: JourneyRecord, trigger: Trigger, context: StepContext): StepResult => {
  switch (trigger.kind) {
    case 'input':
      return onInput(flow, journey, trigger.input, context);
    case 'effect':
      return onEffect(flow, journey, trigger.effectId, trigger.event, context);
    case 'noticed': {
      const { note } = trigger;
      const noticed = { ...journey, version: journey.version + 1, held: note };
      return { kind: 'moved', journey: noticed, closing: null, result: null, planned: false, emits: [], note };
    }
    case 'look-again': {
      const row = rowOf(flow, journey.state.status);
      if (!('waitsFor' in row) || row.looksAgain === undefined) return { kind: 'ignored', note: 'nothing to look at any more' };
      return follow(
        flow,
        journey,
        row.looksAgain.then(journey.state, factsOf(journey, context.policy)),
        { closing: null, result: null, note: 'looked again', isRefused: false },
        context,
      );
    }
  }
};

/** The first step of a journey, when an input finds none open. */
export const openJourney = (
  flow: AnyFlow,
  identity: Pick<JourneyRecord, 'id' | 'subject' | 'portfolioId'>,
  input: Tagged,
  context: StepContext,
): StepResult => {
  const opens = flow.opens[input.type];
  if (opens === undefined) throw new Bug(`flow ${flow.name} has no input ${input.type}`);
  const opened = { ...identity, openedAtMs: context.nowMs, policy: context.policy };
  const opening = opens(input, factsOf(opened, context.policy));
  if ('ignored' in opening) return { kind: 'ignored', note: opening.ignored };
  if ('impossible' in opening) return { kind: 'impossible', why: opening.impossible };
  const row = rowOf(flow, opening.open.status);
  const effect = plan(identity.id, 1, row, context);
  return {
    kind: 'moved',
    journey: { flow: flow.name, version: 1, state: opening.open, ended: 'ends' in row, held: null, effect, ...opened },
    closing: null,
    result: null,
    planned: effect !== null,
    emits: opening.emits ?? [],
    note: null,
  };
};
