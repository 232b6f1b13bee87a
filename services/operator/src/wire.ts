import { randomUUID } from 'node:crypto';
import type { PersonAt } from '../../../shared/runtime/stopping/stop-rules.js';
import { HOLDS_EVERYWHERE_AFTER_MS } from '../../../shared/runtime/stopping/stop-watch.js';
import { peopleOf } from '../../../shared/runtime/process/people.js';
import { kafkaOptions, untilDone } from '../../../shared/runtime/process/service.js';
import type { Express } from 'express';
import type { Pool } from 'pg';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import { UNSERVED, unservedSchemas } from '../../../contracts/internal/services.js';
import type { Producer } from '../../../shared/runtime/kafka/producer.js';
import { readTopic } from '../../../shared/runtime/kafka/read-topic.js';
import { MessageTooLarge } from '../../../shared/runtime/kafka/errors.js';
import { readingGroupOf } from '../../../shared/runtime/process/topics.js';
import type { CommonConfig } from '../../../shared/runtime/process/config.js';
import type { Log } from '../../../shared/runtime/process/log.js';
import { askOf } from '../../../shared/runtime/sealing/portfolio-keys.js';
import { sealedContent } from '../../../shared/runtime/sealing/sealed-message.js';
import type { Sealing } from '../../../shared/runtime/sealing/sealer.js';
import type { TlsFiles } from '../../../shared/runtime/tls/tls-files.js';
import { reasonCounter } from '../../../shared/runtime/process/reason-counter.js';
import type { config } from './config.js';
import { acting } from './consume/acting.js';
import { authenticated, recogniser, refusalReasons, type OnRefusal } from './consume/authentication.js';
import { LoginDelays } from './consume/login-delays.js';
import { looking } from './consume/looking.js';
import { stopping } from './consume/stopping.js';
import type { Reading } from './decide/operator.js';
import { AuditHeads } from './effect/audit-heads.js';
import { CarryOut, type CarryOutOptions } from './effect/carry-out.js';
import { ActStore, listActs } from './store/acts.store.js';
import { auditHead, auditLines, noteRestored, verifyAudit } from './store/audit.store.js';
import { fatesOf, listDeadLetters } from './store/dead-letters.store.js';
import { answerFatesOf, refusalsOf, refusedDecisions } from './store/decisions.store.js';
import { engineSchemasOf } from './store/engine-schemas.store.js';
import { effectById, listEffects } from './store/effects.store.js';
import { listJourneys, openJourneysOf } from './store/journeys.store.js';
import { stopStore } from './store/stops.store.js';
import { Opening } from './store/opening.js';
import { readStory } from './store/story.store.js';

const PUBLISH_DEADLINE_MS = 8_000;

const READ_HEADS_WITHIN_MS = 15_000;

export type OperatorTools = {
  readonly app: Express;
  readonly pool: Pool;
  readonly producer: Producer;
  readonly registry: Registry;
  readonly log: Log;
  readonly tls: Pick<TlsFiles, 'of'>;
} & Sealing;

const readingFrom = (pool: Pool, opening: Opening, heads: AuditHeads): Reading => {
  const opened = { from: pool, opening };
  return {
    journeys: (filter) => listJourneys(pool, filter),
    openJourneysOf: (portfolioIds) => openJourneysOf(pool, portfolioIds),
    story: (id) => readStory(opened, id),
    deadLetters: (filter) => listDeadLetters(opened, filter),
    effects: (filter) => listEffects(opened, filter),
    effect: (effectId) => effectById(opened, effectId),
    fates: (targets) => fatesOf(pool, targets),
    answerFates: (acts) => answerFatesOf(pool, acts),
    acts: (filter) => listActs(opened, filter),
    refusals: (actIds) => refusalsOf(pool, actIds),
    refusedDecisions: (limit) => refusedDecisions(pool, limit),
    audit: (after, limit) => auditLines(opened, after, limit),
    verifyAudit: async () => verifyAudit(pool, await heads.kept()),
  };
};

/** Each refusal is a line and a figure. No token is ever in the line. */
const refusals = (registry: Registry, log: Log): OnRefusal => {
  const count = reasonCounter(registry, {
    name: 'cmw_operator_refusals_total',
    help: 'requests of operators that were refused',
    reasons: refusalReasons,
  });
  return (reason, about) => {
    count(reason);
    log.warn({ reason, ...about }, 'an operator was refused');
  };
};

