import type { EventReader } from '../../../contracts/internal/event-reader.js';
import type { Topic } from '../../../contracts/internal/topics.js';
import { brokerEvents } from '../../../shared/adapters/broker/configured.js';
import { coreBankingEvents } from '../../../shared/adapters/core-banking/configured.js';
import { investSuiteEvents } from '../../../shared/adapters/investsuite/configured.js';
import type { Registry } from 'prom-client';
import type { Express } from 'express';
import type { Pool } from 'pg';
import type { z } from 'zod';
import { NO_PROXIES, senderOf } from '../../../shared/runtime/http/address.js';
import { Bodies } from '../../../shared/runtime/http/body.js';
import type { Connections } from '../../../shared/runtime/http/connections.js';
import { Places } from '../../../shared/runtime/http/places.js';
import { counting, type Check } from '../../../shared/runtime/http/server.js';
import type { Producer } from '../../../shared/runtime/kafka/producer.js';
import type { Log } from '../../../shared/runtime/process/log.js';
import { sealedBody, sealedContent } from '../../../shared/runtime/sealing/sealed-message.js';
import type { Sealer } from '../../../shared/runtime/sealing/sealer.js';
import type { config } from './config.js';
import { webhookHandler, type WebhookRoute } from './consume/webhook.js';
import { WebhookStore } from './store/webhook.store.js';

/** The sender waits for us; a broker that does not answer in this time is away. */
const PUBLISH_DEADLINE_MS = 8_000;
const EVENTS_PER_BODY = 1_000;
/** A body that takes longer is not from a sender who wants to be heard. */
const BODY_DEADLINE_MS = 10_000;
/** In bodies that are not whole yet, of all senders together; never less than a few of the largest. */
const HELD_BYTES = 67_108_864;

export type GatewayTools = {
  readonly app: Express;
  readonly pool: Pool;
  readonly producer: Producer;
  readonly registry: Registry;
  readonly log: Log;
  readonly connections: Pick<Connections, 'proven'>;
  /** Adds what /health/ready looks at. */
  readonly watch: (check: Check) => void;
  readonly sealer: Sealer;
};

type Settings = z.output<typeof config>;
type Heard = Pick<Settings, 'BROKER' | 'CORE_BANKING' | `WEBHOOK_SECRETS_${'INVESTSUITE' | 'BROKER' | 'CORE_BANKING'}`>;

/** Where each side posts: its readers' paths stand below. */
export const ADDRESSES = { investSuite: '/webhooks', broker: '/webhooks/broker', coreBanking: '/webhooks/core-banking' } as const;

/** One route per reader of the chosen adapters; the secrets are those of its side. */
export const routesOf = (settings: Heard): readonly Omit<WebhookRoute, 'places'>[] => {
  const side = (address: string, secrets: readonly string[], readers: readonly EventReader[]): readonly Omit<WebhookRoute, 'places'>[] =>
    readers.map((reader) => ({ path: `${address}/${reader.path}`, secrets, reader }));
  return [
    ...side(ADDRESSES.investSuite, settings.WEBHOOK_SECRETS_INVESTSUITE, investSuiteEvents),
    ...side(ADDRESSES.broker, settings.WEBHOOK_SECRETS_BROKER, brokerEvents(settings)),
    ...side(ADDRESSES.coreBanking, settings.WEBHOOK_SECRETS_CORE_BANKING, coreBankingEvents(settings)),
  ];
};

export const wire = (settings: Settings, { app, pool, producer, registry, log, connections, watch, sealer }: GatewayTools): void => {
  const tools = {
    store: new WebhookStore(pool, (body) => Buffer.from(sealedBody(sealer, body))),
    seal: {
      data: (topic: Topic, eventId: string, content: Parameters<typeof sealedContent>[3]) => sealedContent(sealer, topic, eventId, content),
      key: (personal: string) => sealer.hash('key', personal),
    },
    publish: (messages: Parameters<Producer['sendEach']>[0]) => producer.sendEach(messages, { deadlineMs: PUBLISH_DEADLINE_MS }),
    log,
    count: counting(registry, 'webhooks_total', 'webhook events by source and outcome', ['source', 'outcome', 'topic']),
    nowMs: Date.now,
    bodies: new Bodies({
      bytes: settings.WEBHOOK_MAX_BODY_BYTES,
      deadlineMs: BODY_DEADLINE_MS,
      perSender: settings.HTTP_CONNECTIONS_PER_ADDRESS,
      heldBytes: Math.max(HELD_BYTES, 4 * settings.WEBHOOK_MAX_BODY_BYTES),
    }),
    proven: (socket: Parameters<Connections['proven']>[0]) => {
      connections.proven(socket);
    },
    senderOf: (request: Parameters<typeof senderOf>[0]) => senderOf(request, settings.TRUSTED_PROXIES ?? NO_PROXIES),
    limits: { eventsPerBody: EVENTS_PER_BODY },
  };
  const placesOf = (path: string): Places => {
    const places = new Places(settings.WEBHOOK_MAX_AT_ONCE, path);
    watch({ name: `places of ${path}`, check: () => places.check() });
    return places;
  };
  for (const route of routesOf(settings)) app.post(route.path, webhookHandler({ ...route, places: placesOf(route.path) }, tools));
};
