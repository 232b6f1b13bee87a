/**
 * A message that cannot be read, or that cannot be true, is kept whole and told on the dead-letter topic; its customer's lane waits in
 * order and nobody else's does; once people have decided, it goes on, and each customer is paid exactly once.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { headersOf, printEnvelope } from '../../contracts/internal/envelope.js';
import type { Topic } from '../../contracts/internal/topics.js';
import type { Customer } from '../world/world.js';
import { startConsumer, type Consumer, type FetchedMessage } from '../../shared/runtime/kafka/consumer.js';
import { eventually } from '../support/eventually.js';
import { letterFacts } from '../support/signing-people.js';
import { JourneyWorld } from '../world/journey-world.js';
import type { UnderWay } from '../world/snapshot.js';

const WISHES = 'portfolio.withdrawal-request';
const WITHIN_MS = 30_000;

describe('bad input on real topics', () => {
  let world: JourneyWorld;
  let consumer: Consumer;
  const deadLetters: FetchedMessage[] = [];

  beforeAll(async () => {
    world = await JourneyWorld.start();
    consumer = await startConsumer({
      ...world.kafka,
      groupId: 'bad-input-test',
      topics: [`${WISHES}.dlq`, 'payout.finished.dlq', 'payout.requested.dlq'],
      ingest: (batch) => {
        deadLetters.push(...batch.messages);
        return Promise.resolve();
      },
      onFatal: (error) => {
        throw error;
      },
    });
  }, 120_000);
  afterAll(async () => {
    await consumer.stop();
    await world.stop();
  }, 120_000);

  const publish = async (
    topic: Topic,
    customer: Customer,
    value: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> => {
    const eventId = `bad:${randomUUID()}`;
    await world.publish({ topic, key: customer.portfolioId, headers: { 'event-id': eventId, ...headers }, value });
    return eventId;
  };
  /** A well-formed envelope of ours, whatever it says. */
  const say = async (topic: Topic, customer: Customer, content: Parameters<typeof printEnvelope>[0]['data']): Promise<string> => {
    const event = {
      id: `bad:${randomUUID()}`,
      type: topic,
      version: '1',
      occurredAt: new Date().toISOString(),
      portfolioId: customer.portfolioId,
    };
    await world.publish({ topic, key: customer.portfolioId, headers: headersOf(event), value: printEnvelope({ ...event, data: content }) });
    return event.id;
  };
  /** In the form of the first release, which people may still have before them. */
  const requestEnvelope = (customer: Customer, id: string, level: string): string =>
    `{"id":"${id}","type":"portfolios.divest-amount-update","version":"1","occurredAt":"2026-01-01T00:00:00Z","portfolioId":"${customer.portfolioId}",` +
    `"data":{"id":"x","created":"-1000000000-01-01T00:00:00Z","version":"1.0.0","subject":"portfolios","action":"divest-amount-update",` +
    `"data":{"id":"${customer.portfolioId}","divest_amount":${level},"currency":"USD"}}}`;

  const underWay = async (customer: Customer, service: string): Promise<readonly UnderWay[]> =>
    (await world.look()).underWay.filter((one) => one.service === service && one.portfolioId === customer.portfolioId);
  const kinds = (rows: readonly UnderWay[]): readonly string[] => rows.map((one) => one.what).sort();
  const untilUnderWay = (customer: Customer, service: string, wanted: readonly string[]): Promise<unknown> =>
    eventually(
      `the lane of customer ${String(customer.number)} in ${service} shows ${wanted.join(', ')}`,
      () => underWay(customer, service),
      (rows) => JSON.stringify(kinds(rows)) === JSON.stringify(wanted),
      WITHIN_MS,
      100,
    );
  const deadLettersOf = (eventId: string, count: number): Promise<readonly FetchedMessage[]> =>
    eventually(
      `${String(count)} dead letters of ${eventId}`,
      () => deadLetters.filter((letter) => letter.headers['event-id'] === eventId),
      (seen) => seen.length === count,
      WITHIN_MS,
      50,
    );

  const richCustomer = (): Promise<Customer> => world.customer({ cash: '1000.00', positions: [] });
  /** As it waits now: what people sign is about this text, in quarantine for this time. */
  const waitingLetter = async (service: string, eventId: string): Promise<{ readonly value: string; readonly attempts: number }> => {
    const row = await eventually(
      `${eventId} waits in ${service}`,
      async () =>
        (
          await world.pool.query<{ value: string; attempts: number }>(
            `select value, attempts from ${service}.quarantine where event_id = $1 and resolved_at is null`,
            [eventId],
          )
        ).rows[0],
      (seen) => seen !== undefined,
      WITHIN_MS,
      50,
    );
    if (row === undefined) throw new Error('it does not wait');
    return { ...row, value: world.clear(row.value) };
  };
  const replay = async (service: string, eventId: string, customer: Customer, correctedValue: string | null): Promise<string> => {
    const { value, attempts } = await waitingLetter(service, eventId);
    const letter = letterFacts(eventId, correctedValue ?? value, attempts);
    const why = 'the sender has told us what was meant';
    return world.decide({ kind: 'replay-dead-letter', service, ...letter, correctedValue, why }, customer.portfolioId);
  };
  const discard = async (service: string, eventId: string, customer: Customer): Promise<string> => {
    const { value, attempts } = await waitingLetter(service, eventId);
    const letter = letterFacts(eventId, value, attempts);
    return world.decide({ kind: 'discard-dead-letter', service, ...letter, why: 'it was never meant' }, customer.portfolioId);
  };

  it('a message that is no JSON stops its own lane only, until it is corrected and run again', async () => {
    const customer = await richCustomer();
    const neighbour = await richCustomer();
    const broken = '{"id": "half a mess';
    const eventId = await publish(WISHES, customer, broken, {
      'event-type': 'portfolios.divest-amount-update',
      traceparent: '00-11112222333344445555666677778888-1111222233334444-01',
    });
    // Two services listen to divest requests, and each keeps its own.
    const letters = await deadLettersOf(eventId, 2);
    for (const letter of letters) {
      expect([letter.topic, letter.key, world.clear(letter.value?.toString() ?? '')]).toEqual([
        `${WISHES}.dlq`,
        customer.portfolioId,
        broken,
      ]);
      expect(letter.headers).toMatchObject({
        'event-type': 'portfolios.divest-amount-update',
        traceparent: '00-11112222333344445555666677778888-1111222233334444-01',
        'dlq-error-class': 'JsonError',
        'dlq-topic': WISHES,
        'dlq-attempts': '1',
      });
      expect(letter.headers['dlq-reason']).toEqual(expect.stringMatching(/./));
      expect(letter.headers['dlq-partition']).toMatch(/^\d+$/);
      expect(letter.headers['dlq-offset']).toMatch(/^\d+$/);
      expect(new Date(letter.headers['dlq-first-seen'] ?? '').getTime()).toBeGreaterThan(Date.now() - 120_000);
    }
    await world.app(customer, { action: 'set', amount: '250.00' });
    await world.app(neighbour, { action: 'set', amount: '250.00' });
    await world.untilBooksAgree([{ customer: neighbour, paid: ['250'] }]);
    await untilUnderWay(customer, 'withdrawal', ['blocked lane', 'inbox', 'quarantine']);
    expect((await world.look()).journeys.filter((one) => one.flow === 'withdrawal' && one.portfolioId === customer.portfolioId)).toEqual(
      [],
    );
    await replay('withdrawal', eventId, customer, requestEnvelope(customer, eventId, '250.00'));
    await discard('portfolio', eventId, customer);
    await world.untilBooksAgree([{ customer, paid: ['250'] }]);
  }, 90_000);

  it.each([
    ['of a wrong shape', '{"id":"x","subject":"portfolios"}'],
    ['with a negative amount', null],
  ])(
    'a message %s that is run again as it was is kept again, and its lane goes on waiting',
    async (_what, given) => {
      const customer = await richCustomer();
      const id = `bad:${randomUUID()}`;
      const value = given ?? requestEnvelope(customer, id, '-5.00');
      await world.publish({ topic: WISHES, key: customer.portfolioId, headers: { 'event-id': id }, value });
      await deadLettersOf(id, 2);
      await replay('withdrawal', id, customer, null);
      await deadLettersOf(id, 3);
      await untilUnderWay(customer, 'withdrawal', ['blocked lane', 'quarantine']);
      const { rows } = await world.pool.query<{ attempts: number; value: string }>(
        'select attempts, value from withdrawal.quarantine where event_id = $1',
        [id],
      );
      expect(rows.map((row) => ({ ...row, value: world.clear(row.value) }))).toEqual([{ attempts: 2, value }]);
      await discard('withdrawal', id, customer);
      await discard('portfolio', id, customer);
      await world.app(customer, { action: 'set', amount: '250.00' });
      await world.untilBooksAgree([{ customer, paid: ['250'] }]);
    },
    90_000,
  );

  it('what cannot be true is kept like what cannot be read: a payout that nobody asked for', async () => {
    const customer = await world.customer({ cash: '100.00', positions: [{ isin: 'US0378331005', units: '20' }] });
    await world.fault('broker', { fault: 'settle-late', subject: customer.accountNo, delayMs: 3_000 });
    await world.app(customer, { action: 'set', amount: '900.00' });
    const waiting = await world.untilStatus(customer, 'withdrawal', 'AwaitingCash');
    const eventId = await say('payout.finished', customer, {
      withdrawalId: waiting.id,
      portfolioId: customer.portfolioId,
      outcome: 'paid',
      amount: '900',
      currency: 'USD',
      endToEndId: 'E1',
      paymentId: 'P1',
      paidAt: '2026-01-01T00:00:00Z',
      reason: null,
    });
    const [letter] = await deadLettersOf(eventId, 1);
    expect(letter?.headers).toMatchObject({ 'dlq-error-class': 'Impossible', 'dlq-reason': 'no payout was asked for' });
    expect(world.clear(letter?.value?.toString() ?? '')).toContain(waiting.id);
    expect((await world.untilJourney(customer, 'withdrawal', 'is there', () => true)).status).toBe('AwaitingCash');
    await discard('withdrawal', eventId, customer);
    await world.untilBooksAgree([{ customer, paid: ['900'] }]);
  }, 90_000);

  it('a request to pay nothing, or less, never becomes a payment', async () => {
    const customer = await richCustomer();
    const ids: string[] = [];
    for (const amount of ['0', '-250', '0.001'])
      ids.push(
        await say('payout.requested', customer, {
          withdrawalId: `wd-${randomUUID()}`,
          portfolioId: customer.portfolioId,
          ownerId: customer.userId,
          brokerAccount: `acc-${customer.accountNo}`,
          amount,
          currency: 'USD',
        }),
      );
    const [first = '', ...others] = ids;
    expect((await deadLettersOf(first, 1))[0]?.headers['dlq-error-class']).toBe('Impossible');
    // The followers wait in order: each is judged when the one before it is decided.
    await untilUnderWay(customer, 'payout', ['blocked lane', 'inbox', 'inbox', 'quarantine']);
    let before = first;
    for (const eventId of others) {
      await discard('payout', before, customer);
      expect((await deadLettersOf(eventId, 1))[0]?.headers['dlq-error-class']).toBe('Impossible');
      before = eventId;
    }
    await discard('payout', before, customer);
    await untilUnderWay(customer, 'payout', []);
    expect((await world.look()).journeys.filter((one) => one.flow === 'payout' && one.portfolioId === customer.portfolioId)).toEqual([]);
  }, 90_000);

  it('what no database can store harms nobody, in a message or in its key', async () => {
    const customer = await richCustomer();
    const neighbour = await richCustomer();
    const nul = '\\u0000';
    const inTheId = requestEnvelope(customer, `nul${nul}`, '5');
    const inTheReference = `{"id":"nul-${randomUUID()}","type":"payment-status","version":"1","occurredAt":"x","portfolioId":null,"data":{"eventId":"e","endToEndId":"E${nul}","paymentId":"p","status":"ACSC","instructedAmount":{"amount":"5.00","currency":"USD"}}}`;
    const letter = await publish(WISHES, customer, inTheId);
    await publish('core-banking.transfer-status', neighbour, inTheReference);
    await world.publish({ topic: WISHES, key: 'P\u0000', headers: { 'event-id': 'E\u0000' }, value: 'x' });
    await deadLettersOf(letter, 2);
    // The neighbour's divest request comes behind all of it; the payout waits in its lane.
    await world.app(neighbour, { action: 'set', amount: '250.00' });
    await untilUnderWay(neighbour, 'payout', ['blocked lane', 'inbox', 'quarantine']);
    await untilUnderWay(customer, 'withdrawal', ['blocked lane', 'quarantine']);
    const kept = (
      await world.pool.query<{ event_id: string }>('select event_id from payout.quarantine where portfolio_id = $1', [
        neighbour.portfolioId,
      ])
    ).rows;
    await discard('payout', kept[0]?.event_id ?? '', neighbour);
    await discard('withdrawal', letter, customer);
    await discard('portfolio', letter, customer);
    await world.app(customer, { action: 'set', amount: '250.00' });
    await world.untilBooksAgree([
      { customer, paid: ['250'] },
      { customer: neighbour, paid: ['250'] },
    ]);
  }, 90_000);

  it('a lane with two bad messages waits until both are decided', async () => {
    const customer = await richCustomer();
    const first = await publish(WISHES, customer, 'neither');
    await deadLettersOf(first, 2);
    const second = await publish(WISHES, customer, 'nor');
    await deadLettersOf(second, 2);
    await world.app(customer, { action: 'set', amount: '250.00' });
    await untilUnderWay(customer, 'withdrawal', ['blocked lane', 'inbox', 'quarantine', 'quarantine']);
    await discard('withdrawal', first, customer);
    await untilUnderWay(customer, 'withdrawal', ['blocked lane', 'inbox', 'quarantine']);
    await discard('withdrawal', second, customer);
    await discard('portfolio', first, customer);
    await discard('portfolio', second, customer);
    await world.untilBooksAgree([{ customer, paid: ['250'] }]);
    await world.untilQuiet();
  }, 90_000);
});
