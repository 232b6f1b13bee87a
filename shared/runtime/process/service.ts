/** Starts a service that runs on the engine: database, owner, engine, Kafka, HTTP; and stops it in the reverse order. */
import { schemaOf, type EngineServiceName } from '../../../contracts/internal/services.js';
import { untilSchemasAreThere } from '../postgres/schema-check.js';
import type { Pool } from 'pg';
import { Gauge, type Registry } from 'prom-client';
import type { z } from 'zod';
import { ownTopics, outsideTopics, deadLetterTopic, PARTITIONS, type Topic } from '../../../contracts/internal/topics.js';
import type { Check, CommonConfig, Environment, Settings } from './config.js';
import { readConfig } from './config.js';
import { clockProblem, openClient, openPool, type DatabaseOptions } from '../postgres/database.js';
import { writeCheck } from '../postgres/write-check.js';
import { assemble, type Assembly } from '../engine/assembly.js';
import { Catalogue } from '../engine/catalogue.js';
import { systemClock } from '../engine/clock.js';
import type { ServiceDefinition } from '../engine/definition.js';
import type { Failpoint } from '../engine/failpoints.js';
import { contentHash } from '../engine/identity.js';
import { Owner } from '../engine/effects/owner.js';
import { PostgresStore } from '../engine/store/postgres-store.js';
import type { StateVersions } from '../engine/store/store.js';
import { NotReady, createApp, createRegistry, finishApp, listen, type Check as HealthCheck, type Listening } from '../http/server.js';
import { ensureTopics, pingKafka } from '../kafka/admin.js';
import type { KafkaOptions } from '../kafka/client.js';
import { startConsumer, type Consumer } from '../kafka/consumer.js';
import { isForever, startProducer, type Producer } from '../kafka/producer.js';
import { startJobs } from './jobs.js';
import { createLog, type Log } from './log.js';
import { runProcess, type Running } from './run-process.js';

export type ServiceTools = { readonly log: Log };
export type ServiceOptions<S extends z.ZodObject, T extends z.ZodObject> = {
  readonly name: EngineServiceName;
  readonly config: S;
  /** What it reads of the tenant's file. */
  readonly tenant: T;
  /** Problems that only this service has. */
  readonly check?: Check<z.output<T>>;
  readonly wire: (settings: Settings<S, T> & CommonConfig, tools: ServiceTools) => ServiceDefinition;
};

const MAX_CONNECTIONS = 8;
const STATEMENT_TIMEOUT_MS = 10_000;
const DRAIN_MS = 8_000;

export const databaseOptions = (config: CommonConfig, service: string): DatabaseOptions => ({
  url: config.DATABASE_URL,
  schema: schemaOf(service),
  role: config.DATABASE_ROLE === 'none' ? null : (config.DATABASE_ROLE ?? `cmw_${schemaOf(service)}`),
  applicationName: config.SERVICE_NAME ?? service,
  maxConnections: MAX_CONNECTIONS,
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
});

export const kafkaOptions = (config: CommonConfig, service: string, log: Log): KafkaOptions => ({
  brokers: config.KAFKA_BROKERS,
  // Unique for each running copy: at a restart the copy's own previous run is asked to leave the group.
  clientId: config.SERVICE_NAME ?? service,
  ssl: config.KAFKA_SSL,
  ...(config.KAFKA_SASL_MECHANISM === undefined
    ? {}
    : {
        sasl: {
          mechanism: config.KAFKA_SASL_MECHANISM,
          username: config.KAFKA_SASL_USERNAME ?? '',
          password: config.KAFKA_SASL_PASSWORD ?? '',
        },
      }),
  topicPrefix: config.KAFKA_TOPIC_PREFIX,
  log: (level, message, fields) => {
    log[level](fields, message);
  },
});

export const ensureAllTopics = (options: KafkaOptions, replicationFactor: number): Promise<void> =>
  ensureTopics(
    options,
    [...outsideTopics, ...ownTopics].flatMap((name) => [
      { name, partitions: PARTITIONS, replicationFactor },
      { name: deadLetterTopic(name), partitions: 1, replicationFactor },
    ]),
  );

/** Tries until it works: at start the outside may not be there yet, and waiting is right. */
export const untilDone = async (what: string, log: Log, work: () => Promise<void>): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : 'unknown', attempt }, `${what} is not there yet; waiting`);
      await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 200 * 2 ** Math.min(attempt, 5))));
    }
  }
};

/**
 * For tests of crashes: `CRASH_POINT=name:n` kills the process, as kill -9 would, the n-th time it gets to that point;
 * `name@about:n` counts only the times that are about that status, effect or topic.
 */
