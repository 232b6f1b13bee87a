/** Another key seals from now on: what the key before has sealed is sealed anew, and what was in clear is sealed. Nothing is lost on the way. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { personalMembersOfFlow } from '../../contracts/internal/personal.js';
import { sealKeyProblems } from '../../shared/runtime/process/sealing.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import { sealedStore } from '../../shared/runtime/engine/store/sealed-store.js';
import { DatabaseAway, type EngineStore } from '../../shared/runtime/engine/store/store.js';
import { askOf } from '../../shared/runtime/sealing/portfolio-keys.js';
import type { SealKeys } from '../../shared/runtime/sealing/seal-keys-file.js';
import { clearText, openedBody, sealedText } from '../../shared/runtime/sealing/sealed-message.js';
import { Sealer } from '../../shared/runtime/sealing/sealer.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { randomKey, sealKeysOf } from '../../test/support/sealing.js';
import { reseal } from './reseal.js';

const [k1, k2] = [
  { id: 'k1', key: randomKey() },
  { id: 'k2', key: randomKey() },
];
const [onlyOld, both, onlyNew] = [sealKeysOf(k1), sealKeysOf(k2, k1), sealKeysOf(k2)];
const account = { iban: 'BE68539007547034', ownerName: 'Ann' };
let database: TestDatabase;
let owner: Pool;
let role: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new Pool({ connectionString: database.url, max: 2 });
  role = new Pool({ connectionString: database.url, max: 2, options: '-c search_path=payout -c role=cmw_payout' });
});
afterAll(async () => {
  await role.end();
  await owner.end();
  await database.drop();
});

const storeWith = (keys: SealKeys): EngineStore =>
  sealedStore(new PostgresStore(role, 1), {
    ...{ sealer: new Sealer(() => keys), keys: () => keys, isErased: () => false },
    ...{ ask: askOf(role), personalOf: personalMembersOfFlow, nowMs: Date.now },
  });
const stateOf = async (keys: SealKeys, id: string): Promise<unknown> => (await storeWith(keys).load([id], []))[0]?.state;

describe('another key', () => {
  it('takes over from the one before while rows of both, and rows in clear, are read [A13]', async () => {
    const state = JSON.stringify({ status: 'Paid', counterAccount: account });
    const insert = `insert into payout.journey (id, flow, subject, portfolio_id, version, status, state, state_version, owned_by, ended)
      values ($1, 'payout', $1, 'P1', 1, 'Paid', $2, 3, 'people', true)`;
    await owner.query(insert, ['in-clear', state]);
    expect(await reseal({ url: database.url }, onlyOld)).toMatchObject({ dataKeys: 0, rows: 1, stillNeeded: {} });
    expect((await owner.query<{ state: string }>('select state::text as state from payout.journey')).rows[0]?.state).not.toContain('BE68');
    const old = new Sealer(() => onlyOld);
    await owner.query(
      `insert into payout.quarantine (event_id, portfolio_id, topic, headers, value, error_class, reason) values ('q1', 'P1', 't', '{}', $1, 'E', 'r')`,
      [sealedText(old, 'what came')],
    );
    await owner.query(
      `insert into payout.inbox (event_id, content_hash, topic, portfolio_id, value) values ('q1', 'h', 't', 'P1', (select value from payout.quarantine)), ('i1', 'h', 't', 'P1', $1)`,
      [sealedText(old, 'handled soon')],
    );
    await owner.query(`insert into gateway.quarantine (event_id, source, error_class, reason, body) values ('g1', 's', 'E', 'r', $1)`, [
      Buffer.from('a body of before'),
    ]);
    await expect(stateOf(onlyNew, 'in-clear')).rejects.toThrow(DatabaseAway);
    await expect(stateOf(onlyNew, 'in-clear')).rejects.toThrow('sealed with the key "k1", which SEAL_KEYS_FILE does not hold');
    expect(await stateOf(both, 'in-clear')).toMatchObject({ counterAccount: account });
    expect(await reseal({ url: database.url }, both)).toEqual({ dataKeys: 1, rows: 0, messages: 2, stillNeeded: { k1: 1 } });
    expect(await reseal({ url: database.url }, both)).toEqual({ dataKeys: 0, rows: 0, messages: 0, stillNeeded: { k1: 1 } });
    expect(await stateOf(onlyNew, 'in-clear')).toMatchObject({ counterAccount: account });
    const { rows } = await owner.query<{ value: string; same: boolean }>(
      `select q.value, q.value = i.value as same from payout.quarantine q join payout.inbox i on i.event_id = q.event_id`,
    );
    expect(rows.map(({ value, same }) => [clearText(new Sealer(() => onlyNew), value), same])).toEqual([['what came', true]]);
    const kept = await owner.query<{ body: Buffer }>('select body from gateway.quarantine');
    expect(openedBody(new Sealer(() => onlyNew), kept.rows[0]?.body ?? Buffer.alloc(0)).toString()).toBe('a body of before');
  });

  it('that is wrong, or a key that is missing, is told at the start [A13]', async () => {
    const of = { ofDataKeys: true };
    expect(await sealKeyProblems(role, both, of)).toEqual([]);
    const forged = sealKeysOf({ id: 'k2', key: randomKey() });
    expect(await sealKeyProblems(role, forged, of)).toEqual([
      'SEAL_KEYS_FILE: the key "k2" is another one than the one of this id that has sealed before',
    ]);
    expect(await sealKeyProblems(role, onlyOld, of)).toEqual([
      expect.stringMatching(/lacks the key "k2", which \d+ data keys of this database are wrapped with/),
    ]);
  });
});
