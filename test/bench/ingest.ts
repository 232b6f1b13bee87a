/**
 * How fast events come from Kafka into the inbox, parsed, validated and durable: the product's own consumer, inbox writer and store on a topic
 * that was filled before. Steps do not run here: what a step costs is measured by `engine` and `withdrawal`.
 */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Kafka } from '../../infra/sandbox/kafka/launcher.js';
import { openPool } from '../../shared/runtime/postgres/database.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';
import { systemClock } from '../../shared/runtime/engine/clock.js';
import type { Engine } from '../../shared/runtime/engine/steps/step-loop.js';
import { FailureRates } from '../../shared/runtime/engine/failure-rate.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import type { OutboxPublisher } from '../../shared/runtime/engine/outbox/outbox-publisher.js';
import { InboxWriter } from '../../shared/runtime/engine/inbox/inbox-writer.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { ensureTopics } from '../../shared/runtime/kafka/admin.js';
import type { KafkaOptions } from '../../shared/runtime/kafka/client.js';
import { startConsumer, type Ingest as Handler } from '../../shared/runtime/kafka/consumer.js';
import { startProducer, type OutgoingMessage } from '../../shared/runtime/kafka/producer.js';
import { optionsOf, startStockReader, type TestOptions } from '../../shared/runtime/kafka/testing.js';
import { rebalancingConsumes } from '../../services/rebalancing/src/wire.js';
import { withdrawalConsumes } from '../../services/withdrawal/src/wire.js';
import { perSecond, serverKinds, startCpu, takeTurns, type Bench, type BenchContext, type ProcessKinds } from './measure.js';
import { brokerOrderMessage, withdrawalMessage } from './realistic-events.js';
import { admitAll } from '../support/admission.js';

const PARTITIONS = 6;
const SEND_AT_ONCE = 2_000;
/** As the wrapper hands them over from a full topic. */
const FLOOR_ROWS = 1_000;
const FLOOR_STATEMENTS_AT_ONCE = 4;

type Kind = { readonly topic: string; readonly make: (number: number) => OutgoingMessage };
const KINDS: readonly Kind[] = [
  { topic: 'broker.order-status', make: brokerOrderMessage },
  { topic: 'portfolio.withdrawal-request', make: withdrawalMessage },
];

const kafkaOptions = (kafka: Kafka, topicPrefix: string): TestOptions => optionsOf(kafka, `bench-${randomUUID()}`, topicPrefix);

const fill = async (context: BenchContext, options: KafkaOptions, each: number): Promise<void> => {
  await ensureTopics(
    options,
    KINDS.map(({ topic }) => ({ name: topic, partitions: PARTITIONS, replicationFactor: 1 })),
  );
  const producer = await startProducer(options);
  for (const { topic, make } of KINDS) {
    context.progress(`filling ${topic} with ${each} messages`);
    for (let from = 0; from < each; from += SEND_AT_ONCE)
      await producer.send(Array.from({ length: Math.min(SEND_AT_ONCE, each - from) }, (_, index) => make(from + index)));
  }
  await producer.stop();
};

/** Steps do not run: whatever would be stepped is counted and left in the inbox, as after a crash. */
const engineThatLeaves = (): Engine =>
  ({
    load: 0,
    waitsBecause: null,
    partitions: new FailureRates(systemClock),
    enqueue: () => undefined,
    checkNow: () => undefined,
    setBlocked: () => undefined,
  }) as unknown as Engine;

type Reading = { readonly perSecond: number; readonly benchMs: number; readonly postgresMs: number; readonly kafkaMs: number };

