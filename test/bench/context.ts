/** What a bench stands on: servers of its own, started when they are first asked for and gone when it is over, and a place to say where it is. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import { databaseLogins, kafkaEnvironment, kafkaUsers, prepareTopics, serviceKeys } from '../../infra/sandbox/identities.js';
import { startKafka, type Kafka } from '../../infra/sandbox/kafka/launcher.js';
import { startPostgres, type Postgres } from '../../infra/sandbox/postgres.js';
import { migrate } from '../../migrations/index.js';
import type { BenchContext } from './measure.js';

export type Screen = { readonly say: (line: string) => void; readonly progress: (what: string) => void };
export type OpenContext = { readonly context: BenchContext; readonly close: () => Promise<void> };

/** On a terminal progress is one line that is replaced; elsewhere every step is a line. */
export const screenOn = (out: NodeJS.WriteStream): Screen => {
  let isOpen = false;
  const clear = (): string => (isOpen ? '\r\u001b[2K' : '');
  return {
    say: (line) => {
      out.write(`${clear()}${line}\n`);
      isOpen = false;
    },
    progress: (what) => {
      if (!out.isTTY) {
        out.write(`  ${what}\n`);
        return;
      }
      out.write(`${clear()}  ${what}`);
      isOpen = true;
    },
  };
};

const makeDatabase = async (serverUrl: string): Promise<string> => {
  const name = `bench_${randomBytes(4).toString('hex')}`;
  const admin = new Client({ connectionString: serverUrl });
  await admin.connect();
  try {
    await admin.query(`create database ${name}`);
  } finally {
    await admin.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await migrate(url.toString());
  return url.toString();
};

/** What tells the services of a bench apart, as in production, and the topics that they use. */
export const benchIdentities = async (
  context: BenchContext,
  folder: string,
  databaseUrl: string,
): Promise<Readonly<Record<string, string>>> => {
  const kafka = await context.kafka();
  const [logins] = await Promise.all([databaseLogins(databaseUrl), prepareTopics(kafka)]);
  return { ...kafkaEnvironment(kafka), ...kafkaUsers(kafka), ...logins, ...serviceKeys(join(folder, 'keys')) };
};

/** Once, however often it is asked for. */
const lazily = <T>(start: () => Promise<T>): { readonly get: () => Promise<T>; readonly ifStarted: () => Promise<T> | null } => {
  let started: Promise<T> | null = null;
  return { get: () => (started ??= start()), ifStarted: () => started };
};

export const openContext = (screen: Screen, quick: boolean): OpenContext => {
  const postgres = lazily<Postgres>(() => startPostgres());
  const kafka = lazily<Kafka>(() => startKafka({ say: screen.progress }));
  const cleanings: (() => Promise<void>)[] = [];
  const context: BenchContext = {
    ...screen,
    quick,
    postgres: postgres.get,
    kafka: kafka.get,
    freshDatabase: async () => makeDatabase((await postgres.get()).url),
    atEnd: (clean) => void cleanings.push(clean),
  };
  const close = async (): Promise<void> => {
    const problems: unknown[] = [];
    for (const clean of cleanings.reverse()) await clean().catch((error: unknown) => problems.push(error));
    // The databases go with their server.
    await Promise.all([kafka.ifStarted()?.then((one) => one.stop()), postgres.ifStarted()?.then((one) => one.stop())]);
    if (problems.length > 0) throw new AggregateError(problems, 'a bench could not clean up');
  };
  return { context, close };
};
