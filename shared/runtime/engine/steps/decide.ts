/** What one item means for its journey. Pure: the journey and the time arrive as arguments, and nothing is asked or written. */
import { dueMove, type LifeEvent } from '../../../kernel/effect-life.js';
import { openJourney, step, type StepContext, type StepResult } from '../../../kernel/step.js';
import type { StopSource } from '../../stopping/stop-source.js';
import { operationOf, type Catalogue } from '../catalogue.js';
import type { StoredEffect, StoredJourney } from '../store/store.js';
import type { Item } from './lanes.js';

/** A step of the flow; or `work`: the outside is asked first, and nothing is written before; or a bug of ours. */
export type Decided = {
  readonly item: Item;
  readonly journey: StoredJourney | null;
  readonly stepResult:
    StepResult | { readonly kind: 'work'; readonly move: 'send' | 'inquire' } | { readonly kind: 'bug'; readonly error: unknown };
};

export const isFound = (event: LifeEvent): boolean => event.type === 'Inquired' && event.inquiry.found === 'applied';

/** Nobody here has asked for it: whoever sent it acts on something that we do not know. */
export const REPLY_TO_NOBODY = 'alarm: a reply to a journey that does not exist here';

/** People may answer on old news: before their word is taken, the other side is asked. */
const asksFirst = (event: LifeEvent): boolean => event.type === 'PersonSaid' && event.asked === undefined && event.checked === undefined;

/** A read has nothing to find out, and what people do themselves nobody else knows, unless there is a check for their word. */
const canBeAsked = (catalogue: Catalogue, flow: string, effectName: string): boolean => {
  const definition = catalogue.effect(flow, effectName);
  return definition.kind !== 'read' && (definition.system !== 'people' || definition.checkWord !== undefined);
};

const leavingOf = (catalogue: Catalogue, { flow, portfolioId }: StoredJourney, { name }: StoredEffect, changes: boolean) => ({
  ...{ operation: operationOf(catalogue.effect(flow, name), name), portfolioId, changes },
  system: catalogue.effect(flow, name).system,
});

/** Time in which people had stopped a request costs none of its patience. */
const contextOf = (catalogue: Catalogue, journey: StoredJourney, stops: StopSource, nowMs: number): StepContext => {
  const context = catalogue.contextOf(journey.flow, nowMs);
  const { effect } = journey;
  if (effect === null) return context;
  const stoppedMs = stops.stoppedMs(leavingOf(catalogue, journey, effect, effect.kind !== 'read'), effect.plannedAtMs, nowMs);
  if (stoppedMs === 0) return context;
  const { rulesOf } = context;
  return {
    ...context,
    rulesOf: (name, row) => {
      const rules = rulesOf(name, row);
      return { ...rules, life: { ...rules.life, patienceMs: rules.life.patienceMs + stoppedMs } };
    },
  };
};

const stepResult = (
  catalogue: Catalogue,
  item: Item,
  journey: StoredJourney | null,
  stops: StopSource,
  nowMs: number,
): Decided['stepResult'] => {
  if (item.kind === 'input' && journey === null) {
    if ('journeyId' in item.to) return { kind: 'ignored', note: item.to.isReply === true ? REPLY_TO_NOBODY : 'no such journey' };
    const { flow, subject } = item.to;
    return openJourney(
      catalogue.flow(flow),
      { id: catalogue.journeyId(item.to, item), subject, portfolioId: item.lane },
      item.input,
      catalogue.contextOf(flow, nowMs),
    );
  }
  if (journey === null) return { kind: 'ignored', note: 'no such journey' };
  const flow = catalogue.flow(journey.flow);
  const context = contextOf(catalogue, journey, stops, nowMs);
  switch (item.kind) {
    case 'input':
      return step(flow, journey, { kind: 'input', input: item.input }, context);
    case 'effect': {
      const isPresent = journey.effect?.id === item.effectId;
      if (
        isPresent &&
        journey.effect.status === 'parked' &&
        asksFirst(item.event) &&
        canBeAsked(catalogue, journey.flow, journey.effect.name)
      )
        return { kind: 'work', move: 'inquire' };
      if (!isPresent && item.isEarlier === true && isFound(item.event))
        return step(
          flow,
          journey,
          { kind: 'noticed', note: `${item.effectId} has happened under an earlier key, and was sent again` },
          context,
        );
      return step(flow, journey, { kind: 'effect', effectId: item.effectId, event: item.event }, context);
    }
    case 'look-again':
      if (journey.version !== item.version) return { kind: 'ignored', note: 'it has moved on since it was due' };
      return step(flow, journey, { kind: 'look-again' }, context);
    case 'due-effect': {
      if (item.earlier !== undefined) return { kind: 'work', move: 'inquire' };
      const { effect } = journey;
      const row = flow.rows[journey.state.status];
      if (effect?.id !== item.effectId || row === undefined || !('does' in row))
        return { kind: 'ignored', note: 'the effect was overtaken' };
      const move = dueMove(effect, context.rulesOf(effect.name, row).life);
      if (move === 'nothing') return { kind: 'ignored', note: `the effect is ${effect.status}` };
      // Stopped, it waits as it is: no send is written that would not be made.
      const stopped = stops.whyStopped(leavingOf(catalogue, journey, effect, move === 'send' && effect.kind !== 'read'));
      if (stopped !== null)
        return effect.status === 'parked'
          ? { kind: 'ignored', note: stopped.evidence }
          : { kind: 'postponed', effect: { ...effect, dueAtMs: nowMs + stopped.retryAfterMs, note: stopped.evidence } };
      if (move === 'inquire' || effect.kind === 'read') return { kind: 'work', move };
      return step(flow, journey, { kind: 'effect', effectId: effect.id, event: { type: 'Sending' } }, context);
    }
  }
};

/** Never throws: a rule that does is a bug of ours, which is written down with its lane stopped. */
export const decide = (
  catalogue: Catalogue,
  item: Item,
  journey: StoredJourney | null,
  { stops, nowMs }: { readonly stops: StopSource; readonly nowMs: number },
): Decided => {
  // The message of one customer changes nothing of another's.
  if (item.kind === 'input' && journey !== null && journey.portfolioId !== item.lane)
    return { item, journey: null, stepResult: { kind: 'impossible', why: 'the journey belongs to another portfolio' } };
  try {
    return { item, journey, stepResult: stepResult(catalogue, item, journey, stops, nowMs) };
  } catch (error) {
    return { item, journey, stepResult: { kind: 'bug', error } };
  }
};
