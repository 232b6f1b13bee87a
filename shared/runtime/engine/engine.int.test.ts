/** The engine on a real Postgres with a small flow of its own and an outside world that keeps its own books. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { Pool } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { eventually } from '../../../test/support/eventually.js';
import { go, hold, ignored, impossible, type Flow } from '../../kernel/flow.js';
import type { Inquiry, OperationAbility, Outcome } from '../../kernel/outcome.js';
import { openClient, openPool } from '../database.js';
import { createLog } from '../log.js';
import { assemble } from './assembly.js';
import { Catalogue } from './catalogue.js';
import { systemClock, type Clock } from './clock.js';
import { bind, noPolicy, type Timing } from './definition.js';
import { type Engine, type CrashPoint } from './engine.js';
import { Owner } from './owner.js';
import { PostgresStore } from './postgres-store.js';
import { DatabaseAway, Stale, type OutboxRow } from './store.js';
import { type Sweep } from './sweep.js';
import { type TakeIn } from './take-in.js';
import { printEnvelope } from '../../../contracts/internal/envelope.js';

type State = { status: 'Pricing' | 'Paying' | 'Noting' | 'Waiting' | 'Done' | 'Refused'; wanted: string; notes: number };
type Input = { type: 'Wished'; wanted: string } | { type: 'Shipped' } | { type: 'Broken' };
type Effects = {
  AskPrice: { kind: 'read'; result: { price: string }; reason: string };
  Pay: { kind: 'once'; result: { receipt: string }; reason: string };
  Note: { kind: 'by-key'; result: null; reason: string };
};
type Said = { event: 'payout.finished'; data: { subject: string } };

const busy = {
  Wished: (s: State) => ({ stay: true as const, set: { notes: s.notes + 1 } }),
  Shipped: ignored('not yet'),
  Broken: impossible('cannot be'),
};
const parcelThen = (then: 'Done' | 'Noting'): Flow<State, Input, Effects, Said> => ({
  name: 'parcel',
  ownedBy: 'the parcel desk',
  opens: {
    Wished: (input) => ({ open: { status: 'Pricing', wanted: input.wanted, notes: 0 } }),
    Shipped: () => ignored('nothing to ship'),
    Broken: () => impossible('cannot be'),
  },
  rows: {
    Pricing: { does: 'AskPrice', whenUnknown: 'send-again', applied: go<State>('Paying'), rejected: hold('no price'), on: busy },
    Paying: {
      does: 'Pay',
      whenUnknown: 'inquire',
      applied: go<State>('Noting'),
      rejected: (_s, _r, by) => (by === 'person' ? { to: 'Refused' } : { hold: 'refused' }),
      on: busy,
    },
    Noting: {
      does: 'Note',
      whenUnknown: 'send-again',
      applied: (s) => ({ to: 'Waiting', says: [{ event: 'payout.finished', data: { subject: s.wanted } }] }),
      rejected: hold('not noted'),
      on: busy,
    },
    Waiting: {
      waitsFor: 'the ship',
      overdueAfterHours: 1,
      looksAgain: { after: 'ship', then: go<State>(then) },
      on: { ...busy, Shipped: go<State>('Done') },
    },
    Done: { ends: 'shipped', on: { Wished: ignored('over'), Shipped: ignored('over'), Broken: ignored('over') } },
    Refused: { ends: 'refused', on: { Wished: ignored('over'), Shipped: ignored('over'), Broken: ignored('over') } },
  },
});

const timing: Timing = { timeoutMs: 2_000, firstWaitMs: 20, longestWaitMs: 200, patienceMs: 60_000 };
const ability: OperationAbility = {
  repeatable: 'after-inquiry',
  keyMemoryMs: null,
  longestLifeMs: 300,
  afterAbsence: 'same-key',
  source: 'the test',
};

/** The other side: its own books, and what it does to a request. */
class World {
  readonly paid: string[] = [];
  readonly refused: string[] = [];
  readonly noted: string[] = [];
  next: 'fine' | 'apply-and-cut' | 'lose' | 'refuse' | 'hang' = 'fine';
  once: typeof this.next | null = null;

