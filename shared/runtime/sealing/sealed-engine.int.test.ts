/** The engine on a real Postgres with everything personal sealed: nothing in clear, and nothing lost when a key is not there. */
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.js';
import { parcelEngine } from '../../../test/support/parcel-engine.js';
import { World } from '../../../test/support/parcel-flow.js';
import { randomKey, sealKeysOf } from '../../../test/support/sealing.js';
import { letterFacts, signedDecision } from '../../../test/support/signing-people.js';
import type { SealKeys } from './seal-keys-file.js';
import { clearText, sealedContent } from './sealed-message.js';
import { Sealer, type Sealing } from './sealer.js';

const { query, startCopy, message, take, all, payRow } = parcelEngine();

const [first, second] = [
  { id: 'k1', key: randomKey() },
  { id: 'k2', key: randomKey() },
];
const IBAN = 'BE68539007547034';
/** Keys that a test changes while everything runs. */
const sealingOf = (start: SealKeys): Sealing & { change: (keys: SealKeys) => void; erased: Set<string> } => {
  let keys = start;
  const erased = new Set<string>();
  return {
    keys: () => keys,
    sealer: new Sealer(() => keys),
    isErased: (id) => erased.has(id),
    erased,
    change: (next) => {
      keys = next;
    },
  };
};
const everything = async (): Promise<string> => {
  const parts = ['journey', 'effect', 'earlier_request', 'inbox', 'outbox', 'quarantine', 'history', 'blocked_lane'].map(
    (table) => `select t::text as row from ${table} t`,
  );
  return (await query<{ row: string }>(parts.join(' union all '))).rows.map(({ row }) => row).join('\n');
};
const waitsIn = (eventId: string) =>
  eventually(
    `${eventId} waits for people`,
    async () =>
      (
        await query<{ value: string; attempts: number; key: string; portfolio_id: string }>(
          'select * from quarantine where event_id = $1',
          [eventId],
        )
      ).rows[0],
    (row) => row !== undefined,
  );

describe('sealed at rest', () => {
  it('a journey goes its way with nothing personal in clear in any row, and another instance takes it up [A13]', async () => {
    const sealing = sealingOf(sealKeysOf(first));
    const world = new World();
    world.next = 'lose';
    const copy = await startCopy(world, { sealing });
    // The subject of a parcel is what it is wanted for: another word here than the personal one.
    await take(copy, message('payout.requested', 'p1', { request: 'w-secret' }));
    await eventually('it is paying', payRow, (row) => row !== undefined);
    await copy.stop();
    const { rows } = await query<{ state: object; request: object }>(
      `select j.state, e.request from journey j join effect e on e.id = j.effect_id`,
    );
    for (const { state, request } of rows) {
      expect(state).toEqual(expect.objectContaining({ status: 'Paying', sealed: expect.stringMatching(/^sealed:1:d:/) }));
      expect(JSON.stringify([state, request])).not.toContain('w-secret');
    }
    world.next = 'fine';
    await startCopy(world, { sealing });
    await all('Waiting', 1);
  });

  it('rows that a release before has left in clear are read, and sealed when they change', async () => {
    const world = new World();
    world.next = 'lose';
    const older = await startCopy(world);
    await take(older, message('payout.requested', 'p1', { request: 'w-secret' }));
    await eventually('it is paying', payRow, (row) => row !== undefined);
    await older.stop();
    world.next = 'fine';
    await startCopy(world, { sealing: sealingOf(sealKeysOf(first)) });
    await all('Waiting', 1);
    const { rows } = await query<{ state: string }>('select state::text as state from journey');
    expect(rows[0]?.state).toContain('sealed:1:d:');
    expect(rows[0]?.state).not.toContain('w-secret');
  });

  it('what is erased is read by nobody, even while a restored database still holds the key [A13]', async () => {
    const sealing = sealingOf(sealKeysOf(first));
    const copy = await startCopy(new World(), { sealing });
    await take(copy, message('payout.requested', 'p1', { request: 'w-secret' }));
    await all('Waiting', 1);
    const { rows } = await query<{ id: string; journey: string }>('select k.id, j.id as journey from public.data_key k, journey j');
    sealing.erased.add(rows[0]?.id ?? '');
    const [journey] = await copy.store.load([rows[0]?.journey ?? ''], []);
    expect(journey?.state).toEqual(expect.objectContaining({ status: 'Waiting', erased: true }));
    expect(JSON.stringify(journey?.state)).not.toContain('w-secret');
  });
});

describe('sealed on topics', () => {
  const news = (sealer: Sealer, id: string) =>
    message(
      'core-banking.transfer-status',
      'WD1',
      sealedContent(sealer, 'core-banking.transfer-status', id, { key: 'WD1', original: { iban: IBAN } }),
      id,
    );

  it('a message whose key is not there holds its partition, by name, and goes on when the key is there [A13]', async () => {
    const sealing = sealingOf(sealKeysOf(first));
    const ahead = new Sealer(() => sealKeysOf(second));
    const copy = await startCopy(new World(), { sealing });
    await expect(take(copy, news(ahead, 'n1'))).rejects.toThrow('sealed with the key "k2", which SEAL_KEYS_FILE does not hold');
    expect(copy.inboxWriter.heldBecause).toEqual([expect.stringContaining('"k2"')]);
    expect((await query('select 1 from inbox')).rows).toEqual([]);
    sealing.change(sealKeysOf(first, second));
    const both = news(new Sealer(() => sealing.keys()), 'n1');
    await take(copy, both);
    expect(copy.inboxWriter.heldBecause).toEqual([]);
    expect((await query('select 1 from inbox where handled_at is not null')).rows).toHaveLength(1);
    expect(await everything()).not.toContain(IBAN);
  });

  it('a repetition that was sealed again is known as a repetition', async () => {
    const sealing = sealingOf(sealKeysOf(first));
    const copy = await startCopy(new World(), { sealing });
    await take(copy, news(sealing.sealer, 'n2'));
    await take(copy, news(sealing.sealer, 'n2'));
    expect((await query('select 1 from quarantine')).rows).toEqual([]);
    expect((await query('select 1 from inbox')).rows).toHaveLength(1);
  });

  it('what came in clear, or cannot be read, is kept sealed, its letter too; people let the corrected text run by the hash of what they saw [A13]', async () => {
    const sealing = sealingOf(sealKeysOf(first));
    const copy = await startCopy(new World(), { sealing });
    const bad = message('payout.requested', IBAN, { request: 7, note: `from ${IBAN}` }, 'b1');
    await take(copy, { ...bad, value: Buffer.from(bad.value.toString().replace(`"portfolioId":"${IBAN}"`, '"portfolioId":null')) });
    const row = await waitsIn('b1');
    expect(await everything()).not.toContain(IBAN);
    expect(JSON.stringify(copy.published)).not.toContain(IBAN);
    expect(row?.portfolio_id).toBe(sealing.sealer.hash('key', IBAN));
    const corrected = printed('b1', { request: 'w9' }, row?.portfolio_id ?? '');
    const letter = letterFacts('b1', corrected, row?.attempts ?? 0);
    const decision = { kind: 'replay-dead-letter', service: 'payout', ...letter, correctedValue: corrected, why: `for ${IBAN}` } as const;
    await take(copy, message('operator.decision', 'p1', signedDecision(decision), 'd1'));
    await all('Waiting', 1);
    expect(await everything()).not.toContain(IBAN);
    expect(clearText(sealing.sealer, row?.value ?? '')).toContain(IBAN);
  });
});

const printed = (id: string, content: object, portfolioId: string): string =>
  message('payout.requested', portfolioId, content, id).value.toString();
