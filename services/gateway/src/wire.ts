import type { Registry } from 'prom-client';
import type { Express } from 'express';
import type { Pool } from 'pg';
import type { z } from 'zod';
import { counting } from '../../../shared/runtime/http/server.js';
import type { Producer } from '../../../shared/runtime/kafka/producer.js';
import type { Log } from '../../../shared/runtime/process/log.js';
import type { config } from './config.js';
import { sortDeposit, sortPaymentStatus } from './consume/core-banking.js';
import { sortDriveWealth } from './consume/drivewealth.js';
import { sortInvestSuite } from './consume/investsuite.js';
import { webhookHandlers, type WebhookRoute } from './consume/webhook.js';
import { WebhookStore } from './store/webhook.store.js';

/** The sender waits for us; a broker that does not answer in this time is away. */
const PUBLISH_DEADLINE_MS = 8_000;
const EVENTS_PER_BODY = 1_000;

export type GatewayTools = {
  readonly app: Express;
  readonly pool: Pool;
  readonly producer: Producer;
  readonly registry: Registry;
  readonly log: Log;
};

export const wire = (settings: z.output<typeof config>, { app, pool, producer, registry, log }: GatewayTools): void => {
  const routes: readonly WebhookRoute[] = [
    { path: '/webhooks/investsuite', source: 'investsuite', secrets: settings.WEBHOOK_SECRETS_INVESTSUITE, sort: sortInvestSuite },
    { path: '/webhooks/broker/drivewealth', source: 'drivewealth', secrets: settings.WEBHOOK_SECRETS_BROKER, sort: sortDriveWealth },
    {
      path: '/webhooks/core-banking/payment-status',
      source: 'core-banking',
      secrets: settings.WEBHOOK_SECRETS_CORE_BANKING,
      sort: sortPaymentStatus,
    },
    { path: '/webhooks/core-banking/deposit', source: 'core-banking', secrets: settings.WEBHOOK_SECRETS_CORE_BANKING, sort: sortDeposit },
  ];
  const tools = {
    store: new WebhookStore(pool),
    publish: (messages: Parameters<Producer['send']>[0]) => producer.send(messages, { deadlineMs: PUBLISH_DEADLINE_MS }),
    log,
    count: counting(registry, 'webhooks_total', 'webhook events by source and outcome', ['source', 'outcome', 'topic']),
    nowMs: Date.now,
    limits: { bodyBytes: settings.WEBHOOK_MAX_BODY_BYTES, eventsPerBody: EVENTS_PER_BODY, atOnce: settings.WEBHOOK_MAX_AT_ONCE },
  };
  for (const route of routes) app.post(route.path, ...webhookHandlers(route, tools));
};
