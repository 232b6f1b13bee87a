/**
 * Carries out what people have decided: dead letters run again or are dropped, parked effects are answered. Nothing that the operator
 * service says about people is believed. Each of them has signed every fact of the act, and this service knows their public keys.
 */
import { actOf, needsSecondPerson } from '../../../../contracts/internal/acts.js';
import type { Envelope } from '../../../../contracts/internal/envelope.js';
import { operatorDecision, type OperatorDecision } from '../../../../contracts/internal/events.js';
import { idFromEvidence } from '../../../kernel/evidence.js';
import type { Log } from '../../process/log.js';
import type { Operator } from '../../signing/operators-file.js';
import { textHash, whyNotSigned } from '../../signing/signed-act.js';
import type { Catalogue } from '../catalogue.js';
import type { Engine } from '../steps/step-loop.js';
import { emptyParts } from '../store/step-statement.js';
import { DatabaseAway, writeUnlessStale, type EngineStore, type QuarantinedMessage } from '../store/store.js';
import type { InboxWriter, InboxWriterOptions } from './inbox-writer.js';

/** Why a decision is not carried out, in one word: for metrics. */
export const decisionRefusals = ['unreadable', 'not-signed', 'another-text', 'repeated'] as const;
export type DecisionRefusal = (typeof decisionRefusals)[number];

export type DecisionOptions = {
  readonly catalogue: Catalogue;
  readonly store: EngineStore;
  readonly engine: Engine;
  readonly inboxWriter: () => Pick<InboxWriter, 'again'>;
  readonly log: Log;
  /** People who may act now; null for anybody else. */
  readonly personNamed: (name: string) => Operator | null;
  readonly onDecisionRefused?: ((refusal: DecisionRefusal) => void) | undefined;
};

type Refused = { readonly refusal: DecisionRefusal; readonly why: string };
type OfLetter = Extract<OperatorDecision, { kind: 'replay-dead-letter' | 'discard-dead-letter' }>;

/** The text that people signed is the one that would run, or be dropped, now. `message` is null when nothing waits any more. */
const otherText = (decision: OfLetter, message: QuarantinedMessage | null): string | null => {
  if (message === null) return null;
  if (decision.attempts !== String(message.attempts))
    return `it was in quarantine ${String(message.attempts)} times, and the people signed for ${decision.attempts}`;
  const text = decision.kind === 'replay-dead-letter' ? (decision.correctedValue ?? message.value) : message.value;
  return textHash(text) === decision.text ? null : 'the text is not the one that the people signed';
};

const refusalOf = async (o: DecisionOptions, decision: OperatorDecision): Promise<Refused | null> => {
  const { by, signature, approvedBy, approval, kind, service } = decision;
  const letter = kind === 'answer-effect' ? null : decision;
  const message = letter === null ? null : await o.store.quarantined(letter.eventId);
  // What is not there any more can do nothing, and it came a second time: one person more or less is no alarm.
  const isOver = letter !== null && message === null;
  const corrected = letter?.kind === 'replay-dead-letter' && letter.correctedValue !== null;
  const needsSecond = !isOver && needsSecondPerson(kind, () => ({ service, topic: message?.topic ?? '', corrected }));
  const why = whyNotSigned(
    actOf(decision, textHash),
    { name: by, signature },
    approvedBy === null ? null : { name: approvedBy, signature: approval ?? '' },
    { named: o.personNamed, needsSecond },
  );
  if (why !== null) return { refusal: 'not-signed', why };
  const other = letter === null ? null : otherText(letter, message);
  return other === null ? null : { refusal: 'another-text', why: other };
};

/** Neither the decision nor anything in it counts. People see it: an alarm, a metric, and a row that the operator service lists. */
const refuse = async (o: DecisionOptions, event: Envelope, actId: string | null, { refusal, why }: Refused): Promise<void> => {
  const note = `not carried out: ${why}`.slice(0, 500);
  const isNew = await o.store.refuseDecision(event.id, actId, why.slice(0, 500));
  await handled(o, event.id, note);
  if (!isNew) return;
  o.onDecisionRefused?.(refusal);
  o.log.error(
    { alarm: 'decision-refused', eventId: event.id, actId, refusal, why },
    'a decision was not carried out: somebody must look who sent it',
  );
};