  pay(key: string): Promise<Outcome<{ receipt: string }>> {
    const mood = this.once ?? this.next;
    this.once = null;
    if (mood === 'hang') return new Promise(() => undefined);
    if (mood === 'refuse') {
      this.refused.push(key);
      return Promise.resolve({ kind: 'rejected', reason: 'closed' });
    }
    if (mood === 'lose') return Promise.resolve({ kind: 'unknown', evidence: 'timeout' });
    this.paid.push(key);
    return Promise.resolve(
      mood === 'apply-and-cut' ? { kind: 'unknown', evidence: 'reset' } : { kind: 'applied', result: { receipt: `r-${key}` } },
    );
  }
  find(key: string): Promise<Inquiry<{ receipt: string }>> {
    if (this.paid.includes(key)) return Promise.resolve({ found: 'applied', result: { receipt: `r-${key}` } });
    return Promise.resolve(this.refused.includes(key) ? { found: 'rejected', reason: 'closed' } : { found: 'absent' });
  }
}

const bindingOver = (world: World, shipMs: number, then: 'Done' | 'Noting') =>
  bind<State, Input, Effects, Said, null>({
    flow: parcelThen(then),
    idPrefix: 'pa',
    state: z.object({
      status: z.enum(['Pricing', 'Paying', 'Noting', 'Waiting', 'Done', 'Refused']),
      wanted: z.string(),
      notes: z.number(),
    }),
    policy: noPolicy,
    upgrades: [],
    oneJourneyPer: 'subject',
    effects: {
      AskPrice: {
        kind: 'read',
        system: 'shop',
        timing,
        request: (s) => ({ wanted: s.wanted }),
        read: () => Promise.resolve({ kind: 'applied', result: { price: '5' } }),
      },
      Pay: {
        kind: 'once',
        perJourney: 'one',
        system: 'shop',
        timing,
        ability,
        request: (s, _j, key) => ({ wanted: s.wanted, key }),
        reference: (r: { key: string }) => r.key,
        send: (_r, sending) => world.pay(sending.key),
        inquire: (_r, sending) => world.find(sending.key),
        resultFromPerson: () => ({ receipt: 'by hand' }),
      },
      Note: {
        kind: 'by-key',
        perJourney: 'many',
        system: 'shop',
        timing,
        ability: { ...ability, repeatable: 'by-key' },
        request: (s) => ({ wanted: s.wanted }),
        send: (_r, sending) => {
          world.noted.push(sending.key);
          return Promise.resolve({ kind: 'applied', result: null });
        },
        inquire: () => Promise.resolve({ found: 'absent' }),
        resultFromPerson: () => null,
      },
    },
    shows: () => null,
    intervalsMs: { ship: shipMs },
  });

type Copy = {
  engine: Engine;
  sweep: Sweep;
  takeIn: TakeIn;
  store: PostgresStore;
  published: OutboxRow[];
  pool: Pool;
  vanish: () => Promise<void>;
  stop: () => Promise<void>;
};

const connectionOptions = {
  schema: 'payout',
  role: 'cmw_payout',
  applicationName: 'engine-test',
  maxConnections: 4,
  statementTimeoutMs: 5_000,
};

