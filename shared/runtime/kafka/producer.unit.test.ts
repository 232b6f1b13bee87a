import { describe, expect, it, jest } from '@jest/globals';
import type { Kafka, ProducerConfig, ProducerRecord, RecordMetadata } from 'kafkajs';
import { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs/src/errors';
import { Bug } from '../../kernel/bug.js';
import { KafkaUnavailable, MessageRefused, MessageTooLarge, TopicRefused } from './errors.js';
import type { Guards } from './guards.js';
import { startProducerWith } from './producer.js';
import type { OutgoingMessage } from './producer.js';
import { optionsFor, waitFor, without, work } from './testing.js';

type Answer = (record: ProducerRecord) => Promise<RecordMetadata[]>;

const stored: Answer = (record) =>
  Promise.resolve([{ topicName: record.topic, partition: record.messages[0]?.partition ?? 0, errorCode: 0, baseOffset: '0' }]);

/** What the fake cluster says of topics by their names on the cluster. */
type Cluster = { readonly mostBytes?: Record<string, number>; readonly refusedTopics?: Set<string> };

/** What a broker says, in the form in which kafkajs hands it on. */
const says = (type: string): Error =>
  new KafkaJSNumberOfRetriesExceeded(new KafkaJSProtocolError({ message: type, type, code: 10, retriable: false }), {
    retryCount: 0,
    retryTime: 0,
  });

/** A Kafka whose topics have six partitions and whose producers answer as told. */
const fakeKafka = (answer: Answer, cluster: Cluster = {}) => {
  const sent: (ProducerRecord & { producer: number })[] = [];
  const configs: ProducerConfig[] = [];
  const limitsAsked: string[] = [];
  const disconnect = jest.fn(() => Promise.resolve());
  let underWay = 0;
  let mostUnderWay = 0;
  const newKafka = (): Kafka =>
    ({
      admin: () => ({
        connect: () => Promise.resolve(),
        disconnect: () => Promise.resolve(),
        describeConfigs: ({ resources }: { resources: { name: string }[] }) => {
          limitsAsked.push(...resources.map(({ name }) => name));
          return Promise.resolve({
            resources: resources.map(({ name: resourceName }) => ({
              resourceName,
              configEntries: [{ configName: 'max.message.bytes', configValue: String(cluster.mostBytes?.[resourceName] ?? 1_048_588) }],
            })),
          });
        },
        fetchTopicMetadata: ({ topics }: { topics: string[] }) =>
          topics.some((name) => cluster.refusedTopics?.has(name) === true)
            ? Promise.reject(says('TOPIC_AUTHORIZATION_FAILED'))
            : Promise.resolve({ topics: topics.map((name) => ({ name, partitions: Array.from({ length: 6 }, () => ({})) })) }),
      }),
      producer: (config: ProducerConfig) => {
        const producer = configs.push(config);
        return {
          connect: () => Promise.resolve(),
          disconnect,
          send: async (record: ProducerRecord) => {
            sent.push({ ...record, producer });
            underWay += 1;
            mostUnderWay = Math.max(mostUnderWay, underWay);
            try {
              return await answer(record);
            } finally {
              underWay -= 1;
            }
          },
        };
      },
    }) as unknown as Kafka;
  return { newKafka, sent, configs, disconnect, limitsAsked, mostUnderWay: () => mostUnderWay };
};

const start = async (answer: Answer, off: (keyof Guards)[] = [], more: { lanes?: number } = {}, cluster: Cluster = {}) => {
  const kafka = fakeKafka(answer, cluster);
  const producer = await startProducerWith(
    { ...optionsFor([]), topicPrefix: 'p.', ...more },
    { ...without(...off), newKafka: kafka.newKafka },
  );
  return { ...kafka, producer };
};

const message = (key: string, value = 'v'): OutgoingMessage => ({ topic: 't', key, value, headers: { 'event-id': key } });
const many = Array.from({ length: 24 }, (_, n) => message(`key-${n}`));
const partitionsOf = (record: ProducerRecord): Set<number | undefined> => new Set(record.messages.map(({ partition }) => partition));

describe('a send', () => {
  it('has one topic-partition in each request, all acknowledged by all replicas (guard onePartitionPerRequest)', async () => {
    const { producer, sent } = await start(stored);
    await producer.send([...many, { ...message('k'), topic: 'other' }]);
    for (const record of sent) expect(partitionsOf(record).size).toBe(1);
    expect(sent.flatMap(({ messages }) => messages)).toHaveLength(25);
    expect(new Set(sent.map(({ topic }) => topic))).toEqual(new Set(['p.t', 'p.other']));
    for (const { acks } of sent) expect(acks).toBe(-1);
  });

  it('without the guard mixes partitions in a request', async () => {
    const { producer, sent } = await start(stored, ['onePartitionPerRequest', 'verifiedAnswer']);
    await producer.send(many);
    expect(sent).toHaveLength(1);
    expect(partitionsOf(sent[0] ?? { topic: '', messages: [] }).size).toBeGreaterThan(1);
  });

  it('fixes the partition by the key before the first try (guard explicitPartition)', async () => {
    const { producer, sent } = await start(stored);
    await producer.send([message('portfolio-1')]);
    await producer.send([message('portfolio-1')]);
    expect(sent.map(({ messages }) => messages[0]?.partition)).toEqual([sent[0]?.messages[0]?.partition, sent[0]?.messages[0]?.partition]);
    expect(sent[0]?.messages[0]?.partition).toEqual(expect.any(Number));
    const bare = await start(stored, ['explicitPartition', 'verifiedAnswer']);
    await bare.producer.send([message('portfolio-1')]);
    expect(bare.sent[0]?.messages[0]).not.toHaveProperty('partition');
  });

  it('refuses a message without key, and one that no broker takes, without sending it; the others are sent', async () => {
    const { producer, sent } = await start(stored);
    await expect(producer.send([message('a'), message('')])).rejects.toThrow(Bug);
    await expect(producer.send([message('b'), message('c', 'x'.repeat(1_000_000))])).rejects.toThrow(MessageTooLarge);
    expect(sent.flatMap(({ messages }) => messages.map(({ key }) => key))).toEqual(['a', 'b']);
  });
});

describe('the answer (guard verifiedAnswer)', () => {
  const answers: readonly [string, Answer][] = [
    ['is empty', () => Promise.resolve([])],
    ['names another partition', (record) => Promise.resolve([{ topicName: record.topic, partition: 99, errorCode: 0 }])],
    ['names another topic', (record) => Promise.resolve([{ topicName: 'x', partition: record.messages[0]?.partition ?? 0, errorCode: 0 }])],
    [
      'has an error code',
      (record) => Promise.resolve([{ topicName: record.topic, partition: record.messages[0]?.partition ?? 0, errorCode: 7 }]),
    ],
    ['names two partitions', async (record) => [...(await stored(record)), ...(await stored(record))]],
  ];
  it.each(answers)('that %s is no acknowledgement', async (_name, answer) => {
    const { producer } = await start(answer);
    await expect(producer.send([message('a')])).rejects.toThrow(KafkaUnavailable);
  });
  it.each(answers)('without the guard: that %s passes for one', async (_name, answer) => {
    const { producer } = await start(answer, ['verifiedAnswer']);
    await expect(producer.send([message('a')])).resolves.toBeUndefined();
  });
});

describe('requests under way (guard oneInFlight)', () => {
  const slowly: Answer = async (record) => {
    await work(10);
    return stored(record);
  };
  it('are one per lane, and a topic-partition keeps its lane', async () => {
    const { producer, sent, mostUnderWay, configs } = await start(slowly, [], { lanes: 2 });
    await Promise.all([producer.send(many), producer.send(many), producer.send(many)]);
    expect(mostUnderWay()).toBe(2);
    expect(configs).toHaveLength(2);
    const lanesOf = new Map<number | undefined, Set<number>>();
    for (const { producer: lane, messages } of sent)
      lanesOf.set(messages[0]?.partition, (lanesOf.get(messages[0]?.partition) ?? new Set()).add(lane));
    for (const lanes of lanesOf.values()) expect(lanes.size).toBe(1);
  });
  it('without the guard are as many as there are', async () => {
    const { producer, mostUnderWay } = await start(slowly, ['oneInFlight'], { lanes: 1 });
    await producer.send(many);
    expect(mostUnderWay()).toBeGreaterThan(1);
  });
  it('carry together what waits for the same topic-partition, in order', async () => {
    const { producer, sent } = await start(slowly, [], { lanes: 1 });
    await Promise.all(Array.from({ length: 50 }, (_, n) => producer.send([message('k', String(n))])));
    expect(sent.length).toBeLessThan(5);
    expect(sent.flatMap(({ messages }) => messages.map(({ value }) => value))).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
  });
  it('stay far below what a broker takes, and a large message goes alone', async () => {
    const { producer, sent } = await start(stored);
    await producer.send([
      message('k', 'small'),
      message('k', 'x'.repeat(800_000)),
      ...Array.from({ length: 1_200 }, () => message('k', 'y'.repeat(100))),
    ]);
    expect(sent[0]?.messages).toHaveLength(1);
    expect(sent[1]?.messages).toHaveLength(1);
    expect(Math.max(...sent.map(({ messages }) => messages.length))).toBe(500);
    expect(sent.flatMap(({ messages }) => messages)).toHaveLength(1_202);
  });
});

describe('a rejected send', () => {
  const timedOut: Answer = () =>
    Promise.reject(new KafkaJSNumberOfRetriesExceeded(new Error('REQUEST_TIMED_OUT'), { retryCount: 8, retryTime: 1_000 }));

  it('is unknown, so that the caller sends the same ids again (guard rejectedIsUnknown)', async () => {
    const { producer } = await start(timedOut);
    await expect(producer.send([message('a')])).rejects.toThrow(KafkaUnavailable);
  });

  it('without the guard calls itself not retriable, although the message may be stored', async () => {
    const { producer } = await start(timedOut, ['rejectedIsUnknown']);
    await expect(producer.send([message('a')])).rejects.toMatchObject({ name: 'KafkaJSNumberOfRetriesExceeded', retriable: false });
  });

  it('keeps the rest of its topic-partition back, and says so', async () => {
    const { producer, sent } = await start(timedOut);
    await expect(producer.send(Array.from({ length: 1_200 }, () => message('k')))).rejects.toThrow(KafkaUnavailable);
    expect(sent).toHaveLength(1);
  });

  it('is rejected when only one of its partitions failed', async () => {
    const { producer } = await start((record) => (record.topic === 'p.bad' ? timedOut(record) : stored(record)));
    await expect(producer.send([message('a'), { ...message('b'), topic: 'bad' }])).rejects.toThrow(KafkaUnavailable);
    await expect(producer.send([message('a')])).resolves.toBeUndefined();
  });
});

describe('the deadline of a send', () => {
  it('ends the waiting; what had not begun is never sent, what had begun keeps its lane', async () => {
    const answers: (() => void)[] = [];
    const { producer, sent } = await start(
      (record) => new Promise((resolve) => answers.push(() => void stored(record).then(resolve))),
      [],
      { lanes: 1 },
    );
    const first = producer.send([message('a', '1')], { deadlineMs: 40 });
    const second = producer.send([message('a', '2')], { deadlineMs: 40 });
    await expect(first).rejects.toThrow('within 40 ms');
    await expect(second).rejects.toThrow('within 40 ms');
    const third = producer.send([message('a', '3')]);
    expect(sent).toHaveLength(1);
    answers[0]?.();
    await waitFor(
      () => sent.length === 2,
      () => `${sent.length} requests`,
    );
    answers[1]?.();
    await third;
    expect(sent.map(({ messages }) => messages.map(({ value }) => value))).toEqual([['1'], ['3']]);
  });

  it('bounds stop() too, and a stopped producer takes nothing more', async () => {
    const { producer, disconnect } = await start(() => new Promise(() => undefined));
    const lost = expect(producer.send([message('a')], { deadlineMs: 100 })).rejects.toThrow(KafkaUnavailable);
    await producer.stop(30);
    expect(disconnect).not.toHaveBeenCalled();
    await expect(producer.send([message('b')])).rejects.toThrow('stopped');
    await lost;
  });

  it('stop() first lets what is under way end', async () => {
    const { producer, disconnect } = await start(async (record) => {
      await work(30);
      return stored(record);
    });
    const sending = producer.send([message('a')]);
    await producer.stop();
    await sending;
    expect(disconnect).toHaveBeenCalledTimes(2);
  });
});

describe('a broker that says no', () => {
  const keysOf = (sent: readonly ProducerRecord[]): readonly unknown[] => sent.flatMap(({ messages }) => messages.map(({ key }) => key));
  const refuses =
    (type: string): Answer =>
    (record) =>
      record.messages.some(({ value }) => value === 'bad') ? Promise.reject(says(type)) : stored(record);

  it.each([
    ['MESSAGE_TOO_LARGE', MessageTooLarge],
    ['RECORD_LIST_TOO_LARGE', MessageTooLarge],
    ['INVALID_RECORD', MessageRefused],
    ['INVALID_TIMESTAMP', MessageRefused],
  ])('%s to a message: the others of its partition are sent, in order, and it alone is refused [B14]', async (type, kind) => {
    const accepted: unknown[] = [];
    const { producer } = await start(async (record) => {
      const answer = await refuses(type)(record);
      accepted.push(...record.messages.map(({ value }) => value));
      return answer;
    });
    const outcomes = await producer.sendEach(['1', '2', 'bad', '3', '4', '5'].map((value) => message('k', value)));
    expect(accepted).toEqual(['1', '2', '3', '4', '5']);
    expect(outcomes.map((outcome) => outcome === null)).toEqual([true, true, false, true, true, true]);
    expect(outcomes[2]).toBeInstanceOf(kind);
  });

  it('does not blame a neighbour from another send that travels in the same request [B14]', async () => {
    const { producer } = await start(
      async (record) => {
        await work(10);
        return refuses('MESSAGE_TOO_LARGE')(record);
      },
      [],
      { lanes: 1 },
    );
    const ends = await Promise.allSettled(['under way', 'bad', 'good'].map((value) => producer.send([message('k', value)])));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('takes what is not known before what is refused: a refusal means that nothing has to be sent again', async () => {
    const { producer } = await start((record) =>
      record.topic === 'p.away' ? Promise.reject(new Error('away')) : refuses('INVALID_RECORD')(record),
    );
    await expect(producer.send([message('k', 'bad'), { ...message('k'), topic: 'away' }])).rejects.toThrow(KafkaUnavailable);
  });

  it('is not asked where the topic itself takes less than we do, and no request is larger than that [B14]', async () => {
    const { producer, sent } = await start(stored, [], {}, { mostBytes: { 'p.t': 2_000 } });
    const outcomes = await producer.sendEach(
      ['a', 'x'.repeat(2_000), ...Array.from({ length: 20 }, () => 'y'.repeat(300))].map((v) => message('k', v)),
    );
    expect(outcomes.map((outcome) => outcome?.name)).toEqual([
      undefined,
      'MessageTooLarge',
      ...Array.from({ length: 20 }, () => undefined),
    ]);
    for (const { messages } of sent) expect(messages.reduce((sum, { value }) => sum + String(value).length, 0)).toBeLessThan(2_000);
  });

  it('has its limits read again after a refusal: they may have been lowered [B14]', async () => {
    const mostBytes: Record<string, number> = {};
    const { producer, limitsAsked } = await start(refuses('MESSAGE_TOO_LARGE'), [], {}, { mostBytes });
    await producer.sendEach([message('k', 'bad')]);
    await producer.sendEach([message('k', 'good')]);
    expect(limitsAsked).toEqual(['p.t', 'p.t']);
    mostBytes['p.t'] = 300;
    await producer.sendEach([message('k', 'bad')]);
    await expect(producer.send([message('k', 'z'.repeat(400))])).rejects.toThrow(MessageTooLarge);
  });

  it('to one topic holds up no other: neither where it is looked up, nor where it is sent [B14]', async () => {
    const refusedTopics = new Set(['p.closed']);
    const { producer, sent, configs } = await start(
      (record) => (record.topic === 'p.unwritable' ? Promise.reject(says('TOPIC_AUTHORIZATION_FAILED')) : stored(record)),
      [],
      { lanes: 1 },
      { refusedTopics },
    );
    const all = ['closed', 't', 'unwritable', 'other'].map((topic) => ({ ...message('k'), topic }));
    const outcomes = await producer.sendEach(all);
    expect(outcomes.map((outcome) => outcome?.name)).toEqual(['TopicRefused', undefined, 'TopicRefused', undefined]);
    await expect(producer.send(all)).rejects.toThrow(TopicRefused);
    expect(new Set(sent.map(({ topic }) => topic))).toEqual(new Set(['p.t', 'p.unwritable', 'p.other']));
    // A client that goes on asking about a topic that is closed to it fails for all others.
    expect(configs.length).toBeGreaterThan(1);
    expect(keysOf(sent).length).toBeGreaterThanOrEqual(6);
  });
});
