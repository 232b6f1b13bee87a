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
  return rowOf(`${effectId}.notified.${String(nowMs)}`, journey.portfolioId, { notifies: effectId, journeyId: journey.id, earlier });
};

export const readOwnRow = (value: string): OwnRow => {
  const content = JSON.parse(value) as Exclude<OwnRow, null> | Readonly<Record<string, unknown>>;
  return 'tells' in content || 'answers' in content || 'notifies' in content ? (content as OwnRow) : null;
};
