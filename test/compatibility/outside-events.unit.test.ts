/**
 * An event from outside means the same to every service in the form of the first release and in ours, and both have one
 * mark: a repetition that comes in the other form is a repetition.
 */
import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../contracts/internal/envelope.js';
import { outsideEvents } from '../../contracts/internal/outside-events.js';
import { outsideTopics } from '../../contracts/internal/topics.js';
import { fromFirstRelease } from '../../shared/adapters/first-release.js';
import { JsonNumber, parseJson, type Json } from '../../shared/kernel/json.js';
import { bodyHash } from '../../shared/runtime/engine/identity.js';
import { runJob } from '../../shared/runtime/process/jobs.js';
import type { OutgoingMessage } from '../../shared/runtime/kafka/producer.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { readMessage, type Read } from '../../shared/runtime/engine/inbox/read-message.js';
import { findPendingWithdrawals } from '../../services/withdrawal/src/effect/find-pending-withdrawals.js';
import { catalogues, consumers } from '../fuzz/consumers.js';
import { forwarded, readerOf } from '../support/forwarded.js';
import { recorded, type Recorded } from './recorded.js';

const JOB = 'our own look for pending withdrawals';
const fromOutside = recorded.filter(({ what }) => what !== JOB);
const named = (some: readonly Recorded[]): readonly (readonly [string, Recorded])[] =>
  some.map((one) => [`${one.topic}: ${one.what}`, one] as const);

/** What each service of today takes it for, in the words of the recording. Why an event is left alone may be said otherwise. */
const taken = (topic: string, value: string, key: string): unknown =>
  Object.fromEntries(
    consumers
      .filter(([, listened]) => listened === topic)
      .map(([service]) => {
        const read = readMessage(catalogues[service]!, topic, value, 'fallback', key);
        return [service, read.kind === 'good' ? plain(read.arrivals) : { bad: read.reason }];
      }),
  );
const plain = (arrivals: Extract<Read, { kind: 'good' }>['arrivals']): unknown =>
  arrivals.map((arrival) => ('ignored' in arrival ? { ignored: expect.any(String) } : arrival));
/** Inputs that have another name since. */
const RENAMED: Readonly<Record<string, string>> = { WishSeen: 'LevelAnnounced' };
const inTodaysWords = (arrivals: Extract<Read, { kind: 'good' }>['arrivals']): typeof arrivals =>
  arrivals.map((arrival) => {
    if (!('deliver' in arrival)) return arrival;
    const { deliver, ...rest } = arrival;
    return { ...rest, deliver: { ...deliver, input: { ...deliver.input, type: RENAMED[deliver.input.type] ?? deliver.input.type } } };
  });
const isBad = (was: Recorded['arrivals'][string]): was is { readonly bad: string } => 'bad' in was;
const expected = (one: Recorded): unknown =>
  Object.fromEntries(Object.entries(one.arrivals).map(([service, was]) => [service, isBad(was) ? was : plain(inTodaysWords(was))]));
const markOf = (value: string): string => bodyHash(value, parseEnvelope(value));
const dataOf = (value: string): Json => parseEnvelope(value).data;

describe('the recording', () => {
  it('has every outside topic', () => {
    expect([...new Set(recorded.map(({ topic }) => topic))].sort()).toEqual([...outsideTopics].sort());
    for (const { value } of recorded) expect(parseEnvelope(value).version).toBe('1');
  });
  it('has what each service acts on, and what it leaves alone', () => {
    for (const [service, topic] of consumers.filter(([, listened]) => (outsideTopics as readonly string[]).includes(listened))) {
      const arrivals = recorded
        .filter((one) => one.topic === topic)
        .flatMap(({ arrivals: { [service]: was } }) => (was === undefined || isBad(was) ? [] : was));
      expect([service, topic, arrivals.some((one) => !('ignored' in one))]).toEqual([service, topic, true]);
    }
  });
});

describe('a message of the first release', () => {
  it.each(named(recorded))('%s is understood as it was then', (_what, one) => {
    expect(taken(one.topic, one.value, one.key)).toEqual(expected(one));
    expect(markOf(one.value)).toBe(one.mark);
  });
  it.each(named(recorded))('%s is in our words what the contract says', (_what, one) => {
    const event = fromFirstRelease(one.topic, parseEnvelope(one.value));
    expect(event.version).toBe('2');
    expect(outsideEvents[one.topic].safeParse(event.data).error).toBeUndefined();
    expect((event.data as { readonly original: Json }).original).toEqual(dataOf(one.value));
    // Once in our words it stays as it is.
    expect(fromFirstRelease(one.topic, event)).toBe(event);
  });
});

