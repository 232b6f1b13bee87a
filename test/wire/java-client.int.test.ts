/**
 * A Java client writes whatever the wire allows, to a real broker, through the real consumer and inbox writer into a real Postgres. Good
 * messages end in the inbox, all others in quarantine, and nothing that is written ends or stops the reader.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Pool } from 'pg';
import { PARTITIONS } from '../../contracts/internal/topics.js';
import { ensureTopics } from '../../shared/runtime/kafka/admin.js';
import type { KafkaOptions } from '../../shared/runtime/kafka/client.js';
import { startConsumer, type Consumer, type StepOver } from '../../shared/runtime/kafka/consumer.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startEngineCopy, TASKS, taskValue, type EngineCopy } from '../support/engine-copy.js';
import { eventually } from '../support/eventually.js';
import { reachedByEnvironment } from '../support/kafka.js';
import { send, writeAsJava, type Compression, type ForeignMessage } from './foreign-writer.js';

const reached = reachedByEnvironment();
const prefix = `wire-${randomBytes(4).toString('hex')}.`;
const topic = `${prefix}${TASKS}`;
const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

const bytes = (text: string): Buffer => Buffer.from(text);
const NOT_TEXT = Buffer.from([0xff, 0xfe, 0x00, 0x80]);

let partitionOfLast = 0;
/** Each on the next partition. */
const good = (wanted: string, change: Partial<ForeignMessage> = {}): ForeignMessage => ({
  topic,
  partition: ++partitionOfLast % PARTITIONS,
  key: bytes(wanted),
  value: bytes(taskValue(wanted, 'fine')),
  ...change,
});
const bad = (change: Partial<ForeignMessage>): ForeignMessage => good('bad', change);

