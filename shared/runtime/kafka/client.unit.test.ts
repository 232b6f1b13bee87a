import { describe, expect, it, jest } from '@jest/globals';
import { KafkaJSSASLAuthenticationError, logLevel } from 'kafkajs';
import type { Kafka, KafkaConfig, LogEntry, RetryOptions } from 'kafkajs';
import defaults from 'kafkajs/src/retry/defaults';
import testDefaults from 'kafkajs/src/retry/defaults.test';
import { askAdmin, briefRetry, kafkaConfig, patientRetry, probeRetry } from './client.js';
import { consumerConfig } from './consumer.js';
import type { ConsumerOptions } from './consumer.js';
import { isLoginRefused, KafkaUnavailable } from './errors.js';
import { producerConfig } from './producer.js';
import { allGuards } from './guards.js';
import { optionsFor, without } from './testing.js';

/** kafkajs with its consumer and producer replaced by something that keeps the retry settings it was given. */
const watchedKafka = async () => {
  const seen: { consumer?: object; producer?: object } = {};
  jest.resetModules();
  jest.doMock(
    'kafkajs/src/consumer',
    () =>
      ({ retry }: { retry: object }) =>
        void (seen.consumer = retry),
  );
  jest.doMock(
    'kafkajs/src/producer',
    () =>
      ({ retry }: { retry: object }) =>
        void (seen.producer = retry),
  );
  const { openKafka } = await import('./client.js');
  const { Kafka } = await import('kafkajs');
  const open = (retry: RetryOptions) => openKafka(options, retry, { guards: allGuards, newKafka: (config) => new Kafka(config) });
  return { open, seen };
};

const options = optionsFor(['127.0.0.1:1']);
const consumerOptions: ConsumerOptions = {
  ...options,
  groupId: 'g',
  topics: ['t'],
  ingest: () => Promise.resolve(),
  onFatal: () => undefined,
};

describe('retry settings (guard explicitRetry)', () => {
  it('leave nothing to a default that depends on NODE_ENV', () => {
    for (const ours of [patientRetry, briefRetry, probeRetry]) expect({ ...defaults, ...ours }).toEqual({ ...testDefaults, ...ours });
  });

  it('without the guard differ between a test and production', () => {
    expect(kafkaConfig(options, patientRetry, without('explicitRetry').guards).retry).toBeUndefined();
    expect(defaults).not.toEqual(testDefaults);
  });

  it('reach the consumer, which has a default of its own', async () => {
    const { open, seen } = await watchedKafka();
    open(patientRetry).consumer(consumerConfig(consumerOptions, allGuards));
    expect(seen.consumer).toEqual(patientRetry);
  });

  it('without the guard the consumer gives up after 5 tries, whatever the client was told', async () => {
    const { open, seen } = await watchedKafka();
    open(patientRetry).consumer(consumerConfig(consumerOptions, without('explicitRetry').guards));
    expect(seen.consumer).toMatchObject({ retries: 5 });
  });

  it('reach the producer', async () => {
    const { open, seen } = await watchedKafka();
    open(patientRetry).producer(producerConfig(allGuards, briefRetry));
    expect(seen.producer).toEqual(briefRetry);
  });
});

describe('the producer settings', () => {
  it('have neither idempotence nor transactions', () => {
    const config = producerConfig(allGuards, briefRetry);
    expect(config).toMatchObject({ idempotent: false, maxInFlightRequests: 1, allowAutoTopicCreation: false });
    expect(config).not.toHaveProperty('transactionalId');
  });
});

describe('the log', () => {
  const said = (level: logLevel, message: string): unknown[] => {
    const log = jest.fn();
    const config: KafkaConfig = kafkaConfig({ ...options, log }, patientRetry, allGuards);
    const entry: LogEntry = { namespace: 'N', level, label: '', log: { message, timestamp: '', logger: 'kafkajs', groupId: 'g' } };
    config.logCreator?.(logLevel.INFO)(entry);
    return log.mock.calls[0] ?? [];
  };

  it('takes passing trouble as a warning, and chatter as such', () => {
    expect(said(logLevel.ERROR, 'Connection timeout')).toEqual(['warn', 'kafka: Connection timeout', { namespace: 'N', groupId: 'g' }]);
    expect(said(logLevel.INFO, 'Starting')[0]).toBe('debug');
  });

  it('takes a lost offset as an error: it says that messages are read again from the start', () => {
    expect(said(logLevel.ERROR, 'Offset out of range, resetting to default offset')[0]).toBe('error');
  });
});

describe('a login that Kafka refuses', () => {
  it('is recognised behind the error of the question', async () => {
    // Its types know of no argument, and without one it cannot be made.
    const refused = Reflect.construct(KafkaJSSASLAuthenticationError, ['SASL SCRAM SHA-256: Invalid username or password']) as Error;
    const refusing = () =>
      ({
        admin: () => ({
          connect: () => Promise.reject(refused),
          disconnect: () => Promise.resolve(),
        }),
      }) as unknown as Kafka;
    const asked = askAdmin(options, { retry: probeRetry, deadlineMs: 1_000, what: 'looking' }, () => Promise.resolve('an answer'), {
      guards: allGuards,
      newKafka: refusing,
    });
    const thrown: unknown = await asked.catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(KafkaUnavailable);
    expect(isLoginRefused(thrown)).toBe(true);
    expect(isLoginRefused(new KafkaUnavailable('no answer'))).toBe(false);
  });
});
