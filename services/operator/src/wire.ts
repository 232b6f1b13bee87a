import { untilDone } from '../../../shared/runtime/process/service.js';
import type { PersonAt } from '../../../shared/runtime/stopping/stop-rules.js';
import { HOLDS_EVERYWHERE_AFTER_MS } from '../../../shared/runtime/stopping/stop-watch.js';
import { operatorsOf } from '../../../shared/runtime/stopping/watch-stops.js';
import type { Express } from 'express';
import type { Pool } from 'pg';
import type { z } from 'zod';
import { UNSERVED, unservedSchemas } from '../../../contracts/internal/services.js';
import type { Producer } from '../../../shared/runtime/kafka/producer.js';
import { MessageTooLarge } from '../../../shared/runtime/kafka/errors.js';
import type { Log } from '../../../shared/runtime/process/log.js';
import type { config } from './config.js';
import { acting } from './consume/acting.js';
import { authenticated } from './consume/authentication.js';
import { looking } from './consume/looking.js';
import { stopping } from './consume/stopping.js';
import type { Reading } from './decide/operator.js';
import { CarryOut } from './effect/carry-out.js';
import { ActStore, listActs } from './store/acts.store.js';
import { auditLines, verifyAudit } from './store/audit.store.js';
import { fatesOf, listDeadLetters } from './store/dead-letters.store.js';
import { engineSchemasOf } from './store/engine-schemas.store.js';
import { listEffects } from './store/effects.store.js';
import { listJourneys, openJourneysOf } from './store/journeys.store.js';
import { stopStore } from './store/stops.store.js';
import { readStory } from './store/story.store.js';

const PUBLISH_DEADLINE_MS = 8_000;

export type OperatorTools = { readonly app: Express; readonly pool: Pool; readonly producer: Producer; readonly log: Log };

const readingFrom = (pool: Pool): Reading => ({
  journeys: (filter) => listJourneys(pool, filter),
  openJourneysOf: (portfolioIds) => openJourneysOf(pool, portfolioIds),
  story: (id) => readStory(pool, id),
  deadLetters: (filter) => listDeadLetters(pool, filter),
  effects: (filter) => listEffects(pool, filter),
  fates: (targets) => fatesOf(pool, targets),
  acts: (filter) => listActs(pool, filter),
  audit: (after, limit) => auditLines(pool, after, limit),
  verifyAudit: () => verifyAudit(pool),
});

/** Journeys that a later or an earlier release has left to nobody are in no list here, so somebody must be told. */
const warnOfUnservedSchemas = (pool: Pool, log: Log, isStopped: () => boolean): Promise<void> =>
  untilDone('the list of schemas', log, async () => {
    if (isStopped()) return;
    for (const schema of unservedSchemas(await engineSchemasOf(pool))) log.warn({ schema }, UNSERVED);
  });

/** Routes behind a token, and the loop that carries acts out. */
export const wire = (
  settings: z.output<typeof config>,
  { app, pool, producer, log }: OperatorTools,
): { readonly stop: () => Promise<void> } => {
  const reading = readingFrom(pool);
  const acts = new ActStore(pool, Date.now);
  const carryOut = new CarryOut({
    ready: (limit) => acts.ready(limit),
    finish: (act, failed) => acts.finish(act, failed),
    publish: (message) => producer.send([message], { deadlineMs: PUBLISH_DEADLINE_MS }),
    isHopeless: (error) => error instanceof MessageTooLarge,
    failed: (error) => {
      log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, 'an act waits: it could not be carried out now');
    },
    nowMs: Date.now,
    actsPerSecond: settings.OPERATOR_ACTS_PER_SECOND,
  });
  app.use(authenticated(settings.OPERATOR_TOKENS));
  looking(app, reading);
  acting(app, {
    reading,
    acting: acts,
    wake: () => {
      carryOut.wake();
    },
  });
  const operators = operatorsOf(settings.OPERATORS_FILE, log);
  const personAt: PersonAt = (name, atMs) => operators?.named(name, atMs) ?? null;
  stopping(app, {
    ...{ personAt, nowMs: Date.now },
    stopping: stopStore({ pool, personAt, nowMs: Date.now }),
    untilItHolds: () =>
      new Promise((resolve) => {
        setTimeout(resolve, HOLDS_EVERYWHERE_AFTER_MS);
      }),
  });
  carryOut.start();
  let stopped = false;
  void warnOfUnservedSchemas(pool, log, () => stopped);
  return {
    stop: () => {
      stopped = true;
      return carryOut.stop();
    },
  };
};
