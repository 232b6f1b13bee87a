/**
 * The engine on a real Postgres with a small flow of its own, a parcel that is priced, paid, noted and shipped, and an outside world that
 * keeps its own books. A test file asks for one database of its own.
 */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { z } from 'zod';
import { Pool, type QueryResult, type QueryResultRow } from 'pg';
import { printEnvelope } from '../../contracts/internal/envelope.js';
import { go, hold, ignored, impossible, type Flow } from '../../shared/kernel/flow.js';
import type { Inquiry, OperationAbility, Outcome } from '../../shared/kernel/outcome.js';
import { openClient, openPool } from '../../shared/runtime/postgres/database.js';
import { createLog } from '../../shared/runtime/process/log.js';
import { assemble } from '../../shared/runtime/engine/assembly.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';
import { systemClock, type Clock } from '../../shared/runtime/engine/clock.js';
import { bind, noPolicy, type Timing } from '../../shared/runtime/engine/definition.js';
import { Owner } from '../../shared/runtime/engine/effects/owner.js';
import type { CrashPoint } from '../../shared/runtime/engine/failpoints.js';
import type { TakeIn } from '../../shared/runtime/engine/inbox/inbox-writer.js';
import type { Sweep } from '../../shared/runtime/engine/recovery/sweep.js';
import type { Engine } from '../../shared/runtime/engine/steps/step-loop.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import type { OutboxRow } from '../../shared/runtime/engine/store/store.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { eventually } from './eventually.js';

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
export const ability: OperationAbility = {
  repeatable: 'after-inquiry',
  keyMemoryMs: null,
  longestLifeMs: 300,
  afterAbsence: 'same-key',
  source: 'the test',
};

/** The other side: its own books, and what it does to a request. */
export class World {
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

export type Copy = {
  engine: Engine;
  sweep: Sweep;
  takeIn: TakeIn;
  store: PostgresStore;
  published: OutboxRow[];
  pool: Pool;
  vanish: () => Promise<void>;
  stop: () => Promise<void>;
};

export const connectionOptions = {
  schema: 'payout',
  role: 'cmw_payout',
  applicationName: 'engine-test',
  maxConnections: 4,
  statementTimeoutMs: 5_000,
};

/** One database for a test file: empty before each test, gone after the last. */
export const parcelEngine = () => {
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

  return {
    url: (): string => database.url,
    query: <R extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<QueryResult<R>> =>
      admin.query<R>(text, values === undefined ? undefined : [...values]),
    ...{ startCopy, message, take, pulse, all, payRow, untilNoted, startRefused, said, sendAgain },
  };
};
