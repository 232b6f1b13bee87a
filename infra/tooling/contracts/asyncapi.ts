/** contracts/internal/asyncapi.json: every topic, its key, headers, envelope and content. */
import { emittersOf, takersOf } from '../../../contracts/internal/services.js';
import { envelope, headerNames, signatureHeaders } from '../../../contracts/internal/envelope.js';
import { ownEvents } from '../../../contracts/internal/events.js';
import { outsideEvents } from '../../../contracts/internal/outside-events.js';
import { PARTITIONS, deadLetterTopic, isOutsideTopic, topics, versionOf, type Topic } from '../../../contracts/internal/topics.js';
import { jsonSchemaOf, type JsonSchema } from './json-schema.js';

export type Json = { readonly [key: string]: unknown };

const summaries: Readonly<Record<Topic, string>> = {
  'optimisations.status-update': 'InvestSuite: an optimisation has a result',
  'optimisations.owner-choice-update': 'InvestSuite: the owner has decided about an optimisation',
  'portfolio.withdrawal-request': 'InvestSuite: the divest amount of a portfolio has changed; the amount in it is a hint, never believed',
  'portfolio.status-update': 'InvestSuite: a portfolio has another status',
  'portfolio.creation': 'InvestSuite: a portfolio was made',
  'broker.order-status': 'The broker: news of an order, or of a correction of trades',
  'broker.cash-status': 'The broker: news of a cash-out, a booking or an account',
  'core-banking.transfer-status': 'The bank: news of a payment',
  'core-banking.deposit': 'The bank: money came in',
  'payout.requested': 'Pay this, once, for this withdrawal',
  'payout.finished': 'How a payout ended; `returned` may follow `paid`',
  'portfolio.change-requested': 'Move these holdings, once, under this change id',
  'portfolio.changed': 'A change is written at InvestSuite',
  'portfolio.cash-settled': 'Settled cash has been booked: whoever waits for cash may look',
  'operator.decision': 'What people decided and signed, for the service named',
  'audit.head': 'How far the log of acts had come: kept for ever, so that its end cannot be cut off unseen',
  'reconciliation.break': 'Two books differ. No service says this yet: its content is open',
};

const reference = (...path: readonly string[]): Json => ({
  $ref: `#/${path.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`,
});

/** Our words, and the body of the sender beside them. */
const contentOf = (topic: Topic): JsonSchema => {
  if (isOutsideTopic(topic)) return { allOf: [jsonSchemaOf(outsideEvents[topic]), reference('components', 'schemas', 'original')] };
  return topic === 'reconciliation.break' ? {} : jsonSchemaOf(ownEvents[topic]);
};

const text = (description: string): JsonSchema => ({ type: 'string', description });
const headers: JsonSchema = {
  type: 'object',
  required: [
    headerNames.eventId,
    headerNames.eventType,
    headerNames.schemaVersion,
    headerNames.occurredAt,
    signatureHeaders.signature,
    signatureHeaders.signedAt,
  ],
  properties: {
    [headerNames.eventId]: text('`id` of the envelope: unique for ever, the same when the event is sent again'),
    [headerNames.eventType]: text('`type` of the envelope'),
    [headerNames.schemaVersion]: text('`version` of the envelope; the major version decides'),
    [headerNames.occurredAt]: text('ISO 8601 UTC'),
    [headerNames.traceparent]: text('W3C trace context'),
    [signatureHeaders.signature]: text('`v1:<key id>:<base64>`: Ed25519 over topic, key, event id, event type, time and value'),
    [signatureHeaders.signedAt]: text('when it was signed; ISO 8601 UTC'),
  },
};
const deadLetterHeaders: JsonSchema = {
  type: 'object',
  description: 'The headers of the original message, and these',
  required: ['dlq-reason', 'dlq-error-class', 'dlq-topic', 'dlq-partition', 'dlq-offset', 'dlq-attempts', 'dlq-first-seen'],
  properties: {
    'dlq-reason': text('why it was put aside, in words, at most 500 characters'),
    'dlq-error-class': text('kind of the reason'),
    'dlq-topic': text('where it stood'),
    'dlq-partition': text('where it stood'),
    'dlq-offset': text('where it stood'),
    'dlq-attempts': text('how often it was tried'),
    'dlq-first-seen': text('ISO 8601 UTC'),
    'dlq-signature': text('the signature that the original message carried'),
    'dlq-signed-at': text('when the original message was signed'),
    'dlq-encoding': text('`base64` when the value is not text in UTF-8; else absent'),
  },
};

