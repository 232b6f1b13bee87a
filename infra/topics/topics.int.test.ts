/** Topics, rights and recorded offsets on a Kafka that asks everybody who they are. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { eventually } from '../../test/support/eventually.js';
import { Client } from 'pg';
import { ensureTopics, pingKafka } from '../../shared/runtime/kafka/admin.js';
import { inner } from '../../shared/runtime/kafka/client.js';
import { groupLag } from '../../shared/runtime/kafka/lag.js';
import { startConsumer } from '../../shared/runtime/kafka/consumer.js';
import { startProducer } from '../../shared/runtime/kafka/producer.js';
import { optionsOf } from '../../shared/runtime/kafka/testing.js';
import { ConfigurationError } from '../../shared/runtime/process/config.js';
import type { Log } from '../../shared/runtime/process/log.js';
import { plannedTopics, untilTopicsAreThere } from '../../shared/runtime/process/topics.js';
import { prepareTopics } from '../sandbox/identities.js';
import { startKafka, type Kafka } from '../sandbox/kafka/launcher.js';
import { recordUnsigned } from './record-unsigned.js';

describe('a Kafka as production has it', () => {
  let kafka: Kafka;
  const warnings: string[] = [];
  const log = { warn: (fields: object, line: string) => void warnings.push(`${line} ${JSON.stringify(fields)}`) } as unknown as Log;
  beforeAll(async () => {
    kafka = await startKafka();
    await prepareTopics(kafka);
  }, 120_000);
  afterAll(() => kafka.stop(), 60_000);

  const as = (user: string, prefix = '') => optionsOf({ brokers: kafka.brokers, sasl: kafka.loginOf(user) }, `test-${user}`, prefix);
  const message = (topic: string) => ({ topic, key: 'p1', value: '{}', headers: {} });

  it('hears nobody who does not say who they are [A2]', async () => {
    await expect(pingKafka(optionsOf({ brokers: kafka.brokers }, 'nobody'), 3_000)).rejects.toThrow();
    const wrong = { ...kafka.loginOf('payout'), password: 'wrong' };
    await expect(pingKafka(optionsOf({ brokers: kafka.brokers, sasl: wrong }, 'wrong'), 3_000)).rejects.toThrow();
    await expect(pingKafka(as('payout'), 3_000)).resolves.toBeUndefined();
  }, 30_000);

  it('lets a service write what it emits and its dead letters, and nothing else [A2]', async () => {
    const producer = await startProducer({ ...as('payout'), sendDeadlineMs: 5_000 });
    try {
      await expect(producer.send([message('payout.finished')])).resolves.toBeUndefined();
      await expect(producer.send([message('payout.requested.dlq')])).resolves.toBeUndefined();
      for (const topic of ['operator.decision', 'payout.requested', 'portfolio.withdrawal-request', 'payout.finished.dlq'])
        await expect(producer.send([message(topic)])).rejects.toThrow();
    } finally {
      await producer.stop();
    }
  }, 60_000);

  it('lets a service read what it takes, in its own group, also beside its previous run', async () => {
    const taken: string[] = [];
    const start = () =>
      startConsumer({
        ...as('withdrawal'),
        groupId: 'withdrawal',
        topics: ['payout.finished'],
        ingest: ({ messages }) => Promise.resolve(void taken.push(...messages.map(({ topic }) => topic))),
        onFatal: () => undefined,
      });
    const [first, second] = [await start(), await start()];
    await eventually(
      'it is read',
      () => taken.length,
      (count) => count > 0,
      30_000,
    );
    expect((await second.lag()).partitions).toHaveLength(6);
    await Promise.all([first.stop(), second.stop()]);
    // Kafkajs says of a group that may not be seen only that it has no coordinator; to its owner it is shown.
    await expect(groupLag(as('withdrawal'), 'payout', ['payout.finished'], inner)).rejects.toThrow(/[Aa]uthoriz|group coordinator/);
    await expect(groupLag(as('payout'), 'payout', ['payout.requested'], inner)).resolves.toBeDefined();
  }, 120_000);

  it('tells a service that may not see its topics to end, and one whose topics are missing to wait [A2]', async () => {
    await expect(untilTopicsAreThere(as('payout'), 'payout', log)).resolves.toBeUndefined();
    await expect(untilTopicsAreThere(as('gateway'), 'payout', log)).rejects.toThrow(ConfigurationError);
    expect(warnings[0]).toMatch(/^topics may not be seen by this Kafka user; waiting a moment .*payout\.requested/);
    warnings.length = 0;
    const admin = optionsOf(kafka, 'test-admin', 'later.');
    const waiting = untilTopicsAreThere(admin, 'payout', log);
    await eventually(
      'it says what is missing',
      () => warnings,
      ([first]) => first !== undefined,
      30_000,
    );
    expect(warnings[0]).toMatch(/^topics are missing: npm run topics makes them; waiting .*payout\.requested/);
    await ensureTopics(admin, plannedTopics(1));
    await waiting;
  }, 90_000);

  describe('at the upgrade to signed messages', () => {
    let database: TestDatabase;
    let owner: Client;
    beforeAll(async () => {
      database = await createTestDatabase();
      owner = new Client({ connectionString: database.url });
      await owner.connect();
    });
    afterAll(async () => {
      await owner.end();
      await database.drop();
    });
    const sum = async (): Promise<number> =>
      Number(
        (await owner.query<{ sum: string }>(`select sum("offset") from public.unsigned_until where topic = 'payout.finished'`)).rows[0]
          ?.sum,
      );

    it('what lies there is recorded once: a second run lets nothing more in [A2]', async () => {
      const admin = optionsOf(kafka, 'test-admin');
      const first = await recordUnsigned(admin, { url: database.url });
      expect(first).toEqual({ places: expect.any(Number) as unknown, before: 0 });
      const recorded = await sum();
      expect(recorded).toBeGreaterThan(0);
      const producer = await startProducer(as('payout'));
      await producer.send([message('payout.finished')]);
      await producer.stop();
      expect(await recordUnsigned(admin, { url: database.url })).toEqual({ places: 0, before: first.places });
      expect(await sum()).toBe(recorded);
    }, 60_000);

    it('no service can record anything [A2]', async () => {
      const service = new Client({ connectionString: database.urlOf('payout') });
      await service.connect();
      try {
        await service.query('set role cmw_payout');
        expect((await service.query('select 1 from public.unsigned_until')).rowCount).toBeGreaterThan(0);
        for (const statement of [
          `insert into public.unsigned_until values ('operator.decision', 99, 1)`,
          `update public.unsigned_until set "offset" = 9000`,
          'delete from public.unsigned_until',
        ])
          await expect(service.query(statement)).rejects.toThrow('permission denied');
      } finally {
        await service.end();
      }
    });
  });
});
