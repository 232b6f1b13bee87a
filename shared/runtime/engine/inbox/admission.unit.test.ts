import { afterAll, describe, expect, it } from '@jest/globals';
import { messageSettings } from '../../../../contracts/internal/tenant.js';
import { makeTestKeys } from '../../../../test/support/keys.js';
import { TrustedKeys } from '../../signing/trusted-keys-file.js';
import type { OriginalMessage } from '../steps/lanes.js';
import { admissionOf } from './admission.js';
import { z } from 'zod';

const NOW_MS = new Date('2026-03-04T09:00:00.000Z').getTime();
const keys = makeTestKeys();
afterAll(() => {
  keys.remove();
});
const trusted = new TrustedKeys({ path: keys.trustedKeysFile, nowMs: () => 0, onProblem: () => undefined });

const admissionWith = (unsignedUntil: Readonly<Record<string, bigint>> = {}, unsignedTopics: readonly string[] = []) =>
  admissionOf({
    keyWithId: (id) => trusted.withId(id),
    nowMs: () => NOW_MS,
    oldestMs: 86_400_000,
    skewMs: 60_000,
    unsignedUntil: new Map(Object.entries(unsignedUntil)),
    unsignedTopics: new Set(unsignedTopics),
  });

const on = (topic: string, partition: number, offset: string, headers: Readonly<Record<string, string>> = {}): OriginalMessage => ({
  topic,
  partition,
  offset,
  key: 'p1',
  headers,
  value: '{}',
});

describe('the admission of a message', () => {
  it('refuses what is not signed, without a row of the upgrade on every topic [A2]', () => {
    expect(admissionWith()(on('payout.requested', 0, '0'))).toEqual({ kind: 'refused', why: 'unsigned' });
  });

  it('takes unsigned messages up to the recorded offset of their own partition, and no further [A2]', () => {
    const admit = admissionWith({ 'payout.requested/2': 40n });
    expect(admit(on('payout.requested', 2, '39'))).toEqual({ kind: 'ours' });
    for (const later of [on('payout.requested', 2, '40'), on('payout.requested', 1, '0'), on('payout.finished', 2, '0')])
      expect(admit(later)).toEqual({ kind: 'refused', why: 'unsigned' });
    // A signature that does not hold is no missing signature, also before the upgrade.
    expect(admit(on('payout.requested', 2, '1', { signature: 'v1:x:y' }))).toEqual({ kind: 'refused', why: 'malformed-signature' });
    expect(admit(on('payout.requested', 2, '1', { 'signed-at': 'x' }))).toEqual({ kind: 'refused', why: 'unsigned' });
  });

  it('takes what others write without a signature on the topics of the tenant alone [A2]', () => {
    const admit = admissionWith({}, ['broker.order-status']);
    expect(admit(on('broker.order-status', 0, '7'))).toEqual({ kind: 'unsigned' });
    expect(admit(on('broker.cash-status', 0, '7'))).toEqual({ kind: 'refused', why: 'unsigned' });
    const signed = keys.signAs('gateway', () => NOW_MS)({ ...on('broker.order-status', 0, '7'), key: 'p1' });
    expect(admit(signed)).toEqual({ kind: 'ours' });
    expect(admit({ ...signed, value: '{ }' })).toEqual({ kind: 'refused', why: 'wrong-signature' });
  });
});

describe('the topics that others may fill', () => {
  const { unsignedTopics } = z.object(messageSettings).shape;
  it('are none, unless the tenant says so', () => {
    expect(unsignedTopics.parse(undefined)).toEqual([]);
  });
  it('are those only whose readers believe nothing of them [A2]', () => {
    expect(unsignedTopics.parse(['broker.order-status', 'broker.cash-status'])).toHaveLength(2);
    // The level in it is evidence for the portfolio service; a returned payment is told by the bank alone.
    for (const topic of ['portfolio.withdrawal-request', 'core-banking.transfer-status', 'payout.requested', 'operator.decision'])
      expect(unsignedTopics.safeParse([topic]).success).toBe(false);
  });
});