/** What people write may name anybody. In our tables it stands sealed, in their act; everywhere else the act is named instead. */
const peopleOf = ({ by, approvedBy, actId }: OperatorDecision): string =>
  `${approvedBy === null ? by : `${by}, approved by ${approvedBy}`}; act ${actId}`;

const replay = async (o: DecisionOptions, decision: Extract<OperatorDecision, { kind: 'replay-dead-letter' }>): Promise<string> => {
  const resolution = `replayed by ${peopleOf(decision)}`;
  const { eventId, correctedValue, attempts } = decision;
  if (await o.store.sendAgain(eventId, correctedValue, resolution, Number(attempts))) return 'back in the outbox; the sweep sends it';
  const row = await o.store.replay(eventId, correctedValue, resolution, Number(attempts));
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
  // For people who read the note. The id of the other side is taken from what was signed, and from nothing else.
  const evidence = `${decision.answer === 'applied' ? idFromEvidence(decision.evidence) : 'they say why'} (${peopleOf(decision)})`;
  const result: unknown =
    decision.answer === 'applied' && definition.kind !== 'read' ? definition.resultFromPerson(effect.request, decision.evidence) : null;
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

const perform = async (o: DecisionOptions, decision: OperatorDecision, eventId: string): Promise<string> => {
  switch (decision.kind) {
    case 'replay-dead-letter':
      return replay(o, decision);
    case 'discard-dead-letter':
      if (!(await o.store.discard(decision.eventId, `discarded by ${peopleOf(decision)}`, Number(decision.attempts))))
        return 'no such open dead letter; it was decided before';
      await o.engine.refreshBlocked();
      return 'dropped';
    case 'answer-effect':
      return answer(o, decision, eventId);
  }
};

const UNSIGNED = 'it cannot be read, or is of a release in which people did not sign: they must ask again';

const carryOut =
  (o: DecisionOptions) =>
  async (event: Envelope): Promise<void> => {
    const parsed = operatorDecision.safeParse(event.data);
    if (!parsed.success) {
      const { service } = (event.data ?? {}) as { readonly service?: unknown };
      // One that names nobody is everybody's: each service shows it.
      if (typeof service !== 'string' || service === o.catalogue.definition.name)
        await refuse(o, event, null, { refusal: 'unreadable', why: UNSIGNED });
      return;
    }
    const decision = parsed.data;
    if (decision.service !== o.catalogue.definition.name) return;
    const { actId, kind, by } = decision;
    const refused = await refusalOf(o, decision);
    if (refused !== null) return refuse(o, event, actId, refused);
    const belongsTo = await o.store.takeAct(actId, event.id);
    if (belongsTo !== event.id) {
      const why = belongsTo === null ? 'it was refused before' : `the act was carried out before, by ${belongsTo}`;
      return refuse(o, event, actId, { refusal: 'repeated', why });
    }
    const done = await perform(o, decision, event.id).catch((error: unknown) => {
      if (error instanceof DatabaseAway) throw error;
      // The fault is in this decision. It must not stop the messages behind it; people see that nothing has changed.
      o.log.error({ err: error, eventId: event.id, kind, by }, 'a decision could not be carried out: somebody must look');
      return kind === 'answer-effect' ? handled(o, event.id, 'not carried out: a bug of ours') : 'not carried out';
    });
    o.log.info({ eventId: event.id, actId, kind, by, done }, 'a decision of people');
  };

export const decisionsOf = (o: DecisionOptions): InboxWriterOptions['decisions'] => ({
  carryOut: carryOut(o),
  staysOpen: (event) => isAnswerFor(event, o.catalogue.definition.name),
});
