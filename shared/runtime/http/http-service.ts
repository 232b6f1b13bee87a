/** Starts a service that answers HTTP and speaks into Kafka, without journeys of its own: the gateway, the operator. */
import { schemaOf, type HttpServiceName } from '../../../contracts/internal/services.js';
import { untilSchemasAreThere } from '../postgres/schema-check.js';
import type { Express } from 'express';
import type { Pool } from 'pg';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import { readConfig, type CommonConfig, type Environment, type Settings } from '../process/config.js';
import { openPool } from '../postgres/database.js';
import { writeCheck } from '../postgres/write-check.js';
import { createApp, createRegistry, finishApp, listen } from './server.js';
import { pingKafka } from '../kafka/admin.js';
import { startProducer, type Producer } from '../kafka/producer.js';
import { createLog, type Log } from '../process/log.js';
import { runProcess, type Running } from '../process/run-process.js';
import { databaseOptions, ensureAllTopics, kafkaOptions, untilDone } from '../process/service.js';

export type HttpServiceTools = {
  readonly app: Express;
  readonly pool: Pool;
  readonly producer: Producer;
  readonly registry: Registry;
  readonly log: Log;
};
export type HttpServiceOptions<S extends z.ZodObject> = {
  readonly name: HttpServiceName;
  readonly config: S;
  /** Schemas of other services that it reads. */
  readonly reads?: readonly string[];
  /** Adds its routes to the app. */
  readonly wire: (config: z.output<S> & CommonConfig, tools: HttpServiceTools) => void;
};

const start = async <S extends z.ZodObject>(options: HttpServiceOptions<S>, environment: Environment): Promise<Running> => {
  const config = readConfig(options.config, environment) as Settings<S, z.ZodObject> & CommonConfig;
  const name = config.SERVICE_NAME ?? options.name;
  const log = createLog(name, config.LOG_LEVEL);
  const kafka = kafkaOptions(config, options.name, log);
  const registry = createRegistry(name);
  const pool = openPool(databaseOptions(config, options.name), (error) => {
    log.warn({ reason: error.message }, 'an idle database connection broke');
  });
  // Not waited for: while the database is away it listens, and says so. Found without its tables, the process ends as by any error at start.
  void untilSchemasAreThere(databaseOptions(config, options.name), [schemaOf(options.name), ...(options.reads ?? [])], log);
  await untilDone('Kafka', log, () => ensureAllTopics(kafka, config.KAFKA_REPLICATION_FACTOR));
  const producer = await startProducer(kafka);
  const app = createApp(registry, [
    { name: 'postgres', check: writeCheck(pool) },
    { name: 'kafka', check: () => pingKafka(kafka) },
  ]);
  options.wire(config, { app, pool, producer, registry, log });
  finishApp(app, log);
  const http = await listen(app, config.HTTP_HOST, config.HTTP_PORT);
  log.info({ url: http.url }, 'ready');
  process.stdout.write(`${JSON.stringify({ ready: true, service: options.name, url: http.url })}\n`);
  return {
    stop: async () => {
      await http.stop();
      await producer.stop();
      await pool.end();
    },
  };
};

export const startHttpService = <S extends z.ZodObject>(options: HttpServiceOptions<S>, environment: Environment): void => {
  runProcess(() => start(options, environment));
};
