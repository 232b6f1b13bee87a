/** Starts a service that runs on the engine: database, owner, engine, Kafka, HTTP; and stops it in the reverse order. */
import { schemaOf, type EngineServiceName } from '../../../contracts/internal/services.js';
import { untilLoginIsOwn } from '../postgres/login-check.js';
import { untilSchemasAreThere } from '../postgres/schema-check.js';
import type { Pool } from 'pg';
import { Gauge, type Registry } from 'prom-client';
import type { z } from 'zod';
import type { messageSettings, MessageTenant } from '../../../contracts/internal/tenant.js';
import type { Topic } from '../../../contracts/internal/topics.js';
import type { Check, CommonConfig, Environment, Settings } from './config.js';
import { readConfig } from './config.js';
import { clockProblem, openClient, openPool, type DatabaseOptions } from '../postgres/database.js';
import { databaseAddressOf } from '../postgres/database-url.js';
import { writeCheck } from '../postgres/write-check.js';
import { assemble, type Assembly, type AssemblyOptions } from '../engine/assembly.js';
import { Catalogue } from '../engine/catalogue.js';
import { systemClock } from '../engine/clock.js';
import type { ServiceDefinition } from '../engine/definition.js';
import type { Failpoint } from '../engine/failpoints.js';
import { contentHash } from '../engine/identity.js';
import { Owner } from '../engine/effects/owner.js';
import { watchStops } from '../stopping/watch-stops.js';
import { stopInWords } from '../stopping/stop-rules.js';
import type { StopWatch } from '../stopping/stop-watch.js';
import type { Operators } from '../signing/operators-file.js';
import { PostgresStore } from '../engine/store/postgres-store.js';
import { sealedStore } from '../engine/store/sealed-store.js';
import type { EngineStore, Figure, StateVersions } from '../engine/store/store.js';
import {
  NotReady,
  countedConnections,
  counting,
  createApp,
  createRegistry,
  finishApp,
  listen,
  type Check as HealthCheck,
  type Listening,
} from '../http/server.js';
import { watchFigures } from './figures.js';
import { pingKafka } from '../kafka/admin.js';
import type { KafkaOptions } from '../kafka/client.js';
import { startConsumer, type Consumer } from '../kafka/consumer.js';
import { isForever, startProducer, type Producer } from '../kafka/producer.js';
import { askOf } from '../sealing/portfolio-keys.js';
import { messageSealing } from '../sealing/sealed-message.js';
import type { Sealing } from '../sealing/sealer.js';
import { signing } from '../signing/messages.js';
import { startJobs } from './jobs.js';
import { kafkaReached } from './kafka-reached.js';
import { startRetention } from './retention.js';
import { sealingOf, untilKeysFit } from './sealing.js';
import { admissionFor, signaturesOf } from './signatures.js';
import { untilTopicsAreThere } from './topics.js';
import type { TlsFiles } from '../tls/tls-files.js';
import { startTls } from '../tls/watch-certificates.js';
import { createLog, type Log } from './log.js';
import { peopleOf, refusedDecisions } from './people.js';
import { runProcess, type Running } from './run-process.js';
import { databaseSpeaksTls, plaintextOf } from './transport.js';

