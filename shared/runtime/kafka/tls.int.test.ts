/** A real broker that speaks TLS, demands a certificate, and takes tokens; certificates are made here. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startKafka, type Kafka } from '../../../infra/sandbox/kafka/launcher.js';
import { newAuthority } from '../../../test/support/certificates.js';
import type { TlsMaterial } from '../../kernel/tls.js';
import { ensureAccess } from './access.js';
import { ensureTopics, pingKafka } from './admin.js';
import type { KafkaOptions, KafkaSasl } from './client.js';
import { startConsumer } from './consumer.js';
import { KafkaUnavailable } from './errors.js';
import { keptToken } from './kept-token.js';
import { startProducer } from './producer.js';
import { optionsOf, waitFor, work } from './testing.js';

const ours = newAuthority('Our authority');
const others = newAuthority('Our authority');
const own = ours.issue('client-middleware');

let server: Kafka;
beforeAll(async () => {
  server = await startKafka({ tls: { ...ours.issue('localhost'), demands: ours.cert }, say: () => undefined });
}, 180_000);
afterAll(async () => {
  await server.stop();
});
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const over = (tls: () => TlsMaterial, sasl: KafkaSasl = server.sasl): KafkaOptions => ({
  brokers: [`127.0.0.1:${String(server.nodes[0]?.securePort)}`],
  ...{ clientId: `tls-${randomUUID()}`, ssl: true, tls, sasl, topicPrefix: '', log: () => undefined },
});
const material: TlsMaterial = { ca: ours.cert, ...own };

const pass = async (options: KafkaOptions): Promise<void> => {
  const [topic, group] = [`t-${randomUUID()}`, `g-${randomUUID()}`];
  await ensureTopics(optionsOf(server, 'admin'), [{ name: topic, partitions: 2, replicationFactor: 1 }]);
  await ensureAccess(optionsOf(server, 'admin'), [
    { user: 'payout', resource: 'topic', name: topic, operations: ['Read', 'Write', 'Describe', 'DescribeConfigs'] },
    { user: 'payout', resource: 'group', name: group, operations: ['Read', 'Describe'] },
  ]);
  const producer = await startProducer(options);
  closing.push(() => producer.stop());
  await producer.send([{ topic, key: 'k', value: 'v', headers: {} }]);
  const taken: string[] = [];
  const consumer = await startConsumer({
    ...{ ...options, groupId: group, topics: [topic], sessionTimeoutMs: 3_000, heartbeatIntervalMs: 500 },
    ingest: ({ messages }) => {
      taken.push(...messages.map(({ value }) => value?.toString() ?? ''));
      return Promise.resolve();
    },
    onFatal: (error) => {
      throw error;
    },
  });
  closing.push(() => consumer.stop());
  await waitFor(
    () => taken.length > 0,
    () => 'nothing taken',
    15_000,
  );
  expect(taken).toEqual(['v']);
};

describe('a Kafka that speaks TLS and demands a certificate', () => {
  it('is reached with ours, by the authority that we believe [A14]', async () => {
    await pass(over(() => material));
  });
  it.each<[string, TlsMaterial]>([
    ['another authority than its own is believed', { ca: others.cert, ...own }],
    ['only the public authorities are believed', own],
    ['no certificate is shown', { ca: ours.cert }],
    ['a certificate of another authority is shown', { ca: ours.cert, ...others.issue('client-middleware') }],
    ['a certificate is shown that has ended', { ca: ours.cert, ...ours.issue('client-middleware', Date.now() - 60_000) }],
  ])('is not reached where %s', async (_what, shown) => {
    await expect(pingKafka(over(() => shown))).rejects.toThrow(KafkaUnavailable);
    // It is there all the same.
    await pingKafka(
      over(() => material),
      10_000,
    );
  });
  it('is reached with a certificate that has changed, by a producer that runs [A14]', async () => {
    const topic = `t-${randomUUID()}`;
    await ensureTopics(optionsOf(server, 'admin'), [{ name: topic, partitions: 1, replicationFactor: 1 }]);
    let now: TlsMaterial = material;
    const asked: TlsMaterial[] = [];
    const producer = await startProducer(
      over(() => {
        asked.push(now);
        return now;
      }),
    );
    closing.push(() => producer.stop());
    await producer.send([{ topic, key: 'k', value: '1', headers: {} }]);
    now = { ca: ours.cert, ...ours.issue('client-middleware') };
    const before = asked.length;
    await server.nodes[0]?.crash();
    await server.nodes[0]?.start();
    await waitFor(
      async () =>
        producer.send([{ topic, key: 'k', value: '2', headers: {} }]).then(
          () => true,
          () => false,
        ),
      () => 'not sent again',
      30_000,
    );
    expect(asked.length).toBeGreaterThan(before);
    expect(asked.at(-1)).toBe(now);
  });
});

/** A token as the broker of a sandbox believes it: signed by nobody. RFC 7519, section 6. */
const unsigned = (sub: string, livesS: number): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const nowS = Math.floor(Date.now() / 1_000);
  return `${part({ alg: 'none' })}.${part({ sub, iat: nowS, exp: nowS + livesS })}.`;
};

/** kafkajs logs in again 10 s before the end. */
const TOKEN_LIFE_S = 12;

describe('a login by token', () => {
  it('is the user that the token names', async () => {
    await pass(over(() => material, { mechanism: 'oauthbearer', token: () => Promise.resolve(unsigned('payout', 600)) }));
  });
  it('goes on beyond the end of its token, with the next one', async () => {
    const topic = `t-${randomUUID()}`;
    await ensureTopics(optionsOf(server, 'admin'), [{ name: topic, partitions: 1, replicationFactor: 1 }]);
    await ensureAccess(optionsOf(server, 'admin'), [
      { user: 'payout', resource: 'topic', name: topic, operations: ['Write', 'Describe', 'DescribeConfigs'] },
    ]);
    let issued = 0;
    const token = keptToken({
      request: () => {
        issued += 1;
        return Promise.resolve({ value: unsigned('payout', TOKEN_LIFE_S), livesMs: TOKEN_LIFE_S * 1_000 });
      },
      nowMs: Date.now,
    });
    const producer = await startProducer(over(() => material, { mechanism: 'oauthbearer', token }));
    closing.push(() => producer.stop());
    const startMs = Date.now();
    await producer.send([{ topic, key: 'k', value: 'first', headers: {} }]);
    const first = issued;
    while (Date.now() < startMs + (TOKEN_LIFE_S + 2) * 1_000) {
      await producer.send([{ topic, key: 'k', value: 'v', headers: {} }]);
      await work(500);
    }
    expect(issued).toBeGreaterThan(first);
  }, 60_000);
  it('with a token that the broker does not believe is no login', async () => {
    const options = over(() => material, { mechanism: 'oauthbearer', token: () => Promise.resolve(unsigned('payout', -10)) });
    await expect(pingKafka(options)).rejects.toThrow(KafkaUnavailable);
  });
});
