/**
 * Customers are paid while the outside misbehaves, a transfer is refused, people answer and correct, deposits come, and bad messages and bodies
 * are kept. Afterwards no account, name, phone, token or secret stands in clear: in no row, in no file of Postgres or Kafka, in no log.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { serviceNames } from '../../contracts/internal/services.js';
import { startProducer } from '../../shared/runtime/kafka/producer.js';
import { signedHeaders } from '../simulators/shared/webhook.js';
import { eventually } from '../support/eventually.js';
import { testPeople } from '../support/signing-people.js';
import { ClearText, type Needle } from '../world/clear-text.js';
import { rulesOf } from '../world/faults.js';
import { JourneyWorld } from '../world/journey-world.js';
import { createOperatorClient } from '../world/operator-client.js';
import { HOUSE_ACCOUNT } from '../world/stack.js';
import type { Customer } from '../world/world.js';

const VOO = 'US9229083632';
const PHONE = '+32470918273';
/** Nobody else is called so: a find is no accident. */
const NAMES = ['Zuleika Quagmire', 'Ottokar Vandersluys', 'Philippa Thistlewood', 'Balthasar Oyelaran'] as const;
const DEPOSITOR = 'Wilhelmina Xylander';
const FOREIGN_ACCOUNT = 'BE68539007547034';

const allNames = [...NAMES, DEPOSITOR];
/** Of these settings the value itself is a secret. */
const SECRET_SETTING = /(SECRET|TOKEN|PASSWORD|APP_KEY|ACCESS_KEY)/;

const secretsOf = (env: Readonly<Record<string, string>>): readonly Needle[] =>
  Object.entries(env).flatMap(([name, value]): readonly Needle[] => {
    if (name.endsWith('SIGNING_KEY_FILE')) return [{ name, text: readFileSync(value, 'utf8').split('\n')[1] ?? '' }];
    if (name === 'SEAL_KEYS_FILE') {
      const { keys, hashKey } = parse(readFileSync(value, 'utf8')) as {
        readonly keys: readonly { key: string }[];
        readonly hashKey: string;
      };
      return [...keys.map(({ key }) => key), hashKey].map((text) => ({ name, text }));
    }
    if (name.endsWith('DATABASE_URL')) return [{ name, text: decodeURIComponent(new URL(value).password) }];
    return SECRET_SETTING.test(name) && !name.endsWith('_FILE') && !name.endsWith('ACCESS_KEY_ID') ? [{ name, text: value }] : [];
  });

