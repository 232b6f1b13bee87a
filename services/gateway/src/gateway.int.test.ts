/** The gateway over real HTTP, Kafka and Postgres: what it takes, what it refuses, and that nothing is lost. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { Registry } from 'prom-client';
import { Webhook } from 'standardwebhooks';
import { serviceEnvironment } from '../../../test/builders/environment.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { eventually } from '../../../test/support/eventually.js';
import { countedConnections, createApp, finishApp, listen, type Listening } from '../../../shared/runtime/http/server.js';
import { startConsumer, type Consumer, type FetchedMessage } from '../../../shared/runtime/kafka/consumer.js';
import { KafkaUnavailable, MessageRefused, MessageTooLarge, TopicRefused } from '../../../shared/runtime/kafka/errors.js';
import { startProducer, type Producer } from '../../../shared/runtime/kafka/producer.js';
import { ensureTopics } from '../../../shared/runtime/kafka/admin.js';
import { optionsOf } from '../../../shared/runtime/kafka/testing.js';
import { createLog } from '../../../shared/runtime/process/log.js';
import { plannedTopics } from '../../../shared/runtime/process/topics.js';
import { Batcher, TooManyWaiting } from '../../../shared/runtime/batching.js';
import { wire } from './wire.js';
import { config } from './config.js';
import { reachedByEnvironment } from '../../../test/support/kafka.js';
import { clearText, openedBody } from '../../../shared/runtime/sealing/sealed-message.js';
import { testSealing } from '../../../test/support/sealing.js';

const SECRET = `whsec_${Buffer.from('a secret of at least 24 bytes').toString('base64')}`;
const prefix = `gw-${randomBytes(4).toString('hex')}.`;
const log = createLog('gateway-test', 'silent');

/** A body as it came, and a message as people read it. */
const asItCame = (body: Buffer): string => openedBody(testSealing.sealer, body).toString();
const inClear = (value: Buffer | null | undefined): string => clearText(testSealing.sealer, value?.toString() ?? '');