const crashPoints = (setting: string | undefined): Failpoint => {
  if (setting === undefined) return () => undefined;
  const [place = '', count = '1'] = setting.split(':');
  const [name, about] = place.split('@');
  let left = Number(count);
  return (point, isAbout) => {
    if (point === name && (about === undefined || isAbout().includes(about)) && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
};

type EngineParts = Assembly & { readonly owner: Owner; readonly store: PostgresStore; readonly readable: StateVersions };

const watchStopped = (registry: Registry, consumer: Pick<Consumer, 'stopped'>): void => {
  new Gauge({
    name: 'cmw_stopped_partitions',
    help: 'partitions that stand still because what comes next in them cannot be read; above 0 somebody must look',
    labelNames: ['topic', 'partition', 'offset'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { topic, partition, offset } of consumer.stopped()) this.set({ topic, partition: String(partition), offset }, 1);
    },
  });
};

const watchFigures = (registry: Registry, { store, engine, inboxWriter, readable }: EngineParts): void => {
  new Gauge({
    name: 'cmw_held',
    help: 'reasons for which messages are not ingested now; above 0 somebody must look',
    registers: [registry],
    collect() {
      this.set(inboxWriter.heldBecause.length + (engine.waitsBecause === null ? 0 : 1));
    },
  });
  const gauges = new Map<string, Gauge>();
  const labelNames: Readonly<Record<string, string[]>> = {
    open_journeys: ['flow', 'status'],
    open_effects: ['name', 'status'],
    left_to_newer: ['what'],
  };
  const gauge = (name: string): Gauge => {
    const known = gauges.get(name);
    if (known !== undefined) return known;
    const made = new Gauge({
      name: `cmw_${name}`,
      help: name.replaceAll('_', ' '),
      labelNames: labelNames[name] ?? [],
      registers: [registry],
    });
    gauges.set(name, made);
    return made;
  };
  for (const name of [
    'open_journeys',
    'overdue_journeys',
    'open_effects',
    'inbox_open',
    'outbox_open',
    'quarantined',
    'blocked_lanes',
    'left_to_newer',
  ])
    gauge(name);
  new Gauge({
    name: 'cmw_items_in_memory',
    help: 'steps waiting in memory',
    registers: [registry],
    async collect() {
      this.set(engine.load);
      for (const one of gauges.values()) one.reset();
      for (const figure of await store.figures(readable)) gauge(figure.name).set(figure.labels, figure.value);
      gauge('left_to_newer').set({ what: 'events' }, engine.leftToNewer.size);
    },
  });
};

type EngineSetting = {
  readonly definition: ServiceDefinition;
  readonly config: CommonConfig;
  readonly log: Log;
  readonly pool: Pool;
  readonly producer: Producer;
};

const startEngine = async ({ definition, config, log, pool, producer }: EngineSetting): Promise<EngineParts> => {
  const options = databaseOptions(config, definition.name);
  // Any number that is the same in all instances of a service and differs between services.
  const lockClass = Number.parseInt(contentHash(`engine ${options.schema}`).slice(0, 7), 16);
  const store = new PostgresStore(pool, lockClass);
  const failpoint = crashPoints(config.CRASH_POINT);
  const owner = new Owner({
    connect: () => openClient({ ...options, statementTimeoutMs: 0 }),
    lockClass,
    onLost: (error) => {
      log.error({ reason: error?.message ?? 'closed' }, 'the owner lock is lost: nothing is sent until there is a new one');
    },
    onTrouble: (error) => {
      log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, 'no owner lock yet; waiting');
    },
  });
  await owner.start();
  await untilDone('a clock that agrees with the database', log, async () => {
    const problem = await clockProblem(pool);
    if (problem !== null) throw new NotReady(problem);
  });
  const catalogue = new Catalogue(definition);
  const assembly = assemble({
    ...{ catalogue, store, clock: systemClock, log, failpoint },
    ownerId: () => owner.id,
    publish: async (rows) => {
      const outcomes = await producer.sendEach(rows);
      failpoint('after-publish', () => rows.map((row) => row.topic));
      return rows.flatMap(({ eventId }, at) => {
        const error = outcomes[at] ?? null;
        return error === null ? [] : [{ eventId, error, isForever: isForever(error) }];
      });
    },
    onNotPublished: (error) => {
      log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, 'not published yet; it is said again');
    },
    effectRunner: {
      limitPerSystem: config.REQUESTS_AT_ONCE,
      breakerAfterFailures: 30,
      breakerOpenMs: 1_000,
      onBug: (error, effect) => {
        log.error({ err: error, effectId: effect.id }, 'an effect threw: a bug of ours');
      },
    },
    sweep: { everyMs: 1_000, graceMs: 3_000, random: Math.random },
  });
  return { ...assembly, owner, store, readable: catalogue.stateVersions };
};

