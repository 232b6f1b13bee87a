/**
 * Whatever stands on a topic, a consumer says what it is: something to do, ignored for a reason, or bad for a reason. It
 * never throws, and what it takes is exactly what was written: ids that an index holds, amounts to the last digit, one portfolio.
 */
import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../contracts/internal/envelope.js';
import { parseDecimal } from '../../shared/kernel/decimal.js';
import { JsonNumber, printJson, type Json, type Printable } from '../../shared/kernel/json.js';
import type { Topic } from '../../contracts/internal/topics.js';
import type { Arrival } from '../../shared/runtime/engine/definition.js';
import { originalOf, readMessage, type Read } from '../../shared/runtime/engine/inbox/read-message.js';
import { messageOf } from './bodies.js';
import { catalogues, consumers } from './consumers.js';
import { hurt } from './mutations.js';
import { bytesOf, corpus, tried } from './run.js';
import { printed } from './tree.js';

/** An index of Postgres takes about 2,700 bytes; four bytes per character. */
const LONGEST_ID = 200;

const read = (
  service: string,
  topic: string,
  value: Buffer,
  key: string | null = 'P01',
): { readonly text: string; readonly read: Read } => {
  const catalogue = catalogues[service];
  if (catalogue === undefined) throw new Error(`no service ${service}`);
  const original = originalOf({ topic, partition: 0, offset: '7', key, value, headers: {}, timestampMs: 0 });
  return { text: original.value, read: readMessage(catalogue, topic, original.value, `${topic}/0/7`, original.key) };
};

/** Numbers of JavaScript are whole, and number tokens of a sender have become something of ours. */
const expectStorable = (value: unknown, path = 'input'): void => {
  if (value instanceof JsonNumber) throw new Error(`${path} is still a number token`);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Error(`${path} is the float ${String(value)}`);
  if (typeof value === 'string' && (value.includes('\u0000') || /\p{Surrogate}/u.test(value)))
    throw new Error(`${path} holds what no database keeps`);
  if (typeof value === 'object' && value !== null) for (const [key, one] of Object.entries(value)) expectStorable(one, `${path}.${key}`);
};

const expectId = (what: string, id: string): void => {
  if (id.length === 0 || id.length > LONGEST_ID) throw new Error(`${what} has ${String(id.length)} characters`);
  expectStorable(id, what);
};

const expectArrival = (arrival: Arrival, portfolioId: string | null): void => {
  if ('ignored' in arrival) expect(arrival.ignored.length).toBeGreaterThan(0);
  else if ('notification' in arrival) expectId('the hint', arrival.notification);
  else if ('deliverByReference' in arrival) {
    expectId('the reference', arrival.deliverByReference.reference);
    expectStorable(arrival.deliverByReference.input);
  } else {
    expectId('the lane', arrival.portfolioId);
    if (portfolioId !== null) expect(arrival.portfolioId).toBe(portfolioId);
    if ('deliverTo' in arrival) expectId('the journey', arrival.deliverTo.journeyId);
    else expectId('the subject', arrival.deliver.subject);
    expectStorable('deliverTo' in arrival ? arrival.deliverTo.input : arrival.deliver.input);
  }
};

const member = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (now, key) => (typeof now === 'object' && now !== null ? (now as Readonly<Record<string, Json>>)[key] : undefined),
    value,
  );
const tokenText = (value: Json | undefined): string =>
  value instanceof JsonNumber ? value.raw : typeof value === 'string' ? value.trim() : '';

