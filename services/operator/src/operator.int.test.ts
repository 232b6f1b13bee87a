/** The operators' API and command line over real HTTP, Kafka and Postgres; the services' rows are written as the engine writes them. */
import { testSealing } from '../../../test/support/sealing.js';
import { clearText } from '../../../shared/runtime/sealing/sealed-message.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { tlsOfNobody } from '../../../test/builders/tls.js';
import { serviceEnvironment } from '../../../test/builders/environment.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { eventually } from '../../../test/support/eventually.js';
import { runOperatorCli, type Ran } from '../../../test/support/operator-cli.js';
import { anna, ben, writePeople, type TestPerson } from '../../../test/support/signing-people.js';
import { IBAN, at, writeOperatorRows } from '../../../test/support/operator-rows.js';
import { createApp, finishApp, listen, type Listening } from '../../../shared/runtime/http/server.js';
import { startConsumer, type Consumer } from '../../../shared/runtime/kafka/consumer.js';
import { startProducer, type Producer } from '../../../shared/runtime/kafka/producer.js';
import { ensureTopics } from '../../../shared/runtime/kafka/admin.js';
import { optionsOf } from '../../../shared/runtime/kafka/testing.js';
import { createLog } from '../../../shared/runtime/process/log.js';
import { plannedTopics } from '../../../shared/runtime/process/topics.js';
import { writeStateFile } from '../../../shared/runtime/process/state-file.js';
import { EXIT } from './cli.js';
import { config } from './config.js';
import { loggedTransaction } from './store/audit.store.js';
import { wire } from './wire.js';
import { kafkaSettings, reachedByEnvironment } from '../../../test/support/kafka.js';
const opened = (value: Buffer | null): string => clearText(testSealing.sealer, value?.toString() ?? '{}');

const ANNA = anna.token;
const DORA = 'token-of-dora-0123456789';
const prefix = `op-${randomBytes(4).toString('hex')}.`;
const log = createLog('operator-test', 'silent');

type Decision = { readonly eventId: string; readonly key: string | null; readonly data: Readonly<Record<string, unknown>> };
/** Jest's matcher is not text, but stands where text is expected. */
const containing = (text: string): string => expect.stringContaining(text) as unknown as string;

