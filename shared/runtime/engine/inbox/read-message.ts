/** A Kafka message as this service reads it: what the topic promises, or why it cannot be read. */
import { parseEnvelope, type Envelope } from '../../../../contracts/internal/envelope.js';
import { ownEvents } from '../../../../contracts/internal/events.js';
import type { Topic } from '../../../../contracts/internal/topics.js';
import type { Refusal } from '../../signing/messages.js';
import type { FetchedMessage } from '../../kafka/consumer.js';
import { NOTHING_SEALED, type MessageSealing } from '../../sealing/sealed-message.js';
import { SealKeyMissing } from '../../sealing/sealer.js';
import type { Catalogue } from '../catalogue.js';
import type { Arrival } from '../definition.js';
import { contentHash, storable } from '../identity.js';
import type { OriginalMessage } from '../steps/lanes.js';
import type { InboxRow } from '../store/store.js';

/** The topic of what people decide. */
export const DECISIONS: Topic = 'operator.decision';

export type Read =
  | {
      readonly kind: 'good';
      readonly eventId: string;
      readonly portfolioId: string;
      readonly arrivals: readonly Arrival[];
      readonly event: Envelope;
      /** Its personal part came sealed. */
      readonly wasSealed: boolean;
    }
  | {
      readonly kind: 'bad';
      readonly eventId: string;
      readonly portfolioId: string;
      readonly errorClass: string;
      readonly reason: string;
      /** Null when not even the envelope could be read. */
      readonly event: Envelope | null;
      /** Not admitted, and so not read at all. It stops no lane and says nothing about its partition. */
      readonly refused?: Refusal;
    };

/** One message, what it was read as, and the mark of what it says. */
export type Taken = { readonly original: OriginalMessage; readonly read: Read; readonly hash: string };

/** In the words that people read; the first words are the name in the metric. */
const REASONS: Readonly<Record<Refusal, string>> = {
  unsigned: 'unsigned: it carries no signature',
  'malformed-signature': 'malformed-signature: its signature is not in a form of ours',
  'unknown-key': 'unknown-key: it is signed with a key that nobody of ours has',
  'key-is-over': 'key-is-over: the time of the key that it is signed with is over',
  'signer-may-not-emit': 'signer-may-not-emit: the service that signed it does not emit this topic',
  'wrong-signature': 'wrong-signature: the signature is of another message, or of another topic, key or time',
  'signed-too-long-ago': 'signed-too-long-ago: it may have been handled and forgotten',
  'signed-in-the-future': 'signed-in-the-future: the clock of its signer, or ours, is wrong',
};

const LONGEST_ID = 200;
// Nothing of it is dropped, not even a mark at its beginning: it is kept as it came.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Says what is wrong without repeating what was sent: it may be personal. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'not readable';
  const { issues } = error as { issues?: readonly { path: readonly PropertyKey[]; message: string }[] };
  if (issues === undefined) return error.message;
  return issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'message'}: ${issue.message}`)
    .join('; ');
};

export const originalOf = (message: FetchedMessage): OriginalMessage => {
  const { value } = message;
  let text: string;
  let headers = message.headers;
  try {
    text = value === null ? '' : utf8.decode(value);
    if (storable(text) !== text) throw new TypeError('NUL');
  } catch {
    text = value === null ? '' : value.toString('base64');
    headers = { ...headers, 'dlq-encoding': 'base64' };
  }
  return {
    topic: message.topic,
    partition: message.partition,
    offset: message.offset,
    key: message.key === null ? null : storable(message.key),
    headers,
    value: text,
  };
};

/** Longer names than any of ours would not fit an index; the whole one stays in the quarantine. */
export const boundedId = (text: string): string => (text.length <= LONGEST_ID ? text : `long:${contentHash(text)}`);

const idsOf = (arrival: Arrival): readonly string[] => {
  if ('ignored' in arrival) return [];
  if ('notification' in arrival) return [arrival.notification];
  if ('deliverByReference' in arrival) return [arrival.deliverByReference.reference];
  return [arrival.portfolioId, 'deliverTo' in arrival ? arrival.deliverTo.journeyId : arrival.deliver.subject];
};
/** What the database finds a journey or an effect by has to fit its indexes. @throws RangeError. */
const checked = (arrival: Arrival): Arrival => {
  for (const id of idsOf(arrival))
    if (id === '' || id.length > LONGEST_ID)
      throw new RangeError(`an id has ${String(id.length)} characters, not 1 to ${String(LONGEST_ID)}`);
  return arrival;
};

/** Marks a message that was not admitted. */
const REFUSED = 'Refused';
/** Of what was refused, and of what others wrote: nobody else's message has such an id, whatever the message itself claims. */
const REFUSED_ID = 'refused:';
const UNSIGNED_ID = 'unsigned:';
export const isRefusedId = (eventId: string): boolean => eventId.startsWith(REFUSED_ID);

/** By its place on Kafka alone: what it claims to be is not looked at, so a forged copy takes nothing from the true message. */
export const refusedMessage = ({ topic, partition, offset }: OriginalMessage, why: Refusal): Extract<Read, { kind: 'bad' }> => {
  const eventId = `${REFUSED_ID}${topic}/${String(partition)}/${offset}`;
  return { kind: 'bad', eventId, portfolioId: eventId, errorClass: REFUSED, reason: REASONS[why], event: null, refused: why };
};

/** What others wrote keeps its own id apart from all ids of ours. */
export const asUnsigned = (read: Read): Read => ({ ...read, eventId: boundedId(`${UNSIGNED_ID}${read.eventId}`) });

/** An event of ours has the name of its topic. On another one it is forged, or went astray. @throws TypeError. */
const expectOwnTopic = ({ type }: Envelope, topic: string): void => {
  if (type !== topic && Object.hasOwn(ownEvents, type)) throw new TypeError(`an event of ${type} came on another topic`);
};

/** Parses one value as a message of this topic. What cannot be read is `bad`, with the reason. @throws SealKeyMissing, and nothing else. */
export const readMessage = (
  catalogue: Catalogue,
  topic: string,
  value: string,
  fallbackId: string,
  key: string | null,
  open: MessageSealing['open'] = NOTHING_SEALED.open,
): Read => {
  let event: Envelope | null = null;
  try {
    event = parseEnvelope(value);
    expectOwnTopic(event, topic);
    const opened = open(event);
    const { portfolioId } = event;
    const arrivals = catalogue.consumesOf(topic).map((consume) => checked(consume.read(opened.event)));
    return { kind: 'good', eventId: event.id, portfolioId: portfolioId ?? boundedId(key ?? ''), arrivals, ...opened };
  } catch (error) {
    if (error instanceof SealKeyMissing) throw error;
    return {
      kind: 'bad',
      eventId: event?.id ?? boundedId(fallbackId),
      portfolioId: event?.portfolioId ?? boundedId(key === null || key === '' ? fallbackId : key),
      errorClass: error instanceof Error ? error.name : 'Unreadable',
      reason: reasonOf(error),
      event,
    };
  }
};

export const inboxRowOf = ({ original, hash }: Taken, eventId: string, portfolioId: string): Omit<InboxRow, 'note'> => ({
  eventId,
  contentHash: hash,
  topic: original.topic,
  partition: original.partition,
  offset: original.offset,
  portfolioId,
  value: original.value,
});
