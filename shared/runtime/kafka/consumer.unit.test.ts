import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { ConsumerRunConfig, Kafka } from 'kafkajs';
import { Bug } from '../../kernel/bug.js';
import { startConsumerWith } from './consumer.js';
import type { ConsumerOptions } from './consumer.js';
import { ConsumerDied, KafkaUnavailable } from './errors.js';
import type { Guards } from './guards.js';
import { optionsFor, waitFor, without } from './testing.js';

type Listener = (event: { payload: object }) => void;

const fakeKafka = (behaviour: { run?: () => Promise<void>; disconnect?: () => Promise<void>; subscribe?: () => Promise<void> } = {}) => {
  const listeners = new Map<string, Listener>();
  const calls: string[] = [];
  let runConfig: ConsumerRunConfig = {};
  const subscribed: unknown[] = [];
  const consumer = {
    events: { CRASH: 'crash', GROUP_JOIN: 'join', FETCH: 'fetch', HEARTBEAT: 'heartbeat' },
    on: (name: string, listener: Listener) => listeners.set(name, listener),
    connect: () => Promise.resolve(),
    subscribe: (subscription: unknown) => {
      subscribed.push(subscription);
      return behaviour.subscribe?.() ?? Promise.resolve();
    },
    run: async (config: ConsumerRunConfig) => {
      runConfig = config;
      await behaviour.run?.();
      calls.push('joined');
    },
    disconnect: async () => {
      calls.push('disconnect');
      await behaviour.disconnect?.();
    },
    pause: jest.fn(),
    resume: jest.fn(),
  };
  const admin = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    describeGroups: () => Promise.resolve({ groups: [{ members: [] }] }),
    describeCluster: jest.fn(() => Promise.resolve({})),
  };
  const newKafka = (): Kafka => ({ consumer: () => consumer, admin: () => admin }) as unknown as Kafka;
  const say = (name: string, payload: object): void => listeners.get(name)?.({ payload });
  return { newKafka, calls, say, consumer, admin, runConfig: () => runConfig, subscribed };
};

const optionsWith = (onFatal: (error: Error) => void, more: Partial<ConsumerOptions> = {}): ConsumerOptions => ({
  ...optionsFor([]),
  topicPrefix: 'p.',
  groupId: 'g',
  topics: ['a', 'b'],
  ingest: () => Promise.resolve(),
  onFatal,
  ...more,
});

const start = async (kafka: ReturnType<typeof fakeKafka>, off: (keyof Guards)[] = [], more: Partial<ConsumerOptions> = {}) => {
  const onFatal = jest.fn<(error: Error) => void>();
  const consumer = await startConsumerWith(optionsWith(onFatal, more), { ...without(...off), newKafka: kafka.newKafka });
  return { consumer, onFatal };
};

afterEach(() => {
  jest.useRealTimers();
});

describe('what kafkajs is told', () => {
  it('reads from the beginning, commits by hand, four partitions at once', async () => {
    const kafka = fakeKafka();
    await start(kafka);
    expect(kafka.subscribed).toEqual([{ topics: ['p.a', 'p.b'], fromBeginning: true }]);
    expect(kafka.runConfig()).toEqual({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: expect.any(Function),
    });
  });

  it('a heartbeat too rare for its session is a mistake of ours', async () => {
    await expect(
      startConsumerWith(
        optionsWith(() => undefined, { sessionTimeoutMs: 2_000, heartbeatIntervalMs: 1_000 }),
        without(),
      ),
    ).rejects.toThrow(Bug);
  });

  it('a start that fails is KafkaUnavailable, and leaves nothing open', async () => {
    const kafka = fakeKafka({ subscribe: () => Promise.reject(new Error('no such topic')) });
    await expect(start(kafka)).rejects.toThrow(KafkaUnavailable);
    expect(kafka.calls).toEqual(['disconnect']);
  });
});

describe('a join that fails', () => {
  it('is disconnected all the same', async () => {
    const kafka = fakeKafka({ run: () => Promise.reject(new Error('not authorised')) });
    await expect(start(kafka)).rejects.toThrow(KafkaUnavailable);
    expect(kafka.calls).toEqual(['disconnect']);
  });
});

