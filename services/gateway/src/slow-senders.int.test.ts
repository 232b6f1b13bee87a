/** Senders that are slow, or cannot sign, beside honest ones: over real sockets, as wide as an attack of one machine gets. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { Webhook } from 'standardwebhooks';
import { serviceEnvironment } from '../../../test/builders/environment.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { eventually } from '../../../test/support/eventually.js';
import type { Producer } from '../../../shared/runtime/kafka/producer.js';
import { countedConnections, createApp, finishApp, listen, type Check, type Listening } from '../../../shared/runtime/http/server.js';
import { createLog } from '../../../shared/runtime/process/log.js';
import { config } from './config.js';
import { wire } from './wire.js';
import { testSealing } from '../../../test/support/sealing.js';

const SECRET = `whsec_${Buffer.from('a secret of at least 24 bytes').toString('base64')}`;
const PATH = '/webhooks/investsuite';
const log = createLog('slow-senders', 'silent');

describe('slow and unsigned senders', () => {
  let database: TestDatabase;
  let pool: Pool;
  let http: Listening;
  const sockets: Socket[] = [];
  /** What Kafka waits for; null: it answers at once. */
  let kafka: Promise<void> | null = null;

  const serve = async (more: Record<string, string> = {}): Promise<void> => {
    const registry = new Registry();
    const checks: Check[] = [];
    const app = createApp(registry, checks);
    const settings = config.parse({
      ...serviceEnvironment,
      ...{ DATABASE_URL: database.url, KAFKA_BROKERS: 'none:1' },
      ...{ WEBHOOK_SECRETS_INVESTSUITE: SECRET, WEBHOOK_SECRETS_BROKER: SECRET, WEBHOOK_SECRETS_CORE_BANKING: SECRET },
      ...more,
    });
    const connections = countedConnections(settings, registry);
    const producer: Producer = {
      stop: () => Promise.resolve(),
      send: async () => kafka ?? undefined,
      sendEach: async (messages) => {
        await (kafka ?? undefined);
        return messages.map(() => null);
      },
    };
    wire(settings, { app, pool, producer, registry, log, connections, watch: (check) => checks.push(check), sealer: testSealing.sealer });
    finishApp(app, log);
    http = await listen(app, '127.0.0.1', 0, connections);
  };
  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new Pool({ connectionString: database.url, options: '-c search_path=gateway -c role=cmw_gateway' });
  });
  afterEach(async () => {
    kafka = null;
    for (const socket of sockets.splice(0)) socket.destroy();
    await http.stop();
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  let n = 0;
  const honest = async (): Promise<{ readonly status: number; readonly code: unknown }> => {
    const id = `honest_${String(++n)}`;
    const body = `{"id":"${id}","created":"2026-03-04T10:00:00Z","version":"1.0.0","subject":"portfolios","action":"divest-amount-update","data":{"id":"P01","divest_amount":1,"currency":"USD"}}`;
    const at = new Date();
    const response = await fetch(http.url + PATH, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(SECRET).sign(id, at, body),
      },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    return { status: response.status, code: ((await response.json()) as { code?: unknown }).code };
  };
  const slow = async (begins: (index: number) => string, count: number): Promise<void> => {
    const { port } = new URL(http.url);
    await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const socket = connect(Number(port), '127.0.0.1');
        sockets.push(socket);
        socket.on('error', () => undefined);
        return new Promise<void>((resolve) => {
          socket.once('connect', () => socket.write(begins(index), () => resolve()));
        });
      }),
    );
  };
  const ready = async (): Promise<{ readonly status: number; readonly reasons: unknown }> => {
    const response = await fetch(`${http.url}/health/ready`);
    return { status: response.status, reasons: ((await response.json()) as { reasons?: unknown }).reasons };
  };
  const headers = (more: string): string =>
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n${more}`;
  const forged = `webhook-id: msg_1\r\nwebhook-timestamp: ${String(Math.floor(Date.now() / 1_000))}\r\nwebhook-signature: v1,AAAA\r\n`;

  it.each<[string, () => string]>([
    ['have sent half a body under a forged signature', () => headers(`${forged}\r\n{"half":`)],
    ['have sent half a body without a signature', () => headers('\r\n{"half":')],
    ['have sent half their headers', () => headers('webhook-id: ')],
    ['have said nothing', () => ''],
  ])('take no place: honest webhooks get 202 while 500 of them %s [A10]', async (_what, begins) => {
    await serve();
    await slow(begins, 500);
    const answers = await Promise.all(Array.from({ length: 20 }, honest));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(await ready()).toMatchObject({ status: 200 });
    // They are still there: nobody was served because the others had gone.
    expect(sockets.filter(({ destroyed }) => !destroyed).length).toBeGreaterThan(400);
  });
  it('are bounded by their address, and an honest webhook from there still comes in [A10]', async () => {
    await serve({ HTTP_CONNECTIONS_PER_ADDRESS: '50' });
    await slow(() => headers(`${forged}\r\n{"half":`), 300);
    await eventually(
      'most of them are closed',
      () => sockets.filter(({ destroyed }) => !destroyed).length,
      (left) => left <= 50,
    );
    expect((await honest()).status).toBe(202);
  });
  it('are none of ours: signed webhooks fill the places, and /health/ready says so [A10]', async () => {
    await serve({ WEBHOOK_MAX_AT_ONCE: '2' });
    let release: () => void = () => undefined;
    kafka = new Promise((resolve) => {
      release = resolve;
    });
    const waiting = [honest(), honest()];
    const full = await eventually('the places are taken', ready, ({ status }) => status === 503);
    expect(full.reasons).toEqual({ [`places of ${PATH}`]: `all 2 places for ${PATH} are taken` });
    expect(await honest()).toEqual({ status: 429, code: 'too-many-requests' });
    release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([202, 202]);
    expect(await ready()).toMatchObject({ status: 200 });
  });
});
