/**
 * How this product talks to Kafka. kafkajs is seen by this folder only, because used as it comes it loses messages: the README lists each
 * fault and the guard against it.
 */
import { Kafka, logLevel } from 'kafkajs';
import type { Admin, KafkaConfig, LogEntry, RetryOptions, SASLOptions } from 'kafkajs';
import type { TlsNow } from '../../kernel/tls.js';
import { within } from './deadline.js';
import { KafkaUnavailable, asError } from './errors.js';
import { readEveryBatch } from './fetch-answer.js';
import { allGuards } from './guards.js';
import type { Guards } from './guards.js';
import { forgetHalfAnswers } from './half-answer.js';
import { removeIdleTimer } from './idle-timer.js';
import { socketFactory } from './socket-factory.js';

export type KafkaLog = (level: 'error' | 'warn' | 'info' | 'debug', message: string, fields: Record<string, unknown>) => void;

export type PasswordLogin = {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
};
export type KafkaSasl =
  | PasswordLogin
  /** `token` is asked at each connection, and again before the session of a connection ends. */
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

const saslOf = (sasl: KafkaSasl): SASLOptions =>
  sasl.mechanism === 'oauthbearer' ? { mechanism: sasl.mechanism, oauthBearerProvider: async () => ({ value: await sasl.token() }) } : sasl;

export type KafkaOptions = {
  /** host:port of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  /** Unique per running copy (service and ordinal) and the same after a restart: a copy that starts evicts what was left of its previous run by this name. */
  readonly clientId: string;
  readonly ssl: boolean;
  /** With `ssl`: whom we believe and what we show, asked for at each connection. Absent: the public authorities, and nothing. */
  readonly tls?: TlsNow;
  readonly sasl?: KafkaSasl;
  /** Put before every topic name on the cluster, and never seen outside this folder. May be empty. */
  readonly topicPrefix: string;
  readonly log: KafkaLog;
};

/** What a caller in this folder may replace: tests switch a guard off or put a fake client in. */
export type Inner = { readonly guards: Guards; readonly newKafka: (config: KafkaConfig) => Kafka };

export const inner: Inner = { guards: allGuards, newKafka: (config) => new Kafka(config) };

/**
 * Every setting is written out: the defaults differ when NODE_ENV is "test", and a consumer has defaults of its own that win over the
 * client's. At most 1 s between two tries, so that a broker that is back is noticed at once.
 */
export const patientRetry = {
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  factor: 0.2,
  multiplier: 2,
  retries: 60,
} as const satisfies RetryOptions;
/** For producers: a dead partition must not hold its lane for a minute. About 6 s between the tries. */
export const briefRetry = { ...patientRetry, retries: 8 } as const satisfies RetryOptions;
/** For questions that a person or a probe waits for. */
export const probeRetry = { ...patientRetry, retries: 1 } as const satisfies RetryOptions;

const levelName: Readonly<Record<number, 'error' | 'warn' | 'info' | 'debug'>> = { 1: 'error', 2: 'warn', 4: 'info', 5: 'debug' };
/** The one line that means: messages may have been skipped or are read again from the start. */
const OFFSET_LOST = 'Offset out of range';

/** kafkajs calls every passing trouble an error. It becomes a warning here, its chatter is for debugging. */
const logCreator = (log: KafkaLog) => () => (entry: LogEntry) => {
  const { message, timestamp: _timestamp, logger: _logger, ...fields } = entry.log;
  const said = levelName[entry.level] ?? 'debug';
  const level = message.startsWith(OFFSET_LOST) ? 'error' : said === 'error' ? 'warn' : said === 'info' ? 'debug' : said;
  log(level, `kafka: ${message}`, { namespace: entry.namespace, ...fields });
};

/** Long enough for a broker on a busy machine. Requests that wait by nature (fetch, join) add their own time to it. */
const REQUEST_TIMEOUT_MS = 15_000;

export const kafkaConfig = (
  options: KafkaOptions,
  retry: RetryOptions,
  guards: Guards,
  requestTimeout = REQUEST_TIMEOUT_MS,
): KafkaConfig => ({
  clientId: options.clientId,
  brokers: [...options.brokers],
  ssl: options.ssl,
  ...(options.tls === undefined ? {} : { socketFactory: socketFactory(options.tls) }),
  ...(options.sasl ? { sasl: saslOf(options.sasl) } : {}),
  connectionTimeout: 1_000,
  requestTimeout,
  enforceRequestTimeout: true,
  ...(guards.explicitRetry ? { retry } : {}),
  logLevel: logLevel.INFO,
  logCreator: logCreator(options.log),
});

export const openKafka = (options: KafkaOptions, retry: RetryOptions, { guards, newKafka }: Inner, requestTimeoutMs?: number): Kafka => {
  if (guards.noIdleTimer) removeIdleTimer();
  if (guards.wholeAnswers) forgetHalfAnswers();
  if (guards.everyBatch) readEveryBatch();
  return newKafka(kafkaConfig(options, retry, guards, requestTimeoutMs));
};

/**
 * One question to the cluster over a connection of its own, closed afterwards.
 * Throws KafkaUnavailable when it fails or the deadline is over.
 */
export const askAdmin = async <T>(
  options: KafkaOptions,
  ask: { readonly retry: RetryOptions; readonly deadlineMs: number; readonly what: string },
  question: (admin: Admin) => Promise<T>,
  within_: Inner = inner,
): Promise<T> => {
  const admin = openKafka(options, ask.retry, within_).admin({ retry: ask.retry });
  const answer = async (): Promise<T> => {
    await admin.connect();
    return question(admin);
  };
  try {
    return await within(ask.deadlineMs, answer(), () => new KafkaUnavailable(`${ask.what}: no answer within ${ask.deadlineMs} ms`));
  } catch (thrown) {
    if (thrown instanceof KafkaUnavailable) throw thrown;
    throw new KafkaUnavailable(`${ask.what}: ${asError(thrown).message}`, { cause: thrown });
  } finally {
    admin
      .disconnect()
      .catch((thrown: unknown) => options.log('debug', 'kafka: closing a connection failed', { error: asError(thrown).message }));
  }
};
