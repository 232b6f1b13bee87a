/**
 * A version of ours that can read nothing, over real Kafka and Postgres: each partition is held, the place is left to other
 * topics, and the version that can read takes everything, once.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Pool } from 'pg';
import { PARTITIONS } from '../../contracts/internal/topics.js';
import { ensureTopics } from '../../shared/runtime/kafka/admin.js';
import { startConsumer, type Consumer } from '../../shared/runtime/kafka/consumer.js';
import { startProducer, type Producer } from '../../shared/runtime/kafka/producer.js';
import { optionsOf } from '../../shared/runtime/kafka/testing.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MORE_TASKS, startEngineCopy, TASKS, taskValue, type EngineCopy } from '../support/engine-copy.js';
import { eventually } from '../support/eventually.js';
import { reachedByEnvironment } from '../support/kafka.js';

const prefix = `fl-${randomBytes(4).toString('hex')}.`;
const FLOOD = 600;

describe('a flood on real Kafka', () => {
  let database: TestDatabase;
  let admin: Pool;
  let producer: Producer;
  let copy: EngineCopy;
  let consumer: Consumer;
  const kafka = optionsOf(reachedByEnvironment(), 'flood-test', prefix);
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url, max: 2, options: '-c search_path=payout' });
    await ensureTopics(
      kafka,
      [TASKS, MORE_TASKS].map((name) => ({ name, partitions: PARTITIONS, replicationFactor: 1 })),
    );
    producer = await startProducer(kafka);
    copy = await startEngineCopy({ url: database.url, log: createLog('flood', 'silent') });
    consumer = await startConsumer({
      ...kafka,
      groupId: `${prefix}flood`,
      topics: [TASKS, MORE_TASKS],
      ingest: copy.inboxWriter.take,
      onFatal: (error) => {
        throw error;
      },
    });
  });
  afterAll(async () => {
    await consumer.stop();
    await copy.stop();
    await producer.stop();
    await admin.end();
    await database.drop();
  });
  const count = async (query: string): Promise<number> =>
    Number((await admin.query<{ n: string }>(`select count(*) as n from ${query}`)).rows[0]?.n);
  const requests = (topic: string, name: string, many: number) =>
    Array.from({ length: many }, (_, index) => `${name}${String(index)}`).map((wanted) => ({
      topic,
      key: wanted,
      headers: {},
      value: taskValue(wanted, 'fine', undefined, topic),
    }));

  it('holds every partition of its topic, lets other topics pass, and loses nothing', async () => {
    copy.ways.unreadableTopic = TASKS;
    await producer.send(requests(TASKS, 'a', FLOOD));
    await eventually(
      'all partitions are held',
      () => copy.inboxWriter.heldBecause,
      (why) => why.length === PARTITIONS,
      30_000,
    );
    // More partitions are held than are handled at the same time: others still have their place.
    await producer.send(requests(MORE_TASKS, 'b', 60));
    await eventually(
      'the other topic is done',
      () => count(`journey where status = 'Done'`),
      (done) => done === 60,
      30_000,
    );
    expect(await count('quarantine')).toBeLessThan(20 * PARTITIONS);
    expect((await consumer.lag()).sum).toBeGreaterThan(FLOOD / 2);
    copy.ways.unreadableTopic = null;
    await eventually(
      'everything is done, or lies in quarantine since the first moments',
      async () => (await count(`journey where status = 'Done'`)) + (await count('quarantine')),
      (seen) => seen === FLOOD + 60,
      30_000,
    );
    expect(await count('inbox')).toBe(FLOOD + 60);
    await eventually(
      'nothing is held any more and the offsets are committed',
      async () => copy.inboxWriter.heldBecause.length + (await consumer.lag()).sum,
      (left) => left === 0,
      30_000,
    );
  });
});
