import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { parseEnvelope, printEnvelope } from '../../../contracts/internal/envelope.js';
import { randomKey, sealKeysOf, writeSealKeys } from '../../../test/support/sealing.js';
import { createSecretKey } from 'node:crypto';
import { SealBroken } from './cipher.js';
import { readSealKeys, type SealKeys } from './seal-keys-file.js';
import {
  clearText,
  keptAsItCame,
  keptSealed,
  messageSealing,
  openedBody,
  openedEvent,
  sealedBody,
  sealedContent,
} from './sealed-message.js';
import { dataKeyIdOf, openedJson, sealedJson, type DataKey } from './sealed-rows.js';
import { Sealer, SealKeyMissing, sealedBy } from './sealer.js';

const IBAN = 'BE68539007547034';
const [oldKey, newKey] = [
  { id: 'old', key: randomKey() },
  { id: 'new', key: randomKey() },
];
const sealerOf = (keys: SealKeys): Sealer => new Sealer(() => keys);
const before = sealerOf(sealKeysOf(oldKey));
const between = sealerOf(sealKeysOf(newKey, oldKey));
const after = sealerOf(sealKeysOf(newKey));

describe('a sealed text', () => {
  it('says nothing of what it holds, is another one each time, and opens again', () => {
    const [one, other] = [before.seal(IBAN, 'a row'), before.seal(IBAN, 'a row')];
    expect(one).not.toContain(IBAN);
    expect(one).not.toBe(other);
    expect([one, other].map((text) => before.open(text, 'a row'))).toEqual([IBAN, IBAN]);
  });
  it.each(['', 'é', 'x'.repeat(16_384), 'IBAN '.repeat(50_000), randomBytes(30_000).toString('base64')])(
    'of any length opens (%#)',
    (text) => {
      expect(before.open(before.seal(text, 'a'), 'a')).toBe(text);
    },
  );
  it('is of no use in another place, and not when anything of it was changed', () => {
    const sealed = before.seal(IBAN, 'row 1');
    expect(() => before.open(sealed, 'row 2')).toThrow(SealBroken);
    for (const at of [30, sealed.length - 4]) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
      expect(() => before.open(changed, 'row 1')).toThrow(SealBroken);
    }
    expect(() => before.open(sealed.slice(0, 30), 'row 1')).toThrow(SealBroken);
  });
  it('of the key before opens as long as that key is there; then it is named, and nothing is wrong with the text [A13]', () => {
    const sealed = before.seal(IBAN, 'a');
    expect(between.open(sealed, 'a')).toBe(IBAN);
    expect(sealedBy(between.seal(IBAN, 'a'))?.keyId).toBe('new');
    expect(() => after.open(sealed, 'a')).toThrow(SealKeyMissing);
    expect(() => after.open(sealed, 'a')).toThrow('sealed with the key "old", which SEAL_KEYS_FILE does not hold');
  });
  it('that is none is given back as it is: earlier releases sealed nothing', () => {
    for (const text of [IBAN, '', 'sealed:1:', 'sealed:1:m:k1:not base64!', '{"sealed":true}']) expect(before.open(text, 'a')).toBe(text);
  });
});

describe('the file of keys', () => {
  it.each([
    [[], 'keys'],
    [[{ id: 'a', key: 'short' }], 'not a key: 32 bytes in base64'],
    [[{ id: 'a', key: Buffer.alloc(32).toString('base64') }], 'not a key: its bytes are not random'],
    [[{ id: 'A B', key: randomKey() }], 'must be 1 to 32 characters'],
    [[oldKey, { ...newKey, id: 'old' }], 'an id is there twice'],
    [[oldKey, { ...oldKey, id: 'other' }], 'a key is there twice'],
  ])('is refused, without a word of what stands in it (%#)', (keys, problem) => {
    const path = writeSealKeys(keys);
    expect(() => readSealKeys(path)).toThrow(problem);
    try {
      readSealKeys(path);
    } catch (error) {
      for (const { key } of keys) expect((error as Error).message).not.toContain(key);
    }
  });
  it('makes the same hash after a change of keys: the oldest key makes it, or the one that is named for it', () => {
    expect(between.hash('account', IBAN)).toBe(before.hash('account', IBAN));
    const hashKey = randomKey();
    const [one, other] = [oldKey, newKey].map((key) => sealerOf(readSealKeys(writeSealKeys([key], hashKey))));
    expect(one?.hash('account', IBAN)).toBe(other?.hash('account', 'be68 5390 0754 7034'));
    expect(one?.hash('tail', IBAN)).not.toBe(one?.hash('account', IBAN));
    expect(before.hash('account', IBAN)).not.toBe(after.hash('account', IBAN));
  });
});

