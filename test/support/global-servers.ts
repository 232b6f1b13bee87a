import { kafkaEnvironment } from '../../infra/sandbox/identities.js';
import { type Kafka, startKafka } from '../../infra/sandbox/kafka/launcher.js';
import { type Postgres, startPostgres } from '../../infra/sandbox/postgres.js';

interface Servers {
  readonly kafka: Kafka | undefined;
  readonly postgres: Postgres | undefined;
}

/** Jest loads global-setup and global-teardown as separate modules, perhaps once per project: what they share lies on globalThis. */
const shared = globalThis as { sandboxServers?: Promise<Servers> };

const isGiven = (name: string): boolean => (process.env[name] ?? '') !== '';

const start = async (): Promise<Servers> => {
  const [kafka, postgres] = await Promise.allSettled([
    isGiven('KAFKA_BROKERS') ? undefined : startKafka(),
    isGiven('DATABASE_URL') ? undefined : startPostgres(),
  ]);
  if (kafka.status === 'fulfilled' && postgres.status === 'fulfilled') {
    if (kafka.value !== undefined) Object.assign(process.env, kafkaEnvironment(kafka.value));
    if (postgres.value !== undefined) process.env['DATABASE_URL'] = postgres.value.url;
    return { kafka: kafka.value, postgres: postgres.value };
  }
  if (kafka.status === 'fulfilled') await kafka.value?.stop();
  if (postgres.status === 'fulfilled') await postgres.value?.stop();
  throw kafka.status === 'rejected' ? kafka.reason : (postgres as PromiseRejectedResult).reason;
};

/** One Kafka and one Postgres for the whole run. Their addresses go to the test files as KAFKA_BROKERS and DATABASE_URL; given ones are used. */
export const startGlobalServers = async (): Promise<void> => {
  shared.sandboxServers ??= start();
  await shared.sandboxServers;
};

export const stopGlobalServers = async (): Promise<void> => {
  const servers = await shared.sandboxServers;
  delete shared.sandboxServers;
  await Promise.all([servers?.kafka?.stop(), servers?.postgres?.stop()]);
};
