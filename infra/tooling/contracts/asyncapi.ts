/** contracts/internal/asyncapi.json: every topic, its key, headers, envelope and content. */
import type { z } from 'zod';
import {
  accountEventPayload,
  eventEnvelope as driveWealthEvent,
  orderEventPayload,
  redemptionEventPayload,
  transactionEventPayload,
} from '../../../contracts/broker/drivewealth/events.js';
import { depositCallback, paymentStatusCallback } from '../../../contracts/core-banking/callbacks.js';
import { envelope, headerNames } from '../../../contracts/internal/envelope.js';
import { ownEvents } from '../../../contracts/internal/events.js';
import { emittersOf, takersOf } from '../../../contracts/internal/services.js';
import { PARTITIONS, deadLetterTopic, outsideTopics, topics, type Topic } from '../../../contracts/internal/topics.js';
import { EVENT_CONTENTS, eventEnvelope as investSuiteEvent } from '../../../contracts/investsuite/events.js';
import { jsonSchemaOf, withProperties, type JsonSchema } from './json-schema.js';

export type Json = { readonly [key: string]: unknown };

type OutsideTopic = (typeof outsideTopics)[number];

const fromInvestSuite = (content: z.ZodType): JsonSchema => withProperties(jsonSchemaOf(investSuiteEvent), { data: jsonSchemaOf(content) });
const fromDriveWealth = (...contents: z.ZodType[]): JsonSchema => {
  const payloads = contents.map(jsonSchemaOf);
  return withProperties(jsonSchemaOf(driveWealthEvent), { payload: payloads.length === 1 ? (payloads[0] ?? {}) : { anyOf: payloads } });
};

/** The sender's body, unchanged. */
const outsideContents: Readonly<Record<OutsideTopic, () => JsonSchema>> = {
  'optimisations.status-update': () => fromInvestSuite(EVENT_CONTENTS['optimisations.status-update']),
  'optimisations.owner-choice-update': () => fromInvestSuite(EVENT_CONTENTS['optimisations.owner-choice-update']),
  'portfolio.withdrawal-request': () => fromInvestSuite(EVENT_CONTENTS['portfolio.withdrawal-request']),
  'portfolio.status-update': () => fromInvestSuite(EVENT_CONTENTS['portfolio.status-update']),
  'portfolio.creation': () => fromInvestSuite(EVENT_CONTENTS['portfolio.creation']),
  'broker.order-status': () => fromDriveWealth(orderEventPayload),
  'broker.cash-status': () => fromDriveWealth(redemptionEventPayload, transactionEventPayload, accountEventPayload),
  'core-banking.transfer-status': () => jsonSchemaOf(paymentStatusCallback),
  'core-banking.deposit': () => jsonSchemaOf(depositCallback),
};

const summaries: Readonly<Record<Topic, string>> = {
  'optimisations.status-update': 'InvestSuite: an optimisation has a result',
  'optimisations.owner-choice-update': 'InvestSuite: the owner has decided about an optimisation',
  'portfolio.withdrawal-request': 'InvestSuite: the divest amount of a portfolio has changed; the amount in it is a hint, never believed',
  'portfolio.status-update': 'InvestSuite: a portfolio has another status',
  'portfolio.creation': 'InvestSuite: a portfolio was made',
  'broker.order-status': 'DriveWealth: news of an order',
  'broker.cash-status': 'DriveWealth: news of a cash-out, a booking or an account',
  'core-banking.transfer-status': 'Core banking: news of a payment',
  'core-banking.deposit': 'Core banking: money came in',
  'payout.requested': 'Pay this, once, for this withdrawal',
  'payout.finished': 'How a payout ended; `returned` may follow `paid`',
  'portfolio.change-requested': 'Move these holdings, once, under this change id',
  'portfolio.changed': 'A change is written at InvestSuite',
  'portfolio.cash-settled': 'Settled cash has been booked: whoever waits for cash may look',
  'operator.decision': 'What a person decided, for the service named',
  'reconciliation.break': 'Two books differ. No service says this yet: its content is open',
};

const isOutside = (topic: Topic): topic is OutsideTopic => (outsideTopics as readonly string[]).includes(topic);
const contentOf = (topic: Topic): JsonSchema => {
  if (isOutside(topic)) return outsideContents[topic]();
  return topic === 'reconciliation.break' ? {} : jsonSchemaOf(ownEvents[topic]);
};

const text = (description: string): JsonSchema => ({ type: 'string', description });
const headers: JsonSchema = {
  type: 'object',
  required: [headerNames.eventId, headerNames.eventType, headerNames.schemaVersion, headerNames.occurredAt],
  properties: {
    [headerNames.eventId]: text('`id` of the envelope: unique for ever, the same when the event is sent again'),
    [headerNames.eventType]: text('`type` of the envelope'),
    [headerNames.schemaVersion]: text('`version` of the envelope; the major version decides'),
    [headerNames.occurredAt]: text('ISO 8601 UTC'),
    [headerNames.traceparent]: text('W3C trace context'),
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
    'dlq-encoding': text('`base64` when the value is not text in UTF-8; else absent'),
  },
};

const KEY = text('Portfolio id, or what the event is about until the portfolio is known');
const kafkaMessage = { kafka: { key: KEY, bindingVersion: '0.5.0' } };
const schemaName = (topic: Topic): string => `${topic}.content`;
const reference = (...path: readonly string[]): Json => ({
  $ref: `#/${path.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`,
});

const messages = (topic: Topic): Json => ({
  [topic]: {
    name: topic,
    summary: summaries[topic],
    contentType: 'application/json',
    headers: reference('components', 'schemas', 'headers'),
    payload: withProperties(jsonSchemaOf(envelope), { data: reference('components', 'schemas', schemaName(topic)) }),
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
      'Amounts are text on our own topics; what comes from outside is the body of its sender, unchanged, numbers as they were written.',
  },
  defaultContentType: 'application/json',
  channels: merged(channels),
  operations: merged(operations),
  components: {
    schemas: { headers, deadLetterHeaders, ...merged((topic) => ({ [schemaName(topic)]: contentOf(topic) })) },
    messages: merged(messages),
  },
});