describe('a message', () => {
  const content = {
    depositId: 'D1',
    iban: IBAN,
    amount: '5.00',
    currency: 'EUR',
    bookedAt: 'x',
    remittanceInformation: 'from Ann',
    original: { n: 1 },
  };
  const event = { id: 'bank:D1', type: 'deposit', version: '2', occurredAt: '2026-01-01T00:00:00Z', portfolioId: null };
  const travelling = (sealer: Sealer): string =>
    printEnvelope({ ...event, data: sealedContent(sealer, 'core-banking.deposit', event.id, content) });

  it('travels with what is personal sealed, once, and the rest readable [A13]', () => {
    const text = travelling(before);
    expect(text).not.toContain(IBAN);
    expect(text).not.toContain('Ann');
    expect(parseEnvelope(text).data).toEqual({
      depositId: 'D1',
      amount: '5.00',
      currency: 'EUR',
      bookedAt: 'x',
      sealed: expect.any(String),
    });
    expect(openedEvent(before, parseEnvelope(text))).toEqual({
      wasSealed: true,
      event: { ...event, data: expect.objectContaining({ iban: IBAN, remittanceInformation: 'from Ann' }) },
    });
  });
  it('of ours that says nothing personal travels as it is', () => {
    const own = { withdrawalId: 'w1' };
    expect(sealedContent(before, 'payout.requested', 'e', own)).toBe(own);
  });
  it('cannot lend its sealed part to another event', () => {
    const stolen = parseEnvelope(travelling(before));
    expect(() => openedEvent(before, { ...stolen, id: 'bank:D2' })).toThrow(SealBroken);
  });
  it('has one clear text for all who open it: its hash is what people sign', () => {
    expect(clearText(before, travelling(before))).toBe(clearText(between, travelling(before)));
    expect(clearText(before, travelling(before))).toContain(`"iban":"${IBAN}"`);
    expect(clearText(before, before.seal('not JSON', 'text'))).toBe('not JSON');
    expect(clearText(before, '{"not":"sealed"}')).toBe('{"not":"sealed"}');
  });
  it('that nobody has sealed is kept sealed with its foreign headers, and its account as a key; all of it comes back [A13]', () => {
    const sealing = messageSealing(before);
    const message = { key: IBAN, value: `{"iban":"${IBAN}"}`, headers: { 'event-id': 'e1', 'x-customer': 'Ann' } };
    const kept = keptSealed(message, sealing);
    expect(JSON.stringify(kept)).not.toMatch(/Ann|BE68/);
    expect(kept.headers['event-id']).toBe('e1');
    expect(keptAsItCame(kept, sealing)).toEqual(message);
    expect(sealing.lane(IBAN)).toBe(before.hash('key', IBAN));
    expect(sealing.lane('P1')).toBe('P1');
  });
  it('whose body was kept comes back byte by byte, also one of before', () => {
    const body = Buffer.from([0, 255, 10, 200]);
    expect(openedBody(before, Buffer.from(sealedBody(before, body)))).toEqual(body);
    expect(openedBody(before, body)).toEqual(body);
  });
});

describe('a stored row', () => {
  const key: DataKey = { id: 'abc', key: createSecretKey(randomBytes(32)) };
  const state = { status: 'Paid', reason: null, counterAccount: { iban: IBAN, ownerName: 'Ann' }, owner: null };
  const members = ['counterAccount', 'owner'];
  const sealed = sealedJson(JSON.stringify(state), members, key, 'po-1');

  it('keeps what is not personal readable, and opens to what it was [A13]', () => {
    expect(sealed).not.toMatch(/BE68|Ann/);
    expect(JSON.parse(sealed)).toEqual({ status: 'Paid', reason: null, owner: null, sealed: expect.any(String) });
    expect(dataKeyIdOf(JSON.parse(sealed))).toBe('abc');
    expect(openedJson(JSON.parse(sealed), () => key, 'po-1')).toEqual(state);
  });
  it('of another journey gives nothing to this one', () => {
    expect(() => openedJson(JSON.parse(sealed), () => key, 'po-2')).toThrow(SealBroken);
  });
  it('says that it was erased once its key is forgotten', () => {
    expect(openedJson(JSON.parse(sealed), () => null, 'po-1')).toEqual({ status: 'Paid', reason: null, owner: null, erased: true });
  });
  it('without anything personal is given back as it is', () => {
    for (const text of ['null', '"text"', '[1]', '{"status":"Paid","owner":null}'])
      expect(sealedJson(text, members, key, 'po-1')).toBe(text);
    expect(openedJson(state, () => null, 'po-1')).toBe(state);
  });
});
