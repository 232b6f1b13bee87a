import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { emittersOf, type ServiceName } from '../../../contracts/internal/services.js';
import type { Topic } from '../../../contracts/internal/topics.js';
import { addKey, removeKey } from '../../../infra/keys/key-set.js';
import { makeTestKeys, signerOf, type TestKeys } from '../../../test/support/keys.js';
import { neverSendable, type OutgoingMessage, type Producer } from '../kafka/producer.js';
import { MessageTooLarge } from '../kafka/errors.js';
import { messageSigner, signing, whyNotOurs, type SignatureRules } from './messages.js';
import { TrustedKeys } from './trusted-keys-file.js';

const DAY_MS = 86_400_000;
const NOW_MS = new Date('2026-03-04T09:00:00.000Z').getTime();

const keysForTest = (): TestKeys => {
  const keys = makeTestKeys();
  cleanings.push(keys.remove);
  return keys;
};
const cleanings: (() => void)[] = [];
afterAll(() => {
  for (const clean of cleanings) clean();
});

/** A clock that a test sets: files are looked at again at most once a second. */
const watched = (path: string) => {
  const clock = { nowMs: 0 };
  const problems: string[] = [];
  const trusted = new TrustedKeys({ path, nowMs: () => clock.nowMs, onProblem: (problem) => problems.push(problem) });
  return { trusted, problems, later: () => (clock.nowMs += 1_000) };
};
const rulesWith = (trusted: TrustedKeys, nowMs = NOW_MS): SignatureRules => ({
  keyWithId: (id) => trusted.withId(id),
  mayEmit: (service: ServiceName, topic: string) => emittersOf(topic as Topic).includes(service),
  nowMs: () => nowMs,
  oldestMs: 30 * DAY_MS,
  skewMs: 60_000,
});

const message: OutgoingMessage = {
  topic: 'payout.requested',
  key: 'p1',
  value: '{"id":"e1"}',
  headers: { 'event-id': 'e1', 'event-type': 'payout.requested', traceparent: 't' },
};

describe('the signature of a message', () => {
  const keys = keysForTest();
  const { trusted } = watched(keys.trustedKeysFile);
  const rules = rulesWith(trusted);
  const at = (nowMs: number) => keys.signAs('withdrawal', () => nowMs);
  const signed = at(NOW_MS)(message);

  it('holds for the message as it was sent, with whatever headers it does not cover', () => {
    expect(signed.headers).toMatchObject({ ...message.headers, 'signed-at': '2026-03-04T09:00:00.000Z' });
    expect(signed.headers['signature']).toMatch(/^v1:[0-9a-f]{16}:[A-Za-z0-9+/]{86}==$/);
    expect(whyNotOurs(signed, rules)).toBeNull();
    expect(whyNotOurs({ ...signed, headers: { ...signed.headers, traceparent: 'another' } }, rules)).toBeNull();
  });

  const withHeaders = (changed: Readonly<Record<string, string>>) => ({ ...signed, headers: { ...signed.headers, ...changed } });
  it.each([
    ['topic', { ...signed, topic: 'portfolio.change-requested' }],
    ['key', { ...signed, key: 'p2' }],
    ['missing key', { ...signed, key: null }],
    ['value', { ...signed, value: '{"id":"e2"}' }],
    ['event id', withHeaders({ 'event-id': 'e2' })],
    ['event type', withHeaders({ 'event-type': 'operator.decision' })],
    ['time', withHeaders({ 'signed-at': '2026-03-04T09:00:00.001Z' })],
  ])('does not hold for another %s [A2]', (_what, forged) => {
    expect(whyNotOurs(forged, rules)).toBe('wrong-signature');
  });

  it('counts only when its signer may emit the topic [A2]', () => {
    for (const service of ['gateway', 'payout', 'rebalancing', 'portfolio', 'operator'])
      expect([service, whyNotOurs(keys.signAs(service, () => NOW_MS)(message), rules)]).toEqual([service, 'signer-may-not-emit']);
    // Nobody emits a dead-letter topic or one that does not exist.
    expect(whyNotOurs(at(NOW_MS)({ ...message, topic: 'payout.requested.dlq' }), rules)).toBe('signer-may-not-emit');
    expect(whyNotOurs(at(NOW_MS)({ ...message, topic: 'constructor' }), rules)).toBe('signer-may-not-emit');
  });

  it('is missing, malformed, or made with a key of nobody [A2]', () => {
    expect(whyNotOurs(message, rules)).toBe('unsigned');
    const stranger = messageSigner(generateKeyPairSync('ed25519').privateKey, () => NOW_MS);
    expect(whyNotOurs(stranger(message), rules)).toBe('unknown-key');
    const [, id = '', bytes = ''] = (signed.headers['signature'] ?? '').split(':');
    for (const signature of [
      '',
      'v1',
      `v2:${id}:${bytes}`,
      `v1:${id}:${bytes}=`,
      `v1:${id}`,
      `v1:${id}:${bytes.slice(4)}`,
      `v1:__proto__:${bytes}`,
    ])
      expect([signature, whyNotOurs(withHeaders({ signature }), rules)]).toEqual([signature, 'malformed-signature']);
    for (const signedAt of ['', 'now', '2026-03-04', '2026-03-04T09:00:00Z', '2026-13-04T09:00:00.000Z'])
      expect([signedAt, whyNotOurs(withHeaders({ 'signed-at': signedAt }), rules)]).toEqual([signedAt, 'malformed-signature']);
    const { 'signed-at': _gone, ...rest } = signed.headers;
    expect(whyNotOurs({ ...signed, headers: rest }, rules)).toBe('malformed-signature');
  });

  it('counts for as long as an inbox remembers, and not from the future [A2]', () => {
    expect(whyNotOurs(at(NOW_MS - 30 * DAY_MS)(message), rules)).toBeNull();
    expect(whyNotOurs(at(NOW_MS - 30 * DAY_MS - 1)(message), rules)).toBe('signed-too-long-ago');
    expect(whyNotOurs(at(NOW_MS + 60_000)(message), rules)).toBeNull();
    expect(whyNotOurs(at(NOW_MS + 60_001)(message), rules)).toBe('signed-in-the-future');
  });

  it('is made of everything that a service publishes [A2]', async () => {
    const sent: OutgoingMessage[] = [];
    const producer: Producer = {
      send: (all) => Promise.resolve(void sent.push(...all)),
      sendEach: (all) => {
        sent.push(...all);
        return Promise.resolve(all.map(() => null));
      },
      stop: () => Promise.resolve(),
    };
    await signing(producer, at(NOW_MS)).send([message, { ...message, key: 'p2' }]);
    await signing(producer, at(NOW_MS)).sendEach([{ ...message, key: 'p3' }]);
    expect(sent.map((one) => whyNotOurs(one, rules))).toEqual([null, null, null]);
  });

  it('has its place in what is judged before it is made', () => {
    const sizes = Array.from({ length: 400 }, (_, index) => 949_600 + index);
    const verdicts = sizes.map((bytes) => {
      const one = { ...message, value: 'x'.repeat(bytes) };
      return [neverSendable(one) === null, neverSendable(at(NOW_MS)(one)) === null] as const;
    });
    // Whoever was told that it can be sent can send it signed.
    expect(verdicts.some(([before]) => before) && verdicts.some(([before]) => !before)).toBe(true);
    for (const [before, after] of verdicts) if (before) expect(after).toBe(true);
    expect(neverSendable({ ...message, value: 'x'.repeat(950_000) })).toBeInstanceOf(MessageTooLarge);
  });
});