describe('the engine on Postgres', () => {
  let database: TestDatabase;
  let admin: Pool;
  const copies: Copy[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url, max: 2, options: '-c search_path=payout' });
  });
  afterEach(async () => {
    for (const copy of copies.splice(0)) await copy.stop();
    await admin.query('truncate inbox, journey, effect, earlier_request, outbox, blocked_lane, quarantine, history');
  });
  afterAll(async () => {
    await admin.end();
    await database.drop();
  });

  const startCopy = async (
    world: World,
    o: { shipMs?: number; then?: 'Done' | 'Noting'; passes?: (point: CrashPoint) => void; mostRemembered?: number } = {},
  ): Promise<Copy> => {
    const options = { ...connectionOptions, url: database.url };
    const log = createLog('test', 'silent');
    const pool = openPool(options, () => undefined);
    const store = new PostgresStore(pool, 4711);
    const owner = new Owner({ connect: () => openClient(options), lockClass: 4711, onLost: () => undefined, onTrouble: () => undefined });
    await owner.start();
    const catalogue = new Catalogue({
      name: 'payout',
      bindings: [bindingOver(world, o.shipMs ?? 3_600_000, o.then ?? 'Done')],
      consumes: [
        {
          topic: 'payout.requested',
          read: (event) => {
            const wish = z.object({ wish: z.string(), broken: z.boolean().optional(), shipped: z.boolean().optional() }).parse(event.data);
            const input: Input =
              wish.broken === true
                ? { type: 'Broken' }
                : wish.shipped === true
                  ? { type: 'Shipped' }
                  : { type: 'Wished', wanted: wish.wish };
            return { deliver: { flow: 'parcel', subject: wish.wish, input }, portfolioId: event.portfolioId ?? '' };
          },
        },
        { topic: 'core-banking.transfer-status', read: (event) => ({ hint: z.object({ key: z.string() }).parse(event.data).key }) },
      ],
    });
    const published: OutboxRow[] = [];
    const alive = { yes: true };
    const clock: Clock = {
      ...systemClock,
      after: (waitMs, run) => {
        const timer = setTimeout(run, waitMs).unref();
        return () => {
          clearTimeout(timer);
        };
      },
    };
    const { engine, takeIn, sweep, sayer } = assemble({
      ...{ catalogue, store, clock, log, passes: o.passes ?? (() => undefined) },
      ownerId: () => owner.id,
      publish: (rows) => {
        published.push(...rows);
        return Promise.resolve();
      },
      onNotSaid: () => undefined,
      sender: {
        limitPerSystem: 64,
        breakerAfterFailures: 1_000,
        breakerOpenMs: 100,
        maySend: () => alive.yes && owner.id !== 0,
        onBug: (error) => {
          throw error;
        },
      },
      sweep: { everyMs: 50, graceMs: 100, random: Math.random },
      ...(o.mostRemembered === undefined ? {} : { bounds: { mostRemembered: o.mostRemembered } }),
    });
    sweep.start();
    const vanish = async (): Promise<void> => {
      alive.yes = false;
      await sweep.stop();
      await owner.stop();
    };
    const copy = {
      engine,
      sweep,
      takeIn,
      store,
      published,
      pool,
      vanish,
      stop: async () => {
        await vanish();
        await engine.stop(3_000);
        await sayer.stop();
        await pool.end();
      },
    };
    copies.push(copy);
    return copy;
  };

  let offset = 0;
  const message = (topic: string, portfolioId: string, content: object, id = `e-${String(++offset)}`) => ({
    topic,
    partition: 0,
    offset: String(offset),
    key: portfolioId,
    headers: {},
    timestampMs: 0,
    value: Buffer.from(
      printEnvelope({ id, type: topic, version: '1', occurredAt: '2026-01-01T00:00:00Z', portfolioId, data: content as never }),
    ),
  });
  const pulse = { stopping: () => false, heartbeat: () => Promise.resolve() };
  const take = (copy: Copy, ...messages: ReturnType<typeof message>[]) =>
    copy.takeIn.take({ topic: messages[0]?.topic ?? '', partition: 0, messages }, pulse);
  const statuses = async (): Promise<Record<string, number>> => {
    const { rows } = await admin.query<{ status: string; count: string }>('select status, count(*) from journey group by status');
    return Object.fromEntries(rows.map((row) => [row.status, Number(row.count)]));
  };
  const all = (status: string, count: number) =>
    eventually(`all ${String(count)} journeys ${status}`, statuses, (seen) => seen[status] === count);

  it('loses no answer when memory holds fewer journeys than are under way', async () => {
    const world = new World();
    const copy = await startCopy(world, { mostRemembered: 8 });
    for (let wave = 0; wave < 5; wave++)
      await take(
        copy,
        ...Array.from({ length: 60 }, (_, n) =>
          message('payout.requested', `p${String(wave)}-${String(n)}`, { wish: `w${String(wave)}-${String(n)}` }),
        ),
      );
    await all('Waiting', 300);
    expect(world.paid).toHaveLength(300);
  });
  it('takes many journeys through and pays each once, whatever is delivered twice', async () => {
    const world = new World();
    const copy = await startCopy(world);
    const messages = Array.from({ length: 300 }, (_, n) => message('payout.requested', `p${String(n)}`, { wish: `w${String(n)}` }));
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
    const { rows } = await admin.query<{ n: string }>('select count(*) as n from history');
    // Opened, priced, paid, noted.
    expect(Number(rows[0]?.n)).toBe(300 * 4);
  });

  it('asks before it ever sends again, and pays once when the answer was lost', async () => {
    const world = new World();
    const copy = await startCopy(world);
    world.once = 'apply-and-cut';
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    await all('Waiting', 1);
    expect(world.paid).toHaveLength(1);
  });

  it('believes "absent" only after the longest life of a request, then sends the same key again', async () => {
    const world = new World();
    const copy = await startCopy(world);
    world.once = 'lose';
    const startMs = Date.now();
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    await all('Waiting', 1);
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(ability.longestLifeMs);
    expect(world.paid).toHaveLength(1);
  });

  it('takes over what a copy that is gone was sending, without paying twice', async () => {
    const world = new World();
    const first = await startCopy(world);
    world.next = 'hang';
    await take(first, message('payout.requested', 'p1', { wish: 'w1' }));
    await eventually(
      'it is being sent',
      async () => (await admin.query<{ status: string }>(`select status from effect where name = 'Pay'`)).rows[0]?.status,
      (status) => status === 'sending',
    );
    // The request got through, the process died before any answer.
    const key = (await admin.query<{ id: string }>(`select id from effect where name = 'Pay'`)).rows[0]?.id ?? '';
    world.paid.push(key);
    await first.vanish();
    world.next = 'fine';
    await startCopy(world);
    await all('Waiting', 1);
    expect(world.paid).toEqual([key]);
  });

  it('lets two copies step the same journeys without a lost or doubled step', async () => {
    const world = new World();
    const [a, b] = [await startCopy(world), await startCopy(world)];
    const count = 60;
    const wishes = Array.from({ length: count }, (_, n) => message('payout.requested', `p${String(n)}`, { wish: `w${String(n)}` }));
    const more = Array.from({ length: count }, (_, n) => message('payout.requested', `p${String(n)}`, { wish: `w${String(n)}` }));
    await Promise.all([take(a, ...wishes), take(b, ...more)]);
    await all('Waiting', count);
    await eventually(
      'all events are handled',
      async () => Number((await admin.query<{ n: string }>('select count(*) as n from inbox where handled_at is null')).rows[0]?.n),
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
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    await all('Waiting', 1);
    expect(world.paid).toHaveLength(1);
    expect(commits).toBeGreaterThan(3);
    await eventually(
      'it is said',
      () => copy.published.length,
      (count) => count >= 1,
    );
  });

  it('looks at an effect that another copy left behind, though its own memory is older', async () => {
    const world = new World();
    const [a, b] = [await startCopy(world), await startCopy(world)];
    world.next = 'hang';
    await take(a, message('payout.requested', 'p1', { wish: 'w1' }));
    const pay = async () => (await admin.query<{ id: string; status: string }>(`select id, status from effect where name = 'Pay'`)).rows[0];
    const sending = await eventually('it is being sent', pay, (row) => row?.status === 'sending');
    // Copy b remembers the payment as being sent; then its owner gives it up behind b's back, and is gone.
    await take(b, message('payout.requested', 'p1', { wish: 'w1' }));
    await eventually(
      'b has noted it',
      async () => (await admin.query<{ n: number }>(`select (state ->> 'notes')::int as n from journey`)).rows[0]?.n,
      (n) => n === 1,
    );
    world.paid.push(sending?.id ?? '');
    world.next = 'fine';
    await admin.query(`update effect set status = 'unknown', owner = null, due_at = now() where name = 'Pay'`);
    await admin.query(`update journey set version = version + 1`);
    await a.vanish();
    await all('Waiting', 1);
    expect(world.paid).toHaveLength(1);
  });

  it('judges no event by a journey that another copy has moved on', async () => {
    const world = new World();
    const [a, b] = [await startCopy(world), await startCopy(world)];
    await take(a, message('payout.requested', 'p1', { wish: 'w1' }));
    await all('Waiting', 1);
    // Copy b knows the journey as it is now; then copy a ends it behind b's back.
    await take(b, message('payout.requested', 'p1', { wish: 'w1' }));
    await eventually(
      'b has noted it',
      async () => (await admin.query<{ n: number }>(`select (state ->> 'notes')::int as n from journey`)).rows[0]?.n,
      (n) => n === 1,
    );
    await take(a, message('payout.requested', 'p1', { wish: 'w1', shipped: true }));
    await all('Done', 1);
    // In `Waiting` this is impossible and would be quarantined; in `Done` it is ignored.
    await take(b, message('payout.requested', 'p1', { wish: 'w1', broken: true }, 'late'));
    const row = await eventually(
      'it is judged',
      async () =>
        (
          await admin.query<{ note: string | null; handled: boolean }>(
            `select note, handled_at is not null as handled from inbox where event_id = 'late'`,
          )
        ).rows[0],
      (seen) => seen?.handled === true,
    );
    expect(row?.note).toBe('over');
    expect((await admin.query('select 1 from quarantine')).rowCount).toBe(0);
  });

  it('carries an answer of people out once, also when its message comes again after a crash', async () => {
    const world = new World();
    world.next = 'refuse';
    const copy = await startCopy(world);
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    const parked = async () =>
      (
        await admin.query<{ id: string; status: string; generation: number }>(
          `select id, status, generation from effect where name = 'Pay'`,
        )
      ).rows[0];
    const effect = await eventually('it is parked', parked, (seen) => seen?.status === 'parked');
    const decision = {
      kind: 'answer-effect',
      service: 'payout',
      effectId: effect?.id,
      generation: 1,
      answer: 'send-again',
      evidence: 'opened again',
      by: 'anna',
      approvedBy: 'ben',
    };
    const told = { ...message('operator.decision', 'p1', decision, 'd1') };
    await take(copy, told);
    await eventually('refused again, under a new key', parked, (seen) => seen?.status === 'parked' && seen.generation === 2);
    world.next = 'fine';
    await take(copy, told);
    await take(copy, message('operator.decision', 'p1', decision, 'd2'));
    const note = async () =>
      (await admin.query<{ note: string | null }>(`select note from inbox where event_id = 'd2' and handled_at is not null`)).rows[0]?.note;
    expect(await eventually('the second one is closed', note, (seen) => seen !== undefined)).toContain('decided before');
    expect(world.paid).toHaveLength(0);
    await take(copy, message('operator.decision', 'p1', { ...decision, generation: 2 }, 'd3'));
    await all('Waiting', 1);
    expect(world.paid).toHaveLength(1);
  });

  type PayRow = { id: string; status: string; generation: number; reference: string; note: string };
  const payRow = async (): Promise<PayRow | undefined> =>
    (await admin.query<PayRow>(`select id, status, generation, reference, note from effect where name = 'Pay'`)).rows[0];
  const untilNoted = (what: string, note: string): Promise<PayRow | undefined> =>
    eventually(what, payRow, (row) => row?.status === 'parked' && row.note.startsWith(note));
  /** A copy whose first payment was refused, and waits for people. */
  const startRefused = async () => {
    const world = new World();
    world.next = 'refuse';
    const copy = await startCopy(world);
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    return { world, copy, parked: await untilNoted('it is parked', 'refused') };
  };
  const said = (answer: 'applied' | 'rejected' | 'send-again', effectId: string | undefined, generation: number, id: string) =>
    message(
      'operator.decision',
      'p1',
      { kind: 'answer-effect', service: 'payout', effectId, generation, answer, evidence: 'e', by: 'anna', approvedBy: 'ben' },
      id,
    );
  const sendAgain = (effectId: string | undefined, generation: number, id: string) => said('send-again', effectId, generation, id);

  it('asks about a parked effect when there is news of it, tells people, and asks once more before it is sent again', async () => {
    const { world, copy, parked } = await startRefused();
    // They change their mind: it is paid after all.
    world.paid.push(parked?.reference ?? '');
    await take(copy, message('core-banking.transfer-status', 'p1', { key: parked?.reference }));
    await untilNoted('people are told', 'asked since: it has happened; before: refused');
    const held = async () => (await admin.query<{ held: string }>(`select held from journey`)).rows[0]?.held;
    expect(await held()).toMatch(/^asked since: it has happened/);
    expect((await admin.query(`select note from history where occasion = 'Inquired: applied'`)).rowCount).toBe(1);
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

  it("asks the other side before it takes people's word: they may have looked too early", async () => {
    const { world, copy, parked } = await startRefused();
    await take(copy, said('applied', parked?.id, 1, 'd1'));
    await untilNoted('nothing is told as paid', 'not taken as applied: they refused it: closed');
    world.paid.push(parked?.reference ?? '');
    await take(copy, said('rejected', parked?.id, 1, 'd2'));
    await untilNoted('what is paid is not let go', 'not taken as rejected: it has happened');
    await take(copy, said('applied', parked?.id, 1, 'd3'));
    await all('Waiting', 1);
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
    const noticed = async () => (await admin.query<{ held: string | null }>(`select held from journey`)).rows[0]?.held;
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

  it('takes the word of people about an effect that another copy parked in the database only', async () => {
    const world = new World();
    const [a, b] = [await startCopy(world), await startCopy(world)];
    world.next = 'hang';
    await take(a, message('payout.requested', 'p1', { wish: 'w1' }));
    await eventually('it is being sent', payRow, (row) => row?.status === 'sending');
    // Copy b remembers the payment as being sent; then a cannot write what was answered.
    await take(b, message('payout.requested', 'p1', { wish: 'w1' }));
    await eventually(
      'b has noted it',
      async () => (await admin.query<{ n: number }>(`select (state ->> 'notes')::int as n from journey`)).rows[0]?.n,
      (n) => n === 1,
    );
    await admin.query(`update effect set status = 'parked', owner = null, note = 'Bug: cannot be written' where name = 'Pay'`);
    const decision = { ...sendAgain((await payRow())?.id, 1, 'd1') };
    world.paid.push((await payRow())?.reference ?? '');
    await take(b, decision);
    await untilNoted('it is asked about and not sent again', 'not sent again: it has happened');
  });

  it('does not lose an answer when the database goes away while it is asked what a stale batch still has to do', async () => {
    const world = new World();
    const copy = await startCopy(world);
    world.next = 'hang';
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    const pay = await eventually('it is being sent', payRow, (row) => row?.status === 'sending');
    const [journey] = await copy.store.load([pay?.id.split(':')[0] ?? ''], []);
    const effect = journey?.effect;
    if (journey === undefined || effect === null || effect === undefined) throw new Error('nothing is being sent');
    const write = copy.store.write.bind(copy.store);
    const stillOpen = copy.store.stillOpen.bind(copy.store);
    copy.store.write = () => {
      copy.store.write = write;
      return Promise.reject(new Stale('another copy was faster'));
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

  it('takes an owner for gone whose number only another database of the same server has', async () => {
    const other = await createTestDatabase();
    const there = new Pool({ connectionString: other.url, max: 1 });
    try {
      const world = new World();
      const copy = await startCopy(world);
      world.next = 'hang';
      await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
      await eventually('it is being sent', payRow, (row) => row?.status === 'sending');
      const { rows } = await admin.query<{ owner: number }>(`select owner from effect where name = 'Pay'`);
      await there.query('select pg_advisory_lock(4711, $1)', [rows[0]?.owner]);
      await copy.vanish();
      expect(await copy.store.orphanedEffects(-1, 10)).toHaveLength(1);
    } finally {
      await there.end();
      await other.drop();
    }
  });

  it('takes no owner for gone that came while it looked', async () => {
    const world = new World();
    const copy = await startCopy(world);
    world.next = 'hang';
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    await eventually('it is being sent', payRow, (row) => row?.status === 'sending');
    await copy.sweep.stop();
    const connect = () => openClient({ ...connectionOptions, url: database.url });
    const late = new Owner({ connect, lockClass: 4711, onLost: () => undefined, onTrouble: () => undefined });
    const query = copy.pool.query.bind(copy.pool) as (...args: readonly unknown[]) => Promise<unknown>;
    const comesBetween = async (...args: readonly unknown[]): Promise<unknown> => {
      const answer = await query(...args);
      if ((args[0] as { name?: string }).name === 'owners' && late.id === 0) {
        await late.start();
        await admin.query('update effect set owner = $1', [late.id]);
      }
      return answer;
    };
    Object.assign(copy.pool, { query: comesBetween });
    expect(await copy.store.orphanedEffects(-1, 10)).toEqual([]);
    expect(late.id).toBeGreaterThan(0);
    await late.stop();
    expect(await copy.store.orphanedEffects(-1, 10)).toHaveLength(1);
  });

  it('holds a definite refusal for people, and goes on as they say', async () => {
    const world = new World();
    world.next = 'refuse';
    const copy = await startCopy(world);
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    const parked = await eventually(
      'it is parked',
      async () =>
        (
          await admin.query<{ id: string; journey_id: string; status: string; note: string }>(
            `select id, journey_id, status, note from effect where name = 'Pay'`,
          )
        ).rows[0],
      (row) => row?.status === 'parked',
    );
    expect(parked?.note).toBe('refused');
    copy.engine.enqueue({
      kind: 'effect',
      lane: 'p1',
      journeyId: parked?.journey_id ?? '',
      effectId: parked?.id ?? '',
      event: { type: 'PersonSaid', said: 'rejected', generation: 1, result: null, evidence: 'called the bank' },
      eventId: null,
      tries: 0,
    });
    await all('Refused', 1);
    expect(world.paid).toHaveLength(0);
  });

  it('quarantines what the flow calls impossible, stops that lane only, and lets it run again', async () => {
    const world = new World();
    const copy = await startCopy(world);
    await take(
      copy,
      message('payout.requested', 'p1', { wish: 'w1', broken: true }, 'bad'),
      message('payout.requested', 'p1', { wish: 'w1' }),
      message('payout.requested', 'p2', { wish: 'w2' }),
    );
    await all('Waiting', 1);
    expect((await admin.query('select portfolio_id, event_id from blocked_lane')).rows).toEqual([{ portfolio_id: 'p1', event_id: 'bad' }]);
    const letter = await eventually(
      'the dead letter is out',
      () => copy.published.find((row) => row.topic === 'payout.requested.dlq'),
      (row) => row !== undefined,
    );
    expect(letter?.headers).toMatchObject({ 'dlq-reason': 'cannot be', 'dlq-error-class': 'Impossible', 'dlq-topic': 'payout.requested' });
    const row = await copy.store.replay(
      'bad',
      printEnvelope({ id: 'bad', type: 'x', version: '1', occurredAt: '', portfolioId: 'p1', data: { wish: 'w1' } }),
      'mended',
    );
    expect(row?.eventId).toBe('bad');
    // Both the mended message and the one that waited behind it are handled now.
    await all('Waiting', 2);
    await eventually(
      'all events are handled',
      async () => Number((await admin.query<{ n: string }>('select count(*) as n from inbox where handled_at is null')).rows[0]?.n),
      (n) => n === 0,
    );
    expect(world.paid).toHaveLength(2);
  });

  it('quarantines what cannot be read, whole, and never lets it crash', async () => {
    const copy = await startCopy(new World());
    const raw = { ...message('payout.requested', 'p9', {}), value: Buffer.from([0xff, 0xfe, 0x00]) };
    await take(copy, raw, { ...message('payout.requested', 'p8', {}), value: Buffer.from('{"half":') });
    const { rows } = await admin.query<{ portfolio_id: string; value: string; headers: string }>(
      'select portfolio_id, value, headers from quarantine order by portfolio_id',
    );
    expect(rows.map((row) => row.portfolio_id)).toEqual(['p8', 'p9']);
    expect(Buffer.from(rows[1]?.value ?? '', 'base64')).toEqual(raw.value);
    expect(rows[1]?.headers).toContain('base64');
  });

  it('takes in what several partitions bring at once in one statement; a row that the database refuses holds up its own only', async () => {
    const world = new World();
    const copy = await startCopy(world);
    const written = jest.spyOn(copy.store, 'takeIn');
    await admin.query(`alter table inbox add constraint refused check (portfolio_id <> 'p2')`);
    const takeAll = () =>
      Promise.allSettled(
        [0, 1, 2, 3].map((partition) => {
          const one = message('payout.requested', `p${String(partition)}`, { wish: `w${String(partition)}` }, `t-${String(partition)}`);
          return copy.takeIn.take({ topic: one.topic, partition, messages: [{ ...one, partition }] }, pulse);
        }),
      );
    const first = await takeAll();
    await admin.query('alter table inbox drop constraint refused');
    expect(first.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    await all('Waiting', 3);
    written.mockClear();
    // Again, as the consumer would: the one that was refused comes in, the others are known.
    expect((await takeAll()).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(written.mock.calls.map(([rows]) => rows.length)).toEqual([4]);
    await all('Waiting', 4);
    expect(world.paid).toHaveLength(4);
  });

  it('stops taking in when most messages cannot be read, instead of filling the dead-letter topic', async () => {
    const copy = await startCopy(new World());
    const bad = Array.from({ length: 30 }, (_, n) => ({
      ...message('payout.requested', `p${String(n)}`, {}),
      value: Buffer.from('rubbish'),
    }));
    await expect(take(copy, ...bad)).rejects.toThrow('most messages');
    expect(copy.takeIn.heldBecause).toEqual(['most messages of payout.requested/0 cannot be read']);
    expect((await admin.query('select 1 from quarantine')).rowCount).toBe(0);
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    expect(copy.takeIn.heldBecause).toEqual([]);
  });

  it('looks again after its interval, without any event', async () => {
    const copy = await startCopy(new World(), { shipMs: 200 });
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    await all('Done', 1);
  });

  it('does not start a wait anew when it only looked in between', async () => {
    const copy = await startCopy(new World(), { shipMs: 100, then: 'Noting' });
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }));
    const look = async () =>
      (
        await admin.query<{ version: number; overdue: string; status: string }>(
          `select version, overdue_at::text as overdue, status from journey where status = 'Waiting'`,
        )
      ).rows[0];
    const first = await eventually('it waits', look, (row) => row !== undefined);
    const later = await eventually('it looked again three times', look, (row) => (row?.version ?? 0) >= (first?.version ?? 0) + 6);
    expect(later?.overdue).toBe(first?.overdue);
  });

  it('drops what was handled long ago, and nothing else', async () => {
    const copy = await startCopy(new World());
    await take(copy, message('payout.requested', 'p1', { wish: 'w1' }), message('payout.requested', 'p2', { wish: 'w2' }));
    await all('Waiting', 2);
    await eventually(
      'all is said',
      async () => Number((await admin.query<{ n: string }>('select count(*) as n from outbox where sent_at is null')).rows[0]?.n),
      (n) => n === 0,
    );
    await admin.query(`update inbox set handled_at = now() - interval '61 days' where portfolio_id = 'p1'`);
    await admin.query(`update outbox set sent_at = now() - interval '61 days' where key = 'p1'`);
    expect(await copy.store.dropHandled(60, 100)).toBe(2);
    expect((await admin.query('select portfolio_id from inbox')).rows).toEqual([{ portfolio_id: 'p2' }]);
  });
});
