/** What the database finds for the sweep: effects of owners that are gone, and rows of long ago. */
import { Pool } from 'pg';
import { describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '../../../../test/support/database.js';
import { eventually } from '../../../../test/support/eventually.js';
import { connectionOptions, parcelEngine } from '../../../../test/support/parcel-engine.js';
import { World } from '../../../../test/support/parcel-flow.js';
import { Owner } from '../effects/owner.js';
import { openClient } from '../../postgres/database.js';

const { url, query, startCopy, message, take, all, payRow } = parcelEngine();

const READABLE = { parcel: 1 };

describe('the store on Postgres', () => {
  it('takes an owner for gone whose number only another database of the same server has', async () => {
    const other = await createTestDatabase();
    const there = new Pool({ connectionString: other.url, max: 1 });
    try {
      const world = new World();
      const copy = await startCopy(world);
      world.next = 'hang';
      await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
      await eventually('it is being sent', payRow, (row) => row?.status === 'sending');
      const { rows } = await query<{ owner: number }>(`select owner from effect where name = 'Pay'`);
      await there.query('select pg_advisory_lock(4711, $1)', [rows[0]?.owner]);
      await copy.vanish();
      expect(await copy.store.orphanedEffects(-1, 10, READABLE)).toHaveLength(1);
    } finally {
      await there.end();
      await other.drop();
    }
  });

  it('takes no owner for gone that came while it looked', async () => {
    const world = new World();
    const copy = await startCopy(world);
    world.next = 'hang';
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    await eventually('it is being sent', payRow, (row) => row?.status === 'sending');
    await copy.sweep.stop();
    const connect = () => openClient({ ...connectionOptions, url: url() });
    const late = new Owner({ connect, lockClass: 4711, onLost: () => undefined, onTrouble: () => undefined });
    const query = copy.pool.query.bind(copy.pool) as (...args: readonly unknown[]) => Promise<unknown>;
    const comesBetween = async (...args: readonly unknown[]): Promise<unknown> => {
      const answer = await query(...args);
      if ((args[0] as { name?: string }).name === 'owners' && late.id === 0) {
        await late.start();
        await query('update effect set owner = $1', [late.id]);
      }
      return answer;
    };
    Object.assign(copy.pool, { query: comesBetween });
    expect(await copy.store.orphanedEffects(-1, 10, READABLE)).toEqual([]);
    expect(late.id).toBeGreaterThan(0);
    await late.stop();
    expect(await copy.store.orphanedEffects(-1, 10, READABLE)).toHaveLength(1);
  });

  it('drops what was handled long ago, and nothing else', async () => {
    const copy = await startCopy(new World());
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }), message('payout.requested', 'p2', { request: 'w2' }));
    await all('Waiting', 2);
    await eventually(
      'all is said',
      async () => Number((await query<{ n: string }>('select count(*) as n from outbox where sent_at is null')).rows[0]?.n),
      (n) => n === 0,
    );
    await query(`update inbox set handled_at = now() - interval '61 days' where portfolio_id = 'p1'`);
    await query(`update outbox set sent_at = now() - interval '61 days' where key = 'p1'`);
    expect(await copy.store.dropHandled(60, 100)).toBe(2);
    expect((await query('select portfolio_id from inbox')).rows).toEqual([{ portfolio_id: 'p2' }]);
  });
});
