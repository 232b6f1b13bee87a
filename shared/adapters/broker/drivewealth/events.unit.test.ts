import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseJson, type Json } from '../../../kernel/json.js';
import { driveWealthEvents } from './events.js';

const [reader] = driveWealthEvents;
const read = (body: Json | undefined) => reader?.read(body ?? null);
const samples = parseJson(
  readFileSync(join(__dirname, '../../../../contracts/broker/drivewealth/samples/events.json'), 'utf8'),
) as readonly Json[];
const event = (type: string, payload: Json): Json => ({ id: 'event_1', type, timestamp: '2026-11-20T12:14:44.155187291Z', payload });

describe('an event of DriveWealth', () => {
  it('about an order is about that order, in the partition of its account', () => {
    expect(read(samples[0])).toEqual({
      kind: 'event',
      event: {
        topic: 'broker.order-status',
        words: { orderId: 'MW.021be353-1f63-4540-aeeb-8a11b1f5a189' },
        key: 'DWMW000001',
        id: 'event_dcadb7df-a677-4ba6-8a06-15005d4a491d',
        type: 'orders.updated',
        occurredAt: '2026-11-20T12:14:44.155187291Z',
        portfolioId: null,
      },
    });
  });
  it('about cash says which cash-out, booking or account', () => {
    expect(read(samples[1])).toMatchObject({
      event: { topic: 'broker.cash-status', words: { about: 'cash-out', cashOutId: 'DWMW000001-1672169822525-RIUIN' } },
    });
    expect(read(samples[2])).toMatchObject({
      event: {
        topic: 'broker.cash-status',
        words: { about: 'booking', accountId: 'cc07f91b-7ee1-4868-b8fc-823c70a1b932.1407775317759', orderId: null },
        key: 'DWMW000001',
      },
    });
    const row = { finTranID: 'F', finTranTypeID: 'SSAL', accountAmount: '1', orderID: 'EF.1' };
    expect(read(event('transactions.created', { accountID: 'A', transaction: row }))).toMatchObject({
      event: { words: { about: 'booking', accountId: 'A', orderId: 'EF.1' }, key: 'event_1' },
    });
    expect(read(event('accounts.updated', { accountID: 'A' }))).toMatchObject({
      event: { words: { about: 'account', accountId: 'A' }, key: 'A' },
    });
    expect(read(event('accounts.updated', {}))).toMatchObject({ event: { words: { about: 'account', accountId: null }, key: 'event_1' } });
  });
  it('has the account’s number for a key, else its id, else what it is about', () => {
    const key = (payload: { readonly [name: string]: Json }) =>
      read(event('orders.created', { id: 'O1', side: 'SELL', status: 'NEW', ...payload }));
    expect(key({ accountNo: 'N', accountID: 'A' })).toMatchObject({ event: { key: 'N' } });
    expect(key({ accountNo: '', accountID: 'A' })).toMatchObject({ event: { key: 'A' } });
    expect(key({ accountNo: null })).toMatchObject({ event: { key: 'O1' } });
  });
  it('of a type that is not listed is of no use and no error', () => {
    expect(read(samples[4])).toEqual({
      kind: 'unlisted',
      id: 'event_b1acdf71-17d2-4e38-81ce-871a86374b40',
      what: 'accounts.somethingNew.happened',
      keep: false,
    });
  });
  it.each([
    ['accountNo', { accountNo: 'N', accountID: 'A', userID: 'U' }, { account: 'N', customer: 'U' }],
    ['accountID', { accountID: 'A' }, { account: 'A', customer: null }],
    ['account.id', { account: { id: 'A' } }, { account: 'A', customer: null }],
    ['account.accountNo', { account: { accountNo: 'N' } }, { account: 'N', customer: null }],
    ['the account as a text', { account: 'A' }, { account: 'A', customer: null }],
    ['a transaction with an account', { transaction: { accountID: 'A' } }, { account: 'A', customer: null }],
    ['userID', { userID: 'U' }, { account: null, customer: 'U' }],
    ['user.id', { user: { id: 'U' } }, { account: null, customer: 'U' }],
    ['no name', { whatever: [1], accountNo: 7 }, { account: null, customer: null }],
  ] as const)('about a cancel and rebill finds its account by %s [9a.3] [11.3]', (_name, payload, found) => {
    for (const stage of ['created', 'updated', 'completed'] as const) {
      const reference = found.account ?? found.customer ?? 'event_1';
      expect(read(event(`transfers.cancelRebill.${stage}`, payload as Json))).toMatchObject({
        kind: 'event',
        event: { topic: 'broker.order-status', key: reference, words: { about: 'correction', reference, ...found, stage } },
      });
    }
  });
  it('about a cancel and rebill is a correction, whatever its last word is [11.3]', () => {
    expect(read(event('transfers.cancelRebill.postponed', { accountNo: 'N' }))).toMatchObject({
      event: { words: { about: 'correction', stage: 'unlisted', account: 'N' } },
    });
  });
  it('of another kind of transfer is kept, never dropped [11.3]', () => {
    for (const type of ['transfers.assetTransfer.completed', 'transfers.created', 'transfers.tomorrow.updated'])
      expect(read(event(type, { accountNo: 'N' }))).toEqual({ kind: 'unlisted', id: 'event_1', what: type, keep: true });
  });
  it('that cannot be read says where, and does not repeat it', () => {
    expect(read(event('redemptions.updated', { status: 'a secret' }))).toEqual({
      kind: 'malformed',
      problems: [expect.stringMatching(/^paymentID: /)],
    });
    expect(read('a secret')).toEqual({ kind: 'malformed', problems: [expect.not.stringContaining('secret')] });
  });
});