describe('what a Java client writes', () => {
  let database: TestDatabase;
  let admin: Pool;
  let copy: EngineCopy;
  let consumer: Consumer;
  const fatal: Error[] = [];
  const said: { readonly message: string; readonly fields: Record<string, unknown> }[] = [];
  const kafka: KafkaOptions = {
    ...reached,
    clientId: `wire-${prefix}`,
    ssl: false,
    topicPrefix: prefix,
    log: (level, message, fields) => {
      if (level === 'error') said.push({ message, fields });
    },
  };
  const open = (stepOver: readonly StepOver[] = []): Promise<Consumer> =>
    startConsumer({
      ...kafka,
      groupId: `${prefix}wire`,
      topics: [TASKS],
      ingest: copy.inboxWriter.take,
      stepOver,
      onFatal: (error) => void fatal.push(error),
    });
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url, max: 2, options: '-c search_path=payout' });
    await ensureTopics(kafka, [{ name: TASKS, partitions: PARTITIONS, replicationFactor: 1 }]);
    copy = await startEngineCopy({ url: database.url, log: createLog('wire', 'silent') });
    consumer = await open();
  });
  afterAll(async () => {
    await consumer.stop();
    await copy.stop();
    await admin.end();
    await database.drop();
  });
  const done = async (): Promise<readonly string[]> =>
    (await admin.query<{ subject: string }>(`select subject from journey where status = 'Done' order by subject`)).rows.map(
      ({ subject }) => subject,
    );
  const quarantined = async () =>
    (
      await admin.query<{ partition: number; key: string | null; headers: string; value: string }>(
        `select "partition", key, headers, value from quarantine order by "partition", "offset"`,
      )
    ).rows;
  const allOf = (wanted: readonly string[], what: string): Promise<unknown> =>
    eventually(what, done, (subjects) => wanted.every((one) => subjects.includes(one)), 40_000);

  it('ends in the inbox or in quarantine: headers without a value, twice, as bytes; keys and values of any kind [C1]', async () => {
    const wanted = ['no-value', 'twice', 'twice-none', 'raw-header', 'proto', 'no-key', 'raw-key', 'empty-key', 'many'];
    const [noValue = '', twice = '', twiceNone = '', rawHeader = '', proto = '', noKey = '', rawKey = '', emptyKey = '', many = ''] =
      wanted;
    const headers = (...list: (readonly [string, Buffer | null])[]): Pick<ForeignMessage, 'headers'> => ({ headers: list });
    const orders = [
      good(noValue, headers(['event-id', null], ['traceparent', null])),
      good(twice, headers(['event-id', bytes('a')], ['event-id', bytes('b')])),
      good(twiceNone, headers(['event-id', bytes('a')], ['event-id', null])),
      good(rawHeader, headers(['event-id', NOT_TEXT])),
      good(proto, headers(['__proto__', bytes('x')], ['constructor', null])),
      good(noKey, { key: null }),
      good(rawKey, { key: NOT_TEXT }),
      good(emptyKey, { key: bytes('') }),
      good(many, headers(...Array.from({ length: 5_000 }, (_, n) => [`h${String(n)}`, bytes('')] as const))),
      // Tombstones, records without anything, and values that are none of ours.
      bad({ key: bytes('P1'), value: null }),
      bad({ key: null, value: null }),
      bad({ key: null, value: bytes('') }),
      bad({ key: null, value: NOT_TEXT, ...headers(['event-id', null]) }),
      bad({ key: NOT_TEXT, value: bytes('{"half":'), ...headers(['event-id', NOT_TEXT]) }),
    ].map((message) => send('none', message));
    await writeAsJava(reached, orders);
    await allOf(wanted, 'every good message is done');
    const kept = await eventually('every other one is in quarantine', quarantined, (rows) => rows.length === 5, 20_000);
    expect(kept.map(({ key }) => key).sort()).toEqual([null, null, null, 'P1', `base64:${NOT_TEXT.toString('base64')}`].sort());
    expect(kept.some(({ value }) => value === NOT_TEXT.toString('base64'))).toBe(true);
    expect(fatal).toEqual([]);
    expect(consumer.stopped()).toEqual([]);
  });

  it.each(COMPRESSIONS)('is read in a batch of compression %s, beside batches of all others [C2]', async (compression) => {
    const wanted = Array.from({ length: 30 }, (_, n) => `${compression}-${String(n)}`);
    const one = good(compression).partition;
    await writeAsJava(reached, [
      ...wanted.map((name) => send(compression, good(name, { partition: one }))),
      `flush ${compression}`,
      ...COMPRESSIONS.map((other) => send(other, good(`${compression}-then-${other}`, { partition: one }))),
    ]);
    await allOf([...wanted, ...COMPRESSIONS.map((other) => `${compression}-then-${other}`)], `batches beside ${compression} are done`);
    expect(fatal).toEqual([]);
  });

  it('counts in transactions only once they are committed, also where those given up overlap [C2]', async () => {
    const partition = 3;
    const at = (by: string, name: string): string => send(by, good(name, { partition }));
    await writeAsJava(reached, [
      ...['begin t1', 'begin t2', 'begin t3'],
      ...[at('t1', 'aborted-1'), 'flush t1', at('t2', 'aborted-2'), 'flush t2', at('t3', 'committed-1'), 'flush t3'],
      ...['abort t2', at('t1', 'aborted-3'), 'flush t1', at('t3', 'committed-2'), 'commit t3', 'abort t1'],
      ...['begin t2', at('t2', 'committed-3'), 'commit t2', at('lz4', 'behind-them'), 'flush lz4'],
      ...['begin t1', at('t1', 'aborted-4'), 'abort t1'],
    ]);
    await allOf(['committed-1', 'committed-2', 'committed-3', 'behind-them'], 'what was committed is done');
    await eventually(
      'nothing is left to be read, control records included',
      async () => (await consumer.lag()).sum,
      (lag) => lag === 0,
      20_000,
    );
    const { rows } = await admin.query(`select event_id from inbox where event_id like '%-aborted-%'`);
    expect(rows).toEqual([]);
  });

  it('that cannot be read stops its own partition, named, until a person steps over it; the others go on [C2]', async () => {
    // Forty megabytes of zeros fit a few kilobytes, which every broker takes.
    await writeAsJava(reached, [
      ...['zeros zstd', 'zeros gzip'].map((what, n) => `${what} ${topic} ${String(n)} 40000000`),
      ...['flush zstd', 'flush gzip'],
      ...Array.from({ length: PARTITIONS }, (_, partition) => send('snappy', good(`behind-${String(partition)}`, { partition }))),
    ]);
    await allOf(['behind-2', 'behind-3', 'behind-4', 'behind-5'], 'the other partitions go on');
    const stopped = await eventually(
      'both are named',
      () => Promise.resolve(consumer.stopped()),
      (list) => list.length === 2,
      20_000,
    );
    for (const { topic: name, partition, offset, reason } of stopped) {
      expect([name, reason]).toEqual([TASKS, expect.stringMatching(/decompressed|larger than/)]);
      expect(said).toContainEqual({
        message: expect.stringContaining('stands still'),
        fields: expect.objectContaining({ alarm: 'stopped-partition', topic: name, partition, offset }),
      });
    }
    expect(await done()).not.toContain('behind-0');
    expect(await consumer.stop()).toBe('stopped');
    consumer = await open(
      stopped.map(({ topic: name, partition, offset, lastOffset }) => ({
        ...{ topic: name, partition },
        first: BigInt(offset),
        last: BigInt(lastOffset ?? offset),
      })),
    );
    await allOf(['behind-0', 'behind-1'], 'what was behind is done');
    const fresh = (await quarantined()).filter(({ headers }) => headers.includes('unread-reason'));
    expect(fresh.map(({ partition }) => partition)).toEqual([0, 1]);
    expect(consumer.stopped()).toEqual([]);
    expect(fatal).toEqual([]);
  });
});
