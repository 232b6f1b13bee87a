/**
 * What an instance hands over to a newer one: an answer of the outside, or a notification, for a journey that it cannot read any more. It
 * lies in the inbox beside what journeys send each other, and the newer instance takes it up with its sweep.
 */
import type { LifeEvent } from '../../../kernel/effect-life.js';
import type { Tagged } from '../../../kernel/flow.js';
import { printJson, type Printable } from '../../../kernel/json.js';
import { answerEventId, contentHash } from '../identity.js';
import { OWN_TOPIC } from '../steps/batch.js';
import type { Item } from '../steps/lanes.js';
import type { EarlierRequest, InboxRow, LoadedJourney, StoredEffect } from '../store/store.js';

type Answer = { readonly answers: string; readonly journeyId: string; readonly isEarlier: boolean; readonly event: LifeEvent };
type Notification = { readonly notifies: string; readonly journeyId: string; readonly earlier: EarlierRequest | null };
type Sent = { readonly tells: string; readonly subject: string; readonly input: Tagged };
/** What a row of our own may hold. A newer instance may write other things: `null` then. */
export type OwnRow = Answer | Notification | Sent | null;

const rowOf = (eventId: string, lane: string, content: Answer | Notification): InboxRow => {
  const value = printJson(content as unknown as Printable);
  return { eventId, contentHash: contentHash(value), topic: OWN_TOPIC, partition: 0, offset: '0', portfolioId: lane, value, note: null };
};

/** Its process sends nothing of it any more, and knows nothing of it. */
export const orphanRow = (journey: LoadedJourney, { id, generation, lastSentAtMs }: StoredEffect): InboxRow =>
  rowOf(`${id}.orphaned.${String(generation)}.${String(lastSentAtMs)}`, journey.portfolioId, {
    ...{ answers: id, journeyId: journey.id, isEarlier: false, event: { type: 'Orphaned' } },
  });

const answerRow = (item: Extract<Item, { kind: 'effect' }>, journey: LoadedJourney): InboxRow | null => {
  const { effectId, event } = item;
  const isEarlier = item.isEarlier === true;
  // Of a person's answer and of a row that was handed over before, the event is still open in the inbox.
  if (item.eventId !== null || (event.type !== 'Answered' && event.type !== 'Inquired')) return null;
  const { effect } = journey;
  if (!isEarlier && effect?.id !== effectId) return null;
  // What a question brought may be personal and is not kept: it is asked again.
  if (!isEarlier && effect?.kind === 'read') return effect.status === 'sending' ? orphanRow(journey, effect) : null;
  const of = { generation: event.of.generation, lastSentAtMs: event.of.lastSentAtMs };
  const eventId =
    event.type === 'Answered' ? answerEventId(effectId, of) : `${effectId}.inquired.${String(of.generation)}.${String(event.askedAtMs)}`;
  return rowOf(eventId, journey.portfolioId, { answers: effectId, journeyId: journey.id, isEarlier, event: { ...event, of } });
};

/** Null: nothing is lost with the item, the newer instance finds all of it in the database. */
export const handOverRow = (item: Item, journey: LoadedJourney, nowMs: number): InboxRow | null => {
  if (item.kind === 'effect') return answerRow(item, journey);
  if (item.kind !== 'due-effect' || (item.earlier === undefined && item.isNotified !== true)) return null;
  const { effectId, earlier = null } = item;
  const generation = earlier === null ? 'now' : String(earlier.generation);
  return rowOf(`${effectId}.notified.${generation}.${String(nowMs)}`, journey.portfolioId, {
    notifies: effectId,
    journeyId: journey.id,
    earlier,
  });
};

/** What another instance may hand over as an answer. A person's word never is. */
const HANDED_OVER: ReadonlySet<unknown> = new Set(['Answered', 'Inquired', 'Orphaned']);
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/**
 * A later release that writes rows of another form marks them with `form`, a number above 1: such a row is left to it.
 * @throws TypeError when a row is neither of our forms nor of a later one.
 */
export const readOwnRow = (value: string): OwnRow => {
  const content: unknown = JSON.parse(value);
  if (typeof content !== 'object' || content === null) throw new TypeError('a row of our own is no object');
  const { form, tells, subject, input, answers, event, notifies, journeyId } = content as Readonly<Record<string, unknown>>;
  if (typeof form === 'number' && form > 1) return null;
  const isSent = isText(tells) && isText(subject) && isText((input as { type?: unknown } | undefined)?.type);
  const isAnswer = isText(answers) && isText(journeyId) && HANDED_OVER.has((event as { type?: unknown } | undefined)?.type);
  const isNotification = isText(notifies) && isText(journeyId);
  if (Number(isSent) + Number(isAnswer) + Number(isNotification) !== 1) throw new TypeError('a row of our own has no form that we know');
  return content as OwnRow;
};
