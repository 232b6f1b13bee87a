/** Effects on a real Postgres: an answer that is lost, an instance that is gone, and notifications. */
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/support/eventually.js';
import { parcelEngine } from '../../../../test/support/parcel-engine.js';
import { ability, World } from '../../../../test/support/parcel-flow.js';
import { DatabaseAway } from '../store/store.js';

const { query, startCopy, message, take, all, payRow, untilNoted, startRefused, sendAgain } = parcelEngine();

describe('effects on Postgres', () => {
  it('asks before it ever sends again, and pays once when the answer was lost', async () => {
    const world = new World();
    const copy = await startCopy(world);
    world.once = 'apply-and-cut';
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    await all('Waiting', 1);
    expect(world.paid).toHaveLength(1);
  });

  it('believes "absent" only after the longest life of a request, then sends the same key again', async () => {
    const world = new World();
    const copy = await startCopy(world);
    world.once = 'lose';
    const startMs = Date.now();
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    await all('Waiting', 1);
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(ability.longestLifeMs);
    expect(world.paid).toHaveLength(1);
  });

  it('takes over what a copy that is gone was sending, without paying twice', async () => {
    const world = new World();
    const first = await startCopy(world);
    world.next = 'hang';
    await take(first, message('payout.requested', 'p1', { request: 'w1' }));
    await eventually(
      'it is being sent',
      async () => (await query<{ status: string }>(`select status from effect where name = 'Pay'`)).rows[0]?.status,
      (status) => status === 'sending',
    );
    // The request got through, the process died before any answer.
    const key = (await query<{ id: string }>(`select id from effect where name = 'Pay'`)).rows[0]?.id ?? '';
    world.paid.push(key);
    await first.vanish();
    world.next = 'fine';
    await startCopy(world);
    await all('Waiting', 1);
    expect(world.paid).toEqual([key]);
  });

  it('looks at an effect that another instance left behind, though its own memory is older', async () => {
    const world = new World();
    const [a, b] = [await startCopy(world), await startCopy(world)];
    world.next = 'hang';
    await take(a, message('payout.requested', 'p1', { request: 'w1' }));
    const pay = async () => (await query<{ id: string; status: string }>(`select id, status from effect where name = 'Pay'`)).rows[0];
    const sending = await eventually('it is being sent', pay, (row) => row?.status === 'sending');
    // Copy b remembers the payment as being sent; then its owner gives it up behind b's back, and is gone.
    await take(b, message('payout.requested', 'p1', { request: 'w1' }));
    await eventually(
      'b has noted it',
      async () => (await query<{ n: number }>(`select (state ->> 'notes')::int as n from journey`)).rows[0]?.n,
      (n) => n === 1,
    );
    world.paid.push(sending?.id ?? '');
    world.next = 'fine';
    await query(`update effect set status = 'unknown', owner = null, due_at = now() where name = 'Pay'`);
    await query(`update journey set version = version + 1`);
    await a.vanish();
    await all('Waiting', 1);
    expect(world.paid).toHaveLength(1);
  });

  it('asks about a parked effect when there is news of it, tells people, and asks once more before it is sent again', async () => {
    const { world, copy, parked } = await startRefused();
    // They change their mind: it is paid after all.
    world.paid.push(parked?.reference ?? '');
    await take(copy, message('core-banking.transfer-status', 'p1', { key: parked?.reference }));
    await untilNoted('people are told', 'asked since: it has happened; before: refused');
    const held = async () => (await query<{ held: string }>(`select held from journey`)).rows[0]?.held;
    expect(await held()).toMatch(/^asked since: it has happened/);
    expect((await query(`select note from history where occasion = 'Inquired: applied'`)).rowCount).toBe(1);
    world.next = 'fine';
    await take(copy, sendAgain(parked?.id, 1, 'd1'));
    await untilNoted('it is not sent again', 'not sent again: it has happened');
    expect(
      await eventually(
        'the decision is closed',
        async () => copy.store.stillOpen(['d1']),
        (open) => open.size === 0,
      ),
    ).toEqual(new Set());
    expect(world.paid).toHaveLength(1);
  });

  it('finds out about a request that was given up for a new key when there is news of it', async () => {
    const { world, copy, parked: first } = await startRefused();
    await take(copy, sendAgain(first?.id, 1, 'd1'));
    const second = await eventually('under a new key', payRow, (row) => row?.status === 'parked' && row.generation === 2);
    expect(second?.reference).not.toBe(first?.reference);
    world.paid.push(first?.reference ?? '');
    await take(copy, message('core-banking.transfer-status', 'p1', { key: first?.reference }, 'news'));
    await untilNoted('people are told', 'it has happened under an earlier key, and was sent again; before: refused');
    // Also when the journey has gone on.
    world.next = 'fine';
    await take(copy, sendAgain(first?.id, 2, 'd2'));
    await all('Waiting', 1);
    await take(copy, message('core-banking.transfer-status', 'p1', { key: first?.reference }, 'more news'));
    const noticed = async () => (await query<{ held: string | null }>(`select held from journey`)).rows[0]?.held;
    expect(await eventually('it is held up to people', noticed, (held) => held !== null)).toMatch(/has happened under an earlier key/);
  });

  it('asks about news although the database went away just after the news was taken in', async () => {
    const { world, copy, parked } = await startRefused();
    world.paid.push(parked?.reference ?? '');
    const news = message('core-banking.transfer-status', 'p1', { key: parked?.reference }, 'news');
    const byReference = copy.store.byReference.bind(copy.store);
    copy.store.byReference = () => Promise.reject(new DatabaseAway('the line was cut'));
    await expect(take(copy, news)).rejects.toThrow(DatabaseAway);
    copy.store.byReference = byReference;
    // The offset was not committed: Kafka brings it again.
    await take(copy, news);
    await untilNoted('people are told', 'asked since: it has happened; before: refused');
  });
});
