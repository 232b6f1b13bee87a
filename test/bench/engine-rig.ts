/** One copy of the engine on a real Postgres, wired as a service wires it, without Kafka: events are handed to its inbox writer. */
import { personNamed } from '../support/signing-people.js';
import type { Pool } from 'pg';
import { printEnvelope } from '../../contracts/internal/envelope.js';
import { openClient, openPool, type DatabaseOptions } from '../../shared/runtime/postgres/database.js';
import { assemble } from '../../shared/runtime/engine/assembly.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';
import type { ServiceDefinition } from '../../shared/runtime/engine/definition.js';
import { systemClock as clock } from '../../shared/runtime/engine/clock.js';
import type { Engine } from '../../shared/runtime/engine/steps/step-loop.js';
import { Owner } from '../../shared/runtime/engine/effects/owner.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import type { OutboxRow } from '../../shared/runtime/engine/store/store.js';
import { NOTHING_STOPPED } from '../../shared/runtime/stopping/stop-source.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { admitAll } from '../support/admission.js';

const LOCK_CLASS = 4_711;

const databaseOptionsFor = (url: string): DatabaseOptions => ({
  url,
  schema: 'payout',
  role: 'cmw_payout',
  applicationName: 'bench',
  maxConnections: 8,
  statementTimeoutMs: 10_000,
});

export type Rig = {
  readonly engine: Engine;
  readonly pool: Pool;
  /** Statements sent to Postgres so far, of any kind. */
  readonly statements: () => number;
  /** Takes one fetch of events in, as the consumer does. */
  readonly take: (requests: readonly string[]) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const countedPool = (options: DatabaseOptions): { pool: Pool; statements: () => number } => {
  let count = 0;
  const pool = openPool(options, (error) => {
    throw error;
  });
  const query = pool.query.bind(pool) as (...words: unknown[]) => unknown;
  pool.query = ((...words: unknown[]) => {
    count++;
    return query(...words);
  }) as typeof pool.query;
  return { pool, statements: () => count };
};

let offset = 0;
const requestMessage = (wanted: string) => ({
  topic: 'payout.requested',
  partition: 0,
  offset: String(++offset),
  key: wanted,
  headers: {},
  timestampMs: 0,
  value: Buffer.from(
    printEnvelope({
      id: `wish-${wanted}`,
      type: 'payout.requested',
      version: '1',
      occurredAt: '2026-01-01T00:00:00Z',
      portfolioId: wanted,
      data: { wanted },
    }),
  ),
});

const pulse = { stopping: () => false, heartbeat: () => Promise.resolve() };

/** `onSaid` gets what the journeys say, after its commit, as Kafka would. */
export const startRig = async (url: string, definition: ServiceDefinition, onSaid: (rows: readonly OutboxRow[]) => void): Promise<Rig> => {
  const options = databaseOptionsFor(url);
  const log = createLog('bench', 'warn');
  const { pool, statements } = countedPool(options);
  const store = new PostgresStore(pool, LOCK_CLASS);
  const owner = new Owner({
    connect: () => openClient(options),
    lockClass: LOCK_CLASS,
    onLost: () => undefined,
    onTrouble: () => undefined,
  });
  await owner.start();
  const {
    engine,
    inboxWriter: inboxWriter,
    sweep,
    outboxPublisher: outboxPublisher,
  } = assemble({
    ...{ catalogue: new Catalogue(definition), store, clock, log, failpoint: () => undefined, admission: admitAll },
    ownerId: () => owner.id,
    publish: (rows) => {
      onSaid(rows);
      return Promise.resolve([]);
    },
    personNamed,
    onNotPublished: (error) => {
      log.error({ err: error }, 'not said');
    },
    stops: NOTHING_STOPPED,
    effectRunner: {
      limitPerSystem: 256,
      breakerAfterFailures: 30,
      breakerOpenMs: 1_000,
      onBug: (error) => {
        log.error({ err: error }, 'an effect threw');
      },
    },
    sweep: { everyMs: 1_000, graceMs: 5_000, random: Math.random },
  });
  sweep.start();
  return {
    engine,
    pool,
    statements,
    take: (requests) => inboxWriter.take({ topic: 'payout.requested', partition: 0, messages: requests.map(requestMessage) }, pulse),
    stop: async () => {
      await sweep.stop();
      await engine.stop(8_000);
      await outboxPublisher.stop();
      await owner.stop();
      await pool.end();
    },
  };
};