const databaseChecks = (pool: Pool): readonly HealthCheck[] => [
  {
    name: 'postgres',
    check: writeCheck(pool),
  },
  {
    name: 'clock',
    check: async () => {
      // Where the database is away, nobody knows, and `postgres` says so.
      const problem = await clockProblem(pool).catch(() => null);
      if (problem !== null) throw new NotReady(problem);
    },
  },
];

type StartedSoFar = { parts: EngineParts | null; consumer: Consumer | null };

/** Whether messages are taken in and stepped; if not, why. */
const takesIn = ({ parts, consumer }: StartedSoFar): Promise<void> => {
  const { inboxWriter, engine } = parts ?? {};
  const why = [
    ...(engine?.waitsBecause ? [engine.waitsBecause] : []),
    ...(engine?.awayBecause ? [`steps wait for the database: ${engine.awayBecause}`] : []),
    ...(inboxWriter?.heldBecause ?? []),
    ...(consumer?.stopped() ?? []).map(
      ({ topic, partition, offset, reason }) => `${topic}/${String(partition)} stands still at offset ${offset}: ${reason}`,
    ),
  ];
  return why.length === 0 ? Promise.resolve() : Promise.reject(new NotReady([...new Set(why)].join('; ')));
};

const start = async <S extends z.ZodObject, T extends z.ZodObject>(
  options: ServiceOptions<S, T>,
  environment: Environment,
): Promise<Running> => {
  const config = readConfig(options.config, environment, options) as Settings<S, T> & CommonConfig;
  const log = createLog(config.SERVICE_NAME ?? options.name, config.LOG_LEVEL);
  const definition = options.wire(config, { log });
  const kafka = kafkaOptions(config, options.name, log);
  const registry = createRegistry(config.SERVICE_NAME ?? options.name);
  const pool = openPool(databaseOptions(config, options.name), (error) => {
    log.warn({ reason: error.message }, 'an idle database connection broke');
  });
  const state: StartedSoFar = { parts: null, consumer: null };
  const started = (): Promise<void> => (state.parts === null ? Promise.reject(new Error('starting')) : Promise.resolve());
  const app = createApp(registry, [
    ...databaseChecks(pool),
    { name: 'kafka', check: () => pingKafka(kafka) },
    { name: 'engine', check: started },
    { name: 'messages', check: () => takesIn(state) },
  ]);
  finishApp(app, log);
  const http: Listening = await listen(app, config.HTTP_HOST, config.HTTP_PORT);
  log.info({ url: http.url }, 'listening');

  await untilSchemasAreThere(databaseOptions(config, options.name), [schemaOf(options.name)], log);
  await untilDone('Kafka', log, () => ensureAllTopics(kafka, config.KAFKA_REPLICATION_FACTOR));
  const producer = await startProducer(kafka);
  const parts = await startEngine({ definition, config, log, pool, producer });
  state.parts = parts;
  watchFigures(registry, parts);
  parts.sweep.start();
  const topics = [...new Set<Topic>([...definition.consumes.map((consume) => consume.topic), 'operator.decision'])];
  const consumer = await startConsumer({
    ...kafka,
    groupId: `${config.KAFKA_TOPIC_PREFIX}${options.name}`,
    topics,
    ingest: parts.inboxWriter.take,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    stepOver: config.KAFKA_STEP_OVER,
    onFatal: (error) => {
      log.fatal({ err: error }, 'the consumer is dead: the process ends and is started again');
      process.exit(1);
    },
  });
  state.consumer = consumer;
  watchStopped(registry, consumer);
  const jobs = startJobs(definition.jobs ?? [], (messages) => producer.send(messages), log);
  log.info({ topics }, 'ready');
  process.stdout.write(`${JSON.stringify({ ready: true, service: options.name, url: http.url })}\n`);
  return {
    stop: async () => {
      log.info('stopping');
      await jobs.stop();
      await consumer.stop();
      await parts.sweep.stop();
      await parts.engine.stop(DRAIN_MS);
      await parts.outboxPublisher.stop();
      await producer.stop();
      await parts.owner.stop();
      await http.stop();
      await pool.end();
    },
  };
};

/** The whole of a service's main.ts. */
export const startService = <S extends z.ZodObject, T extends z.ZodObject>(
  options: ServiceOptions<S, T>,
  environment: Environment,
): void => {
  runProcess(() => start(options, environment));
};
