/**
 * One timeline over all services that belong together: Kafka offset -> decision -> request -> answer -> bank reference ->
 * posting. Folded from what each service stored; nothing is guessed.
 */
import { parseValue } from '../../../../contracts/internal/envelope.js';
import type { Json } from '../../../../shared/kernel/json.js';
import { listed, type ListedJourney } from './journeys.js';
import { masked, maskText } from './masking.js';
import type { HistoryRow, Quarantine, Story, StoryEffect, StoryEvent, StoryMessage } from './operator.js';

type Common = { readonly at: string; readonly service: Quarantine; readonly journeyId: string | null };
/** Content is masked: accounts and names of people are not shown whole. */
export type TimelineEntry = Common &
  (
    | {
        readonly step: 'event';
        readonly source: string | null;
        readonly eventId: string;
        readonly note: string | null;
        readonly content: Json;
      }
    | {
        readonly step: 'quarantined';
        readonly source: string | null;
        readonly eventId: string;
        readonly reason: string;
        readonly resolution: string | null;
      }
    | {
        readonly step: 'decision';
        readonly source: string | null;
        readonly occasion: string;
        readonly status: string;
        readonly version: number;
        readonly note: string | null;
      }
    | { readonly step: 'said'; readonly topic: string; readonly eventId: string; readonly sentAt: string | null; readonly content: Json }
    | {
        readonly step: 'request';
        readonly effect: string;
        readonly effectId: string;
        readonly kind: string;
        readonly generation: number;
        /** Times it left for the other side. A question is asked as often as it takes, and is never counted here. */
        readonly sent: number;
        /** Times the other side was asked about it, or the question itself. */
        readonly asked: number;
        readonly status: string;
        readonly reference: string | null;
        readonly request: Json;
      }
    | {
        readonly step: 'answer';
        readonly effect: string;
        readonly effectId: string;
        readonly occasion: string;
        readonly note: string | null;
        readonly result: Json;
      }
    | {
        readonly step: 'reference';
        readonly effect: string;
        readonly effectId: string;
        readonly references: Readonly<Record<string, string>>;
      }
    | {
        readonly step: 'posting';
        readonly effect: string;
        readonly effectId: string;
        readonly bookedAt: string | null;
        readonly references: Readonly<Record<string, string>>;
      }
  );

export type Timeline = {
  readonly id: string;
  readonly portfolioId: string;
  readonly journeys: readonly ListedJourney[];
  readonly timeline: readonly TimelineEntry[];
  readonly cut: boolean;
};

type Keyed = { readonly key: string; readonly entry: TimelineEntry };
type Members = { readonly [key: string]: Json };

const REFERENCES = ['endToEndId', 'paymentId', 'cashOutId', 'orderId', 'transactionId'] as const;
const POSTINGS: Readonly<Record<string, string>> = { RecordTransaction: 'transactionId' };
const isObject = (value: Json): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

const contentOf = (value: string): Json => {
  try {
    return masked(parseValue(value));
  } catch {
    return '(cannot be read)';
  }
};

/** `topic/partition/offset` names the event as well as its id does. */
const isSourceOf = (source: string | null, event: StoryEvent): boolean =>
  source !== null && (source === event.source || source === event.eventId);

const isAnswer = (occasion: string): boolean => /^(Answered|Inquired|PersonSaid)/.test(occasion);
const isFinal = (status: string): boolean => status === 'applied' || status === 'rejected';

const textMember = (result: Members, key: string): string | null => {
  const value = result[key];
  return typeof value === 'string' && value !== '' ? value : null;
};

const referencesOf = (result: Json): Readonly<Record<string, string>> => {
  if (!isObject(result)) return {};
  return Object.fromEntries(
    REFERENCES.flatMap((key) => [[key, textMember(result, key)] as const]).flatMap(([key, value]) =>
      value === null ? [] : [[key, value]],
    ),
  );
};

/** What the outside gave us to find it again, and when it was booked there. */
const proofOf = (effect: StoryEffect, common: Common): readonly TimelineEntry[] => {
  const references = referencesOf(effect.result);
  if (Object.keys(references).length === 0 || !isObject(effect.result)) return [];
  const bookedAt = textMember(effect.result, 'bookedAt') ?? textMember(effect.result, 'paidAt');
  const named = { effect: effect.name, effectId: effect.id, references };
  const isPosting = bookedAt !== null || POSTINGS[effect.name] !== undefined;
  return [
    { ...common, step: 'reference', ...named },
    ...(isPosting ? [{ ...common, at: bookedAt ?? common.at, step: 'posting' as const, ...named, bookedAt }] : []),
  ];
};

/** Sent once with the step that planned it, and again with each step that says so. What else counts as an attempt is a question. */
const timesOf = ({ id, kind, attempt }: StoryEffect, rows: readonly HistoryRow[]): { readonly sent: number; readonly asked: number } => {
  if (kind === 'read') return { sent: 0, asked: attempt };
  const sent = 1 + rows.filter((row) => row.effectId === id && row.occasion === 'Sending').length;
  return { sent, asked: Math.max(0, attempt - sent) };
};

