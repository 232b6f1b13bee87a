/** contracts/openapi.json: what the middleware answers over HTTP. */
import type { EventReader } from '../../../contracts/internal/event-reader.js';
import { ADDRESSES } from '../../../services/gateway/src/wire.js';
import { allBrokerEvents } from '../../../shared/adapters/broker/configured.js';
import { allCoreBankingEvents } from '../../../shared/adapters/core-banking/configured.js';
import { investSuiteEvents } from '../../../shared/adapters/investsuite/configured.js';
import type { Json } from './asyncapi.js';
import { jsonSchemaOf, type JsonSchema } from './json-schema.js';
import { answer, jsonBody, problemAnswer, problemSchema, retryAfter, schemaRef } from './openapi.js';

type Webhook = { readonly path: string; readonly documented: EventReader['documented'] };

const webhooksAt = (address: string, readers: readonly EventReader[]): readonly Webhook[] =>
  readers.map(({ path, documented }) => ({ path: `${address}/${path}`, documented }));
/** Of every adapter there is; a gateway has those of the chosen ones. */
const webhooks: readonly Webhook[] = [
  ...webhooksAt(ADDRESSES.investSuite, investSuiteEvents),
  ...webhooksAt(ADDRESSES.broker, allBrokerEvents),
  ...webhooksAt(ADDRESSES.coreBanking, allCoreBankingEvents),
];

/** Stable codes of the problems that a webhook may be answered with, by HTTP status. */
export const WEBHOOK_PROBLEMS: Readonly<Record<string, { readonly description: string; readonly codes: readonly string[] }>> = {
  '400': {
    description: 'It cannot be read. What was signed is kept in quarantine, so nothing is lost',
    codes: ['cut', 'not-json', 'wrong-shape'],
  },
  '401': {
    description: 'Not signed, or not well',
    codes: ['signature-missing', 'signature-malformed', 'signature-wrong', 'timestamp-out-of-tolerance'],
  },
  '408': { description: 'The body did not come in time, or was the slowest of too many', codes: ['too-slow'] },
  '409': { description: 'Another body came under this webhook-id before. This one is kept in quarantine', codes: ['another-body'] },
  '413': {
    description: 'Too large. A body of too many events, and one with an event too large to be forwarded, is kept in quarantine',
    codes: ['too-large', 'too-many-events', 'event-too-large'],
  },
  '415': { description: 'Not application/json, or compressed. What was signed is kept in quarantine', codes: ['media-type'] },
  '422': { description: 'Kafka refuses an event of the body for ever. The body is kept in quarantine', codes: ['event-refused'] },
  '429': { description: 'Too many webhooks at once; come again', codes: ['too-many-requests'] },
  '503': { description: 'It could not be stored now; send it again', codes: ['kafka-away', 'topic-refused', 'database-away', 'busy'] },
};

const WITH_RETRY_AFTER = new Set(['429', '503']);

const problems = (): Json =>
  Object.fromEntries(
    Object.entries(WEBHOOK_PROBLEMS).map(([status, { description, codes }]) => [
      status,
      problemAnswer(description, codes, WITH_RETRY_AFTER.has(status) ? retryAfter : undefined),
    ]),
  );

const webhookPath = ({ path, documented: { operationId, summary, schema } }: Webhook): [string, Json] => [
  path,
  {
    post: {
      operationId,
      summary,
      tags: ['webhooks'],
      security: [{ webhookId: [], webhookTimestamp: [], webhookSignature: [] }],
      requestBody: {
        required: true,
        content: jsonBody({ oneOf: [schemaRef(schema.name), { type: 'array', items: schemaRef(schema.name) }] }),
      },
      responses: {
        '202': answer('Kafka has acknowledged every event of the body. The same webhook-id again does nothing more', schemaRef('Accepted')),
        ...problems(),
      },
    },
  },
];

const probe = (operationId: string, summary: string, responses: Json): Json => ({
  get: { operationId, summary, tags: ['operation'], security: [], responses },
});

const operationPaths: Json = {
  '/health/live': probe('isAlive', 'Whether the process works; a stuck one should be killed', {
    '200': answer('It works', schemaRef('Alive')),
    '503': answer('It is stuck', schemaRef('Alive')),
  }),
  '/health/ready': probe('isReady', 'Which dependency is away', {
    '200': answer('Every dependency answers', schemaRef('Ready')),
    '503': answer('It waits for a dependency', schemaRef('Ready')),
  }),
  '/metrics': probe('metrics', 'Prometheus', {
    '200': { description: 'Text format', content: { 'text/plain': { schema: { type: 'string' } } } },
  }),
};

const states = (...values: string[]): JsonSchema => ({ type: 'string', enum: values });
const object = (properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});

const schemas = (): Json => ({
  ...Object.fromEntries(webhooks.map(({ documented: { schema } }) => [schema.name, jsonSchemaOf(schema.body)])),
  Accepted: object({ accepted: { type: 'integer', minimum: 0 }, repeated: { type: 'boolean' } }, ['repeated']),
  Alive: object({ status: states('alive', 'stuck') }),
  Ready: object(
    {
      status: states('ready', 'waiting'),
      away: { type: 'array', items: { type: 'string' } },
      /** By dependency, where the reason may be shown: `messages` says why none are taken in. */
      reasons: { type: 'object', additionalProperties: { type: 'string' } },
      dependencies: { type: 'object', additionalProperties: states('ready', 'away') },
    },
    ['reasons'],
  ),
  Problem: problemSchema,
});

const header = (name: string, description: string): Json => ({ type: 'apiKey', in: 'header', name, description });

export const openApi = (version: string): Json => ({
  openapi: '3.1.1',
  info: {
    title: 'HTTP of the client middleware',
    version,
    description:
      'Webhooks are taken by the gateway; health and metrics are answered by every service. Signed as Standard Webhooks: all three headers are needed together.',
  },
  tags: [
    { name: 'webhooks', description: 'The gateway' },
    { name: 'operation', description: 'Every service' },
  ],
  paths: { ...Object.fromEntries(webhooks.map(webhookPath)), ...operationPaths },
  components: {
    schemas: schemas(),
    securitySchemes: {
      webhookId: header('webhook-id', 'Unique per webhook, at most 256 characters; signed, and what finds a repetition'),
      webhookTimestamp: header('webhook-timestamp', 'Seconds since 1970; five minutes of tolerance'),
      webhookSignature: header(
        'webhook-signature',
        '`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, the raw bytes of the body; several, separated by blanks, while a secret is exchanged',
      ),
    },
  },
});