describe('after a run with faults, people and bad input', () => {
  let world: JourneyWorld;
  let customers: readonly Customer[];
  const needlesOfPeople = (): readonly Needle[] => [
    ...customers.map(({ number, iban }) => ({ name: `account of customer ${String(number)}`, text: iban })),
    ...allNames.map((text, at) => ({ name: `name ${String(at + 1)}`, text })),
    { name: 'a phone', text: PHONE },
    { name: 'the house account', text: HOUSE_ACCOUNT },
    { name: 'a foreign account', text: FOREIGN_ACCOUNT },
    ...testPeople.map(({ name, token }) => ({ name: `token of ${name}`, text: token })),
  ];

  const webhook = async (path: string, body: string, secretName: string): Promise<number> => {
    const secret = world.stack.env[secretName] ?? '';
    const headers = signedHeaders({ id: randomUUID(), timestampSeconds: Math.floor(Date.now() / 1000), body, secret });
    const answer = await fetch(`${world.stack.urls.gateway}/webhooks/${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    });
    return answer.status;
  };

  /** As anybody might who can write to a topic: nothing of it is ours. */
  const writeAsForeigner = async (topic: string, key: string, value: string, headers: Readonly<Record<string, string>>): Promise<void> => {
    const producer = await startProducer(world.kafka);
    await producer.send([{ topic, key, value, headers }]);
    await producer.stop();
  };

  /** Anna answers for the refused transfer, Ben approves; what they write names the customer. */
  const people = async (refused: Customer): Promise<void> => {
    const anna = createOperatorClient(world.stack.urls.operator, world.stack.operators.anna);
    const ben = createOperatorClient(world.stack.urls.operator, world.stack.operators.ben);
    const parked = await eventually(
      'the refused transfer waits for people',
      async () =>
        (await anna.parked()).find(({ portfolioId, effect }) => portfolioId === refused.portfolioId && effect === 'PayCounterAccount'),
      (one) => one !== undefined,
      60_000,
      200,
    );
    if (parked === undefined) throw new Error('nothing to answer');
    const answer = (effect: typeof parked): Promise<void> =>
      anna.answer(effect, 'rejected', `refused: the account ${refused.iban} of ${NAMES[0]} is closed, says ${PHONE}`);
    await answer(parked);
    await eventually(
      'ben has approved',
      async () => {
        for (const act of await ben.waitingActs()) await ben.approve(act.id);
        // The bank may not be there just when their word is held against it: then they say it again.
        for (const effect of await anna.parked())
          if (effect.effectId === parked.effectId && effect.note?.startsWith('not taken') === true) await answer(effect);
        return world.look();
      },
      ({ journeys }) => journeys.some(({ portfolioId, status }) => portfolioId === refused.portfolioId && status === 'InSuspense'),
      60_000,
      300,
    );
  };

  /** In the form of the first release, so that its text is clear; its level cannot be. Then people put it right. */
  const badMessage = async (customer: Customer): Promise<void> => {
    const id = `bad:${randomUUID()}`;
    const text = (level: string): string =>
      `{"id":"${id}","type":"portfolios.divest-amount-update","version":"1","occurredAt":"2026-01-01T00:00:00Z","portfolioId":"${customer.portfolioId}",` +
      `"data":{"id":"x","created":"-1000000000-01-01T00:00:00Z","version":"1.0.0","subject":"portfolios","action":"divest-amount-update","note":"${NAMES[3]} ${PHONE} ${customer.iban}",` +
      `"data":{"id":"${customer.portfolioId}","divest_amount":${level},"currency":"USD"}}}`;
    await world.publish({
      topic: 'portfolio.withdrawal-request',
      key: customer.portfolioId,
      headers: { 'event-id': id },
      value: text('-5.00'),
    });
    const anna = createOperatorClient(world.stack.urls.operator, world.stack.operators.anna);
    const ben = createOperatorClient(world.stack.urls.operator, world.stack.operators.ben);
    const lettersOf = async () => (await anna.deadLetters()).filter(({ eventId }) => eventId === id);
    const letters = await eventually('two services keep it', lettersOf, (all) => all.length === 2, 30_000, 200);
    for (const { service, attempts } of letters)
      await anna.replay({ eventId: id, service, attempts, body: text('null'), why: `${NAMES[3]} has told us what was meant, ${PHONE}` });
    await eventually(
      'both have run again',
      async () => {
        for (const act of await ben.waitingActs()) await ben.approve(act.id);
        return lettersOf();
      },
      (left) => left.length === 0,
      30_000,
      300,
    );
  };

  beforeAll(async () => {
    world = await JourneyWorld.start({ services: serviceNames, env: { LOG_LEVEL: 'debug' } });
    const made: Customer[] = [];
    for (const name of NAMES) made.push(await world.customer({ cash: '1000.00', positions: [{ isin: VOO, units: '20' }], name }));
    customers = made;
    const [refused] = made;
    if (refused === undefined) throw new Error('nobody is there');
    for (const { system, fault } of rulesOf(
      ['answers-late', 'cuts', 'server-errors', 'garbled-answers', 'events-twice', 'callbacks-lost'],
      [],
    ))
      await world.fault(system, fault);
    await world.fault('bank', { fault: 'refuse', operation: 'create-payment', subject: refused.iban, detail: 'AC04' });
    for (const [at, customer] of made.entries()) await world.app(customer, { action: 'set', amount: at === 1 ? '1500.00' : '250.00' });
    await world.world.bank('POST', '/deposits', {
      iban: made[2]?.iban,
      amount: '77.00',
      currency: 'USD',
      remittanceInformation: `from ${DEPOSITOR}, call ${PHONE}`,
    });
    const deposit = { depositId: 'D-by-hand', iban: FOREIGN_ACCOUNT, amount: '5.00', currency: 'EUR', bookedAt: '2026-01-01T10:00:00Z' };
    const told = { ...deposit, remittanceInformation: DEPOSITOR, debtor: { name: DEPOSITOR, iban: FOREIGN_ACCOUNT } };
    expect(await webhook('core-banking/deposit', JSON.stringify(told), 'WEBHOOK_SECRETS_CORE_BANKING')).toBe(202);
    const unreadable = `{"iban":"${FOREIGN_ACCOUNT}","name":"${DEPOSITOR}","phone":"${PHONE}"`;
    expect(await webhook('core-banking/deposit', unreadable, 'WEBHOOK_SECRETS_CORE_BANKING')).toBe(400);
    await writeAsForeigner('core-banking.transfer-status', FOREIGN_ACCOUNT, `{"creditor":"${DEPOSITOR}","iban":"${FOREIGN_ACCOUNT}"}`, {
      'x-customer': `${DEPOSITOR} ${PHONE}`,
    });
    await people(refused);
    const last = made[3];
    if (last !== undefined) await badMessage(last);
    await world.world.clearFaults();
    await eventually(
      'the others are paid',
      async () => (await world.look()).books.bank.creditors.filter(({ settledCount }) => settledCount > 0).length,
      (paid) => paid >= made.length - 1,
      90_000,
      300,
    );
    await world.pool.query('checkpoint');
  }, 300_000);
  afterAll(async () => {
    await world.stop();
  }, 120_000);

  it('nothing personal and no secret stands in clear in any row [A13]', async () => {
    const search = new ClearText([...needlesOfPeople(), ...secretsOf(world.stack.env)]);
    expect(await search.lookAtRows(world.pool)).toBeGreaterThan(100);
    expect(search.found).toEqual([]);
  });

  it('nor in any file of Postgres, where rows lie that were changed since [A13]', () => {
    const search = new ClearText([...needlesOfPeople(), ...secretsOf(world.stack.env)]);
    search.lookAtFiles('postgres', join(world.stack.postgres.folder, 'cluster'));
    expect(search.bytes).toBeGreaterThan(1_000_000);
    expect(search.found).toEqual([]);
  });

  it('nor on any topic, in keys, headers or values, but for what foreigners and the release before wrote themselves [A13]', () => {
    const search = new ClearText([...needlesOfPeople(), ...secretsOf(world.stack.env)]);
    // Data of a partition, `<topic>-<number>/*.log`. What Kafka keeps of its own users is none.
    search.lookAtFiles('kafka', world.stack.kafka.folder, (path) => /[a-z.-]-\d+\/\d+\.log$/.test(path) && !path.includes('__'));
    expect(search.bytes).toBeGreaterThan(10_000);
    const theirs = /(core-banking\.transfer-status|portfolio\.withdrawal-request)-\d+\//;
    expect(search.found.filter((one) => !theirs.test(one))).toEqual([]);
    // It does find what is there.
    expect(search.found.filter((one) => theirs.test(one)).length).toBeGreaterThan(0);
  });

  it('nor in any log of a service or of a server [A13]', () => {
    const search = new ClearText([...needlesOfPeople(), ...secretsOf(world.stack.env)]);
    for (const name of serviceNames) search.look(`log of ${name}`, readFileSync(join(world.stack.folder, `${name}.log`)));
    search.look('log of postgres', readFileSync(world.stack.postgres.logFile));
    for (const { logFile } of world.stack.kafka.nodes) search.look('log of kafka', readFileSync(logFile));
    expect(search.bytes).toBeGreaterThan(10_000);
    expect(search.found).toEqual([]);
  });

  it('people still see whose account it is, masked, and never whole', async () => {
    const [refused] = customers;
    if (refused === undefined) throw new Error('nobody is there');
    const anna = createOperatorClient(world.stack.urls.operator, world.stack.operators.anna);
    const timeline = await anna.timeline(refused.portfolioId);
    expect(timeline).toContain(`${refused.iban.slice(0, 4)}***${refused.iban.slice(-4)}`);
    expect(timeline).not.toContain(refused.iban);
    expect(await anna.auditHolds()).toBe(true);
  });
});
