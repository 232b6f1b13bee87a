/** Forged messages on a real Kafka: none is believed, none stops a lane, and the true message with the same id still counts. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { Pool } from 'pg';
import pino from 'pino';
import { headersOf } from '../../../../contracts/internal/envelope.js';
import { addKey, removeKey } from '../../../../infra/keys/key-set.js';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.js';
import { MORE_TASKS, startEngineCopy, TASKS, taskValue, type EngineCopy } from '../../../../test/support/engine-copy.js';
import { eventually } from '../../../../test/support/eventually.js';
import { makeTestKeys, signerOf, type TestKeys } from '../../../../test/support/keys.js';
import { ensureTopics } from '../../kafka/admin.js';
import { startConsumer, type Consumer } from '../../kafka/consumer.js';
import { startProducer, type OutgoingMessage, type Producer } from '../../kafka/producer.js';
import { optionsOf } from '../../kafka/testing.js';
import { plannedTopics } from '../../process/topics.js';
import { TrustedKeys } from '../../signing/trusted-keys-file.js';
import { admissionOf } from './admission.js';
import { reachedByEnvironment } from '../../../../test/support/kafka.js';

const DAY_MS = 86_400_000;
const prefix = `ad-${randomBytes(4).toString('hex')}.`;

describe('a forged message on a real Kafka', () => {
  let database: TestDatabase;
  let admin: Pool;
  let producer: Producer;
  let copy: EngineCopy;
  let consumer: Consumer;
  let keys: TestKeys;
  let trusted: TrustedKeys;
  const refused: string[] = [];
  let logged = '';
  /** A key that is not handed out yet. */
  let hiddenKey = '';

  beforeAll(async () => {
    keys = makeTestKeys();
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url, max: 2, options: '-c search_path=payout' });
    const kafka = optionsOf(reachedByEnvironment(), 'admission-test', prefix);
    await ensureTopics(
      kafka,
      plannedTopics(1).filter(({ name }) => [TASKS, MORE_TASKS].some((topic) => topic === name)),
    );
    producer = await startProducer(kafka);
    trusted = new TrustedKeys({ path: keys.trustedKeysFile, nowMs: Date.now, onProblem: () => undefined });
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        logged += chunk.toString();
        done();
      },
    });
    copy = await startEngineCopy({
      url: database.url,
      log: pino({ level: 'info' }, sink),
      admission: admissionOf({
        keyWithId: (id) => (id === hiddenKey ? null : trusted.withId(id)),
        nowMs: Date.now,
        oldestMs: 30 * DAY_MS,
        skewMs: 60_000,
        unsignedUntil: new Map(),
        unsignedTopics: new Set(),
      }),
      onRefused: (topic, why) => refused.push(`${topic} ${why}`),
    });
    consumer = await startConsumer({
      ...kafka,
      groupId: `${prefix}admission`,
      topics: [TASKS, MORE_TASKS],
      ingest: copy.inboxWriter.take,
      onFatal: (error) => {
        throw error;
      },
    });
  }, 120_000);
  afterAll(async () => {
    await consumer.stop();
    await copy.stop();
    await producer.stop();
    await admin.end();
    await database.drop();
    keys.remove();
  }, 60_000);

  const messageFor = (wanted: string, course: 'fine' | 'throws' = 'fine'): OutgoingMessage => ({
    topic: TASKS,
    key: wanted,
    headers: headersOf({ id: `task-${wanted}`, type: TASKS, version: '1', occurredAt: '2026-01-01T00:00:00Z', portfolioId: wanted }),
    value: taskValue(wanted, course, `task-${wanted}`),
  });
  /** Of the withdrawal service, once it has changed its key. */
  let newKeyFile: string | null = null;
  const signAs = (service: string, nowMs = Date.now()) =>
    newKeyFile !== null && service === 'withdrawal' ? signerOf(newKeyFile, () => nowMs) : keys.signAs(service, () => nowMs);
  const kept = async (): Promise<readonly { event_id: string; reason: string; value: string }[]> =>
    (
      await admin.query<{ event_id: string; reason: string; value: string }>(
        'select event_id, reason, value from quarantine where resolved_at is null',
      )
    ).rows;
  const statusOf = async (wanted: string): Promise<string | undefined> =>
    (await admin.query<{ status: string }>('select status from journey where subject = $1', [wanted])).rows[0]?.status;
  const untilDone = (wanted: string) =>
    eventually(
      `${wanted} is done`,
      () => statusOf(wanted),
      (status) => status === 'Done',
      30_000,
    );

  type Forgery = readonly [what: string, why: string, forge: (wanted: string) => OutgoingMessage];
  const forgeries: readonly Forgery[] = [
    ['is not signed', 'unsigned', (wanted) => messageFor(wanted)],
    ['is signed by a service that may not emit its topic', 'signer-may-not-emit', (wanted) => signAs('gateway')(messageFor(wanted))],
    [
      'was signed for another topic',
      'signer-may-not-emit',
      (wanted) => ({ ...signAs('withdrawal')(messageFor(wanted)), topic: MORE_TASKS }),
    ],
    ['has another key', 'wrong-signature', (wanted) => ({ ...signAs('withdrawal')(messageFor(`${wanted}-x`)), key: wanted })],
    [
      'has another value',
      'wrong-signature',
      (wanted) => ({ ...signAs('withdrawal')(messageFor(wanted)), value: taskValue(wanted, 'throws', `task-${wanted}`) }),
    ],
    ['was signed too long ago', 'signed-too-long-ago', (wanted) => signAs('withdrawal', Date.now() - 31 * DAY_MS)(messageFor(wanted))],
  ];
  it.each(forgeries)('that %s is refused as %s, and the true one counts [A2]', async (_what, why, forge) => {
    const wanted = `t${randomBytes(4).toString('hex')}`;
    const forged = forge(wanted);
    const before = (await kept()).length;
    await producer.send([forged]);
    const rows = await eventually('it is in quarantine', kept, (seen) => seen.length === before + 1, 30_000);
    const row = rows.find(({ value, reason }) => value === forged.value && reason.startsWith(`${why}: `));
    expect(row?.event_id).toMatch(new RegExp(`^refused:${forged.topic}/\\d+/\\d+$`));
    expect(refused.at(-1)).toBe(`${forged.topic} ${why}`);
    expect(logged).toContain(`"alarm":"refused-message","eventId":"${row?.event_id ?? ''}"`);
    // Nothing of what it says is in the log, no lane has stopped, nothing has begun.
    expect(logged).not.toContain(wanted);
    expect((await admin.query('select 1 from blocked_lane')).rowCount).toBe(0);
    expect(await statusOf(wanted)).toBeUndefined();
    await producer.send([signAs('withdrawal')(messageFor(wanted))]);
    await untilDone(wanted);
  });

  it('does not hold up its partition, however many there are [A2]', async () => {
    const wanted = `t${randomBytes(4).toString('hex')}`;
    const before = (await kept()).length;
    await producer.send(Array.from({ length: 300 }, () => messageFor(wanted)));
    await producer.send([signAs('withdrawal')(messageFor(wanted))]);
    await untilDone(wanted);
    expect(copy.inboxWriter.heldBecause).toEqual([]);
    expect(await kept()).toHaveLength(before + 300);
  });

  it('is not what a service sends while it changes its key, without a stop [A2]', async () => {
    const [before, between, after] = ['a', 'b', 'c'].map((mark) => `t${mark}${randomBytes(4).toString('hex')}`);
    const old = signAs('withdrawal');
    const oldId = (old(messageFor('x')).headers['signature'] ?? '').split(':')[1] ?? '';
    const added = addKey(keys.folder, 'withdrawal');
    const next = signerOf(added.file);
    // A changed file counts within a second or two.
    const untilKnown = (what: string, isKnown: () => boolean) => eventually(what, isKnown, (known) => known, 10_000);
    await untilKnown('the new key is known', () => trusted.withId(added.id) !== null);
    await producer.send([old(messageFor(before ?? '')), next(messageFor(between ?? ''))]);
    await Promise.all([untilDone(before ?? ''), untilDone(between ?? '')]);
    removeKey(keys.folder, oldId);
    await untilKnown('the old key is gone', () => trusted.withId(oldId) === null);
    const late = old(messageFor(after ?? ''));
    await producer.send([late]);
    const { rows } = await eventually(
      'the old key counts no more',
      () => admin.query<{ reason: string }>('select reason from quarantine where value = $1', [late.value]),
      ({ rowCount }) => rowCount === 1,
      30_000,
    );
    expect(rows[0]?.reason).toMatch(/^unknown-key: /);
    await producer.send([next(messageFor(after ?? ''))]);
    await untilDone(after ?? '');
    newKeyFile = added.file;
  }, 60_000);

  const replay = async (eventId: string, corrected: string | null): Promise<void> => {
    const released = await copy.store.replay(eventId, corrected, 'by anna');
    if (released === null) throw new Error('it is not in quarantine');
    const item = await copy.inboxWriter.again(released);
    if (item !== null) copy.engine.enqueue(item);
  };
  const idOfKept = async (value: string): Promise<string> => {
    const row = await eventually(
      'it is in quarantine',
      async () => (await kept()).find((one) => one.value === value),
      (seen) => seen !== undefined,
      30_000,
    );
    return row?.event_id ?? '';
  };
  const countOf = async (eventId: string): Promise<number> =>
    (await admin.query('select 1 from inbox where event_id = $1', [eventId])).rowCount ?? 0;

  it('that runs again as it came is judged again, and taken in under its own id when its key is known by now [A2]', async () => {
    const wanted = `t${randomBytes(4).toString('hex')}`;
    const signed = signAs('withdrawal')(messageFor(wanted));
    hiddenKey = (signed.headers['signature'] ?? '').split(':')[1] ?? '';
    await producer.send([signed]);
    const eventId = await idOfKept(signed.value);
    await replay(eventId, null);
    expect((await kept()).find((one) => one.event_id === eventId)?.reason).toMatch(/^unknown-key: /);
    expect([await statusOf(wanted), await countOf(`task-${wanted}`)]).toEqual([undefined, 0]);
    hiddenKey = '';
    await replay(eventId, null);
    await eventually(
      'it is taken in',
      () => countOf(`task-${wanted}`),
      (count) => count === 1,
      30_000,
    );
    await untilDone(wanted);
    expect((await kept()).find((one) => one.event_id === eventId)).toBeUndefined();
    const { rows } = await admin.query<{ note: string }>('select note from inbox where event_id = $1', [eventId]);
    expect(rows[0]?.note).toBe(`admitted now, taken in as task-${wanted}`);
  });

  it('counts as the word of people once people have corrected it', async () => {
    const wanted = `t${randomBytes(4).toString('hex')}`;
    await producer.send([messageFor(wanted)]);
    const eventId = await idOfKept(messageFor(wanted).value);
    await replay(eventId, null);
    expect(await statusOf(wanted)).toBeUndefined();
    await replay(eventId, taskValue(wanted, 'fine', 'by-hand'));
    await untilDone(wanted);
    // It took no other message's id.
    expect(await countOf('by-hand')).toBe(0);
  });

  it('can be dropped by people, and is known when it is read again', async () => {
    const wanted = `t${randomBytes(4).toString('hex')}`;
    await producer.send([messageFor(wanted)]);
    const eventId = await idOfKept(messageFor(wanted).value);
    expect(await copy.store.discard(eventId, 'by anna')).toBe(true);
    expect((await kept()).find((one) => one.event_id === eventId)).toBeUndefined();
  });
});
