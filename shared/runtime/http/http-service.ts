/** Starts a service that answers HTTP and speaks into Kafka, without journeys of its own: the gateway, the operator. */
import { schemaOf, type HttpServiceName } from '../../../contracts/internal/services.js';
import { untilLoginIsOwn } from '../postgres/login-check.js';
import { untilSchemasAreThere } from '../postgres/schema-check.js';
import type { Express } from 'express';
import type { Pool } from 'pg';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import { NOTHING, readConfig, type CommonConfig, type Environment, type Settings } from '../process/config.js';
import { openPool } from '../postgres/database.js';
import { writeCheck } from '../postgres/write-check.js';
import type { Connections } from './connections.js';
import { countedConnections, createApp, finishApp, listen, type Check } from './server.js';
import { pingKafka } from '../kafka/admin.js';
import { startProducer, type Producer } from '../kafka/producer.js';
import { createLog, type Log } from '../process/log.js';
import { startRetention } from '../process/retention.js';
import { sealingOf, untilKeysFit } from '../process/sealing.js';
import { signaturesOf } from '../process/signatures.js';
import { askOf } from '../sealing/portfolio-keys.js';
import type { Sealing } from '../sealing/sealer.js';
import { signing } from '../signing/messages.js';
import { runProcess, type Running } from '../process/run-process.js';
import { untilTopicsAreThere } from '../process/topics.js';
import { databaseOptions, kafkaOptions, roleOf, startReaching } from '../process/service.js';
import type { TlsFiles } from '../tls/tls-files.js';

export type HttpServiceTools = {
  readonly app: Express;
  readonly pool: Pool;
  readonly producer: Producer;
  readonly registry: Registry;
  readonly log: Log;
  readonly tls: TlsFiles;
  readonly connections: Pick<Connections, 'proven'>;
  /** Adds what /health/ready looks at. */
  readonly watch: (check: Check) => void;
} & Sealing;
export type HttpServiceOptions<S extends z.ZodObject> = {
  readonly name: HttpServiceName;
  readonly config: S;
  /** What it demands of the environment besides the schema: problems, or none. */
  readonly check?: (values: Readonly<Record<string, string>>) => readonly string[];
  /** Schemas of other services that it reads. */
  readonly reads?: readonly string[];
  /** Adds its routes to the app. */
  readonly wire: (config: z.output<S> & CommonConfig, tools: HttpServiceTools) => void;
};

const start = async <S extends z.ZodObject>(options: HttpServiceOptions<S>, environment: Environment): Promise<Running> => {
  const { check } = options;
  const own = {
    ...{ tenant: NOTHING, name: options.name },
    ...(check === undefined ? {} : { check: (_tenant: object, values: Readonly<Record<string, string>>) => check(values) }),
  };
  const config = readConfig(options.config, environment, own) as Settings<S, z.ZodObject> & CommonConfig;
  const name = config.SERVICE_NAME ?? options.name;
  const log = createLog(name, config.LOG_LEVEL);
  const { registry, tls } = startReaching(config, options.name, log);
  const signatures = signaturesOf(config, options.name, log);
  const sealing = sealingOf(config, log);
  const kafka = kafkaOptions(config, options.name, log, tls);
  const database = databaseOptions(config, options.name, tls);
  const pool = openPool(database, (error) => {
    log.warn({ reason: error.message }, 'an idle database connection broke');
  });
  // Not waited for: while the database is away it listens, and says so. Found without its tables, the process ends as by any error at start.
  void untilSchemasAreThere(database, [schemaOf(options.name), ...(options.reads ?? [])], log).then(() =>
    untilLoginIsOwn(database, roleOf(options.name), config.DATABASE_SHARED_LOGIN === 'accept', log).then(() =>
      untilKeysFit(pool, sealing.keys(), { ofDataKeys: options.reads !== undefined }, log),
    ),
  );
  await untilTopicsAreThere(kafka, options.name, log);
  const producer = signing(await startProducer(kafka), signatures.sign);
  const checks: Check[] = [
    { name: 'postgres', check: writeCheck(pool) },
    { name: 'kafka', check: () => pingKafka(kafka) },
  ];
  const app = createApp(registry, checks);
  const connections = countedConnections(config, registry);
  options.wire(config, { app, pool, producer, registry, log, tls, connections, watch: (check) => checks.push(check), ...sealing });
  finishApp(app, log);
  const retention = options.name === 'gateway' ? startRetention(askOf(pool), options.name, config.PERSONAL_KEPT_DAYS, log) : null;
  const http = await listen(app, config.HTTP_HOST, config.HTTP_PORT, connections);
  log.info({ url: http.url }, 'ready');
  process.stdout.write(`${JSON.stringify({ ready: true, service: options.name, url: http.url })}\n`);
  return {
    stop: async () => {
      await http.stop();
      await retention?.stop();
      await producer.stop();
      await pool.end();
    },
  };
};

export const startHttpService = <S extends z.ZodObject>(options: HttpServiceOptions<S>, environment: Environment): void => {
  runProcess(() => start(options, environment));
};
