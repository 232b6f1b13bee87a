/**
 * Every consumer's messages, good and hurt, through the real inbox writer into a real Postgres: each of them ends as a row that says
 * what became of it, and the lane of a good message is stopped by nobody else's bad one.
 */
import { parseEnvelope } from '../../contracts/internal/envelope.js';
import { isOutsideTopic, type Topic } from '../../contracts/internal/topics.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Pool } from 'pg';
import { openPool } from '../../shared/runtime/postgres/database.js';
import { systemClock as clock } from '../../shared/runtime/engine/clock.js';
import { Engine } from '../../shared/runtime/engine/steps/step-loop.js';
import { bodyHash } from '../../shared/runtime/engine/identity.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import { OutboxPublisher } from '../../shared/runtime/engine/outbox/outbox-publisher.js';
import { EffectRunner } from '../../shared/runtime/engine/effects/effect-runner.js';
import { NOTHING_STOPPED } from '../../shared/runtime/stopping/stop-source.js';
import type { OutboxRow } from '../../shared/runtime/engine/store/store.js';
import { InboxWriter } from '../../shared/runtime/engine/inbox/inbox-writer.js';
import { originalOf } from '../../shared/runtime/engine/inbox/read-message.js';
import { HoldPartition } from '../../shared/runtime/kafka/errors.js';
import type { FetchedMessage } from '../../shared/runtime/kafka/consumer.js';
import { neverSendable } from '../../shared/runtime/kafka/producer.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { recorded } from '../compatibility/recorded.js';
import { forwarded, readerOf } from '../support/forwarded.js';
import { messageOf } from './bodies.js';
import { catalogues, consumers } from './consumers.js';
import { hurt } from './mutations.js';
import { bytesOf, corpus, runs, seed } from './run.js';
import { printed } from './tree.js';
import { admitAll } from '../support/admission.js';

const pulse = { stopping: () => false, heartbeat: () => Promise.resolve() };
const GOOD_LANE = 'P01';

const markOf = (text: string): string => {
  try {
    return bodyHash(text, parseEnvelope(text));
  } catch {
    return bodyHash(text, null);
  }
};