describe('the same event today', () => {
  it.each(named(fromOutside))('%s is filed under the same names, and means the same', (_what, one) => {
    const message = forwarded(readerOf(one.topic), dataOf(one.value));
    expect([message?.topic, message?.key]).toEqual([one.topic, one.key]);
    const [then, now] = [parseEnvelope(one.value), parseEnvelope(message?.value ?? '')];
    expect([now.id, now.type, now.portfolioId]).toEqual([then.id, then.type, then.portfolioId]);
    expect(now.version).toBe('2');
    expect(taken(one.topic, message?.value ?? '', one.key)).toEqual(expected(one));
  });
  it.each(named(fromOutside))('%s has the same mark, so its repetition is found', (_what, one) => {
    const value = forwarded(readerOf(one.topic), dataOf(one.value))?.value ?? '';
    expect(value).not.toBe(one.value);
    expect(markOf(value)).toBe(one.mark);
  });
  it.each(named(fromOutside))('%s with another content has another mark', (_what, one) => {
    const changed = { ...(dataOf(one.value) as { readonly [name: string]: Json }), and_more: new JsonNumber('1') };
    expect(markOf(forwarded(readerOf(one.topic), changed)?.value ?? '')).not.toBe(one.mark);
  });

  it('our own look for pending withdrawals is one event in both forms', async () => {
    const [then] = recorded.filter(({ what }) => what === JOB);
    const sent: OutgoingMessage[] = [];
    await runJob(
      findPendingWithdrawals({ readPendingWithdrawals: () => Promise.resolve({ kind: 'applied', result: ['P01' as never] }) }, ''),
      '2026-03-01T01:15:00.000Z',
      (messages) => Promise.resolve(void sent.push(...messages)),
      createLog('test', 'silent'),
    );
    const [now] = sent;
    expect([now?.topic, now?.key, now?.headers['event-id']]).toEqual([then?.topic, then?.key, parseEnvelope(then?.value ?? '').id]);
    expect(taken(then?.topic ?? '', now?.value ?? '', then?.key ?? '')).toEqual(expected(then as Recorded));
    expect(markOf(now?.value ?? '')).toBe(then?.mark);
  });
});

describe('a body as deep as the gateway reads', () => {
  it('is read by our services too, although it stands two levels deeper', () => {
    const deep = `${'['.repeat(63)}${']'.repeat(63)}`;
    const text = `{"id":"e","type":"orders.updated","timestamp":"x","payload":{"id":"O1","side":"SELL","status":1},"more":${deep}}`;
    const message = forwarded(readerOf('broker.order-status'), parseJson(text));
    expect(taken('broker.order-status', message?.value ?? '', 'O1')).toEqual({ rebalancing: [{ notification: 'O1' }] });
    expect(() => parseJson(text.replace(deep, `[${deep}]`))).toThrow('nested deeper');
  });
});

describe('what neither release writes', () => {
  const envelope = (version: string, content: string, type = 'x'): string =>
    `{"id":"e","type":"${type}","version":"${version}","occurredAt":"x","portfolioId":"P01","data":${content}}`;
  it.each([
    ['a sender’s body under the new version', 'broker.order-status', envelope('2', '{"id":"e","type":"orders.updated"}'), /orderId/],
    ['our words under the old version', 'broker.order-status', envelope('1', '{"orderId":"O1"}'), /not an event of drivewealth: id: /],
    [
      'an event of another topic',
      'broker.order-status',
      envelope('1', '{"id":"e","type":"redemptions.updated","timestamp":"x","payload":{"paymentID":"C","status":1}}'),
      /of broker.cash-status/,
    ],
    [
      'an event that is not acted on',
      'broker.order-status',
      envelope('1', '{"id":"e","type":"moons","timestamp":"x","payload":{}}'),
      /not acted on/,
    ],
    ['another version', 'broker.order-status', envelope('3', '{"orderId":"O1"}'), /only versions 1 and 2/],
    [
      'the new version on a topic of ours',
      'portfolio.cash-settled',
      envelope('2', '{"portfolioId":"P01","changeId":"c"}'),
      /only version 1/,
    ],
    [
      'the level of another portfolio',
      'portfolio.withdrawal-request',
      envelope('2', '{"portfolioId":"P02","level":null,"currency":null}'),
      /another/,
    ],
  ])('%s is put aside, and why is said', (_what, topic, value, reason) => {
    const all = Object.values(taken(topic, value, 'k') as Readonly<Record<string, { readonly bad?: string }>>);
    expect(all.length).toBeGreaterThan(0);
    for (const one of all) expect(one.bad).toMatch(reason);
  });
  it('has a mark all the same', () => {
    for (const content of ['null', '[]', '"x"', '{}', '{"orderId":"O1"}']) {
      const value = envelope('2', content);
      expect(markOf(value)).toBe(bodyHash(value, null));
    }
  });
});
