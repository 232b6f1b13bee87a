/** Two instances over one schema on a real Postgres, the newer with one more upgrade, status, flow and topic: the older leaves alone what it cannot read. */
import { describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../../../../test/support/eventually.js';
import { parcelEngine, type Copy } from '../../../../test/support/parcel-engine.js';
import { World } from '../../../../test/support/parcel-flow.js';
import type { Log } from '../../process/log.js';
import { createLog } from '../../process/log.js';

const { query, startCopy, message, take, all, payRow, untilNoted, said } = parcelEngine();

const requested = (n: number | string) => message('payout.requested', `p${String(n)}`, { request: `w${String(n)}` });
const open = async (): Promise<number> =>
  Number((await query<{ n: string }>('select count(*) as n from inbox where handled_at is null')).rows[0]?.n);
const untilAllHandled = (): Promise<number> => eventually('all events are handled', open, (n) => n === 0);
const journeys = async () =>
  (
    await query<{ id: string; status: string; version: number; state_version: number; notes: number }>(
      `select id, status, version, state_version, (state ->> 'notes')::int as notes from journey where flow = 'parcel' order by id`,
    )
  ).rows;
const nobodyIsCalled = async (): Promise<void> => {
  expect((await query('select 1 from quarantine')).rowCount).toBe(0);
  expect((await query('select 1 from blocked_lane')).rowCount).toBe(0);
};
/** All that a step would change. */
const whatIsWritten = async (): Promise<unknown> =>
  Promise.all(
    ['journey', 'effect', 'history', 'outbox', 'quarantine', 'blocked_lane'].map(
      async (table) => (await query(`select * from ${table}`)).rows,
    ),
  );

/** An older instance that is heard, and that does nothing of its own in twenty sweeps. */
const startOlder = async (world: World) => {
  const lines: { readonly about: Record<string, unknown>; readonly text: string }[] = [];
  const heard = (about: object, text?: string): void => {
    lines.push({ about: about as Record<string, unknown>, text: text ?? '' });
  };
  const log: Log = Object.assign(createLog('test', 'silent'), { info: heard, error: heard });
  const copy = await startCopy(world, { log });
  const load = jest.spyOn(copy.store, 'load');
  const look = jest.spyOn(copy.store, 'openInbox');
  const leavesAllAlone = async (): Promise<void> => {
    const before = await whatIsWritten();
    const loads = load.mock.calls.length;
    const sweeps = look.mock.calls.length;
    await eventually(
      'it has swept twenty times',
      () => look.mock.calls.length - sweeps,
      (n) => n >= 20,
    );
    expect(await whatIsWritten()).toEqual(before);
    // It does not spin.
    expect(load.mock.calls.length - loads).toBeLessThanOrEqual(2);
    expect(copy.engine.waitsBecause).toBeNull();
    expect(copy.engine.load).toBe(0);
  };
  const left = (): string[] =>
    lines.filter(({ text }) => text.startsWith('a newer instance')).map(({ about }) => String(about['journeyId'] ?? about['flow']));
  return { copy, load, leavesAllAlone, left, lines };
};
/** A journey that the newer instance has written; that instance is gone again. */
const startedByNewer = async (world: World, status: string, shipMs?: number): Promise<void> => {
  const newer = await startCopy(world, { newer: true, ...(shipMs === undefined ? {} : { shipMs }) });
  await take(newer, requested(1));
  await eventually(`it is ${status}`, journeys, (rows) => rows[0]?.status === status);
  if (status === 'Wrapping') await untilAllHandled();
  await newer.stop();
};

describe('an older instance beside a newer one', () => {
  it('takes messages in turns with it: each is applied once, by whoever can', async () => {
    const world = new World();
    const [older, newer]: Copy[] = [await startCopy(world), await startCopy(world, { newer: true })];
    const count = 40;
    const [a, b] = [older as Copy, newer as Copy];
    for (let n = 0; n < count; n++) await take(n % 2 === 0 ? a : b, requested(n));
    for (let n = 0; n < count; n++) await take(n % 2 === 0 ? b : a, requested(n));
    for (let n = 0; n < count; n++) await take(n % 3 === 0 ? b : a, requested(n));
    await untilAllHandled();
    const rows = await eventually('all wait', journeys, (seen) =>
      seen.every(({ status }) => status === 'Waiting' || status === 'Wrapping'),
    );
    expect(rows).toHaveLength(count);
    expect(rows.map(({ notes }) => notes)).toEqual(rows.map(() => 2));
    expect(rows.filter(({ state_version: version }) => version === 2).length).toBeGreaterThanOrEqual(count / 2);
    expect(world.paid).toHaveLength(count);
    expect(new Set(world.paid).size).toBe(count);
    await nobodyIsCalled();
  });

  it('leaves an event of such a journey open, says so once, and does not look again; the newer one takes it up at once', async () => {
    const world = new World();
    await startedByNewer(world, 'Wrapping');
    const { copy, leavesAllAlone, left, lines } = await startOlder(world);
    for (let n = 0; n < 5; n++) await take(copy, requested(1));
    await leavesAllAlone();
    const [journey] = await journeys();
    expect(left()).toEqual([journey?.id]);
    expect(lines.filter(({ text }) => text.includes('fail') || text.includes('stopped'))).toEqual([]);
    expect(copy.engine.leftToNewer.size).toBe(5);
    expect(await copy.store.figures({ parcel: 1 })).toContainEqual({ name: 'left_to_newer', labels: { what: 'journeys' }, value: 1 });
    expect(await copy.store.figures({ parcel: 2, gift: 1 })).toContainEqual({
      name: 'left_to_newer',
      labels: { what: 'journeys' },
      value: 0,
    });
    // The lane is not blocked: another journey of the same portfolio goes its way.
    await take(copy, message('payout.requested', 'p1', { request: 'another' }));
    await eventually('the other one waits', journeys, (rows) => rows.some(({ status }) => status === 'Waiting'));
    await startCopy(world, { newer: true });
    await untilAllHandled();
    expect((await journeys()).find(({ id }) => id === journey?.id)?.notes).toBe(5);
    await nobodyIsCalled();
  });

  it('does not send a due effect of it, nor ask about one; the newer one does', async () => {
    const world = new World();
    world.next = 'lose';
    await startedByNewer(world, 'Paying');
    await eventually('nobody knows whether it is paid', payRow, (row) => row?.status === 'unknown' || row?.status === 'sending');
    await query(`update effect set status = 'unknown', owner = null, due_at = now() - interval '1 minute' where name = 'Pay'`);
    const [find, pay] = [jest.spyOn(world, 'find'), jest.spyOn(world, 'pay')];
    const { leavesAllAlone } = await startOlder(world);
    await leavesAllAlone();
    expect([find.mock.calls, pay.mock.calls]).toEqual([[], []]);
    world.next = 'fine';
    await startCopy(world, { newer: true });
    await eventually('it is paid', journeys, (rows) => rows[0]?.status === 'Wrapping');
    expect(world.paid).toHaveLength(1);
    await nobodyIsCalled();
  });

  it('does not take over what a newer one was sending when it went away', async () => {
    const world = new World();
    world.next = 'hang';
    const newer = await startCopy(world, { newer: true });
    await take(newer, requested(1));
    await eventually('it is being sent', payRow, (row) => row?.status === 'sending');
    await newer.vanish();
    const { copy, leavesAllAlone } = await startOlder(world);
    expect(await copy.store.orphanedEffects(-1, 10, { parcel: 2 })).toHaveLength(1);
    await leavesAllAlone();
    world.next = 'fine';
    await startCopy(world, { newer: true });
    await eventually('it is paid', journeys, (rows) => rows[0]?.status === 'Wrapping');
    expect(world.paid).toHaveLength(1);
  });

  it('does not look again at one; the newer one does', async () => {
    const world = new World();
    await startedByNewer(world, 'Wrapping');
    await query(`update journey set due_at = now() - interval '1 minute' where flow = 'parcel'`);
    const { leavesAllAlone } = await startOlder(world);
    await leavesAllAlone();
    await startCopy(world, { newer: true });
    await all('Done', 1);
  });

  it('hands over an answer that it was waiting for, so that nobody has to ask for it', async () => {
    const world = new World();
    const find = jest.spyOn(world, 'find');
    const older = await startCopy(world);
    world.once = 'late';
    await take(older, requested(1));
    await eventually('it is being sent', payRow, (row) => row?.status === 'sending');
    const newer = await startCopy(world, { newer: true });
    await take(newer, requested(1));
    await eventually('the newer one has noted it', journeys, (rows) => rows[0]?.notes === 1 && rows[0].state_version === 2);
    await newer.vanish();
    await newer.engine.stop(1_000);
    world.answer();
    const handedOver = async () =>
      (
        await query<{ event_id: string; handled: boolean }>(
          `select event_id, handled_at is not null as handled from inbox where event_id like '%.answer.%'`,
        )
      ).rows;
    expect(await eventually('it is handed over', handedOver, (rows) => rows.length === 1)).toMatchObject([{ handled: false }]);
    expect((await payRow())?.status).toBe('sending');
    // The older one goes away before anybody has taken the answer up: what it was sending is no orphan.
    await older.stop();
    expect(await newer.store.orphanedEffects(-1, 10, { parcel: 2 })).toEqual([]);
    await startCopy(world, { newer: true });
    await eventually('it goes on', journeys, (rows) => rows[0]?.status === 'Wrapping');
    await untilAllHandled();
    expect(find).not.toHaveBeenCalled();
    expect(world.paid).toHaveLength(1);
    expect((await query(`select 1 from history where occasion = 'Orphaned'`)).rowCount).toBe(0);
    expect((await query(`select 1 from history where occasion = 'Answered: applied' and status = 'Noting'`)).rowCount).toBe(1);
    await nobodyIsCalled();
  });

  it("leaves people's answer open; the newer one carries it out", async () => {
    const world = new World();
    world.next = 'refuse';
    const newer = await startCopy(world, { newer: true });
    await take(newer, requested(1));
    const parked = await untilNoted('it is parked', 'refused');
    await newer.stop();
    // Of a flow that the older one does not even know.
    await query(`update journey set flow = 'crate'`);
    const { copy, leavesAllAlone } = await startOlder(world);
    await take(copy, said('rejected', parked?.id, 1, 'd1'));
    await leavesAllAlone();
    expect([...(await copy.store.stillOpen(['d1']))]).toEqual(['d1']);
    await query(`update journey set flow = 'parcel'`);
    await startCopy(world, { newer: true });
    await all('Refused', 1);
    await untilAllHandled();
  });

  it('keeps a notification, and an input that comes by a reference, for the newer one', async () => {
    const world = new World();
    world.next = 'refuse';
    const newer = await startCopy(world, { newer: true });
    await take(newer, requested(1));
    const parked = await untilNoted('it is parked', 'refused');
    await newer.stop();
    // They change their mind: it is paid after all.
    world.paid.push(parked?.reference ?? '');
    const find = jest.spyOn(world, 'find');
    const { copy, leavesAllAlone } = await startOlder(world);
    await take(copy, message('core-banking.transfer-status', 'p1', { key: parked?.reference }, 'news'));
    await take(copy, message('broker.cash-status', 'p1', { key: parked?.reference, request: 'w1' }, 'by-reference'));
    await leavesAllAlone();
    expect(find).not.toHaveBeenCalled();
    expect([...(await copy.store.stillOpen(['news', 'by-reference']))]).toEqual(['by-reference']);
    const kept = async (): Promise<number> => Number((await query(`select 1 from inbox where event_id like '%.notified.%'`)).rowCount);
    expect(await kept()).toBe(1);
    await startCopy(world, { newer: true });
    await untilNoted('people are told', 'asked since: it has happened; before: refused');
    await untilAllHandled();
    expect((await journeys())[0]?.notes).toBe(1);
    expect(await kept()).toBe(1);
  });

  it('leaves rows of the inbox whose flow, topic or form it does not know', async () => {
    const world = new World();
    const { copy, leavesAllAlone, left } = await startOlder(world);
    const put = (id: string, topic: string | null, value: object): Promise<unknown> =>
      query(
        `insert into inbox (event_id, content_hash, topic, portfolio_id, value, received_at) values ($1, $1, $2, 'p1', $3, now() - interval '1 minute')`,
        [...[id, topic], JSON.stringify(value)],
      );
    await put('own', null, { tells: 'gift', subject: 'w1', input: { type: 'Given' } });
    await put('own-2', null, { tells: 'gift', subject: 'w1', input: { type: 'Given' } });
    await put('form', null, { form: 2, asksFor: 'something new' });
    await put('topic', 'payout.finished', {
      ...{
        id: 'topic',
        type: 'payout.finished',
        version: '1',
        occurredAt: '2026-01-01T00:00:00Z',
        portfolioId: 'p1',
        data: { subject: 'w2' },
      },
    });
    await eventually(
      'all are left',
      () => copy.engine.leftToNewer.size,
      (n) => n === 4,
    );
    await leavesAllAlone();
    expect(await open()).toBe(4);
    expect(left()).toEqual(['gift']);
    await startCopy(world, { newer: true });
    await eventually('all but the form are handled', open, (n) => n === 1);
    expect((await query(`select subject from journey where flow = 'gift' order by 1`)).rows).toEqual([
      { subject: 'w1' },
      { subject: 'w2' },
    ]);
    await nobodyIsCalled();
  });

  it('lets no number of them keep other rows out of its sweep', async () => {
    const world = new World();
    await startedByNewer(world, 'Wrapping');
    const rowsOf = (from: number, to: number, subject: string): Promise<unknown> =>
      query(
        `insert into inbox (event_id, content_hash, portfolio_id, value, received_at)
         select 'row-' || n, 'h', $4, json_build_object('tells', 'parcel', 'subject', $3::text, 'input', json_build_object('type', 'Wished', 'wanted', $3::text)), now() - interval '1 minute'
         from generate_series($1::int, $2::int) n`,
        [from, to, subject, subject === 'w1' ? 'p1' : 'p2'],
      );
    await rowsOf(1, 1_700, 'w1');
    await rowsOf(1_701, 1_701, 'w2');
    const { copy, load, left } = await startOlder(world);
    await all('Waiting', 1);
    await eventually(
      'all of them were met',
      () => copy.engine.leftToNewer.size,
      (n) => n === 1_700,
    );
    expect(await open()).toBe(1_700);
    expect(left()).toHaveLength(1);
    // One journey is loaded when it is met, not once for each event.
    expect(load.mock.calls.length).toBeLessThan(20);
  });
});
