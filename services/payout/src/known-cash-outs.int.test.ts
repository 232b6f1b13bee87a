/** What our own tables know of cash-outs, on a real Postgres, under the role of the service. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { postgresKnownCashOuts } from './store/known-cash-outs.store.js';

describe('known cash-outs', () => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new Pool({ connectionString: database.url, options: '-c search_path=payout -c role=cmw_payout', max: 2 });
    const journey = (id: string, portfolioId: string, flow = 'payout'): Promise<unknown> =>
      pool.query(
        `insert into journey (id, flow, subject, portfolio_id, version, status, state, state_version, owned_by, ended) values ($1, $2, $1, $3, 1, 'CashingOut', '{}', 1, 'x', false)`,
        [id, flow, portfolioId],
      );
    const effect = (
      journeyId: string,
      name: string,
      { generation = 1, result = null, proof = null }: { generation?: number; result?: object | null; proof?: string | null },
    ): Promise<unknown> =>
      pool.query(
        `insert into effect (id, journey_id, name, kind, generation, status, attempt, request, planned_at, result, proof) values ($1 || ':' || $2, $1, $2, 'once', $3, 'applied', 1, '{}', now(), $4, $5)`,
        [journeyId, name, generation, result === null ? null : JSON.stringify(result), proof],
      );
    await journey('po1', 'P1');
    await effect('po1', 'CreateCashOut', { result: { cashOutId: 'CO1', status: 'pending' } });
    await effect('po1', 'PayCounterAccount', {
      generation: 2,
      proof: 'a person said send-again: CO9 is of the desk',
      result: { paymentId: 'CO8', cashOutId: 'CO8' },
    });
    await journey('po2', 'P1');
    await effect('po2', 'CreateCashOut', { generation: 3, proof: 'absent at 1 ms since 1970, after the longest life of a request' });
    await journey('po3', 'P2');
    await effect('po3', 'CreateCashOut', { result: { cashOutId: 'CO3' } });
    await journey('wd1', 'P1', 'withdrawal');
    await effect('wd1', 'CreateCashOut', { result: { cashOutId: 'CO4' } });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('are those of the portfolio: every key that was ever used, the ids of the broker, and what people have named [B2]', async () => {
    const { answer } = (await postgresKnownCashOuts(pool).of('P1')) as { answer: Record<string, readonly string[]> };
    expect({ ...answer, keys: [...(answer['keys'] ?? [])].sort() }).toEqual({
      keys: ['po1:CreateCashOut', 'po2:CreateCashOut', 'po2:CreateCashOut:g2', 'po2:CreateCashOut:g3'],
      cashOutIds: ['CO1'],
      named: ['CO9 is of the desk'],
    });
    expect(await postgresKnownCashOuts(pool).of('P9')).toEqual({ answer: { keys: [], cashOutIds: [], named: [] } });
  });

  it('has earlier payouts of the portfolio in the order of their opening, without those that ended unpaid [A1]', async () => {
    await pool.query(`update journey set opened_at = now() - interval '1 hour' where id = 'po1'`);
    const earlier = async (id: string): Promise<unknown> => {
      const said = await postgresKnownCashOuts(pool).earlierThan('P1', id);
      return 'answer' in said ? said.answer.map(({ withdrawalId, isOver }) => [withdrawalId, isOver]) : said;
    };
    expect([await earlier('po1'), await earlier('po2')]).toEqual([[], [['po1', false]]]);
    // Whoever is not there at all comes after everybody.
    expect(await earlier('po9')).toEqual([
      ['po2', false],
      ['po1', false],
    ]);
    await pool.query(`update journey set status = 'Returned' where id = 'po1'`);
    expect(await earlier('po2')).toEqual([['po1', true]]);
    await pool.query(`update journey set status = 'Refused', ended = true where id = 'po1'`);
    expect(await earlier('po2')).toEqual([]);
  });

  it('are not said to be none when the database does not answer', async () => {
    const failing = (error: Error): Pool => ({ query: () => Promise.reject(error) }) as unknown as Pool;
    expect(await postgresKnownCashOuts(failing(new Error('the line is cut'))).of('P1')).toEqual({
      away: 'the database did not answer: the line is cut',
    });
    await expect(postgresKnownCashOuts(failing(new TypeError('a bug of ours'))).of('P1')).rejects.toThrow('a bug of ours');
  });
});