describe('a crash', () => {
  it('that kafkajs does not restart ends the process, once (guard crashIsFatal)', async () => {
    const kafka = fakeKafka();
    const { onFatal } = await start(kafka);
    kafka.say('crash', { error: new Error('gone'), restart: false });
    kafka.say('crash', { error: new Error('gone'), restart: false });
    expect(onFatal).toHaveBeenCalledTimes(1);
    expect(onFatal.mock.calls[0]?.[0]).toBeInstanceOf(ConsumerDied);
  });
  it('without the guard leaves a process that is up and does nothing', async () => {
    const kafka = fakeKafka();
    const { onFatal } = await start(kafka, ['crashIsFatal']);
    kafka.say('crash', { error: new Error('gone'), restart: false });
    expect(onFatal).not.toHaveBeenCalled();
  });
  it('that kafkajs restarts is none', async () => {
    const kafka = fakeKafka();
    const { onFatal } = await start(kafka);
    kafka.say('crash', { error: new Error('away'), restart: true });
    expect(onFatal).not.toHaveBeenCalled();
  });
  it('does not undo a pause', async () => {
    const kafka = fakeKafka();
    const { consumer } = await start(kafka);
    consumer.pause();
    kafka.consumer.pause.mockClear();
    kafka.say('join', {});
    expect(kafka.consumer.pause).toHaveBeenCalledWith([{ topic: 'p.a' }, { topic: 'p.b' }]);
    consumer.resume();
    kafka.consumer.pause.mockClear();
    kafka.say('join', {});
    expect(kafka.consumer.pause).not.toHaveBeenCalled();
  });
});

describe('stopping (guard boundedStop)', () => {
  const never = (): Promise<void> => new Promise(() => undefined);

  it('does not wait for a handler beyond the deadline', async () => {
    const { consumer } = await start(fakeKafka({ disconnect: never }));
    await expect(consumer.stop(30)).resolves.toBe('abandoned');
  });
  it('without the guard waits for ever', async () => {
    const { consumer } = await start(fakeKafka({ disconnect: never }), ['boundedStop']);
    const ended = jest.fn();
    jest.useFakeTimers();
    consumer.stop(30).then(ended, ended);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(ended).not.toHaveBeenCalled();
  });
  it('disconnects once, however often it is asked', async () => {
    const kafka = fakeKafka();
    const { consumer } = await start(kafka);
    await expect(Promise.all([consumer.stop(), consumer.stop()])).resolves.toEqual(['stopped', 'stopped']);
    expect(kafka.calls).toEqual(['joined', 'disconnect']);
  });
  it('is no death: a crash during it is expected', async () => {
    const kafka = fakeKafka();
    const { consumer, onFatal } = await start(kafka);
    await consumer.stop();
    kafka.say('crash', { error: new Error('closed'), restart: false });
    expect(onFatal).not.toHaveBeenCalled();
  });
});

describe('a fetch loop that is silent (guard loopWatchdog)', () => {
  it('while the broker answers ends the process', async () => {
    const { onFatal, consumer } = await start(fakeKafka(), [], { loopDeadlineMs: 40 });
    await waitFor(
      () => onFatal.mock.calls.length > 0,
      () => 'nobody noticed',
    );
    expect(onFatal.mock.calls[0]?.[0]).toBeInstanceOf(ConsumerDied);
    await consumer.stop();
  });
  it('without the guard goes on for ever', async () => {
    jest.useFakeTimers();
    const { onFatal, consumer } = await start(fakeKafka(), ['loopWatchdog']);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(onFatal).not.toHaveBeenCalled();
    await consumer.stop();
  });
  it('while the broker is away is waited for', async () => {
    const kafka = fakeKafka();
    kafka.admin.describeCluster.mockRejectedValue(new Error('ECONNREFUSED'));
    const { onFatal, consumer } = await start(kafka, [], { loopDeadlineMs: 40 });
    await waitFor(
      () => kafka.admin.describeCluster.mock.calls.length > 4,
      () => 'never asked',
    );
    expect(onFatal).not.toHaveBeenCalled();
    await consumer.stop();
  });
  it('that fetches or beats is alive', async () => {
    const kafka = fakeKafka();
    const { onFatal, consumer } = await start(kafka, [], { loopDeadlineMs: 100 });
    const before = consumer.lastProgressAtMs();
    const timer = setInterval(() => kafka.say('heartbeat', {}), 10);
    await waitFor(
      () => consumer.lastProgressAtMs() > before + 300,
      () => 'no progress',
    );
    clearInterval(timer);
    expect(onFatal).not.toHaveBeenCalled();
    await consumer.stop();
  });
});
