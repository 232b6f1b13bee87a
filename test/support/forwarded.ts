/** What the gateway makes of a body: its reader, its words, its message. Nothing is sent. */
import { parseEnvelope, type Envelope } from '../../contracts/internal/envelope.js';
import type { EventReader } from '../../contracts/internal/event-reader.js';
import type { OutsideTopic } from '../../contracts/internal/topics.js';
import { eventIdOf } from '../../services/gateway/src/consume/event-id.js';
import { messageOf, type Message, type Sealed } from '../../services/gateway/src/decide/forwarding.js';
import { driveWealthEvents } from '../../shared/adapters/broker/drivewealth/events.js';
import { paymentsApiEvents } from '../../shared/adapters/core-banking/payments-api/events.js';
import { investSuiteEvents } from '../../shared/adapters/investsuite/events.js';
import { parseJson, printJson, type Json, type Printable } from '../../shared/kernel/json.js';

const NOW = '2026-01-01T00:00:00.000Z';

/** As the gateway would write it without a key: what it says is looked at. */
export const inClear: Sealed = { data: (_topic, _eventId, content) => content, key: (personal) => personal };

/** The reader that the product has for this topic's events. */
export const readerOf = (topic: OutsideTopic): EventReader => {
  const reader = [...investSuiteEvents, ...driveWealthEvents, ...paymentsApiEvents].find(({ topics }) => topics.includes(topic));
  if (reader === undefined) throw new Error(`nobody reads ${topic}`);
  return reader;
};

/** The message on Kafka; null when the gateway acknowledges the body and forwards nothing. @throws when it would refuse it. */
export const forwarded = ({ read, sender: effectRunner }: EventReader, body: Json, nowIso = NOW): Message | null => {
  const sorted = read(body);
  if (sorted.kind === 'malformed') throw new Error(`the gateway would refuse it: ${sorted.problems.join('; ')}`);
  if (sorted.kind === 'unlisted') return null;
  const arrived = { eventId: eventIdOf(effectRunner, sorted.event.id), body, nowIso, traceparent: undefined };
  const message = messageOf(sorted.event, arrived, inClear);
  if ('problems' in message) throw new Error(`the gateway would refuse it: ${message.problems.join('; ')}`);
  return message;
};

/** The same, as a consumer gets it. */
export const envelopeOf = (reader: EventReader, body: Printable): Envelope | null => {
  const message = forwarded(reader, parseJson(printJson(body)));
  return message === null ? null : parseEnvelope(message.value);
};
