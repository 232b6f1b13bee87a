/** A message that cannot be handled: its row in the quarantine, whole, and its letter on the dead-letter topic. */
import { signatureHeaders } from '../../../../contracts/internal/envelope.js';
import { isoOf } from '../../../kernel/instant.js';
import { deadLetterTopic, isDeadLetterTopic, type Topic } from '../../../../contracts/internal/topics.js';
import { printJson } from '../../../kernel/json.js';
import type { OriginalMessage } from '../steps/lanes.js';
import type { PartRow } from '../store/step-statement.js';
import type { OutboxRow } from '../store/store.js';

export const quarantineRow = (
  original: OriginalMessage,
  eventId: string,
  portfolioId: string,
  errorClass: string,
  reason: string,
): PartRow<'quarantined'> => ({
  event_id: eventId,
  portfolio_id: portfolioId,
  topic: original.topic,
  partition: original.partition,
  offset: original.offset,
  key: original.key,
  headers: printJson(original.headers),
  value: original.value,
  error_class: errorClass,
  reason,
});
export const outboxPart = (letter: OutboxRow): PartRow<'said'> => ({
  event_id: letter.eventId,
  topic: letter.topic,
  key: letter.key,
  headers: printJson(letter.headers),
  value: letter.value,
});

/** Kafka takes about a million bytes per message; the rest is for what we add. */
export const LARGEST_LETTER_BYTES = 850_000;
const LARGEST_HEADERS_BYTES = 50_000;
const LONGEST_KEY = 1_000;

/** The letter is signed by us: the signature that the message had is kept beside ours. */
const withSignatureKept = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [
      name === signatureHeaders.signature || name === signatureHeaders.signedAt ? `dlq-${name}` : name,
      text,
    ]),
  );
const LEFT_OUT = 'left out, the whole message is in the quarantine';

/** A dead letter without what made it large; null when the message is none, or has nothing more to leave out. */
export const shortened = (letter: OutboxRow): OutboxRow | null => {
  if (!isDeadLetterTopic(letter.topic)) return null;
  const own = Object.entries(letter.headers).filter(([name]) => name.startsWith('dlq-'));
  if (letter.value === '' && own.length === Object.keys(letter.headers).length) return null;
  const bytes = `${String(Buffer.byteLength(letter.value))} bytes`;
  return { ...letter, headers: { ...Object.fromEntries(own), 'dlq-value': `${bytes}: ${LEFT_OUT}` }, value: '' };
};

/** The original key, value and headers, and why. What Kafka would not take is left out and said so: the whole lies in the quarantine. */
export const deadLetter = (original: OriginalMessage, eventId: string, errorClass: string, reason: string, nowMs: number): OutboxRow => {
  const { key, value, headers } = original;
  const headersBytes = Object.entries(headers).reduce((sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text), 0);
  const bytes = Buffer.byteLength(value);
  const leftOut = (what: string): string => `${what}: ${LEFT_OUT}`;
  return {
    eventId: `${eventId}.dlq.${String(nowMs)}`,
    topic: deadLetterTopic(original.topic as Topic),
    // An empty key is no key: nothing with one can be published.
    key: key === null || key === '' || key.length > LONGEST_KEY ? eventId : key,
    headers: {
      ...(headersBytes <= LARGEST_HEADERS_BYTES ? withSignatureKept(headers) : { 'dlq-headers': leftOut(`${String(headersBytes)} bytes`) }),
      ...(bytes <= LARGEST_LETTER_BYTES ? {} : { 'dlq-value': leftOut(`${String(bytes)} bytes`) }),
      'dlq-event-id': eventId,
      'dlq-reason': reason.slice(0, 500),
      'dlq-error-class': errorClass,
      'dlq-topic': original.topic,
      'dlq-partition': String(original.partition),
      'dlq-offset': original.offset,
      'dlq-attempts': String((original.before?.attempts ?? 0) + 1),
      'dlq-first-seen': isoOf(original.before?.firstSeenAtMs ?? nowMs),
    },
    value: bytes <= LARGEST_LETTER_BYTES ? value : '',
  };
};