/** `pool`: connections to the database in the service's own schema and role. `tls`: by system, as the environment names it. */
export type ServiceTools = { readonly log: Log; readonly pool: Pool; readonly tls: TlsFiles['of'] };
/** Every service on the engine lets the tenant say which topics others may fill. */
type ServiceTenant = z.ZodObject<typeof messageSettings>;
export type ServiceOptions<S extends z.ZodObject, T extends ServiceTenant> = {
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

/** The role of a service, made by its migration. */
export const roleOf = (service: string): string => `cmw_${schemaOf(service)}`;
export const databaseOptions = (config: CommonConfig, service: string, tls: Pick<TlsFiles, 'of'>): DatabaseOptions => ({
  url: config.DATABASE_URL,
  ...(databaseSpeaksTls(config, config.DATABASE_URL) ? { tls: tls.of('DATABASE') } : {}),
  schema: schemaOf(service),
  role: config.DATABASE_ROLE === 'none' ? null : (config.DATABASE_ROLE ?? roleOf(service)),
  applicationName: config.SERVICE_NAME ?? service,
  maxConnections: MAX_CONNECTIONS,
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
});

export const kafkaOptions = (config: CommonConfig, service: string, log: Log, tls: Pick<TlsFiles, 'of'>): KafkaOptions => ({
  ...kafkaReached(config, tls),
  // Unique for each running copy: at a restart the copy's own previous run is asked to leave the group.
  clientId: config.SERVICE_NAME ?? service,
  log: (level, message, fields) => {
    log[level](fields, message);
  },
});

/** What is not encrypted, and what of the database's address is not taken: said at each start. */
const warnOfTransport = (config: CommonConfig, log: Log): void => {
  const settings = plaintextOf(config);
  if (settings.length > 0) log.warn({ settings }, 'ALLOW_PLAINTEXT: these systems are reached without TLS; for a sandbox only');
  const { notTaken } = databaseAddressOf(config.DATABASE_URL);
  if (notTaken.length > 0) log.warn({ notTaken }, 'DATABASE_URL says more than place and login: our own settings hold instead');
};

/** The certificates of a process, watched from now on, and where its figures stand. @throws ConfigurationError with every file that cannot be used. */
export const startReaching = (config: CommonConfig, service: string, log: Log): { readonly registry: Registry; readonly tls: TlsFiles } => {
  const registry = createRegistry(config.SERVICE_NAME ?? service);
  const tls = startTls(config, log, registry);
  warnOfTransport(config, log);
  return { registry, tls };
};

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

type EngineParts = Assembly & { readonly owner: Owner; readonly store: EngineStore; readonly readable: StateVersions };

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

/** What memory knows; what the database knows is read by `watchFigures`. */
const watchMemory = (registry: Registry, { engine, inboxWriter }: EngineParts): void => {
  const watch = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name: `cmw_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  };
  watch(
    'held',
    'reasons for which messages are not ingested now; above 0 somebody must look',
    () => inboxWriter.heldBecause.length + (engine.waitsBecause === null ? 0 : 1),
  );
  watch('items_in_memory', 'steps waiting in memory', () => engine.load);
};

/** Of the database, and what memory adds to it. */
const figuresOf = async ({ store, engine, readable }: EngineParts): Promise<readonly Figure[]> => [
  ...(await store.figures(readable)),
  { name: 'left_to_newer', labels: { what: 'events' }, value: engine.leftToNewer.size },
];

const countRefused = (registry: Registry): NonNullable<AssemblyOptions['onRefused']> => {
  const count = counting(registry, 'messages_refused_total', 'messages that were not admitted, by topic and reason', ['topic', 'reason']);
  return (topic, reason) => {
    count({ topic, reason });
  };
};

type EngineSetting = Pick<AssemblyOptions, 'admission'> & {
  readonly definition: ServiceDefinition;
  readonly config: CommonConfig;
  readonly database: DatabaseOptions;
  readonly log: Log;
  readonly pool: Pool;
  readonly producer: Producer;
  readonly stops: StopWatch;
  readonly people: Operators | null;
  readonly registry: Registry;
  readonly sealing: Sealing;
};

const startEngine = async (setting: EngineSetting): Promise<EngineParts> => {
  const { definition, config, database, log, pool, producer, stops, people, registry, admission, sealing } = setting;
  // Any number that is the same in all instances of a service and differs between services.
  const lockClass = Number.parseInt(contentHash(`engine ${database.schema}`).slice(0, 7), 16);
  const catalogue = new Catalogue(definition);
  const store = sealedStore(new PostgresStore(pool, lockClass), {
    ...sealing,
    ask: askOf(pool),
    personalOf: catalogue.personalOf,
    nowMs: Date.now,
  });
  const failpoint = crashPoints(config.CRASH_POINT);
  const owner = new Owner({
    connect: () => openClient({ ...database, statementTimeoutMs: 0 }),
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
  const assembly = assemble({
    ...{ catalogue, store, clock: systemClock, log, failpoint, stops, admission, sealing: messageSealing(sealing.sealer) },
    onRefused: countRefused(registry),
    ownerId: () => owner.id,
    personNamed: (name) => people?.named(name) ?? null,
    onDecisionRefused: refusedDecisions(registry),
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

type StartedSoFar = { parts: EngineParts | null; consumer: Consumer | null };

/** Whether messages are taken in and stepped; if not, why, in words that may be shown. */
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

const endsWith =
  (log: Log) =>
  (error: unknown): void => {
    log.fatal({ err: error }, 'the consumer is dead: the process ends and is started again');
    process.exit(1);
  };

type Needed = {
  readonly name: EngineServiceName;
  readonly config: CommonConfig;
  readonly database: DatabaseOptions;
  readonly pool: Pool;
  readonly kafka: KafkaOptions;
  readonly sealing: Sealing;
  readonly log: Log;
};
/** @throws ConfigurationError for what will never be there by waiting. */
const untilAllIsThere = async ({ name, config, database, pool, kafka, sealing, log }: Needed): Promise<void> => {
  await untilSchemasAreThere(database, [schemaOf(name)], log);
  await untilLoginIsOwn(database, roleOf(name), config.DATABASE_SHARED_LOGIN === 'accept', log);
  await untilKeysFit(pool, sealing.keys(), { ofDataKeys: true }, log);
  await untilTopicsAreThere(kafka, name, log);
};

const start = async <S extends z.ZodObject, T extends ServiceTenant>(
  options: ServiceOptions<S, T>,
  environment: Environment,
): Promise<Running> => {
  const config = readConfig(options.config, environment, options) as Settings<S, T> & CommonConfig & { readonly tenant: MessageTenant };
  const log = createLog(config.SERVICE_NAME ?? options.name, config.LOG_LEVEL);
  const { registry, tls } = startReaching(config, options.name, log);
  const database = databaseOptions(config, options.name, tls);
  const signatures = signaturesOf(config, options.name, log);
  const [sealing, people] = [sealingOf(config, log), peopleOf(config.OPERATORS_FILE, log)];
  const pool = openPool(database, (error) => {
    log.warn({ reason: error.message }, 'an idle database connection broke');
  });
  const definition = options.wire(config, { log, pool, tls: (system) => tls.of(system) });
  const kafka = kafkaOptions(config, options.name, log, tls);
  const stops = watchStops({ service: options.name, database, people, log, registry });
  const state: StartedSoFar = { parts: null, consumer: null };
  const started = (): Promise<void> => (state.parts === null ? Promise.reject(new Error('starting')) : Promise.resolve());
  const checks: readonly HealthCheck[] = [
    ...databaseChecks(pool),
    { name: 'kafka', check: () => pingKafka(kafka) },
    { name: 'engine', check: started },
    { name: 'messages', check: () => takesIn(state) },
  ];
  const app = createApp(registry, checks, () => ({ stopped: stops.standing.map(stopInWords) }));
  finishApp(app, log);
  const http: Listening = await listen(app, config.HTTP_HOST, config.HTTP_PORT, countedConnections(config, registry));
  log.info({ url: http.url }, 'listening');

  await untilAllIsThere({ name: options.name, config, database, pool, kafka, sealing, log });
  const producer = signing(await startProducer(kafka), signatures.sign);
  const admission = await admissionFor(config, config.tenant.unsignedTopics, signatures, pool);
  await stops.start();
  const parts = await startEngine({ definition, config, database, log, pool, producer, stops, people, registry, admission, sealing });
  state.parts = parts;
  watchMemory(registry, parts);
  watchFigures({ registry, read: () => figuresOf(parts) });
  parts.sweep.start();
  const topics = [...new Set<Topic>([...definition.consumes.map((consume) => consume.topic), 'operator.decision'])];
  const consumer = await startConsumer({
    ...kafka,
    groupId: `${config.KAFKA_TOPIC_PREFIX}${options.name}`,
    topics,
    ingest: parts.inboxWriter.take,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    stepOver: config.KAFKA_STEP_OVER,
    onFatal: endsWith(log),
  });
  state.consumer = consumer;
  watchStopped(registry, consumer);
  const retention = startRetention(askOf(pool), options.name, config.PERSONAL_KEPT_DAYS, log);
  const jobs = startJobs(definition.jobs ?? [], (messages) => producer.send(messages), log);
  log.info({ topics }, 'ready');
  process.stdout.write(`${JSON.stringify({ ready: true, service: options.name, url: http.url })}\n`);
  return {
    stop: async () => {
      log.info('stopping');
      await jobs.stop();
      await retention.stop();
      await consumer.stop();
      await parts.sweep.stop();
      await parts.engine.stop(DRAIN_MS);
      await parts.outboxPublisher.stop();
      await producer.stop();
      await parts.owner.stop();
      await stops.stop();
      await http.stop();
      await pool.end();
    },
  };
};

/** The whole of a service's main.ts. */
export const startService = <S extends z.ZodObject, T extends ServiceTenant>(
  options: ServiceOptions<S, T>,
  environment: Environment,
): void => {
  runProcess(() => start(options, environment));
};