/** Journeys that a later or an earlier release has left to nobody are in no list here, so somebody must be told. */
const warnOfUnservedSchemas = (pool: Pool, log: Log, isStopped: () => boolean): Promise<void> =>
  untilDone('the list of schemas', log, async () => {
    if (isStopped()) return;
    for (const schema of unservedSchemas(await engineSchemasOf(pool))) log.warn({ schema }, UNSERVED);
  });

const headsOf = (settings: Settings, { pool, log, tls }: OperatorTools, publish: CarryOutOptions['publish']): AuditHeads => {
  const kafka = kafkaOptions(settings, 'operator', log, tls);
  return new AuditHeads({
    head: () => auditHead(pool),
    publish,
    readAll: () => {
      const groupId = `${settings.KAFKA_TOPIC_PREFIX}${readingGroupOf('operator', randomUUID())}`;
      return readTopic(kafka, { topic: 'audit.head', groupId, deadlineMs: READ_HEADS_WITHIN_MS });
    },
    noteRestored: (heads) => noteRestored(pool, heads),
    restored: () => {
      log.error(
        { alarm: 'restored' },
        'the database is older than the audit log was: it was restored, or somebody has cut the log; see audit verify',
      );
    },
    failed: (error) => {
      log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, 'the heads of the audit log on Kafka cannot be reached now');
    },
    nowMs: Date.now,
  });
};

type Settings = z.output<typeof config> & CommonConfig;

/** Routes behind a token, and the loop that carries acts out. */
export const wire = (settings: Settings, tools: OperatorTools): { readonly stop: () => Promise<void> } => {
  const { app, pool, producer, registry, log } = tools;
  const opening = new Opening(tools, askOf(pool));
  const people = peopleOf(settings.OPERATORS_FILE, log);
  const publish: CarryOutOptions['publish'] = (message) => producer.send([message], { deadlineMs: PUBLISH_DEADLINE_MS });
  const heads = headsOf(settings, tools, publish);
  const reading = readingFrom(pool, opening, heads);
  const acts = new ActStore(pool, opening);
  const carryOut = new CarryOut({
    ready: (limit) => acts.ready(limit),
    finish: (act, failed) => acts.finish(act, failed),
    publish,
    anchor: () => heads.publish(),
    isHopeless: (error) => error instanceof MessageTooLarge,
    failed: (error) => {
      log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, 'an act waits: it could not be carried out now');
    },
    nowMs: Date.now,
    sealed: (eventId, decision) => sealedContent(tools.sealer, 'operator.decision', eventId, decision),
    actsPerSecond: settings.OPERATOR_ACTS_PER_SECOND,
  });
  app.use(
    authenticated({
      recognise: recogniser(settings.OPERATOR_TOKENS ?? [], (token) => people?.withToken(token) ?? null),
      delays: new LoginDelays(Date.now),
      onRefusal: refusals(registry, log),
    }),
  );
  looking(app, reading, { inFile: () => people?.all() ?? [], lookers: settings.OPERATOR_TOKENS ?? [] });
  acting(app, {
    reading,
    acting: acts,
    personNamed: (name) => people?.named(name) ?? null,
    wake: () => {
      carryOut.wake();
    },
  });
  const personAt: PersonAt = (name, atMs) => people?.named(name, atMs) ?? null;
  stopping(app, {
    ...{ personAt, nowMs: Date.now },
    stopping: stopStore({ pool, personAt }),
    anchor: () => heads.publish(),
    isKnownPortfolio: async (portfolio) => (await reading.journeys({ portfolio, overdue: false, which: 'all', limit: 1 })).items.length > 0,
    untilItHolds: () =>
      new Promise((resolve) => {
        setTimeout(resolve, HOLDS_EVERYWHERE_AFTER_MS);
      }),
  });
  carryOut.start();
  heads.start();
  let stopped = false;
  void warnOfUnservedSchemas(pool, log, () => stopped);
  return {
    stop: () => {
      stopped = true;
      heads.stop();
      return carryOut.stop();
    },
  };
};