/** From the first batch handed over until `count` messages are done with. */
class Stopwatch {
  readonly #count: number;
  readonly #kinds: ProcessKinds;
  #seen = 0;
  #startedAtMs = 0;
  #cpu: ReturnType<typeof startCpu> | null = null;
  #end: ((reading: Reading) => void) | null = null;
  readonly done = new Promise<Reading>((resolve) => (this.#end = resolve));

  constructor(count: number, kinds: ProcessKinds) {
    this.#count = count;
    this.#kinds = kinds;
  }
  begin(): void {
    if (this.#cpu !== null) return;
    this.#cpu = startCpu(this.#kinds);
    this.#startedAtMs = performance.now();
  }
  add(messages: number): void {
    this.#seen += messages;
    if (this.#seen < this.#count || this.#cpu === null) return;
    const durationMs = performance.now() - this.#startedAtMs;
    const cpu = this.#cpu();
    this.#end?.({
      perSecond: perSecond(this.#count, durationMs),
      benchMs: cpu['bench'] ?? Number.NaN,
      postgresMs: cpu['postgres'] ?? Number.NaN,
      kafkaMs: cpu['kafka'] ?? Number.NaN,
    });
  }
}

type Stage = { readonly options: TestOptions; readonly pool: Pool; readonly kinds: ProcessKinds; readonly count: number };

const throughWrapper = async (stage: Stage, inboxWriter: Handler): Promise<Reading> => {
  const watch = new Stopwatch(stage.count, stage.kinds);
  let broken: (error: Error) => void = () => undefined;
  const fatal = new Promise<never>((_, reject) => (broken = reject));
  const consumer = await startConsumer({
    ...stage.options,
    groupId: `bench-${randomUUID()}`,
    topics: KINDS.map(({ topic }) => topic),
    onFatal: broken,
    ingest: async (batch, pulse) => {
      watch.begin();
      await inboxWriter(batch, pulse);
      watch.add(batch.messages.length);
    },
  });
  const reading = await Promise.race([watch.done, fatal]);
  await consumer.stop();
  return reading;
};

const throughStock = async (stage: Stage): Promise<Reading> => {
  const watch = new Stopwatch(stage.count, stage.kinds);
  const readers = await Promise.all(
    KINDS.map(({ topic }) =>
      startStockReader({
        reached: stage.options,
        groupId: `bench-${randomUUID()}`,
        topic: `${stage.options.topicPrefix}${topic}`,
        onBatch: (messages) => {
          watch.begin();
          watch.add(messages);
        },
      }),
    ),
  );
  const reading = await watch.done;
  await Promise.all(readers.map((reader) => reader.stop()));
  return reading;
};

/** The same table, emptied and with nothing left to write back, before every round that writes. */
const emptied = async (pool: Pool): Promise<void> => {
  await pool.query('truncate inbox');
  await pool.query('checkpoint');
};

const product = async (stage: Stage): Promise<Reading> => {
  await emptied(stage.pool);
  const catalogue = new Catalogue({ name: 'bench', bindings: [], consumes: [...rebalancingConsumes, ...withdrawalConsumes] });
  const inboxWriter = new InboxWriter({
    catalogue,
    store: new PostgresStore(stage.pool, 1),
    engine: engineThatLeaves(),
    outboxPublisher: { say: () => undefined } as unknown as OutboxPublisher,
    log: createLog('bench', 'error'),
    clock: systemClock,
    failpoint: () => undefined,
    admission: admitAll,
    decisions: { carryOut: () => Promise.resolve(), staysOpen: () => false },
  });
  const reading = await throughWrapper(stage, inboxWriter.take);
  const { rows } = await stage.pool.query<{ count: number; open: number }>(
    'select count(*)::int as count, count(*) filter (where handled_at is null)::int as open from inbox',
  );
  const { count = 0, open = 0 } = rows[0] ?? {};
  if (count !== stage.count || open !== stage.count / KINDS.length)
    throw new Error(`${count} of ${stage.count} events are in the inbox, ${open} of them to be stepped`);
  return reading;
};

/** The same rows by a bare multi-row insert from memory: nothing is read, parsed, judged or compared. */
const bareInsert = async (stage: Stage): Promise<Reading> => {
  await emptied(stage.pool);
  const each = stage.count / KINDS.length;
  const messages = KINDS.flatMap(({ make }) => Array.from({ length: each }, (_, number) => make(number)));
  const hash = 'd41d8cd98f00b204e9800998ecf8427e';
  const text = `insert into inbox (event_id, content_hash, topic, "partition", "offset", portfolio_id, value)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::text[])`;
  const watch = new Stopwatch(stage.count, stage.kinds);
  let next = 0;
  watch.begin();
  const work = async (): Promise<void> => {
    while (next < messages.length) {
      const from = next;
      next += FLOOR_ROWS;
      const rows = messages.slice(from, next);
      const values = [
        rows.map(({ headers }) => headers['event-id']),
        rows.map(() => hash),
        rows.map(({ topic }) => topic),
        rows.map(() => 1),
        rows.map((_, index) => from + index),
        rows.map(({ key }) => key),
        rows.map(({ value }) => value),
      ];
      await stage.pool.query({ name: 'floor', text, values });
      watch.add(rows.length);
    }
  };
  await Promise.all(Array.from({ length: FLOOR_STATEMENTS_AT_ONCE }, work));
  return watch.done;
};

const run: Bench['run'] = async (context) => {
  const rounds = context.quick ? 1 : 3;
  const count = context.quick ? 40_000 : 200_000;
  const [kafka, postgres, url] = await Promise.all([context.kafka(), context.postgres(), context.freshDatabase()]);
  const options = kafkaOptions(kafka, 'bench.');
  // The owner of the tables, because a checkpoint is not a service's to ask for; otherwise as a service connects.
  const pool = openPool(
    { url, schema: 'withdrawal', role: null, applicationName: 'bench', maxConnections: 8, statementTimeoutMs: 10_000 },
    () => undefined,
  );
  context.atEnd(() => pool.end());
  await fill(context, options, count / KINDS.length);
  const stage: Stage = { options, pool, kinds: serverKinds({ postgres, kafka }), count };
  const measured = await takeTurns(
    rounds,
    {
      stock: () => throughStock(stage),
      wrapper: () => throughWrapper(stage, () => Promise.resolve()),
      insert: () => bareInsert(stage),
      product: () => product(stage),
    },
    (name, round) => context.progress(`round ${round + 1} of ${rounds}: ${name}`),
  );
  const speed = (name: keyof typeof measured): number => measured[name].median.perSecond;
  const microseconds = (ms: number): number => (ms * 1_000) / count;
  const cost = measured.product.median;
  return {
    figures: [
      {
        name: 'Kafka into the inbox, validated',
        value: speed('product'),
        unit: 'events/s',
        goal: { atLeast: 25_000 },
        floor: { name: 'bare multi-row insert of the same rows: nothing read or judged', value: speed('insert'), unit: 'events/s' },
      },
      {
        name: 'our consumer, reading only',
        value: speed('wrapper'),
        unit: 'events/s',
        floor: { name: 'stock kafkajs, reading only: loses messages', value: speed('stock'), unit: 'events/s' },
      },
      { name: 'Node per event', value: microseconds(cost.benchMs), unit: 'µs' },
      {
        name: 'Postgres per event',
        value: microseconds(cost.postgresMs),
        unit: 'µs',
        floor: { name: 'bare multi-row insert', value: microseconds(measured.insert.median.postgresMs), unit: 'µs' },
      },
    ],
    notes: [`${count} messages of two kinds over ${KINDS.length * PARTITIONS} partitions, median of ${rounds} rounds in turns`],
  };
};

export const ingest: Bench = { name: 'ingest', does: 'events from Kafka into the inbox, validated', run };