const original: JsonSchema = {
  type: 'object',
  properties: {
    original: { description: 'The body of the sender, unchanged, numbers as they were written. For people: no service reads it' },
    sealed: text(
      'On the wire this stands in the place of all personal members, `original` among them: their JSON, sealed. `sealed:1:m:<key id>:<base64url>`, AES-256-GCM',
    ),
  },
};

const KEY = text('Portfolio id, or what the event is about until the portfolio is known');
const kafkaMessage = { kafka: { key: KEY, bindingVersion: '0.5.0' } };
const schemaName = (topic: Topic): string => `${topic}.content`;
const messages = (topic: Topic): Json => ({
  [topic]: {
    name: topic,
    summary: summaries[topic],
    contentType: 'application/json',
    headers: reference('components', 'schemas', 'headers'),
    payload: {
      allOf: [
        reference('components', 'schemas', 'envelope'),
        {
          type: 'object',
          properties: {
            version: { type: 'string', pattern: `^${versionOf(topic)}` },
            data: reference('components', 'schemas', schemaName(topic)),
          },
        },
      ],
    },
    bindings: kafkaMessage,
  },
  [deadLetterTopic(topic)]: {
    name: deadLetterTopic(topic),
    summary: `A message of ${topic} that could not be applied: value, key and headers as they were`,
    headers: reference('components', 'schemas', 'deadLetterHeaders'),
    payload: { description: 'The original value, whole. It may be anything: that may be why it is here' },
    bindings: kafkaMessage,
  },
});

const channels = (topic: Topic): Json =>
  Object.fromEntries(
    [topic, deadLetterTopic(topic)].map((address) => [
      address,
      {
        address,
        summary: address === topic ? summaries[topic] : `Dead letters of ${topic}`,
        messages: { [address]: reference('components', 'messages', address) },
        bindings: { kafka: { topic: address, partitions: PARTITIONS, bindingVersion: '0.5.0' } },
      },
    ]),
  );

const operations = (topic: Topic): Json => {
  const operation = (service: string, action: 'send' | 'receive', address: string): [string, Json] => [
    `${service}.${action}.${address}`,
    { action, channel: reference('channels', address), messages: [reference('channels', address, 'messages', address)] },
  ];
  const reading = takersOf(topic);
  return Object.fromEntries([
    ...emittersOf(topic).map((service) => operation(service, 'send', topic)),
    ...reading.map((service) => operation(service, 'receive', topic)),
    ...reading.map((service) => operation(service, 'send', deadLetterTopic(topic))),
  ]);
};

const merged = (part: (topic: Topic) => Json): Json => Object.assign({}, ...topics.map(part)) as Json;

export const asyncApi = (version: string): Json => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Topics of the client middleware',
    version,
    description:
      'Every topic and its dead-letter twin. At least once, in order per key. KAFKA_TOPIC_PREFIX stands before every address. ' +
      'Amounts are text. What comes from outside is version 2: `data` speaks our words, and `data.original` is the body of its sender. ' +
      'What is personal in `data` travels as one sealed text, `data.sealed`; a key made of an account is a keyed hash. ' +
      'In version 1 of the first release `data` was that body itself; it is still understood.',
  },
  defaultContentType: 'application/json',
  channels: merged(channels),
  operations: merged(operations),
  components: {
    schemas: {
      envelope: jsonSchemaOf(envelope),
      original,
      headers,
      deadLetterHeaders,
      ...merged((topic) => ({ [schemaName(topic)]: contentOf(topic) })),
    },
    messages: merged(messages),
  },
});