describe('messages of every consumer', () => {
  let database: TestDatabase;
  let admin: Pool;
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url, max: 2, options: '-c search_path=payout' });
  });
  afterEach(async () => {
    await admin.query('truncate inbox, journey, effect, outbox, blocked_lane, quarantine, history');
  });
  afterAll(async () => {
    await admin.end();
    await database.drop();
  });

  /** The real inbox writer. Nothing is stepped: the flows are not bound, and every lane waits. */
  const open = (service: string) => {
    const catalogue = catalogues[service];
    if (catalogue === undefined) throw new Error(`no service ${service}`);
    const options = {
      url: database.url,
      schema: 'payout',
      role: 'cmw_payout',
      applicationName: 'fuzz',
      maxConnections: 2,
      statementTimeoutMs: 5_000,
    };
    const pool = openPool(options, () => undefined);
    const store = new PostgresStore(pool, 4_713);
    const said: OutboxRow[] = [];
    const log = createLog('fuzz', 'silent');
    const outboxPublisher = new OutboxPublisher(
      store,
      (rows) => {
        said.push(...rows);
        return Promise.resolve([]);
      },
      () => undefined,
      clock.after,
    );
    const sender = new EffectRunner({
      limitPerSystem: 1,
      breakerAfterFailures: 1,
      breakerOpenMs: 1,
      ...clock,
      maySend: () => false,
      stops: NOTHING_STOPPED,
      onBug: () => undefined,
    });
    const failpoint = (): void => undefined;
    const engine = new Engine({
      catalogue,
      store,
      effectRunner: sender,
      stops: NOTHING_STOPPED,
      outboxPublisher: outboxPublisher,
      clock: { ...clock, soon: () => undefined },
      log,
      ownerId: () => 1,
      failpoint: failpoint,
    });
    const decisions = { carryOut: () => Promise.resolve(), staysOpen: () => false };
    const inboxWriter = new InboxWriter({
      catalogue,
      store,
      engine,
      outboxPublisher: outboxPublisher,
      log,
      clock,
      failpoint: failpoint,
      admission: admitAll,
      decisions,
    });
    return { inboxWriter, said, store, close: () => pool.end() };
  };

  /** One by one and in small fetches, good ones in between, so that it is no flood. */
  const handOver = async (
    inboxWriter: InboxWriter,
    topic: string,
    values: readonly { value: Buffer; key: string | null }[],
  ): Promise<readonly FetchedMessage[]> => {
    const messages = values.map(({ value, key }, index): FetchedMessage => ({
      topic,
      partition: 0,
      offset: String(index + 1),
      key,
      value,
      headers: {},
      timestampMs: 0,
    }));
    for (let from = 0; from < messages.length; from += 7) {
      const fetch = messages.slice(from, from + 7);
      await inboxWriter.take({ topic, partition: 0, messages: fetch }, pulse).catch((error: unknown) => {
        if (!(error instanceof HoldPartition)) throw error;
        throw new Error('the fuzz itself became a flood: put more good messages in');
      });
    }
    return messages;
  };

  it.each(consumers)('%s on %s: each is a row, kept whole, and none stops the lane of another', async (service, topic) => {
    const { inboxWriter, said, close } = open(service);
    const good = fc
      .sample(messageOf(topic), { seed, numRuns: runs(25) })
      .map((tree) => ({ value: Buffer.from(printed(tree)), key: 'good' }));
    const kept = corpus('consumers')
      .filter(({ target }) => target === topic)
      .map((one) => ({ value: bytesOf(one), key: 'bad' }));
    const bad = [...kept, ...fc.sample(hurt(messageOf(topic)), { seed, numRuns: runs(20) }).map((value) => ({ value, key: 'bad' }))];
    const messages = await handOver(inboxWriter, topic, [
      ...good.flatMap((one, index) => [one, bad[index]].filter((each) => each !== undefined)),
      ...bad.slice(good.length),
    ]);
    const { rows } = await admin.query<{ value: string; handled: boolean; note: string | null; event_id: string }>(
      'select value, handled_at is not null as handled, note, event_id from inbox',
    );
    const stored = new Set(rows.map(({ value }) => markOf(value)));
    // Handled for a reason, or open for a step. The same but for its time under one id is a repetition.
    for (const message of messages) expect(stored.has(markOf(originalOf(message).value))).toBe(true);
    for (const { handled, note } of rows) if (handled) expect(note).toMatch(/./);
    const quarantined = await admin.query<{ event_id: string; value: string }>('select event_id, value from quarantine');
    for (const { event_id: eventId, value } of quarantined.rows) expect(rows.find((row) => row.event_id === eventId)?.value).toBe(value);
    expect(quarantined.rowCount).toBeGreaterThan(0);
    expect(said).toHaveLength(quarantined.rowCount ?? 0);
    for (const letter of said) expect(neverSendable(letter)).toBeNull();
    // Handed over once more, as Kafka does after a crash: nothing new.
    const again = open(service);
    await again.inboxWriter.take({ topic, partition: 0, messages: messages.slice(0, 50) }, pulse).catch((error: unknown) => {
      if (!(error instanceof HoldPartition)) throw error;
    });
    expect((await admin.query('select 1 from inbox')).rowCount).toBe(rows.length);
    await again.close();
    await close();
  });

  describe('an event that comes in the form of the first release and in ours', () => {
    const fromOutside = recorded.filter(({ topic, what }) => readerOf(topic).topics.includes(topic) && !what.startsWith('our own'));
    const services = consumers.filter(([, topic]) => isOutsideTopic(topic));
    const both = (topic: Topic) =>
      fromOutside
        .filter((one) => one.topic === topic)
        .map((one) => {
          const now = forwarded(readerOf(one.topic), parseEnvelope(one.value).data)?.value ?? '';
          return { then: { value: Buffer.from(one.value), key: one.key }, now: { value: Buffer.from(now), key: one.key } };
        });
    const found = async (): Promise<readonly unknown[]> =>
      (await admin.query<{ event_id: string; value: string }>('select event_id, value from inbox order by event_id')).rows;
    const otherBodies = async (): Promise<number | null> =>
      (await admin.query(`select 1 from quarantine where error_class = 'OtherBody'`)).rowCount;

    it.each(services)('%s on %s: is taken in once, whichever came first', async (service, topic) => {
      for (const first of ['then', 'now'] as const) {
        const { inboxWriter, close } = open(service);
        const pairs = both(topic);
        expect(pairs.length).toBeGreaterThan(0);
        await handOver(
          inboxWriter,
          topic,
          pairs.map((pair) => pair[first]),
        );
        const stands = await found();
        expect(stands).toHaveLength(pairs.length);
        await handOver(
          inboxWriter,
          topic,
          pairs.map((pair) => pair[first === 'then' ? 'now' : 'then']),
        );
        expect(await found()).toEqual(stands);
        expect(await otherBodies()).toBe(0);
        await close();
        await admin.query('truncate inbox, journey, effect, outbox, blocked_lane, quarantine, history');
      }
    });

    it('with another content is told apart all the same', async () => {
      const { inboxWriter, close } = open('payout');
      const [pair] = both('core-banking.transfer-status');
      const other = (pair?.now.value.toString() ?? '').replaceAll('1250.00', '9250.00');
      expect(other).not.toBe(pair?.now.value.toString());
      await handOver(inboxWriter, 'core-banking.transfer-status', [
        pair?.then ?? { value: Buffer.from(''), key: '' },
        { value: Buffer.from(other), key: 'k' },
      ]);
      expect(await otherBodies()).toBe(1);
      await close();
    });

    it('is understood when it waited unhandled, and when a person corrects it in the old form', async () => {
      const { inboxWriter, store, close } = open('withdrawal');
      const topic = 'portfolio.withdrawal-request';
      const one = recorded.find((each) => each.what === 'a level of 3.4900');
      const value = one?.value ?? '';
      await handOver(inboxWriter, topic, [{ value: Buffer.from(value), key: 'P01' }]);
      const [row] = await store.openInbox(0, 10, []);
      const level = { kind: 'amount', amount: '3.49' };
      expect(row?.value).toBe(value);
      expect(row === undefined ? null : await inboxWriter.again(row)).toMatchObject({ input: { type: 'DivestAmountUpdated', level } });
      const bad = value.replace('investsuite:w0', 'investsuite:w99').replace('3.4900', '"much"');
      await handOver(inboxWriter, topic, [{ value: Buffer.from(bad), key: 'P01' }]);
      const corrected = value.replace('investsuite:w0', 'investsuite:w99');
      const replayed = await store.replay('investsuite:w99', corrected, 'corrected by anna');
      expect(replayed === null ? null : await inboxWriter.again(replayed)).toMatchObject({ input: { type: 'DivestAmountUpdated', level } });
      await close();
    });
  });

  it('a bad message of one portfolio stops the lane of that one alone', async () => {
    const { inboxWriter, store, close } = open('payout');
    const good = fc.sample(messageOf('payout.requested'), { seed, numRuns: 5 }).map(printed);
    const bad = (good[0] ?? '').replace(/"portfolioId":"P0\d"/, '"portfolioId":"P99"');
    await handOver(inboxWriter, 'payout.requested', [
      { value: Buffer.from(bad), key: GOOD_LANE },
      ...good.map((value) => ({ value: Buffer.from(value), key: GOOD_LANE })),
    ]);
    expect([...(await store.blockedLanes())]).toEqual(['P99']);
    await close();
  });
});
