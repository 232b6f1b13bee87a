/** Steps on a real Postgres: many at once, by two instances, and with a database that goes away. */
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/support/eventually.js';
import { parcelEngine } from '../../../../test/support/parcel-engine.js';
import { World } from '../../../../test/support/parcel-flow.js';
import { printEnvelope } from '../../../../contracts/internal/envelope.js';
import { DatabaseAway, Stale } from '../store/store.js';

const { query, startCopy, message, take, all, payRow } = parcelEngine();

describe('the step loop on Postgres', () => {
  it('loses no answer when memory holds fewer journeys than are under way', async () => {
    const world = new World();
    const copy = await startCopy(world, { mostRemembered: 8 });
    for (let wave = 0; wave < 5; wave++)
      await take(
        copy,
        ...Array.from({ length: 60 }, (_, n) =>
          message('payout.requested', `p${String(wave)}-${String(n)}`, { request: `w${String(wave)}-${String(n)}` }),
        ),
      );
    await all('Waiting', 300);
    expect(world.paid).toHaveLength(300);
  });

  it('takes many journeys through and pays each once, whatever is delivered twice', async () => {
    const world = new World();
    const copy = await startCopy(world);
    const messages = Array.from({ length: 300 }, (_, n) => message('payout.requested', `p${String(n)}`, { request: `w${String(n)}` }));
    await take(copy, ...messages);
    await take(copy, ...messages);
    await all('Waiting', 300);
    expect(new Set(world.paid).size).toBe(300);
    expect(world.paid).toHaveLength(300);
    await eventually(
      'everything is published',
      () => copy.published.length,
      (count) => count === 300,
    );
    const { rows } = await query<{ n: string }>('select count(*) as n from history');
    // Opened, priced, paid, noted.
    expect(Number(rows[0]?.n)).toBe(300 * 4);
  });

  it('lets two instances step the same journeys without a lost or doubled step', async () => {
    const world = new World();
    const [a, b] = [await startCopy(world), await startCopy(world)];
    const count = 60;
    const requests = Array.from({ length: count }, (_, n) => message('payout.requested', `p${String(n)}`, { request: `w${String(n)}` }));
    const more = Array.from({ length: count }, (_, n) => message('payout.requested', `p${String(n)}`, { request: `w${String(n)}` }));
    await Promise.all([take(a, ...requests), take(b, ...more)]);
    await all('Waiting', count);
    await eventually(
      'all events are handled',
      async () => Number((await query<{ n: string }>('select count(*) as n from inbox where handled_at is null')).rows[0]?.n),
      (n) => n === 0,
    );
    expect(world.paid).toHaveLength(count);
    expect(new Set(world.paid).size).toBe(count);
  });

  it('goes on when the answer to a commit is lost: nothing twice, nothing forgotten', async () => {
    const world = new World();
    const copy = await startCopy(world);
    const write = copy.store.write.bind(copy.store);
    let commits = 0;
    copy.store.write = async (parts) => {
      await write(parts);
      // Committed, and we are told that nobody knows.
      if (++commits <= 3) throw new DatabaseAway('the line was cut');
    };
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    await all('Waiting', 1);
    expect(world.paid).toHaveLength(1);
    expect(commits).toBeGreaterThan(3);
    await eventually(
      'it is said',
      () => copy.published.length,
      (count) => count >= 1,
    );
  });

  it('judges no event by a journey that another instance has moved on', async () => {
    const world = new World();
    const [a, b] = [await startCopy(world), await startCopy(world)];
    await take(a, message('payout.requested', 'p1', { request: 'w1' }));
    await all('Waiting', 1);
    // Copy b knows the journey as it is now; then copy a ends it behind b's back.
    await take(b, message('payout.requested', 'p1', { request: 'w1' }));
    await eventually(
      'b has noted it',
      async () => (await query<{ n: number }>(`select (state ->> 'notes')::int as n from journey`)).rows[0]?.n,
      (n) => n === 1,
    );
    await take(a, message('payout.requested', 'p1', { request: 'w1', shipped: true }));
    await all('Done', 1);
    // In `Waiting` this is impossible and would be quarantined; in `Done` it is ignored.
    await take(b, message('payout.requested', 'p1', { request: 'w1', broken: true }, 'late'));
    const row = await eventually(
      'it is judged',
      async () =>
        (
          await query<{ note: string | null; handled: boolean }>(
            `select note, handled_at is not null as handled from inbox where event_id = 'late'`,
          )
        ).rows[0],
      (seen) => seen?.handled === true,
    );
    expect(row?.note).toBe('over');
    expect((await query('select 1 from quarantine')).rowCount).toBe(0);
  });

  it('does not lose an answer when the database goes away while it is asked what a stale batch still has to do', async () => {
    const world = new World();
    const copy = await startCopy(world);
    world.next = 'hang';
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    const pay = await eventually('it is being sent', payRow, (row) => row?.status === 'sending');
    const [journey] = await copy.store.load([pay?.id.split(':')[0] ?? ''], []);
    const effect = journey?.effect;
    if (journey === undefined || effect === null || effect === undefined) throw new Error('nothing is being sent');
    const write = copy.store.write.bind(copy.store);
    const stillOpen = copy.store.stillOpen.bind(copy.store);
    copy.store.write = () => {
      copy.store.write = write;
      return Promise.reject(new Stale('another instance was faster'));
    };
    copy.store.stillOpen = () => {
      copy.store.stillOpen = stillOpen;
      return Promise.reject(new DatabaseAway('the line was cut'));
    };
    const event = { type: 'Answered', outcome: { kind: 'applied', result: { receipt: 'r' } }, of: effect } as const;
    copy.engine.enqueue({ kind: 'effect', lane: 'p1', journeyId: journey.id, effectId: effect.id, event, eventId: null, tries: 0 });
    // Travels in the same statement.
    const to = { flow: 'parcel', subject: 'w2' };
    const input = { type: 'Shipped' };
    copy.engine.enqueue({ kind: 'input', lane: 'p2', eventId: 'e-p2', source: null, to, input, original: null, tries: 0 });
    await all('Waiting', 1);
    expect(copy.store.stillOpen).toBe(stillOpen);
  });

  it('quarantines what the flow calls impossible, stops that lane only, and lets it run again', async () => {
    const world = new World();
    const copy = await startCopy(world);
    await take(
      copy,
      message('payout.requested', 'p1', { request: 'w1', broken: true }, 'bad'),
      message('payout.requested', 'p1', { request: 'w1' }),
      message('payout.requested', 'p2', { request: 'w2' }),
    );
    await all('Waiting', 1);
    expect((await query('select portfolio_id, event_id from blocked_lane')).rows).toEqual([{ portfolio_id: 'p1', event_id: 'bad' }]);
    const letter = await eventually(
      'the dead letter is out',
      () => copy.published.find((row) => row.topic === 'payout.requested.dlq'),
      (row) => row !== undefined,
    );
    expect(letter?.headers).toMatchObject({ 'dlq-reason': 'cannot be', 'dlq-error-class': 'Impossible', 'dlq-topic': 'payout.requested' });
    const row = await copy.store.replay(
      'bad',
      printEnvelope({ id: 'bad', type: 'x', version: '1', occurredAt: '', portfolioId: 'p1', data: { request: 'w1' } }),
      'mended',
    );
    expect(row?.eventId).toBe('bad');
    // Both the mended message and the one that waited behind it are handled now.
    await all('Waiting', 2);
    await eventually(
      'all events are handled',
      async () => Number((await query<{ n: string }>('select count(*) as n from inbox where handled_at is null')).rows[0]?.n),
      (n) => n === 0,
    );
    expect(world.paid).toHaveLength(2);
  });

  it('looks again after its interval, without any event', async () => {
    const copy = await startCopy(new World(), { shipMs: 200 });
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    await all('Done', 1);
  });

  it('does not start a wait anew when it only looked in between', async () => {
    const copy = await startCopy(new World(), { shipMs: 100, then: 'Noting' });
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    const look = async () =>
      (
        await query<{ version: number; overdue: string; status: string }>(
          `select version, overdue_at::text as overdue, status from journey where status = 'Waiting'`,
        )
      ).rows[0];
    const first = await eventually('it waits', look, (row) => row !== undefined);
    const later = await eventually('it looked again three times', look, (row) => (row?.version ?? 0) >= (first?.version ?? 0) + 6);
    expect(later?.overdue).toBe(first?.overdue);
  });
});
