/** The limits on a real Postgres: however many reserve at once, no limit is exceeded by a cent. The memory of tests says the same. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { compare, decimal, sum, times, type Decimal } from '../../../shared/kernel/decimal.js';
import { MemoryLimits } from '../../../test/builders/limits.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import type { LimitRequest, Limits, LimitsPort, Reserved } from './decide/limits.js';
import type { OwnTablesAnswer } from './decide/own-tables.js';
import { postgresLimits } from './store/limits.store.js';

const DAY = '2026-03-04';
const limits: Limits = {
  perPayment: { EUR: decimal('100') },
  perPortfolioAndDay: { EUR: decimal('150') },
  perDay: { EUR: decimal('4321.09') },
  paymentsPerHour: 1_000_000,
  currencyWithoutLimit: 'ask',
};
const request = (n: number, change: Partial<LimitRequest> = {}): LimitRequest => ({
  ...{ payoutId: `po-${String(n)}`, portfolioId: `P${String(n % 50)}`, amount: decimal('17.37'), currency: 'EUR', beyond: false },
  ...change,
});
const answerOf = <A>(said: OwnTablesAnswer<A>): A => {
  if ('away' in said) throw new Error(said.away);
  return said.answer;
};

describe('limits', () => {
  let database: TestDatabase;
  let admin: Pool;
  let pool: Pool;
  let port: LimitsPort;
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url, max: 1 });
    pool = new Pool({ connectionString: database.url, options: '-c search_path=payout -c role=cmw_payout', max: 40 });
    port = postgresLimits(pool);
  });
  afterEach(async () => {
    await admin.query('truncate limits.reservation, limits.total');
  });
  afterAll(async () => {
    await pool.end();
    await admin.end();
    await database.drop();
  });
  const reserve = async (
    n: number,
    change: Partial<LimitRequest> = {},
    chosen: Limits = limits,
    key = `key-${String(n)}`,
  ): Promise<Reserved> => answerOf(await port.reserve(key, DAY, request(n, change), chosen));
  const totals = async (): Promise<Readonly<Record<string, string>>> => {
    const { rows } = await admin.query<{ portfolio_id: string; amount: string }>(
      `select portfolio_id, trim_scale(amount)::text as amount from limits.total where currency = 'EUR'`,
    );
    return Object.fromEntries(rows.map((row) => [row.portfolio_id, row.amount]));
  };

  it('let 1,000 reservations at once take what there is, and not one cent more [A9]', async () => {
    const said = await Promise.all(Array.from({ length: 1_000 }, (_, n) => reserve(n)));
    const made = said.filter(({ reserved }) => reserved).length;
    // 248 times 17.37 is 4307.76; one more would be 4325.13.
    expect(made).toBe(248);
    const used = await totals();
    expect(used['']).toBe(times(decimal('17.37'), String(made) as Decimal));
    for (const [portfolioId, amount] of Object.entries(used))
      expect(compare(amount as Decimal, portfolioId === '' ? decimal('4321.09') : decimal('150'))).toBeLessThanOrEqual(0);
    const { rows } = await admin.query<{ amount: string }>('select amount::text from limits.reservation');
    expect(sum(rows.map(({ amount }) => decimal(amount)))).toBe(used['']);
    // Two at a time take one cent: the last one there is.
    const left = decimal('13.33');
    const fits = await Promise.all([1, 2, 3, 4].map((n) => reserve(2_000 + n, { amount: left, portfolioId: `Q${String(n)}` })));
    expect([fits.filter(({ reserved }) => reserved).length, (await totals())['']]).toEqual([1, '4321.09']);
  }, 120_000);

  it('change nothing when the same key is said again, also by forty at once, nor when another key speaks for the payout [A9]', async () => {
    const said = await Promise.all(Array.from({ length: 40 }, () => reserve(1)));
    expect(new Set(said.map(({ reserved }) => reserved))).toEqual(new Set([true]));
    expect(await reserve(1, {}, limits, 'another-key')).toEqual({ reserved: true });
    expect(await totals()).toEqual({ '': '17.37', P1: '17.37' });
    expect([answerOf(await port.isReserved('key-1')), answerOf(await port.isReserved('key-2'))]).toEqual([true, false]);
    await expect(reserve(1, { amount: decimal('17.38') })).rejects.toThrow('something else is reserved');
    await expect(reserve(9, {}, limits, 'key-1')).rejects.toThrow('something else is reserved');
  });

  it('are free once for each payout, and are not taken again by an old key [A9]', async () => {
    await Promise.all([1, 2, 3].map((n) => reserve(n)));
    await Promise.all(Array.from({ length: 10 }, () => port.free('po-2')));
    expect(await totals()).toEqual({ '': '34.74', P1: '17.37', P2: '0', P3: '17.37' });
    expect(await reserve(2)).toEqual({ reserved: true });
    expect((await totals())['']).toBe('34.74');
  });

  it('are judged by the figures of the reservation: a lowered limit counts from the next one on [A9]', async () => {
    await reserve(1);
    const lowered = { ...limits, perDay: { EUR: decimal('20') } };
    expect(await reserve(1, {}, lowered)).toEqual({ reserved: true });
    expect(await reserve(2, {}, lowered)).toEqual({ reserved: false, over: [{ limit: 'perDay', allowed: '20', used: '17.37' }] });
    expect(await reserve(2, { beyond: true }, lowered)).toEqual({ reserved: true });
    expect((await totals())['']).toBe('34.74');
  });

  it('count the payments of the hour that has just gone by, in all currencies [A9]', async () => {
    const chosen: Limits = { ...limits, paymentsPerHour: 2, currencyWithoutLimit: 'pay' };
    await reserve(1, {}, chosen);
    await reserve(2, { currency: 'CHF' }, chosen);
    expect(await reserve(3, {}, chosen)).toEqual({ reserved: false, over: [{ limit: 'paymentsPerHour', allowed: '2', used: '2' }] });
    await admin.query(`update limits.reservation set reserved_at = reserved_at - interval '1 hour' where key = 'key-1'`);
    expect(await reserve(3, {}, chosen)).toEqual({ reserved: true });
  });

  it('say the same as the limits in memory, whatever is asked [A9]', async () => {
    const memory = new MemoryLimits(() => 0);
    let seed = 7;
    const next = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let n = 0; n < 300; n++) {
      const one = request(n, {
        portfolioId: `P${String(next(3))}`,
        amount: decimal(`${String(next(120))}.${String(10 + next(90))}`),
        currency: next(6) === 0 ? 'CHF' : 'EUR',
        beyond: next(10) === 0,
      });
      const key = `same-${String(n)}`;
      expect(await port.reserve(key, DAY, one, limits)).toEqual({ answer: memory.reserve(key, DAY, one, limits) });
      if (next(4) > 0) continue;
      const payoutId = `po-${String(next(n + 1))}`;
      await port.free(payoutId);
      memory.free(payoutId);
    }
    expect((await totals())['']).toBe(memory.used(DAY, 'EUR'));
  }, 60_000);

  it('are written by their functions alone [A9]', async () => {
    await reserve(1);
    for (const text of [
      'update limits.total set amount = 0',
      'delete from limits.reservation',
      `insert into limits.total values ('P', 'EUR', '2026-01-01', 0)`,
      'truncate limits.total',
    ])
      await expect(pool.query(text)).rejects.toThrow('permission denied');
    expect((await pool.query('select 1 from limits.total')).rowCount).toBe(3);
    const other = new Pool({ connectionString: database.url, options: '-c role=cmw_withdrawal', max: 1 });
    await expect(other.query(`select limits.free('po-1')`)).rejects.toThrow('permission denied');
    await other.end();
  });
});