describe('the operators', () => {
  let database: TestDatabase;
  let admin: Pool;
  let pool: Pool;
  let producer: Producer;
  let http: Listening;
  let consumer: Consumer;
  let stopWiring: () => Promise<void>;
  let kafkaAway = false;
  const decisions: Decision[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'operator-test-'));
  const { operatorsFile, keyFileOf } = writePeople(folder);
  const registry = new Registry();

  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url });
    pool = new Pool({ connectionString: database.url, options: '-c search_path=operator -c role=cmw_operator', max: 4 });
    const kafka = optionsOf(reachedByEnvironment(), 'operator-test', prefix);
    await ensureTopics(kafka, plannedTopics(1));
    producer = await startProducer(kafka);
    const publish: Producer = {
      stop: () => producer.stop(),
      sendEach: (messages, limits) => producer.sendEach(messages, limits),
      send: (messages, limits) => (kafkaAway ? Promise.reject(new Error('away')) : producer.send(messages, limits)),
    };
    const app = createApp(registry, []);
    const settings = config.parse({
      ...serviceEnvironment,
      DATABASE_URL: database.url,
      ...kafkaSettings(kafka),
      OPERATORS_FILE: operatorsFile,
      OPERATOR_TOKENS: `dora:${DORA}`,
      KAFKA_TOPIC_PREFIX: prefix,
      OPERATOR_ACTS_PER_SECOND: '100',
    });
    stopWiring = wire(
      { ...settings, LOG_LEVEL: 'silent' },
      { app, pool, producer: publish, registry, log, tls: tlsOfNobody, ...testSealing },
    ).stop;
    finishApp(app, log);
    http = await listen(app, '127.0.0.1', 0);
    consumer = await startConsumer({
      ...kafka,
      groupId: `${prefix}test`,
      topics: ['operator.decision'],
      ingest: (batch) => {
        for (const { key, value } of batch.messages) {
          const message = JSON.parse(opened(value)) as { id: string; data: Record<string, unknown> };
          decisions.push({ eventId: message.id, key, data: message.data });
        }
        return Promise.resolve();
      },
      onFatal: (error) => {
        throw error;
      },
    });
    await writeOperatorRows(admin);
  });
  afterAll(async () => {
    await consumer.stop();
    await stopWiring();
    await http.stop();
    await producer.stop();
    await pool.end();
    await admin.end();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const environmentOf = (person: TestPerson): Readonly<Record<string, string>> => ({
    OPERATOR_URL: http.url,
    OPERATOR_TOKEN: person.token,
    OPERATOR_KEY_FILE: keyFileOf(person),
  });
  const cli = (
    argv: readonly string[],
    environment: Readonly<Record<string, string>> = environmentOf(anna),
    typed: string | null = null,
  ): Promise<Ran> => runOperatorCli({ argv, environment, projectRoot: folder, typed });
  const asBen = (argv: readonly string[], typed: string | null = null): Promise<Ran> => cli(argv, environmentOf(ben), typed);
  const json = async (argv: readonly string[]): Promise<Record<string, unknown>[]> => {
    const ran = await cli([...argv, '--json']);
    expect(ran).toMatchObject({ exit: EXIT.done, warned: '' });
    return JSON.parse(ran.out) as Record<string, unknown>[];
  };
  const decided = (holds: (decision: Decision) => boolean): Promise<Decision[]> =>
    eventually(
      'a decision on Kafka',
      () => decisions.filter(holds),
      (seen) => seen.length > 0,
    );

  describe('at the door', () => {
    it.each([
      ['no token', undefined],
      ['another token', 'Bearer another-token-0123456789'],
      ['another scheme', `Basic ${ANNA}`],
      ['an empty token', 'Bearer '],
    ])('refuses %s as problem+json', async (_what, authorization) => {
      const response = await fetch(`${http.url}/journeys`, { headers: authorization === undefined ? {} : { authorization } });
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(await response.json()).toMatchObject({ code: 'operator-unknown' });
    });

    it('lets anybody see that it is alive', async () => {
      expect((await fetch(`${http.url}/health/live`)).status).toBe(200);
    });

    const JSON_TYPE = 'application/json';
    const post = (path: string, body: string, type: string): Promise<Response> =>
      fetch(http.url + path, { method: 'POST', body, headers: { authorization: `Bearer ${ANNA}`, 'content-type': type } });
    it.each<[string, number, string, string, string]>([
      ['not JSON', 400, 'not-json', '{"half":', JSON_TYPE],
      ['of a wrong shape', 400, 'wrong-shape', '{"all":"yes"}', JSON_TYPE],
      ['without a selection', 400, 'wrong-shape', '{}', JSON_TYPE],
      ['not JSON by its type', 415, 'media-type', '{}', 'text/plain'],
      ['too large', 413, 'too-large', `{"pad":"${'x'.repeat(1_100_000)}"}`, JSON_TYPE],
    ])('refuses a body that is %s: %i %s', async (_what, status, code, body, type) => {
      const response = await post('/dead-letters/preview', body, type);
      expect({ status: response.status, body: await response.json() }).toMatchObject({ status, body: { code } });
    });

    it('bounds a page', async () => {
      const response = await fetch(`${http.url}/journeys?limit=1001`, { headers: { authorization: `Bearer ${ANNA}` } });
      expect(response.status).toBe(400);
    });
  });

  describe('journeys', () => {
    it('lists open ones with a reason each, oldest first', async () => {
      const list = await json(['journeys', 'list']);
      expect(list.map(({ id, reason }) => [id, reason])).toEqual([
        ['wd2', 'the payout'],
        ['po2', 'nobody knows whether it has happened'],
        ['wd4', 'a message of this portfolio waits for people: data.amount: not a decimal'],
      ]);
      expect(list[1]).toEqual({
        id: 'po2',
        journey: 'payout',
        portfolioId: 'P2',
        status: 'Transferring',
        waitsFor: 'the outcome of PayCounterAccount',
        reason: 'nobody knows whether it has happened',
        ownedBy: 'payments operations',
        since: at(5),
        overdueAt: '2026-03-02T10:00:00.000Z',
        amount: '90',
        currency: 'EUR',
        ended: false,
        service: 'payout',
      });
    });

    it.each<[string, string[], string[]]>([
      ['by status', ['--status', 'Paying'], ['wd2']],
      ['overdue', ['--overdue'], ['po2']],
      ['by portfolio', ['--portfolio', 'P2'], ['wd2', 'po2']],
      ['a portfolio that rests, only when asked for', ['--status', 'Idle'], ['pf9']],
      ['resting ones with all', ['--all', '--portfolio', 'P9'], ['pf9']],
      ['ended', ['--ended'], ['wd3', 'po1', 'wd1']],
      ['all of a portfolio', ['--all', '--portfolio', 'P1'], ['po1', 'wd1']],
      ['by journey', ['--journey', 'payout', '--all'], ['po2', 'po1']],
    ])('chooses %s', async (_what, flags, ids) => {
      expect((await json(['journeys', 'list', ...flags])).map(({ id }) => id)).toEqual(ids);
    });

    it('says that there is more than was asked for', async () => {
      const ran = await cli(['journeys', 'list', '--limit', '1']);
      expect(ran.warned).toContain('there is more');
      expect(ran.out).toContain('wd2');
      expect(ran.out).not.toContain('po2');
    });

    it('gives the reason of a refusal', async () => {
      expect(await json(['journeys', 'list', '--status', 'Refused', '--ended'])).toMatchObject([
        { id: 'wd3', reason: 'no broker account', ended: true },
      ]);
    });

    it.each(['wd1', 'po1', 'WDREF1', 'pay_1'])('tells the story of %s from the offset to the posting', async (id) => {
      const story = (await json(['journeys', 'show', id])) as unknown as {
        journeys: { id: string }[];
        timeline: Record<string, unknown>[];
      };
      expect(story.journeys.map((one) => one.id).sort()).toEqual(['po1', 'wd1']);
      expect(story.timeline.map((entry) => `${String(entry['service'])} ${String(entry['step'])}`)).toEqual([
        'withdrawal event',
        'withdrawal decision',
        'withdrawal request',
        'withdrawal answer',
        'withdrawal decision',
        'withdrawal said',
        'payout decision',
        'payout request',
        'payout answer',
        'payout reference',
        'payout posting',
        'payout decision',
        'withdrawal decision',
      ]);
      expect(story.timeline[0]).toMatchObject({ source: 'portfolio.withdrawal-request/3/41', eventId: 'investsuite:e1' });
      expect(story.timeline.find((entry) => entry['step'] === 'posting')).toMatchObject({
        bookedAt: '2026-03-01T10:00:05.500Z',
        references: { endToEndId: 'WDREF1', paymentId: 'pay_1' },
      });
    });

    it('keeps the digits and hides accounts and names', async () => {
      const { out } = await cli(['journeys', 'show', 'wd1', '--json']);
      expect(out).toContain('250.400');
      expect(out).toContain('BE68***7034');
      expect(out).toContain('J*** P***');
      expect(out).not.toContain(IBAN);
      expect(out).not.toContain('Peeters');
    });

    it('shows people the same as lines', async () => {
      const { out, exit } = await cli(['journeys', 'show', 'P1']);
      expect(exit).toBe(EXIT.done);
      expect(out).toMatch(/payout +posting +PayCounterAccount: endToEndId WDREF1, paymentId pay_1, booked 2026-03-01T10:00:05.500Z/);
    });

    it('says that nothing goes by an id', async () => {
      expect(await cli(['journeys', 'show', 'nobody'])).toMatchObject({ exit: EXIT.refused, warned: containing('journey-unknown') });
    });
  });

  describe('dead letters', () => {
    it('are listed from every service and the gateway', async () => {
      const list = await json(['dead-letters', 'list']);
      expect(list.map(({ eventId, service }) => `${String(service)}/${String(eventId)}`).sort()).toEqual([
        'gateway/gw-1',
        'payout/wd9.2.0',
        'withdrawal/discardable',
        'withdrawal/investsuite:bad',
      ]);
      expect((await json(['dead-letters', 'list', '--topic', 'payout.requested'])).map(({ eventId }) => eventId)).toEqual(['wd9.2.0']);
      expect((await json(['dead-letters', 'list', '--reason', 'ANOTHER'])).map(({ eventId }) => eventId)).toEqual(['discardable']);
      expect(await json(['dead-letters', 'show', 'gw-1'])).toMatchObject([{ service: 'gateway', value: '{"half":' }]);
    });

    it('are previewed without any change', async () => {
      const ran = await cli(['dead-letters', 'preview', 'all', '--json']);
      const { items, atStake } = JSON.parse(ran.out) as { items: Record<string, unknown>[]; atStake: unknown };
      const of = (id: string): Record<string, unknown> | undefined => items.find(({ eventId }) => eventId === id);
      expect(of('investsuite:bad')).toMatchObject({
        step: { journey: 'withdrawal', input: 'DivestAmountUpdated' },
        needsSecond: false,
        journeys: [{ id: 'wd4', status: 'AwaitingCash' }],
        atStake: { amount: '12.5', currency: 'EUR' },
        mayCall: ['InvestSuite', 'broker', 'bank'],
      });
      expect(of('wd9.2.0')).toMatchObject({ step: { journey: 'payout', input: 'PayoutRequested' }, needsSecond: true, journeys: [] });
      expect(of('gw-1')).toMatchObject({ canRun: false });
      expect(atStake).toEqual([{ amount: '12.5', currency: 'EUR' }]);
      const { rows } = await admin.query('select 1 from operator.act');
      expect(rows).toHaveLength(0);
      expect((await cli(['dead-letters', 'preview', 'all'])).out).toContain('Nothing was changed.');
    });

    it('run again, corrected, once one person says so where it only makes us read', async () => {
      const file = join(folder, 'corrected.json');
      const corrected = `{"id":"investsuite:bad","type":"t","version":"1","occurredAt":"${at(0)}","portfolioId":"P4","data":{"id":"P4","divest_amount":12.50}}`;
      writeFileSync(file, corrected.replace('investsuite:bad', 'investsuite:other'));
      expect(await cli(['dead-letters', 'replay', 'investsuite:bad', '--body', file, '--why', 'typo'])).toMatchObject({
        exit: EXIT.refused,
        warned: containing('must keep the event id'),
      });
      writeFileSync(file, corrected);
      const running = cli([
        'dead-letters',
        'replay',
        'investsuite:bad',
        '--body',
        file,
        '--why',
        'the sender mistyped it',
        '--json',
        '--wait',
        '60',
      ]);
      const [decision] = await decided(({ data }) => data['eventId'] === 'investsuite:bad');
      expect(decision).toMatchObject({
        key: 'P4',
        data: {
          ...{ kind: 'replay-dead-letter', service: 'withdrawal', correctedValue: corrected, attempts: '1', why: 'the sender mistyped it' },
          ...{ by: 'anna', approvedBy: null, approval: null },
        },
      });
      // As the service does it: the message is let out and handled, never half of it.
      await admin.query(
        `with released as (
           update withdrawal.quarantine set resolved_at = now(), resolution = 'replayed by anna' where event_id = 'investsuite:bad')
         update withdrawal.inbox set handled_at = now(), note = null where event_id = 'investsuite:bad'`,
      );
      const ran = await running;
      expect(ran.exit).toBe(EXIT.done);
      expect(JSON.parse(ran.out)).toMatchObject({ items: [{ result: 'ran', settled: true, madeBy: 'anna' }] });
      expect(await cli(['dead-letters', 'replay', 'investsuite:bad', '--why', 'again'])).toMatchObject({
        exit: EXIT.refused,
        warned: containing('nothing-selected'),
      });
    });

    it('that move money wait for a second person, who must be another one, and sees the text that was signed [A5]', async () => {
      const asked = await cli(['dead-letters', 'replay', '--topic', 'payout.requested', '--why', 'mended', '--json']);
      const [item] = (JSON.parse(asked.out) as { items: { id: string; result: string }[] }).items;
      expect(item?.result).toContain('waits for a second person');
      expect((await cli(['dead-letters', 'replay', 'wd9.2.0', '--why', 'mended', '--json'])).out).toContain('"already":true');
      expect(await cli(['dead-letters', 'approve', 'wd9.2.0', '--yes'])).toMatchObject({
        exit: EXIT.refused,
        warned: containing('a different person must approve it'),
      });
      expect(await asBen(['dead-letters', 'approve', 'wd9.2.0'])).toMatchObject({ exit: EXIT.usage, warned: containing('--yes') });
      expect(await asBen(['dead-letters', 'approve', 'wd9.2.0'], 'no')).toMatchObject({ exit: EXIT.refused });
      // Somebody changes the text between the two people: the hash that Anna signed is not that of what would run.
      await admin.query(`update payout.quarantine set value = value || ' ' where event_id = 'wd9.2.0'`);
      expect((await asBen(['dead-letters', 'approve', 'wd9.2.0', '--yes'])).warned).toContain('changed-since');
      await admin.query(`update payout.quarantine set value = rtrim(value) where event_id = 'wd9.2.0'`);
      expect(decisions.filter(({ data }) => data['eventId'] === 'wd9.2.0')).toEqual([]);
      expect((await json(['acts', 'list', '--waiting'])).map(({ id }) => id)).toEqual([item?.id]);
      const approved = await asBen(['dead-letters', 'approve', 'wd9.2.0', '--wait', '0'], 'yes');
      expect(approved).toMatchObject({ exit: EXIT.done, out: containing('you sign:  sha256') });
      const [decision] = await decided(({ data }) => data['eventId'] === 'wd9.2.0');
      expect(decision?.data).toMatchObject({ service: 'payout', by: 'anna', why: 'mended', approvedBy: 'ben' });
      expect(await asBen(['dead-letters', 'approve', item?.id ?? '', '--yes'])).toMatchObject({
        exit: EXIT.refused,
        warned: containing('decided-before'),
      });
    });

    it('are dropped with a reason; the bodies of the gateway right away', async () => {
      expect((await cli(['dead-letters', 'discard', 'discardable'])).exit).toBe(EXIT.usage);
      expect((await cli(['dead-letters', 'discard', 'discardable', '--why', 'sent twice', '--wait', '0'])).exit).toBe(EXIT.done);
      const [decision] = await decided(({ data }) => data['eventId'] === 'discardable');
      expect(decision?.data).toMatchObject({ kind: 'discard-dead-letter', service: 'withdrawal', by: 'anna', why: 'sent twice' });
      expect(await cli(['dead-letters', 'replay', 'gw-1', '--why', 'try'])).toMatchObject({
        exit: EXIT.refused,
        warned: containing('cannot-run'),
      });
      expect((await cli(['dead-letters', 'discard', 'gw-1', '--why', 'sent again by them'])).exit).toBe(EXIT.done);
      expect(await json(['dead-letters', 'list', '--service', 'gateway'])).toEqual([]);
      expect(await json(['dead-letters', 'list', '--service', 'gateway', '--all'])).toMatchObject([
        { resolution: expect.stringMatching(/^discarded by anna; act [\w-]+$/) },
      ]);
    });
  });

  describe('effects', () => {
    it('that wait for people are listed, masked', async () => {
      const list = await json(['effects', 'list', '--parked']);
      expect(list).toMatchObject([
        {
          effectId: 'po2:PayCounterAccount:1',
          status: 'parked',
          reference: 'WDREF2',
          amount: '90',
          request: { creditorName: 'J*** P***' },
        },
      ]);
      expect(await json(['effects', 'list', '--unknown'])).toEqual([]);
    });

    it('are answered by two people, even while Kafka is away', async () => {
      const id = 'po2:PayCounterAccount:1';
      expect((await cli(['effects', 'answer', id, 'perhaps', '--evidence', 'x'])).exit).toBe(EXIT.usage);
      expect(await cli(['effects', 'answer', 'po1:PayCounterAccount:1', 'applied', '--evidence', 'x'])).toMatchObject({
        exit: EXIT.refused,
        warned: containing('not-parked'),
      });
      expect((await cli(['effects', 'answer', id, 'applied', '--evidence', 'pay_2 on the statement'])).out).toContain(
        'waits for a second person',
      );
      expect((await cli(['effects', 'approve', id, '--yes'])).warned).toContain('same-person');
      kafkaAway = true;
      const shown = await asBen(['effects', 'approve', id, '--wait', '0', '--yes']);
      expect(shown).toMatchObject({ exit: EXIT.done, out: containing('evidence:  pay_2 on the statement') });
      expect(shown.out).toContain('at stake:  90 EUR');
      const { rows } = await admin.query<{ waits: boolean }>(
        `select carried_out_at is null as waits from operator.act where kind = 'answer-effect'`,
      );
      expect(rows).toEqual([{ waits: true }]);
      kafkaAway = false;
      const [decision] = await decided(({ data }) => data['effectId'] === id);
      expect(decision).toMatchObject({
        key: 'P2',
        data: {
          kind: 'answer-effect',
          service: 'payout',
          answer: 'applied',
          evidence: 'pay_2 on the statement',
          by: 'anna',
          approvedBy: 'ben',
        },
      });
      await admin.query(`update payout.effect set status = 'applied', note = 'answered' where id = $1`, [id]);
      const list = await eventually(
        'the act to be carried out',
        () => cli(['effects', 'list']),
        ({ out }) => out.includes('approved by ben'),
      );
      expect(list.out).toMatch(/po2:PayCounterAccount:1 +PayCounterAccount +applied/);
      const taken = `insert into payout.inbox (event_id, content_hash, portfolio_id, value, handled_at) values ($1, 'h', 'P2', '{}', now())`;
      await admin.query(taken, [decision?.eventId]);
      expect((await cli(['acts', 'list'])).out).toContain('taken up; the request is now applied: answered');
    });

    it('may be taken back before the second person has spoken', async () => {
      await admin.query(`update payout.effect set status = 'parked' where id = 'po2:PayCounterAccount:1'`);
      const asked = await cli(['effects', 'answer', 'po2:PayCounterAccount:1', 'rejected', '--evidence', 'wrong one', '--json']);
      const [item] = (JSON.parse(asked.out) as { items: { id: string }[] }).items;
      expect((await cli(['acts', 'list', '--waiting'])).out).toContain('answer-effect: rejected');
      expect(await cli(['effects', 'answer', 'po2:PayCounterAccount:1', 'applied', '--evidence', 'no, it was made'])).toMatchObject({
        exit: EXIT.refused,
        warned: containing('rejected says anna'),
      });
      expect((await cli(['acts', 'withdraw', item?.id ?? '', '--why', 'mistaken'])).exit).toBe(EXIT.done);
      expect((await asBen(['effects', 'approve', item?.id ?? '', '--yes'])).warned).toContain('decided-before');
    });
  });

  describe('the audit log', () => {
    it('has every act, and is whole', async () => {
      const lines = await json(['audit', 'list']);
      expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_line, index) => index + 1));
      const said = lines.map(({ who, what }) => `${String(who)} ${String(what)}`);
      for (const wanted of [
        'anna asked: replay-dead-letter',
        'ben approved: replay-dead-letter',
        'anna carried out: replay-dead-letter',
        'anna asked: discard-dead-letter',
        'anna carried out: discard-dead-letter',
        'anna asked: answer-effect',
        'ben approved: answer-effect',
        'anna withdrew: answer-effect',
      ])
        expect(said).toContain(wanted);
      const ran = await cli(['audit', 'verify']);
      expect(ran).toMatchObject({ exit: EXIT.done, out: containing(`whole: ${String(lines.length)} lines`) });
      // The head went to Kafka before each act that moves money.
      expect(ran.out).toMatch(/compared with [1-9]\d* heads on Kafka/);
    });

    it('numbers lines without a gap when many write at once', async () => {
      const before = (await json(['audit', 'list'])).length;
      const asked = await Promise.all(
        Array.from({ length: 8 }, () => cli(['effects', 'answer', 'po2:PayCounterAccount:1', 'applied', '--evidence', 'again', '--json'])),
      );
      expect(asked.map(({ exit }) => exit)).toEqual(asked.map(() => EXIT.done));
      expect((await json(['audit', 'list'])).length).toBe(before + 1);
      expect((await cli(['audit', 'verify'])).exit).toBe(EXIT.done);
    });

    it('outlives a connection that breaks in mid-act, and writes nothing then', async () => {
      const before = (await json(['audit', 'list'])).length;
      const act = loggedTransaction(pool, async (client) => {
        await client.query(`select operator.note_refusal('anna', 'nothing', 'none', 'a test')`);
        const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
        const broken = new Promise((resolve) => client.once('end', resolve));
        await admin.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
        await broken;
      });
      await expect(act).rejects.toThrow(/terminat|not queryable|connection/i);
      expect((await json(['audit', 'list'])).length).toBe(before);
      expect((await cli(['audit', 'verify'])).exit).toBe(EXIT.done);
    });

    it('refuses to be changed, and shows what was changed or cut off all the same [A6]', async () => {
      await expect(admin.query(`update operator.audit set who = 'eve' where seq = 2`)).rejects.toThrow('append-only');
      await expect(pool.query('delete from operator.audit where seq = 2')).rejects.toThrow();
      await admin.query('alter table operator.audit disable trigger audit_is_append_only');
      await admin.query(`update operator.audit set who = 'eve' where seq = 2`);
      expect(await cli(['audit', 'verify'])).toMatchObject({
        exit: EXIT.refused,
        out: containing('BROKEN at line 2: its content was changed'),
      });
      await admin.query(`update operator.audit set who = 'anna' where seq = 2`);
      expect((await cli(['audit', 'verify'])).exit).toBe(EXIT.done);
      // Its end is cut off: the chain that is left is whole, but a head on Kafka names a line that is gone.
      const { rows } = await admin.query<{ seq: number }>(`select min(seq)::int as seq from operator.audit where what like 'approved:%'`);
      await admin.query('create temporary table cut as select * from operator.audit where seq >= $1', [rows[0]?.seq]);
      await admin.query('delete from operator.audit where seq >= $1', [rows[0]?.seq]);
      expect((await cli(['audit', 'verify'])).out).toContain('a head on Kafka names it');
      await admin.query('insert into operator.audit select * from cut');
      expect((await cli(['audit', 'verify'])).exit).toBe(EXIT.done);
      await admin.query('delete from operator.audit where seq = 3');
      expect((await cli(['audit', 'verify'])).out).toContain('BROKEN at line 4: line 3 is missing');
    });
  });

  describe('the command line', () => {
    it('finds a running demo by its state file', async () => {
      const path = join(folder, 'state.json');
      writeStateFile(path, { operatorUrl: http.url, operatorToken: ben.token });
      expect((await cli(['journeys', 'list'], { CMW_STATE_FILE: path })).exit).toBe(EXIT.done);
      expect((await cli(['journeys', 'list'], { CMW_STATE_FILE: path, OPERATOR_TOKEN: 'somebody-else-0123456789' })).warned).toContain(
        'operator-unknown',
      );
      expect((await cli(['journeys', 'list'], { CMW_STATE_FILE: join(folder, 'none') })).exit).toBe(EXIT.away);
    });

    it('reads the token from a file', async () => {
      const path = join(folder, 'token');
      writeFileSync(path, `${ben.token}\n`);
      expect((await cli(['acts', 'list'], { OPERATOR_URL: http.url, OPERATOR_TOKEN_FILE: path })).exit).toBe(EXIT.done);
    });

    it.each<[string, string[], number]>([
      ['help', ['--help'], EXIT.done],
      ['who may act', ['people'], EXIT.done],
      ['help of a group', ['dead-letters', '--help'], EXIT.done],
      ['help of a command', ['effects', 'answer', '--help'], EXIT.done],
      ['an unknown command', ['dance'], EXIT.usage],
      ['an unknown flag', ['journeys', 'list', '--fast'], EXIT.usage],
      ['a missing id', ['journeys', 'show'], EXIT.usage],
      ['a group alone', ['journeys'], EXIT.usage],
      ['a bad limit', ['journeys', 'list', '--limit', 'many'], EXIT.usage],
      ['no selection', ['dead-letters', 'preview'], EXIT.usage],
      ['a body that is not there', ['dead-letters', 'preview', 'x', '--body', 'nowhere.json'], EXIT.usage],
    ])('%s', async (_what, argv, exit) => {
      const ran = await cli(argv);
      expect(ran.exit).toBe(exit);
      expect(`${ran.out}${ran.warned}`).not.toBe('');
    });

    it('makes a key and a token for a person, and shows neither [A12]', async () => {
      const ran = await cli(['keys', 'new', 'erin', '--out', join(folder, 'erin')]);
      expect(ran).toMatchObject({ exit: EXIT.done, out: containing('publicKey: ') });
      const [key, token] = ['key', 'token'].map((kind) => readFileSync(join(folder, `erin.${kind}`), 'utf8').trim());
      expect([statSync(join(folder, 'erin.key')).mode & 0o777, statSync(join(folder, 'erin.token')).mode & 0o777]).toEqual([0o600, 0o600]);
      for (const secret of [key, token]) expect(`${ran.out}${ran.warned}`).not.toContain(secret);
      expect((await cli(['keys', 'new', 'erin', '--out', join(folder, 'erin')])).exit).toBe(EXIT.usage);
      expect((await cli(['keys', 'new', 'Erin'])).exit).toBe(EXIT.usage);
    });

    it('signs nothing without a key, and nothing that another key signs is taken [A4]', async () => {
      const answer = ['effects', 'answer', 'po2:PayCounterAccount:1', 'rejected', '--evidence', 'x'];
      expect(await cli(answer, { OPERATOR_URL: http.url, OPERATOR_TOKEN: ANNA })).toMatchObject({
        exit: EXIT.usage,
        warned: containing('OPERATOR_KEY_FILE'),
      });
      const withOther = await cli(answer, { ...environmentOf(anna), OPERATOR_KEY_FILE: keyFileOf(ben) });
      expect(withOther).toMatchObject({ exit: EXIT.refused, warned: containing('not-signed') });
      expect(await cli(answer, { OPERATOR_URL: http.url, OPERATOR_TOKEN: DORA, OPERATOR_KEY_FILE: keyFileOf(anna) })).toMatchObject({
        exit: EXIT.refused,
        warned: containing('no-role'),
      });
    });

    it('counts each refusal by its reason [A12]', async () => {
      const metrics = await (await fetch(`${http.url}/metrics`)).text();
      for (const reason of ['no-token', 'unknown-token', 'no-role', 'refused'])
        expect(metrics).toMatch(new RegExp(`cmw_operator_refusals_total\\{.*reason="${reason}".*\\} [1-9]`));
    });
  });
});