describe('the gateway', () => {
  let database: TestDatabase;
  let pool: Pool;
  let producer: Producer;
  let http: Listening;
  let consumer: Consumer;
  let kafkaAway = false;
  /** What Kafka says of an event whose id is in its message; null where it takes it. */
  let refusal: Error | null = null;
  const taken: FetchedMessage[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new Pool({ connectionString: database.url, options: '-c search_path=gateway -c role=cmw_gateway' });
    const kafka = optionsOf(reachedByEnvironment(), 'gateway-test', prefix);
    await ensureTopics(kafka, plannedTopics(1));
    producer = await startProducer(kafka);
    const sendUnlessRefused: Producer['sendEach'] = async (messages, limits) => {
      const isRefused = messages.map(({ value }) => refusal !== null && value.includes('refused-event'));
      const rest = await producer.sendEach(
        messages.filter((_message, at) => isRefused[at] === false),
        limits,
      );
      let n = 0;
      return isRefused.map((refused) => (refused ? refusal : (rest[n++] ?? null)));
    };
    const publish: Producer = {
      stop: () => producer.stop(),
      send: (messages, limits) => producer.send(messages, limits),
      sendEach: (messages, limits) =>
        kafkaAway ? Promise.resolve(messages.map(() => new KafkaUnavailable('away'))) : sendUnlessRefused(messages, limits),
    };
    const registry = new Registry();
    const app = createApp(registry, []);
    const settings = config.parse({
      ...serviceEnvironment,
      DATABASE_URL: database.url,
      KAFKA_BROKERS: kafka.brokers.join(','),
      WEBHOOK_SECRETS_INVESTSUITE: SECRET,
      WEBHOOK_SECRETS_BROKER: SECRET,
      WEBHOOK_SECRETS_CORE_BANKING: SECRET,
      WEBHOOK_MAX_BODY_BYTES: '20000',
    });
    const connections = countedConnections(settings, registry);
    wire(settings, { app, pool, producer: publish, registry, log, connections, watch: () => undefined, sealer: testSealing.sealer });
    finishApp(app, log);
    http = await listen(app, '127.0.0.1', 0, connections);
    consumer = await startConsumer({
      ...kafka,
      groupId: `${prefix}test`,
      topics: [
        'portfolio.withdrawal-request',
        'optimisations.status-update',
        'broker.order-status',
        'broker.cash-status',
        'core-banking.transfer-status',
        'core-banking.deposit',
      ],
      ingest: (batch) => {
        taken.push(...batch.messages);
        return Promise.resolve();
      },
      onFatal: (error) => {
        throw error;
      },
    });
  });
  afterAll(async () => {
    await consumer.stop();
    await http.stop();
    await producer.stop();
    await pool.end();
    await database.drop();
  });
  let warned: ReturnType<typeof jest.spyOn>;
  beforeEach(() => {
    warned = jest.spyOn(log, 'warn');
    kafkaAway = false;
    refusal = null;
  });

  let n = 0;
  const post = async (path: string, body: string | Buffer, change: Record<string, string | undefined> = {}) => {
    const id = change['webhook-id'] ?? `msg_${String(++n)}`;
    const at = new Date();
    const all: Record<string, string | undefined> = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign(id, at, body.toString()),
      ...change,
    };
    const headers = Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    );
    const response = await fetch(http.url + path, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown>,
      type: response.headers.get('content-type') ?? '',
    };
  };
  const request = (id: string, subject = 'portfolios', action = 'divest-amount-update', amount = '1250.40') =>
    `{"id":"${id}","created":"-1000000000-01-01T00:00:00Z","version":"1.0.0","subject":"${subject}","action":"${action}","data":{"id":"P01","external_id":null,"divest_amount":${amount},"currency":"USD"}}`;
  const arrived = (eventId: string) =>
    eventually(
      `event ${eventId} on Kafka`,
      () => taken.filter((message) => message.headers['event-id'] === eventId),
      (seen) => seen.length > 0,
    );

  it('forwards an event with key, headers, our words, and the body unchanged, numbers as they were written', async () => {
    expect(await post('/webhooks/investsuite', request('e1', 'portfolios', 'divest-amount-update', '3.4900'))).toMatchObject({
      status: 202,
      body: { accepted: 1 },
    });
    const [message] = await arrived('investsuite:e1');
    expect(message?.topic).toBe('portfolio.withdrawal-request');
    expect(message?.key).toBe('P01');
    expect(message?.headers).toMatchObject({ 'event-type': 'portfolios.divest-amount-update', 'schema-version': '2' });
    expect(inClear(message?.value)).toContain(
      '"data":{"portfolioId":"P01","level":{"kind":"amount","amount":"3.49"},"currency":"USD","original":{',
    );
    expect(inClear(message?.value)).toContain('"divest_amount":3.4900');
    expect(inClear(message?.value)).toContain('"portfolioId":"P01"');
  });

  it.each([
    ['portfolios', 'divest-amount-update'],
    ['portfolio', 'withdrawal-request'],
    ['PORTFOLIOS', 'Withdrawal'],
    ['portfolio', 'divest_amount_update'],
  ])('takes the name variant %s / %s', async (subject, action) => {
    const id = `v-${subject}-${action}`;
    expect((await post('/webhooks/investsuite', request(id, subject, action, '1e100'))).status).toBe(202);
    const [message] = await arrived(`investsuite:${id}`);
    expect(message?.topic).toBe('portfolio.withdrawal-request');
    expect(inClear(message?.value)).toContain('"divest_amount":1e100');
  });

  it('takes an array, and the same webhook-id again does nothing more', async () => {
    const body = `[${request('a1')},${request('a2')}]`;
    expect(await post('/webhooks/investsuite', body, { 'webhook-id': 'msg_array' })).toMatchObject({ status: 202, body: { accepted: 2 } });
    await arrived('investsuite:a2');
    expect(await post('/webhooks/investsuite', body, { 'webhook-id': 'msg_array' })).toMatchObject({
      status: 202,
      body: { accepted: 0, repeated: true },
    });
    await post('/webhooks/investsuite', request('a3'));
    await arrived('investsuite:a3');
    expect(taken.filter((message) => message.headers['event-id'] === 'investsuite:a1')).toHaveLength(1);
  });

  it('writes what arrives together together; one that the database refuses fails nobody else', async () => {
    const owner = new Pool({ connectionString: database.url, max: 1 });
    await owner.query(`alter table gateway.webhook add constraint refused check (webhook_id <> 'msg_refused')`);
    const asked = jest.spyOn(Client.prototype, 'query');
    const ids = Array.from({ length: 60 }, (_, index) => (index === 31 ? 'msg_refused' : `msg_together_${String(index)}`));
    const answers = await Promise.all(
      ids.map((id, index) => post('/webhooks/investsuite', request(`t${String(index)}`), { 'webhook-id': id })),
    );
    const statements = asked.mock.calls.length;
    asked.mockRestore();
    await owner.query('alter table gateway.webhook drop constraint refused');
    await owner.end();
    expect(answers.map(({ status, body }) => [status, body['accepted']])).toEqual(ids.map(() => [202, 1]));
    const { rows } = await pool.query<{ webhook_id: string }>(
      `select webhook_id from webhook where webhook_id like 'msg\\_together\\_%' or webhook_id = 'msg_refused'`,
    );
    expect(rows.map((row) => row.webhook_id).sort()).toEqual(ids.filter((id) => id !== 'msg_refused').sort());
    // Each by itself would be a hundred and twenty.
    expect(statements).toBeLessThan(60);
    const again = await Promise.all(
      ids.slice(0, 4).map((id, index) => post('/webhooks/investsuite', request(`t${String(index)}`), { 'webhook-id': id })),
    );
    expect(again.map(({ body }) => body)).toEqual(again.map(() => ({ accepted: 0, repeated: true })));
  });

  it('says 503 when more wait for the database than it holds, and forwards nothing', async () => {
    const full = jest.spyOn(Batcher.prototype, 'do').mockRejectedValueOnce(new TooManyWaiting('5000 are waiting already'));
    expect(await post('/webhooks/investsuite', request('full'), { 'webhook-id': 'msg_full' })).toMatchObject({
      status: 503,
      body: { code: 'busy' },
    });
    full.mockRestore();
    expect(await post('/webhooks/investsuite', request('full'), { 'webhook-id': 'msg_full' })).toMatchObject({ status: 202 });
    await arrived('investsuite:full');
    expect(taken.filter((message) => message.headers['event-id'] === 'investsuite:full')).toHaveLength(1);
  });

  it('routes broker and core banking events', async () => {
    const payment =
      '{"eventId":"c1","endToEndId":"WD1","paymentId":"p1","status":"ACSC","instructedAmount":{"amount":"5.00","currency":"USD"},"bookedAt":"2026-01-01T00:00:00Z"}';
    expect((await post('/webhooks/core-banking/payment-status', payment)).status).toBe(202);
    const [message] = await arrived('core-banking:c1');
    expect([message?.topic, message?.key]).toEqual(['core-banking.transfer-status', 'WD1']);
    expect(
      (
        await post(
          '/webhooks/broker/drivewealth',
          '{"id":"event_9","type":"some.new.type","timestamp":"2026-01-01T00:00:00Z","payload":{}}',
        )
      ).status,
    ).toBe(202);
  });

  it.each<[string, number, string, () => Promise<{ status: number; body: Record<string, unknown>; type: string }>]>([
    ['unsigned', 401, 'signature-missing', () => post('/webhooks/investsuite', request('x'), { 'webhook-signature': undefined })],
    [
      'signed for another body',
      401,
      'signature-wrong',
      () =>
        post('/webhooks/investsuite', request('x'), {
          'webhook-signature': new Webhook(SECRET).sign('msg_q', new Date(), '{}'),
          'webhook-id': 'msg_q',
        }),
    ],
    [
      'replayed after the tolerance',
      401,
      'timestamp-out-of-tolerance',
      () => {
        const at = new Date(Date.now() - 400_000);
        return post('/webhooks/investsuite', request('x'), {
          'webhook-id': 'msg_old',
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': new Webhook(SECRET).sign('msg_old', at, request('x')),
        });
      },
    ],
    ['oversized', 413, 'too-large', () => post('/webhooks/investsuite', `{"pad":"${'x'.repeat(30_000)}"}`)],
    ['not JSON by its type', 415, 'media-type', () => post('/webhooks/investsuite', request('x'), { 'content-type': 'text/plain' })],
    ['compressed', 415, 'media-type', () => post('/webhooks/investsuite', request('x'), { 'content-encoding': 'gzip' })],
    ['not JSON', 400, 'not-json', () => post('/webhooks/investsuite', '{"half":')],
    [
      'of a wrong shape',
      400,
      'wrong-shape',
      () =>
        post(
          '/webhooks/investsuite',
          '{"id":"w","subject":"portfolios","action":"withdrawal","version":"1.0.0","data":{"id":"P01","divest_amount":"much"}}',
        ),
    ],
  ])('answers a webhook that is %s with %i %s as problem+json', async (_what, status, code, send) => {
    const answer = await send();
    expect(answer).toMatchObject({ status, body: { code, status } });
    expect(answer.type).toContain('application/problem+json');
  });

  it('keeps every signed body it refuses, whole', async () => {
    const body = '{"broken": "a particular one"';
    expect((await post('/webhooks/investsuite', body)).status).toBe(400);
    const { rows } = await pool.query<{ body: Buffer }>(`select body from quarantine where error_class = 'not-json'`);
    expect(rows.map((row) => asItCame(row.body))).toContain(body);
  });

  const keptAs = async (errorClass: string): Promise<readonly { body: Buffer; reason: string }[]> =>
    (await pool.query<{ body: Buffer; reason: string }>('select body, reason from quarantine where error_class = $1', [errorClass])).rows;

  it('keeps a signed body of too many events, once, forwards none of them, and says so in the log [C8]', async () => {
    const body = `[${Array.from({ length: 5_000 }, () => '{}').join(',')}]`;
    for (const id of ['msg_many', 'msg_many', 'msg_many_again'])
      expect(await post('/webhooks/investsuite', body, { 'webhook-id': id })).toMatchObject({
        status: 413,
        body: { code: 'too-many-events', detail: 'the body holds 5000 events, more than the 1000 of one body' },
      });
    const kept = await keptAs('too-many-events');
    expect(kept.map((row) => [asItCame(row.body), row.reason])).toEqual([
      [body, 'the body holds 5000 events, more than the 1000 of one body'],
    ]);
    expect(warned).toHaveBeenCalledWith(expect.objectContaining({ code: 'too-many-events', source: 'investsuite' }), expect.any(String));
  });
  it('keeps what is signed and not plain JSON by its headers [C8]', async () => {
    const body = request('typed');
    for (const [name, value] of [
      ['content-type', 'text/plain'],
      ['content-encoding', 'gzip'],
    ] as const)
      expect(await post('/webhooks/investsuite', body, { [name]: value })).toMatchObject({ status: 415, body: { code: 'media-type' } });
    expect((await keptAs('media-type')).map((row) => asItCame(row.body))).toContain(body);
  });
  it('keeps a signed body with a name that stands twice, and forwards nothing of it [C9]', async () => {
    const body = request('twice').replace('"divest_amount":1250.40', '"divest_amount":1,"divest_amount":1250.40');
    expect(await post('/webhooks/investsuite', body)).toMatchObject({ status: 400, body: { code: 'not-json' } });
    expect((await keptAs('not-json')).map((row) => asItCame(row.body))).toContain(body);
    await post('/webhooks/investsuite', request('after-twice'));
    await arrived('investsuite:after-twice');
    expect(taken.filter((message) => message.headers['event-id'] === 'investsuite:twice')).toEqual([]);
  });

  it.each<[string, Error, number, string]>([
    ['too large for its topic', new MessageTooLarge('the broker says MESSAGE_TOO_LARGE'), 413, 'event-too-large'],
    ['no record for it', new MessageRefused('the broker says INVALID_RECORD'), 422, 'event-refused'],
  ])(
    'answers clearly when Kafka says for ever that an event is %s, keeps the body, and forwards the others [B14]',
    async (_what, error, status, code) => {
      refusal = error;
      const body = `[${request(`good-${code}`)},${request('refused-event', 'portfolios', 'divest-amount-update', String(status))}]`;
      expect(await post('/webhooks/investsuite', body)).toMatchObject({
        status,
        body: { code, detail: expect.stringContaining(error.message) },
      });
      await arrived(`investsuite:good-${code}`);
      const { rows } = await pool.query<{ body: Buffer }>('select body from quarantine where error_class = $1', [code]);
      expect(rows.map((row) => asItCame(row.body))).toContain(body);
    },
  );

  it('says which topic Kafka refuses, and asks the sender to come again [B14]', async () => {
    refusal = new TopicRefused('the broker says TOPIC_AUTHORIZATION_FAILED');
    expect(await post('/webhooks/investsuite', request('refused-event'))).toMatchObject({ status: 503, body: { code: 'topic-refused' } });
  });

  it('says 503 and Retry-After while Kafka is away, and takes the same webhook afterwards', async () => {
    kafkaAway = true;
    expect(await post('/webhooks/investsuite', request('k1'), { 'webhook-id': 'msg_k1' })).toMatchObject({
      status: 503,
      body: { code: 'kafka-away' },
    });
    kafkaAway = false;
    expect(await post('/webhooks/investsuite', request('k1'), { 'webhook-id': 'msg_k1' })).toMatchObject({
      status: 202,
      body: { accepted: 1 },
    });
    await arrived('investsuite:k1');
  });
});