/** Where an amount stands in the message, and where it must stand again, digit for digit. */
const AMOUNTS: Readonly<Partial<Record<Topic, readonly (readonly [readonly string[], readonly string[]])[]>>> = {
  'payout.requested': [[['amount'], ['amount']]],
  'payout.finished': [[['amount'], ['amount']]],
  'portfolio.change-requested': [
    [
      ['lowerDivestBy', 'amount'],
      ['change', 'lowerDivestBy', 'amount'],
    ],
    [
      ['deltas', '0', 'quantity'],
      ['change', 'deltas', '0', 'quantity'],
    ],
    [
      ['deltas', '1', 'quantity'],
      ['change', 'deltas', '1', 'quantity'],
    ],
  ],
  'portfolio.withdrawal-request': [
    [
      ['level', 'amount'],
      ['level', 'amount'],
    ],
    // As the first release forwarded it.
    [
      ['data', 'divest_amount'],
      ['level', 'amount'],
    ],
  ],
  'core-banking.transfer-status': [[['return', 'amount'], ['amount']]],
};

const expectExact = (topic: Topic, content: Json, arrival: Arrival): void => {
  const input =
    'deliver' in arrival
      ? arrival.deliver.input
      : 'deliverTo' in arrival
        ? arrival.deliverTo.input
        : 'deliverByReference' in arrival
          ? arrival.deliverByReference.input
          : null;
  if (input === null) return;
  for (const [from, to] of AMOUNTS[topic] ?? []) {
    const taken = member(input, ...to);
    const said = member(content, ...from);
    if (typeof taken === 'string' && said !== undefined)
      expect(taken).toBe(parseDecimal(tokenText(typeof said === 'object' ? (member(said, 'amount') ?? said) : said)));
  }
};

const expectSound = (service: string, topic: Topic, value: Buffer): Read => {
  const { text, read: one } = read(service, topic, value);
  expectId('the event id', one.eventId);
  expectId('the lane of the message', one.portfolioId);
  if (one.kind === 'bad') {
    expect(one.reason.length).toBeGreaterThan(0);
    return one;
  }
  expect(one.arrivals.length).toBeGreaterThan(0);
  for (const arrival of one.arrivals) {
    expectArrival(arrival, one.event.portfolioId);
    expectExact(topic, one.event.data, arrival);
  }
  // What is taken is taken again, and means the same, after it has been stored and printed.
  const again = read(service, topic, Buffer.from(printJson(parseEnvelope(text) as unknown as Printable))).read;
  expect(again).toEqual(one);
  return one;
};

describe('what once failed', () => {
  it.each(corpus('consumers').map((kept) => [kept.why, kept] as const))('%s', (_why, kept) => {
    const listening = consumers.filter(([, topic]) => topic === kept.target);
    expect(listening.length).toBeGreaterThan(0);
    for (const [service, topic] of listening) expectSound(service, topic, bytesOf(kept));
  });
});

describe.each(consumers)('%s on %s', (service, topic) => {
  it('takes what the contract allows', () => {
    let delivered = 0;
    tried(60, messageOf(topic), (tree) => {
      const one = expectSound(service, topic, Buffer.from(printed(tree)));
      if (one.kind === 'bad') throw new Error(`refused: ${one.reason}`);
      if (!one.arrivals.every((arrival) => 'ignored' in arrival)) delivered++;
    });
    expect(delivered).toBeGreaterThan(0);
  });

  it('does not choose when a message says its id twice: it is kept for people, under an id of ours [C9]', () => {
    tried(20, messageOf(topic), (tree) => {
      const text = printed(tree);
      for (const twice of [`{"id":"forged",${text.slice(1)}`, `${text.slice(0, -1)},"\\u0069d":"forged"}`])
        expect(read(service, topic, Buffer.from(twice)).read).toMatchObject({
          kind: 'bad',
          errorClass: 'JsonError',
          eventId: `${topic}/0/7`,
          event: null,
        });
    });
  });

  it('finds a place for everything else', () => {
    const seen = { good: 0, bad: 0 };
    tried(250, hurt(messageOf(topic)), (value) => {
      seen[expectSound(service, topic, value).kind]++;
    });
    // A fuzz in which nothing is refused, or everything, has tried nothing.
    expect(seen.good).toBeGreaterThan(0);
    expect(seen.bad).toBeGreaterThan(0);
  });
});
