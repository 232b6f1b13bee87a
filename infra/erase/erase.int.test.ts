/** One customer is erased: nobody reads what was sealed, in this database or in an older copy; books and audit log stay as they were. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { verifyAudit } from '../../services/operator/src/store/audit.store.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import { sealedStore } from '../../shared/runtime/engine/store/sealed-store.js';
import { emptyParts, PARTS, type PartName, type PartRow } from '../../shared/runtime/engine/store/step-statement.js';
import type { EngineStore } from '../../shared/runtime/engine/store/store.js';
import { askOf } from '../../shared/runtime/sealing/portfolio-keys.js';
import { readErasedKeys } from '../../shared/runtime/sealing/erased-keys.js';
import { forgetWhatIsOver } from '../../shared/runtime/process/retention.js';
import { personalMembersOfFlow } from '../../contracts/internal/personal.js';
import { eventually } from '../../test/support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { testSealing } from '../../test/support/sealing.js';
import { erase, eraseAgain } from './erase.js';

const IBAN = 'BE68539007547034';
const folder = mkdtempSync(join(tmpdir(), 'erase-'));
let database: TestDatabase;
let owner: Pool;
let role: Pool;
/** As the payout service has it. */
let clear: EngineStore;
let store: EngineStore;
let file = '';

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new Pool({ connectionString: database.url, max: 2 });
  role = new Pool({ connectionString: database.url, max: 2, options: '-c search_path=payout -c role=cmw_payout' });
  clear = new PostgresStore(role, 1);
});
afterAll(async () => {
  await role.end();
  await owner.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const sealed = (): EngineStore =>
  sealedStore(clear, {
    ...testSealing,
    isErased: (id) => readErasedKeys(file).some(({ dataKey }) => dataKey === id),
    ...{ ask: askOf(role), personalOf: personalMembersOfFlow, nowMs: Date.now },
  });
let count = 0;
beforeEach(async () => {
  file = join(folder, `erased-${String(++count)}.jsonl`);
  store = sealed();
  await owner.query('truncate payout.journey, payout.effect, payout.inbox, payout.quarantine, payout.outbox, public.data_key');
});

const row = <P extends PartName>(part: P, given: Partial<PartRow<P>>): PartRow<P> =>
  ({ ...Object.fromEntries(Object.keys(PARTS[part]).map((column) => [column, null])), ...given }) as PartRow<P>;

/** A payout with one transfer, as its service writes them. */
const payout = async (into: EngineStore, id: string, portfolio: string, ended = true): Promise<void> => {
  const whose = { flow: 'payout', portfolio_id: portfolio };
  const account = { iban: IBAN, ownerName: 'Ann' };
  const state = { status: 'Paid', ownerId: `owner of ${portfolio}`, counterAccount: account, owner: null, reason: null };
  await into.write({
    ...emptyParts(),
    created: [
      row('created', {
        ...{ id, ...whose, subject: id, status: 'Paid', state: JSON.stringify(state), state_version: 3, opened_ms: 1, owned_by: 'people' },
        ...{ amount: '250', currency: 'EUR', ended, waits: false, overdue_ms: ended ? null : Date.now() },
      }),
    ],
    planned: [
      row('planned', {
        ...{ id: `${id}:Pay`, journey_id: id, ...whose, name: 'Pay', kind: 'once', owner: 1, reference: `WD-${id}`, at_ms: 1 },
        request: JSON.stringify({ endToEndId: `WD-${id}`, creditorIban: IBAN, creditorName: 'Ann' }),
      }),
    ],
  });
};
const everything = async (): Promise<string> => {
  const parts = ['journey', 'effect', 'inbox', 'outbox', 'quarantine'].map((table) => `select t::text as row from payout.${table} t`);
  return (await owner.query<{ row: string }>(parts.join(' union all '))).rows.map(({ row: text }) => text).join('\n');
};
const said: string[] = [];
const options = () => ({
  ...{ database: { url: database.url }, erasedKeysFile: file, closingMs: 20, nowMs: Date.now },
  say: (line: string) => said.push(line),
});
const ann = { customer: 'P1', by: 'anna', why: 'the customer has asked for it' };

describe('erasing one customer', () => {
  it('forgets what is personal and nothing else: amounts and references stay, others are as they were, the log is whole [A13]', async () => {
    await payout(store, 'po-1', 'P1');
    await payout(store, 'po-2', 'P2');
    expect(await everything()).not.toContain(IBAN);
    expect(await erase(options(), ann)).toBe(1);
    store = sealed();
    const [one, other] = await store.load(['po-1', 'po-2'], []);
    expect(one?.state).toMatchObject({ status: 'Paid', erased: true });
    expect(JSON.stringify(one)).not.toMatch(/BE68|Ann/);
    expect(other?.state).toMatchObject({ counterAccount: { iban: IBAN, ownerName: 'Ann' } });
    const { rows } = await owner.query(
      'select amount, reference from payout.journey j join payout.effect e on e.journey_id = j.id where j.id = $1',
      ['po-1'],
    );
    expect(rows).toEqual([{ amount: '250', reference: 'WD-po-1' }]);
    expect(await verifyAudit(owner, { unread: 'not asked here' })).toMatchObject({ whole: true });
    const line = await owner.query('select who, target from operator.audit order by seq desc limit 1');
    expect(line.rows).toEqual([{ who: 'anna', target: 'P1' }]);
    expect(readFileSync(file, 'utf8')).toMatch(/^\{"dataKey":"[0-9a-f]{24}","portfolioId":"P1","at":"[^"]+"\}\n$/);
  });

  it('finds all portfolios of an owner', async () => {
    await payout(store, 'po-1', 'P1');
    expect(await erase(options(), { ...ann, customer: 'owner of P1' })).toBe(1);
  });

  it('stays done after a restore: the key that came back opens nothing, and goes again [A13]', async () => {
    await payout(store, 'po-1', 'P1');
    const copy = await owner.query('select id, portfolio_id, wrapped_by, wrapped from public.data_key');
    const before = await owner.query('select state, (select request from payout.effect) as request from payout.journey');
    await erase(options(), ann);
    const [key] = copy.rows as readonly Record<string, string>[];
    await owner.query(
      'insert into public.data_key (id, portfolio_id, wrapped_by, wrapped) values ($1, $2, $3, $4)',
      Object.values(key ?? {}),
    );
    await owner.query('update payout.journey set state = $1', [(before.rows[0] as { state: object }).state]);
    await owner.query('update payout.effect set request = $1', [(before.rows[0] as { request: object }).request]);
    const [restored] = await sealed().load(['po-1'], []);
    expect(restored?.state).toMatchObject({ erased: true });
    expect(await eraseAgain(options())).toBe(1);
    expect((await owner.query('select 1 from public.data_key')).rows).toEqual([]);
    expect(await eraseAgain(options())).toBe(0);
    expect((await owner.query(`select 1 from payout.journey where state ? 'sealed'`)).rows).toEqual([]);
  });

  it('takes out what a release before has left in clear, and the text of handled messages; their ids stay known', async () => {
    await payout(clear, 'po-1', 'P1');
    await owner.query(
      `insert into payout.inbox (event_id, content_hash, topic, portfolio_id, value, handled_at) values ('e1', 'h', 't', 'P1', $1, now()), ('e2', 'h', 't', 'WD-po-1', $1, now())`,
      [`{"iban":"${IBAN}"}`],
    );
    expect(await everything()).toContain(IBAN);
    await erase(options(), ann);
    expect(await everything()).not.toMatch(/BE68|Ann/);
    expect((await owner.query('select event_id, value from payout.inbox order by 1')).rows).toEqual([
      { event_id: 'e1', value: '(erased)' },
      { event_id: 'e2', value: '(erased)' },
    ]);
  });

  it('is refused while anything of the customer is open or waits for people: then nothing has changed', async () => {
    await payout(store, 'po-1', 'P1', false);
    await expect(erase(options(), ann)).rejects.toThrow('this is under way or waits for people: payout payout po-1');
    await owner.query('update payout.journey set ended = true');
    await owner.query(
      `insert into payout.quarantine (event_id, portfolio_id, topic, headers, value, error_class, reason) values ('e1', 'P1', 't', '{}', 'v', 'E', 'r')`,
    );
    await expect(erase(options(), ann)).rejects.toThrow('payout message e1');
    await expect(erase(options(), { ...ann, customer: 'nobody' })).rejects.toThrow('nothing is kept of "nobody"');
    expect(existsSync(file)).toBe(false);
    expect((await store.load(['po-1'], []))[0]?.state).toMatchObject({ counterAccount: { iban: IBAN } });
  });

  it('that meets a journey which began meanwhile lets the keys go on', async () => {
    await payout(store, 'po-1', 'P1');
    const erasing = erase({ ...options(), closingMs: 1_500 }, ann);
    await eventually(
      'the keys are closing',
      async () => (await owner.query('select 1 from public.data_key where closing_at is not null')).rows.length,
      (closing) => closing === 1,
    );
    await payout(store, 'po-2', 'P1', false);
    await expect(erasing).rejects.toThrow('po-2');
    expect((await owner.query('select 1 from public.data_key where closing_at is not null')).rows).toEqual([]);
    expect((await sealed().load(['po-2'], []))[0]?.state).toMatchObject({ counterAccount: { iban: IBAN } });
  });
});

describe('what is over', () => {
  it('is forgotten after its days, and not before; what is open and what waits for people stays [A13]', async () => {
    await payout(store, 'po-1', 'P1');
    await payout(store, 'po-2', 'P2', false);
    await owner.query(
      `insert into payout.quarantine (event_id, portfolio_id, topic, headers, value, error_class, reason, resolved_at)
       values ('old', 'P1', 't', '{}', 'v', 'E', 'r', now() - interval '11 days'), ('waits', 'P1', 't', '{}', 'v', 'E', 'r', null)`,
    );
    await owner.query(`update payout.journey set since = now() - interval '9 days'`);
    expect(await forgetWhatIsOver(askOf(role), 'payout', 10)).toBe(1);
    await owner.query(`update payout.journey set since = now() - interval '11 days'`);
    expect(await forgetWhatIsOver(askOf(role), 'payout', 10)).toBe(2);
    expect(await forgetWhatIsOver(askOf(role), 'payout', 10)).toBe(0);
    const [over, open] = await store.load(['po-1', 'po-2'], []);
    expect(over?.state).toEqual({ status: 'Paid', ownerId: 'owner of P1', reason: null, erased: true });
    expect(open?.state).toMatchObject({ counterAccount: { iban: IBAN } });
    expect((await owner.query('select event_id, value from payout.quarantine order by 1')).rows).toEqual([
      { event_id: 'old', value: '(erased)' },
      { event_id: 'waits', value: 'v' },
    ]);
  });
});
