/**
 * Whatever is posted at the gateway, over real HTTP and with a real Postgres, gets one of the documented answers. What is
 * acknowledged is a message that our own consumers can read; what is signed and refused is kept. Kafka's part is taken by a
 * publisher that refuses what Kafka would, and keeps the rest.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, createHmac } from 'node:crypto';
import { connect } from 'node:net';
import fc from 'fast-check';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { parseEnvelope } from '../../contracts/internal/envelope.js';
import { outsideEvents } from '../../contracts/internal/outside-events.js';
import { isOutsideTopic, topics } from '../../contracts/internal/topics.js';
import { config } from '../../services/gateway/src/config.js';
import { wire } from '../../services/gateway/src/wire.js';
import { parseJson, printJson, type Printable } from '../../shared/kernel/json.js';
import { countedConnections, createApp, finishApp, listen, type Listening } from '../../shared/runtime/http/server.js';
import { neverSendable, type OutgoingMessage } from '../../shared/runtime/kafka/producer.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { serviceEnvironment } from '../builders/environment.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { webhookBodies } from './bodies.js';
import { hurt } from './mutations.js';
import { bytesOf, corpus, runs, seed, triedLater } from './run.js';
import { array, printed } from './tree.js';
import { clearText, openedBody } from '../../shared/runtime/sealing/sealed-message.js';
import { testSealing } from '../support/sealing.js';

const SECRET = `whsec_${Buffer.from('a secret of at least 24 bytes').toString('base64')}`;
const PATHS = Object.keys(webhookBodies);
/** By status, the codes of services/gateway/README.md. */
const DOCUMENTED: Readonly<Record<number, readonly string[]>> = {
  400: ['not-json', 'wrong-shape', 'cut'],
  401: ['signature-missing', 'signature-malformed', 'signature-wrong', 'timestamp-out-of-tolerance'],
  404: ['not-found'],
  409: ['another-body'],
  413: ['too-large', 'too-many-events', 'event-too-large'],
  415: ['media-type'],
};
const KEPT_CODES: readonly string[] = ['not-json', 'wrong-shape', 'event-too-large', 'another-body'];

/** Standard Webhooks 1.0.0, over bytes of any kind; the sender's library signs text only. */
const signatureOf = (id: string, at: Date, body: Buffer): string =>
  `v1,${createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
    .update(`${id}.${String(Math.floor(at.getTime() / 1000))}.`)
    .update(body)
    .digest('base64')}`;

type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>>; readonly messages: readonly OutgoingMessage[] };

