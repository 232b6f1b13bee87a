/** One outside event as the message that our consumers take. Pure. */
import type { ReadBody, SortedEvent } from '../../../../contracts/internal/event-reader.js';
import { envelope, headersOf, printEnvelope } from '../../../../contracts/internal/envelope.js';
import { outsideEvents } from '../../../../contracts/internal/outside-events.js';
import { versionOf, type Topic } from '../../../../contracts/internal/topics.js';
import { problemsOf } from '../../../../contracts/tokens.js';
import { instantMs } from '../../../../shared/kernel/instant.js';
import type { Json, Printable } from '../../../../shared/kernel/json.js';

/** One event of a body: what its adapter's reader said, and the event itself as it came. */
export type Sorted = { readonly read: ReadBody; readonly body: Json };

/** A signed body that cannot be read, or that we do not act on, as it is kept. */
export type KeptBody = {
  readonly eventId: string;
  readonly source: string;
  readonly webhookId: string;
  readonly errorClass: string;
  readonly reason: string;
  readonly body: Buffer;
};

/** A body is one event or an array of them. */
export const eventsOf = (body: Json): readonly Json[] => (Array.isArray(body) ? (body as readonly Json[]) : [body]);

export type Message = {
  readonly topic: Topic;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
};
/** What the message has besides the event. */
export type Arrived = { readonly eventId: string; readonly body: Json; readonly nowIso: string; readonly traceparent: string | undefined };

type Content = { readonly [key: string]: Printable };
/** Seals what is personal in `data`; and names something personal by its keyed hash, where a key is made of it. */
export type Sealed = {
  readonly data: (topic: Topic, eventId: string, content: Content) => Content;
  readonly key: (personal: string) => string;
};

/** W3C trace context, version 00. Anything else is no trace of anybody's. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The message, with our words and the sender's body in `data`; or why our own consumers would never take it. */
export const messageOf = (event: SortedEvent, arrived: Arrived, seal: Sealed): Message | { readonly problems: readonly string[] } => {
  const { topic, key, type, portfolioId, occurredAt, words } = event;
  const { eventId, body, nowIso, traceparent } = arrived;
  const fits = outsideEvents[topic].safeParse(words);
  if (!fits.success) return { problems: problemsOf(fits.error) };
  const said = {
    id: eventId,
    type,
    version: versionOf(topic),
    // A time that cannot be read would be believed by nobody, or misread by somebody.
    occurredAt: occurredAt === null || instantMs(occurredAt) === null ? nowIso : occurredAt,
    portfolioId,
  };
  const content = { ...words, original: body };
  const sound = envelope.safeParse({ ...said, data: content });
  if (!sound.success) return { problems: problemsOf(sound.error) };
  return {
    topic,
    key: event.keyIsPersonal === true ? seal.key(key) : key,
    headers: headersOf(said, traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : undefined),
    value: printEnvelope({ ...said, data: seal.data(topic, eventId, content) }),
  };
};
