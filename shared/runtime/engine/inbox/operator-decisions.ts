/** Carries out what people have decided: dead letters run again or are dropped, parked effects are answered. */
import type { Envelope } from '../../../../contracts/internal/envelope.js';
import { operatorDecision, type OperatorDecision } from '../../../../contracts/internal/events.js';
import type { Log } from '../../process/log.js';
import type { Catalogue } from '../catalogue.js';
import type { Engine } from '../steps/step-loop.js';
import { emptyParts } from '../store/step-statement.js';
import { DatabaseAway, writeUnlessStale, type EngineStore } from '../store/store.js';
import type { InboxWriter, InboxWriterOptions } from './inbox-writer.js';

export type DecisionOptions = {
  readonly catalogue: Catalogue;
  readonly store: EngineStore;
  readonly engine: Engine;
  readonly inboxWriter: () => Pick<InboxWriter, 'again'>;
  readonly log: Log;
};

const replay = async (o: DecisionOptions, decision: Extract<OperatorDecision, { kind: 'replay-dead-letter' }>): Promise<string> => {
  const resolution = `replayed by ${decision.by}: ${decision.why}`;
  if (await o.store.sendAgain(decision.eventId, decision.correctedValue, resolution)) return 'back in the outbox; the sweep sends it';
  const row = await o.store.replay(decision.eventId, decision.correctedValue, resolution);
  if (row === null) return 'no such open dead letter; it was decided before';
  await o.engine.refreshBlocked();
  const item = await o.inboxWriter().again(row);
  if (item !== null) o.engine.enqueue(item);
  return 'taken up again';
};

/** The decision changes nothing: its event is closed with the reason. */
const handled = async (o: DecisionOptions, eventId: string, note: string): Promise<string> => {
  await writeUnlessStale(o.store, { ...emptyParts(), seen: [{ event_id: eventId, note }] });
  return note;
};

const answer = async (
  o: DecisionOptions,
  decision: Extract<OperatorDecision, { kind: 'answer-effect' }>,
  eventId: string,
): Promise<string> => {
  const journeyId = decision.effectId.split(':')[0] ?? '';
  const [journey] = await o.store.load([journeyId], []);
  if (journey !== undefined && o.catalogue.isNewer(journey)) {
    o.engine.leftToNewer.leaveEvent(eventId);
    return 'left to a newer instance, which takes it up';
  }
  const effect = journey?.effect;
  if (journey === undefined || effect?.id !== decision.effectId || effect.status !== 'parked' || effect.generation !== decision.generation)
    return handled(o, eventId, 'no such parked effect; it was decided before');
  const definition = o.catalogue.effect(journey.flow, effect.name);
  const evidence = `${decision.evidence} (${decision.by}, approved by ${decision.approvedBy})`;
  const result: unknown =
    decision.answer === 'applied' && definition.kind !== 'read' ? definition.resultFromPerson(effect.request, evidence) : null;
  // An answer that was a bug had stopped the lane with it. Opened first: should this one be a bug too, the lane stops again.
  await o.store.releaseLane(journey.portfolioId);
  await o.engine.refreshBlocked();
  o.engine.enqueue({
    kind: 'effect',
    lane: journey.portfolioId,
    journeyId,
    effectId: effect.id,
    event: { type: 'PersonSaid', said: decision.answer, generation: decision.generation, result, evidence },
    eventId,
    tries: 0,
  });
  return `taken up under decision ${eventId}`;
};

/** An answer stays open in the inbox until the step that carries it out is written: a crash in between loses nothing. */
const isAnswerFor = (event: Envelope, service: string): boolean => {
  const parsed = operatorDecision.safeParse(event.data);
  return parsed.success && parsed.data.kind === 'answer-effect' && parsed.data.service === service;
};

const carryOut =
  (o: DecisionOptions) =>
  async (event: Envelope): Promise<void> => {
    const parsed = operatorDecision.safeParse(event.data);
    if (!parsed.success) {
      o.log.error({ eventId: event.id }, 'a decision cannot be read');
      return;
    }
    const decision = parsed.data;
    if (decision.service !== o.catalogue.definition.name) return;
    const carriedOut = (async (): Promise<string> => {
      switch (decision.kind) {
        case 'replay-dead-letter':
          return replay(o, decision);
        case 'discard-dead-letter':
          if (!(await o.store.discard(decision.eventId, `discarded by ${decision.by}: ${decision.why}`)))
            return 'no such open dead letter; it was decided before';
          await o.engine.refreshBlocked();
          return 'dropped';
        case 'answer-effect':
          return answer(o, decision, event.id);
      }
    })();
    const done = await carriedOut.catch((error: unknown) => {
      if (error instanceof DatabaseAway) throw error;
      // The fault is in this decision. It must not stop the messages behind it; people see that nothing has changed.
      o.log.error(
        { err: error, eventId: event.id, kind: decision.kind, by: decision.by },
        'a decision could not be carried out: somebody must look',
      );
      return decision.kind === 'answer-effect' ? handled(o, event.id, 'not carried out: a bug of ours') : 'not carried out';
    });
    o.log.info({ eventId: event.id, kind: decision.kind, by: decision.by, done }, 'a decision of people');
  };

export const decisionsOf = (o: DecisionOptions): InboxWriterOptions['decisions'] => ({
  carryOut: carryOut(o),
  staysOpen: (event) => isAnswerFor(event, o.catalogue.definition.name),
});