describe('the file of trusted keys', () => {
  it('lets a service change its key without a stop [A2]', () => {
    const keys = keysForTest();
    const { trusted, later, problems } = watched(keys.trustedKeysFile);
    const rules = rulesWith(trusted);
    const old = keys.signAs('withdrawal', () => NOW_MS);
    const added = addKey(keys.folder, 'withdrawal');
    const next = signerOf(added.file, () => NOW_MS);
    expect(whyNotOurs(next(message), rules)).toBe('unknown-key');
    later();
    expect([old, next].map((sign) => whyNotOurs(sign(message), rules))).toEqual([null, null]);
    const oldId = (old(message).headers['signature'] ?? '').split(':')[1] ?? '';
    expect(removeKey(keys.folder, oldId)).toBe('withdrawal');
    later();
    expect([old, next].map((sign) => whyNotOurs(sign(message), rules))).toEqual(['unknown-key', null]);
    expect(() => removeKey(keys.folder, added.id)).toThrow('the only key of withdrawal');
    expect(problems).toEqual([]);
  });

  it('ends a key at its time, whatever that key has signed [A2]', () => {
    const keys = keysForTest();
    const file = readFileSync(keys.trustedKeysFile, 'utf8');
    writeFileSync(
      keys.trustedKeysFile,
      file.replace(/(withdrawal:\n\s+- id: .*\n)(\s+)(publicKey)/, '$1$2notAfter: 2026-03-04T09:00:00Z\n$2$3'),
    );
    const { trusted } = watched(keys.trustedKeysFile);
    const signed = keys.signAs('withdrawal', () => NOW_MS - 1_000)(message);
    expect(whyNotOurs(signed, rulesWith(trusted, NOW_MS - 1))).toBeNull();
    expect(whyNotOurs(signed, rulesWith(trusted, NOW_MS))).toBe('key-is-over');
  });

  it('goes on with the keys of before when it has become unreadable', () => {
    const keys = keysForTest();
    const { trusted, later, problems } = watched(keys.trustedKeysFile);
    writeFileSync(keys.trustedKeysFile, '{');
    later();
    expect(whyNotOurs(keys.signAs('withdrawal', () => NOW_MS)(message), rulesWith(trusted))).toBeNull();
    expect(problems).toEqual(['TRUSTED_KEYS_FILE cannot be read as YAML or JSON']);
  });

  it.each([
    ['no file', null, 'cannot be read'],
    ['a key that is none', 'services: { payout: [{ id: a, publicKey: AAAA }] }', 'not an Ed25519 public key'],
    ['another name', 'services: {}\nothers: {}', 'Unrecognized key'],
  ])('is not taken at the start with %s', (_what, text, problem) => {
    const keys = keysForTest();
    const path = text === null ? `${keys.trustedKeysFile}.none` : keys.trustedKeysFile;
    if (text !== null) writeFileSync(path, text);
    expect(() => watched(path)).toThrow(problem);
  });

  it('is not taken when two services have one key: either could speak as the other [A2]', () => {
    const keys = keysForTest();
    const file = readFileSync(keys.trustedKeysFile, 'utf8');
    const [, ofGateway = ''] = /gateway:\n((?: {4,}.*\n)+)/.exec(file) ?? [];
    writeFileSync(keys.trustedKeysFile, file.replace(/payout:\n(?: {4,}.*\n)+/, `payout:\n${ofGateway}`));
    expect(() => watched(keys.trustedKeysFile)).toThrow(/services\.payout: the key [0-9a-f]{16} is there twice/);
  });
});
