/** A real broker whose topics take less than we send, or do not exist: what can never be sent is set aside, and the rest goes on. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { ensureTopics } from '../../shared/runtime/kafka/admin.js';
import { startConsumer, type FetchedMessage } from '../../shared/runtime/kafka/consumer.js';
import { isForever, startProducer, type OutgoingMessage, type Producer } from '../../shared/runtime/kafka/producer.js';
import { limitTopic, optionsFor } from '../../shared/runtime/kafka/testing.js';
import { OutboxPublisher } from '../../shared/runtime/engine/outbox/outbox-publisher.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import { emptyParts } from '../../shared/runtime/engine/store/step-statement.js';
import type { OutboxRow } from '../../shared/runtime/engine/store/store.js';
import { systemClock } from '../../shared/runtime/engine/clock.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { reachedByEnvironment } from '../support/kafka.js';

const TOPIC = 'payout.finished';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const open = async (mostBytes: number | null, topics = [TOPIC]) => {
  const kafka = optionsFor(reachedByEnvironment());
  const configEntries = mostBytes === null ? [] : [{ name: 'max.message.bytes', value: String(mostBytes) }];
  await ensureTopics(
    kafka,
    topics.map((name) => ({ name, partitions: 1, replicationFactor: 1, configEntries })),
  );
  const producer = await startProducer(kafka);
  closing.push(() => producer.stop());
  const stored: FetchedMessage[] = [];
  const consumer = await startConsumer({
    ...{ ...kafka, groupId: kafka.topicPrefix, topics },
    ingest: async ({ messages }) => Promise.resolve(void stored.push(...messages)),
    onFatal: (error) => {
      throw error;
    },
  });
  closing.push(() => consumer.stop());
  const valuesOf = (): readonly string[] => stored.map(({ value }) => String(value).slice(0, 10));
  return { kafka, producer, valuesOf };
};
const message = (value: string, topic = TOPIC): OutgoingMessage => ({ topic, key: 'P1', value, headers: {} });
const namesOf = async (producer: Producer, messages: readonly OutgoingMessage[]): Promise<readonly (string | null)[]> =>
  (await producer.sendEach(messages)).map((outcome) => outcome?.name ?? null);

describe('a producer and a real broker', () => {
  it('does not send what the topic does not take, and all others in order, in requests that fit [B14]', async () => {
    const { producer, valuesOf } = await open(4_000);
    const small = Array.from({ length: 40 }, (_, n) => message(`small ${String(n)}`.padEnd(800, '.')));
    expect(await namesOf(producer, [...small.slice(0, 20), message('large'.padEnd(5_000, '.')), ...small.slice(20)])).toEqual([
      ...Array.from({ length: 20 }, () => null),
      'MessageTooLarge',
      ...Array.from({ length: 20 }, () => null),
    ]);
    await eventually(
      'all small ones',
      () => Promise.resolve(valuesOf()),
      (seen) => seen.length === 40,
    );
    expect(valuesOf()).toEqual(small.map(({ value }) => value.slice(0, 10)));
  });

  it('finds the one that the broker refuses where the limit was lowered since it was read [B14]', async () => {
    const { kafka, producer, valuesOf } = await open(null);
    expect(await namesOf(producer, [message('before')])).toEqual([null]);
    await limitTopic(kafka, TOPIC, 2_000);
    // The broker takes a moment to hear of it. What is known here is still the old limit: the first no is the broker's own.
    let sent = 0;
    const outcomes = await eventually(
      'a refusal',
      () => producer.sendEach([message(`one ${String(++sent)}`), message('large'.padEnd(9_000, '.')), message(`two ${String(sent)}`)]),
      (seen) => seen[1] !== null,
    );
    expect(outcomes.map((outcome) => outcome?.message)).toEqual([
      undefined,
      expect.stringContaining('the broker says MESSAGE_TOO_LARGE'),
      undefined,
    ]);
    await eventually(
      'the others',
      () => Promise.resolve(valuesOf()),
      (seen) => seen.includes(`two ${String(sent)}`),
    );
    expect(valuesOf().filter((value) => !value.startsWith('large'))).toEqual([
      'before',
      ...Array.from({ length: sent }, (_, n) => [`one ${String(n + 1)}`, `two ${String(n + 1)}`]).flat(),
    ]);
  });

  it('holds up no topic for one that does not exist, or whose name cannot be [B14]', async () => {
    const { producer, valuesOf } = await open(null);
    const messages = [message('a', 'never.made'), message('b'), message('c', 'no name/of a topic'), message('d')];
    expect(await namesOf(producer, messages)).toEqual(['TopicRefused', null, 'TopicRefused', null]);
    await eventually(
      'the others',
      () => Promise.resolve(valuesOf()),
      (seen) => seen.length === 2,
    );
  });
});

describe('the outbox and a real broker', () => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new Pool({ connectionString: database.url, options: '-c search_path=payout -c role=cmw_payout', max: 2 });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('sets a row aside that is refused for ever, sends the others, and sends it once a person lets it go [B14]', async () => {
    const { kafka, producer, valuesOf } = await open(2_000);
    const store = new PostgresStore(pool, 4_714);
    const alarms: string[] = [];
    const outboxPublisher = new OutboxPublisher(
      store,
      async (rows) => {
        const outcomes = await producer.sendEach(rows);
        return rows.flatMap(({ eventId }, at) => {
          const error = outcomes[at] ?? null;
          return error === null ? [] : [{ eventId, error, isForever: isForever(error) }];
        });
      },
      () => undefined,
      systemClock.after,
      ({ eventId }) => alarms.push(eventId),
    );
    const rows = ['first', 'large', 'last'].map((eventId): OutboxRow => ({
      ...{ eventId, topic: TOPIC, key: 'P1', headers: {} },
      value: eventId === 'large' ? eventId.padEnd(5_000, '.') : eventId,
    }));
    await store.write({
      ...emptyParts(),
      said: rows.map(({ eventId, topic, key, value }) => ({ event_id: eventId, topic, key, headers: '{}', value })),
    });
    outboxPublisher.publish(rows);
    await eventually(
      'the outbox is empty',
      () => store.unsentOutbox(-1_000, 10),
      (left) => left.length === 0,
    );
    await eventually(
      'the others',
      () => Promise.resolve(valuesOf()),
      (seen) => seen.length === 2,
    );
    expect([valuesOf(), alarms]).toEqual([['first', 'last'], ['large']]);
    const { rows: kept } = await pool.query(
      'select event_id, error_class, topic, key, length(value) as bytes from quarantine where resolved_at is null',
    );
    expect(kept).toEqual([{ event_id: 'large', error_class: 'NotSendable', topic: TOPIC, key: 'P1', bytes: 5_000 }]);
    expect([...(await store.blockedLanes())]).toEqual([]);

    // A person has the limit raised, and lets it go.
    await limitTopic(kafka, TOPIC, 1_000_000);
    await producer.stop();
    const later = await startProducer(kafka);
    closing.push(() => later.stop());
    expect(await store.sendAgain('large', null, 'by anna')).toBe(true);
    expect(await store.sendAgain('large', null, 'by anna')).toBe(false);
    const again = await store.unsentOutbox(-1_000, 10);
    expect(again.map(({ eventId }) => eventId)).toEqual(['large']);
    await later.send(again);
    await eventually(
      'it comes late',
      () => Promise.resolve(valuesOf()),
      (seen) => seen.length === 3,
    );
    await outboxPublisher.stop();
  });
});