describe('the gateway', () => {
  let database: TestDatabase;
  let pool: Pool;
  let http: Listening;
  let published: OutgoingMessage[] = [];
  let rejections = 0;
  const onRejection = (): void => {
    rejections++;
  };

  beforeAll(async () => {
    process.on('unhandledRejection', onRejection);
    database = await createTestDatabase();
    pool = new Pool({ connectionString: database.url, options: '-c search_path=gateway -c role=cmw_gateway' });
    const registry = new Registry();
    const log = createLog('gateway-fuzz', 'silent');
    const app = createApp(registry, []);
    const producer = {
      stop: () => Promise.resolve(),
      send: () => Promise.reject(new Error('the gateway asks for the outcome of each message')),
      sendEach: (messages: readonly OutgoingMessage[]) => {
        const outcomes = messages.map((message) => neverSendable(message));
        published.push(...messages.filter((_message, at) => outcomes[at] === null));
        return Promise.resolve(outcomes);
      },
    };
    const settings = config.parse({
      ...serviceEnvironment,
      DATABASE_URL: database.url,
      KAFKA_BROKERS: 'none:1',
      WEBHOOK_SECRETS_INVESTSUITE: SECRET,
      WEBHOOK_SECRETS_BROKER: SECRET,
      WEBHOOK_SECRETS_CORE_BANKING: SECRET,
    });
    const connections = countedConnections(settings, registry);
    wire(settings, { app, pool, producer, registry, log, connections, watch: () => undefined, sealer: testSealing.sealer });
    finishApp(app, log);
    http = await listen(app, '127.0.0.1', 0, connections);
  });
  afterAll(async () => {
    await http.stop();
    await pool.end();
    await database.drop();
    process.off('unhandledRejection', onRejection);
    expect(rejections).toBe(0);
  });

  let n = 0;
  const signed = (body: Buffer, webhookId = `msg_${String(++n)}`): Record<string, string> => {
    const at = new Date();
    return {
      'content-type': 'application/json',
      'webhook-id': webhookId,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signatureOf(webhookId, at, body),
    };
  };
  const post = async (path: string, body: Buffer, headers: Record<string, string>): Promise<Answer> => {
    published = [];
    const response = await fetch(http.url + path, { method: 'POST', headers, body: new Uint8Array(body) });
    const text = await response.text();
    if (response.status >= 400) expect(response.headers.get('content-type')).toContain('application/problem+json');
    return { status: response.status, body: JSON.parse(text) as Record<string, unknown>, messages: published };
  };
  const { sealer } = testSealing;
  /** The newest ones: the body that was just refused is among them, sealed. */
  const isKept = async (code: string, body: Buffer): Promise<boolean> => {
    const { rows } = await pool.query<{ body: Buffer }>(
      'select body from quarantine where error_class = $1 order by first_seen desc limit 20',
      [code],
    );
    return rows.some((row) => openedBody(sealer, row.body).equals(body));
  };

  const expectDocumented = async (answer: Answer, body: Buffer): Promise<void> => {
    const { status, body: said, messages } = answer;
    if (status === 202) expect(said).toEqual(said['repeated'] === true ? { accepted: 0, repeated: true } : { accepted: messages.length });
    else {
      expect([status, said['code'], said['status']]).toEqual([status, expect.anything(), status]);
      expect(DOCUMENTED[status] ?? [`nothing for ${String(status)}`]).toContain(said['code']);
      expect(JSON.stringify(said).length).toBeLessThan(20_000);
      if (KEPT_CODES.includes(String(said['code']))) expect(await isKept(String(said['code']), body)).toBe(true);
      else expect(messages).toEqual([]);
    }
    for (const message of messages) {
      expect(topics).toContain(message.topic);
      expect(neverSendable(message)).toBeNull();
      // What was accepted can be read by us, and prints the same again.
      const inClear = clearText(sealer, message.value);
      const event = parseEnvelope(inClear);
      expect(printJson(event as unknown as Printable)).toBe(inClear);
      const { topic } = message;
      expect(isOutsideTopic(topic) && outsideEvents[topic].safeParse(event.data).success).toBe(true);
    }
  };
  const once = async (path: string, body: Buffer): Promise<Answer> => {
    const answer = await post(path, body, signed(body));
    await expectDocumented(answer, body);
    return answer;
  };

  it.each(corpus('gateway').map((kept) => [kept.why, kept] as const))('once failed: %s', async (_why, kept) => {
    await once(kept.target, bytesOf(kept));
  });

  describe.each(PATHS)('%s', (path) => {
    const good = webhookBodies[path] as fc.Arbitrary<Parameters<typeof printed>[0]>;

    it('acknowledges what the contract allows, and forwards the content unchanged, for people', () =>
      triedLater(25, good, async (tree) => {
        const body = Buffer.from(printed(tree));
        const { status, body: said, messages } = await once(path, body);
        expect([status, said]).toEqual([202, { accepted: messages.length }]);
        for (const { value } of messages)
          expect(clearText(sealer, value)).toContain(`,"original":${printJson(parseJson(body.toString()))}}}`);
      }));

    it('answers everything else as documented', async () => {
      const statuses = new Map<number, number>();
      await triedLater(150, hurt(good), async (body) => {
        const { status } = await once(path, body);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      });
      // A fuzz in which nothing is refused, or everything, has tried nothing.
      if (runs(150) >= 100) expect([...statuses.keys()]).toEqual(expect.arrayContaining([202, 400]));
    });
  });

  it('answers several events at once, some of them hurt, and forwards those that can be read', () =>
    triedLater(
      15,
      fc.tuple(fc.constantFrom(...PATHS), fc.array(fc.nat(2), { minLength: 2, maxLength: 6 }), fc.nat()),
      async ([path, kinds, salt]) => {
        const good = webhookBodies[path] as fc.Arbitrary<Parameters<typeof printed>[0]>;
        const trees = fc.sample(good, { seed: seed + salt, numRuns: kinds.length });
        const events = trees.map((tree, index) => (kinds[index] === 0 ? array([]) : tree));
        const answer = await once(path, Buffer.from(printed(array(events))));
        expect(answer.status).toBe(kinds.includes(0) ? 400 : 202);
      },
    ));

  it('believes nobody who did not sign exactly this', () =>
    triedLater(
      80,
      fc.record({
        path: fc.constantFrom(...PATHS),
        body: fc.uint8Array({ maxLength: 60 }),
        name: fc.constantFrom('webhook-id', 'webhook-timestamp', 'webhook-signature'),
        value: fc.oneof(
          fc.constant(null),
          fc.constantFrom('', '0', '-1', '1e9', 'v1,', 'v1,AAAA', 'v2,xx', 'v1a,x', 'x'.repeat(5_000)),
          fc.stringMatching(/^[!-~]{1,40}$/),
        ),
      }),
      async ({ path, body, name, value }) => {
        const bytes = Buffer.from(body);
        const { [name]: own = '', ...others } = signed(bytes);
        if (value === own) return;
        const answer = await post(path, bytes, value === null ? others : { ...others, [name]: value });
        expect([answer.status, answer.messages]).toEqual([401, []]);
        await expectDocumented(answer, bytes);
      },
    ));

  it('reads no body that is not JSON by its type, or compressed', () =>
    triedLater(
      40,
      fc.tuple(
        fc.constantFrom('content-type', 'content-encoding'),
        fc.constantFrom(
          'text/plain',
          'application/xml',
          'gzip',
          'br',
          'multipart/form-data; boundary=x',
          'application/jsonx',
          '*/*',
          ';',
          'x',
        ),
      ),
      async ([name, value]) => {
        const body = Buffer.from('[]');
        const answer = await post(PATHS[0] ?? '', body, { ...signed(body), [name]: value });
        expect([answer.status, answer.body['code']]).toEqual([415, 'media-type']);
      },
    ));

  /** The same in each run, and hardly to be deflated: each character says six bits. */
  const noise = (length: number): string => {
    let text = '';
    for (let n = 0; text.length < length; n++) text += createHash('sha512').update(String(n)).digest('base64').slice(0, 85);
    return text.slice(0, length);
  };

  it('refuses what is too large, in bytes, in events, or as one event, once and for all', async () => {
    const path = '/webhooks/core-banking/payment-status';
    const call = (eventId: string, pad: string): string =>
      `{"eventId":"${eventId}","endToEndId":"E","paymentId":"p","status":"ACSC","pad":"${pad}","instructedAmount":{"amount":"5.00","currency":"USD"}}`;
    const sizes: readonly (readonly [string, number, string | undefined])[] = [
      // What can be deflated is sealed shorter than it came; what cannot is sealed longer.
      [call('s0', 'x'.repeat(990_000)), 202, undefined],
      [call('s1', noise(700_000)), 202, undefined],
      [call('s2', noise(1_040_000)), 413, 'event-too-large'],
      [call('s3', 'x'.repeat(1_048_577)), 413, 'too-large'],
      [`[${Array.from({ length: 1_000 }, (_, index) => call(`m${String(index)}`, '')).join(',')}]`, 202, undefined],
      [`[${Array.from({ length: 1_001 }, (_, index) => call(`n${String(index)}`, '')).join(',')}]`, 413, 'too-many-events'],
    ];
    for (const [text, status, code] of sizes) {
      const answer = await once(path, Buffer.from(text));
      expect([answer.status, answer.body['code']]).toEqual([status, code]);
    }
  });

  it('keeps a second body under a known webhook-id for people, under an id of its own, and stays with the first', async () => {
    const path = '/webhooks/core-banking/deposit';
    const deposit = (amount: string): Buffer =>
      Buffer.from(`{"depositId":"d1","iban":"BE1","amount":"${amount}","currency":"EUR","bookedAt":"2026-01-01T00:00:00Z"}`);
    const [first, second] = [deposit('5.00'), deposit('500.00')];
    expect((await post(path, first, signed(first, 'msg_twice'))).status).toBe(202);
    for (let time = 0; time < 2; time++) {
      const answer = await post(path, second, signed(second, 'msg_twice'));
      await expectDocumented(answer, second);
      expect([answer.status, answer.body['code'], answer.messages]).toEqual([409, 'another-body', []]);
    }
    expect((await post(path, first, signed(first, 'msg_twice'))).body).toEqual({ accepted: 0, repeated: true });
    expect((await pool.query(`select webhook_id from quarantine where error_class = 'another-body'`)).rows).toEqual([
      { webhook_id: 'msg_twice' },
    ]);
  });

  it('keeps each event of no known kind by itself', async () => {
    const events = Array.from(
      { length: 50 },
      (_, index) => `{"id":"u${String(index)}","subject":"moons","action":"rise","version":"1.0.0","data":{"pad":"${'x'.repeat(2_000)}"}}`,
    );
    expect((await once('/webhooks/investsuite', Buffer.from(`[${events.join(',')}]`))).status).toBe(202);
    const { rows } = await pool.query<{ body: Buffer }>(`select body from quarantine where reason like 'moons.rise%'`);
    expect(rows).toHaveLength(50);
    expect(Math.max(...rows.map(({ body }) => openedBody(sealer, body).length))).toBeLessThan(3_000);
  });

  /** Over a bare socket: what no client library would send. Resolves to the status line, or '' when the line was closed. */
  const bare = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port, hostname } = new URL(http.url);
      const socket = connect(Number(port), hostname);
      let heard = '';
      socket.setTimeout(5_000, () => {
        socket.destroy(new Error('no answer in 5 s'));
      });
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve('');
        else reject(error);
      });
      socket.on('end', () => {
        resolve(heard.split('\r\n')[0] ?? '');
      });
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
        if (heard.includes('\r\n\r\n')) socket.end();
      });
      socket.write(text);
    });
  it.each([
    [
      'a length that is none',
      'POST /webhooks/investsuite HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: -5\r\n\r\n',
      /^HTTP\/1.1 400/,
    ],
    [
      'a length and chunks',
      'POST /webhooks/investsuite HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1.1 400/,
    ],
    [
      'chunks',
      'POST /webhooks/investsuite HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n',
      /^HTTP\/1.1 401/,
    ],
    [
      'broken chunks',
      // Of a body that nobody may have signed nothing is read.
      'POST /webhooks/investsuite HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n[]\r\n',
      /^HTTP\/1.1 40[01]/,
    ],
    [
      'broken chunks under the headers of a signature',
      'POST /webhooks/investsuite HTTP/1.1\r\nhost: x\r\nwebhook-id: a\r\nwebhook-timestamp: 1\r\nwebhook-signature: v1,AAAA\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n[]\r\n',
      /^HTTP\/1.1 400/,
    ],
    [
      'headers without end',
      `POST /webhooks/investsuite HTTP/1.1\r\nhost: x\r\nwebhook-id: ${'x'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1.1 431/,
    ],
    ['an address that cannot be decoded', 'POST /webhooks/%E0%A4%A HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1.1 40[04]/],
    ['another method', 'GET /webhooks/investsuite HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1.1 404/],
    ['no HTTP at all', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n', /^HTTP\/1.1 400/],
  ])('survives %s', async (_what, text, answer) => {
    expect(await bare(text)).toMatch(answer);
    expect((await fetch(`${http.url}/health/live`)).status).toBe(200);
  });
});