const requestEntry = (effect: StoryEffect, rows: readonly HistoryRow[]): TimelineEntry => ({
  at: effect.plannedAt,
  service: effect.service,
  journeyId: effect.journeyId,
  step: 'request',
  effect: effect.name,
  effectId: effect.id,
  kind: effect.kind,
  generation: effect.generation,
  ...timesOf(effect, rows),
  status: effect.status,
  reference: effect.reference,
  request: masked(effect.request),
});

const eventEntry = (event: StoryEvent, journeyId: string | null): TimelineEntry => ({
  at: event.at,
  service: event.service,
  journeyId,
  step: 'event',
  source: event.source,
  eventId: event.eventId,
  note: event.note ?? (event.handled ? null : 'not handled yet'),
  content: contentOf(event.value),
});

/** The effect's result belongs to the last answer of it. */
const answersOf = (row: HistoryRow, effect: StoryEffect | undefined, lastAnswer: ReadonlyMap<string, number>): readonly TimelineEntry[] => {
  if (effect === undefined || !isAnswer(row.occasion)) return [];
  const common = { at: row.at, service: row.service, journeyId: row.journeyId };
  const final = isFinal(effect.status) && lastAnswer.get(effect.id) === row.version;
  const answer: TimelineEntry = {
    ...common,
    step: 'answer',
    effect: effect.name,
    effectId: effect.id,
    occasion: row.occasion,
    note: row.note === null ? null : maskText(row.note),
    result: final ? masked(effect.result) : null,
  };
  return final ? [answer, ...proofOf(effect, common)] : [answer];
};

/** The steps of one journey, each with what led to it and what followed from it. */
const foldJourney = (
  rows: readonly HistoryRow[],
  effects: readonly StoryEffect[],
  events: readonly StoryEvent[],
  messages: readonly StoryMessage[],
): readonly Keyed[] => {
  const byId = new Map(effects.map((effect) => [effect.id, effect]));
  const lastAnswer = new Map<string, number>();
  for (const row of rows) if (row.effectId !== null && isAnswer(row.occasion)) lastAnswer.set(row.effectId, row.version);
  const unplaced = [...effects].sort((a, b) => (a.plannedAt < b.plannedAt ? -1 : 1));
  const folded: Keyed[] = [];
  rows.forEach((row, index) => {
    const { service, journeyId, at } = row;
    const push = (entry: TimelineEntry): void => void folded.push({ key: at, entry });
    for (const event of events.filter((one) => isSourceOf(row.source, one)))
      folded.push({ key: event.at < at ? event.at : at, entry: eventEntry(event, journeyId) });
    answersOf(row, row.effectId === null ? undefined : byId.get(row.effectId), lastAnswer).forEach(push);
    const note = row.note === null ? null : maskText(row.note);
    push({
      at,
      service,
      journeyId,
      step: 'decision',
      source: row.source,
      occasion: row.occasion,
      status: row.status,
      version: row.version,
      note,
    });
    for (const message of messages.filter((one) => one.eventId.startsWith(`${journeyId}.${row.version}.`)))
      push({
        at: message.at,
        service,
        journeyId,
        step: 'said',
        topic: message.topic,
        eventId: message.eventId,
        sentAt: message.sentAt,
        content: contentOf(message.value),
      });
    // Planned in the same commit as the step; its clock is the sender's, a little earlier.
    while (unplaced[0] !== undefined && (unplaced[0].plannedAt <= at || index === rows.length - 1))
      push(requestEntry(unplaced.shift() as StoryEffect, rows));
  });
  return folded;
};

const byJourney = <T extends { readonly journeyId: string }>(rows: readonly T[], id: string): T[] =>
  rows.filter((row) => row.journeyId === id);

export const timelineOf = (id: string, story: Story): Timeline => {
  const { journeys, history, effects, events, messages, deadLetters } = story;
  const keyed: Keyed[] = journeys.flatMap((journey) => {
    const rows = byJourney(history, journey.id).sort((a, b) => a.version - b.version);
    const own = events.filter((event) => event.service === journey.service);
    return foldJourney(rows, byJourney(effects, journey.id), own, messages);
  });
  const used = new Set(keyed.flatMap(({ entry }) => (entry.step === 'event' ? [`${entry.service}/${entry.eventId}`] : [])));
  for (const letter of deadLetters) {
    const { firstSeen: at, service, source, eventId, reason, resolution } = letter;
    keyed.push({ key: at, entry: { at, service, journeyId: null, step: 'quarantined', source, eventId, reason, resolution } });
  }
  for (const event of events)
    if (!used.has(`${event.service}/${event.eventId}`)) keyed.push({ key: event.at, entry: eventEntry(event, null) });
  // A stable sort: what happened in one step stays in its order.
  const timeline = keyed.sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -1 : 1)).map(({ entry }) => entry);
  return { id, portfolioId: story.portfolioId, journeys: journeys.map(listed), timeline, cut: story.cut };
};
