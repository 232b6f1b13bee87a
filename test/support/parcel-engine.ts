/** The engine on a real Postgres with the parcel's flow. A test file asks for one database of its own. */
import { askOf } from '../../shared/runtime/sealing/portfolio-keys.js';
import { messageSealing } from '../../shared/runtime/sealing/sealed-message.js';
import type { Sealing } from '../../shared/runtime/sealing/sealer.js';
import { sealedStore } from '../../shared/runtime/engine/store/sealed-store.js';
import type { EngineStore } from '../../shared/runtime/engine/store/store.js';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { Pool, type QueryResult, type QueryResultRow } from 'pg';
import { printEnvelope } from '../../contracts/internal/envelope.js';
import { openClient, openPool } from '../../shared/runtime/postgres/database.js';
import { createLog, type Log } from '../../shared/runtime/process/log.js';
import { assemble } from '../../shared/runtime/engine/assembly.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';
import { systemClock, type Clock } from '../../shared/runtime/engine/clock.js';
import type { ServiceDefinition } from '../../shared/runtime/engine/definition.js';
import { Owner } from '../../shared/runtime/engine/effects/owner.js';
import type { FailpointName } from '../../shared/runtime/engine/failpoints.js';
import type { InboxWriter } from '../../shared/runtime/engine/inbox/inbox-writer.js';
import type { Sweep } from '../../shared/runtime/engine/recovery/sweep.js';
import type { Engine } from '../../shared/runtime/engine/steps/step-loop.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import type { OutboxRow } from '../../shared/runtime/engine/store/store.js';
import { NOTHING_STOPPED, type StopSource } from '../../shared/runtime/stopping/stop-source.js';
import { admitAll } from './admission.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { eventually } from './eventually.js';
import { bindingOver, consumes, World } from './parcel-flow.js';
import { newerThan } from './parcel-flow-newer.js';
import { personNamed, signedDecision } from './signing-people.js';

export type Copy = {
  engine: Engine;
  sweep: Sweep;
  inboxWriter: InboxWriter;
  store: EngineStore;
  published: OutboxRow[];
  pool: Pool;
  vanish: () => Promise<void>;
  stop: () => Promise<void>;
};

type CopyOptions = {
  readonly shipMs?: number;
  readonly then?: 'Done' | 'Noting';
  readonly failpoint?: (point: FailpointName) => void;
  readonly mostRemembered?: number;
  /** An instance of the next version of ours: see parcel-flow-newer.ts. */
  readonly newer?: boolean;
  readonly log?: Log;
  readonly stops?: StopSource;
  /** What a parcel is wanted for counts as personal, and is sealed. Default: nothing is. */
  readonly sealing?: Sealing;
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
    await admin.query(
      'truncate inbox, journey, effect, earlier_request, outbox, blocked_lane, quarantine, history, decision, public.data_key, public.seal_key',
    );
  });
  afterAll(async () => {
    await admin.end();
    await database.drop();
  });

  const startCopy = async (world: World, o: CopyOptions = {}): Promise<Copy> => {
    const options = { ...connectionOptions, url: database.url };
    const log = o.log ?? createLog('test', 'silent');
    const pool = openPool(options, () => undefined);
    const inner = new PostgresStore(pool, 4711);
    const { sealing } = o;
    const store: EngineStore =
      sealing === undefined ? inner : sealedStore(inner, { ...sealing, ask: askOf(pool), personalOf: () => ['wanted'], nowMs: Date.now });
    const owner = new Owner({ connect: () => openClient(options), lockClass: 4711, onLost: () => undefined, onTrouble: () => undefined });
    await owner.start();
    const binding = bindingOver(world, o.shipMs ?? 3_600_000, o.then ?? 'Done');
    const older: ServiceDefinition = { name: 'payout', bindings: [binding], consumes };
    const catalogue = new Catalogue(o.newer === true ? newerThan(older) : older);
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
    const {
      engine,
      inboxWriter: inboxWriter,
      sweep,
      outboxPublisher: outboxPublisher,
    } = assemble({
      ...{ catalogue, store, clock, log, failpoint: o.failpoint ?? (() => undefined), admission: admitAll },
      ...(sealing === undefined ? {} : { sealing: messageSealing(sealing.sealer) }),
      ownerId: () => owner.id,
      publish: (rows) => {
        published.push(...rows);
        return Promise.resolve([]);
      },
      onNotPublished: () => undefined,
      stops: o.stops ?? NOTHING_STOPPED,
      personNamed,
      effectRunner: {
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
    let stopping: Promise<void> | null = null;
    const vanish = async (): Promise<void> => {
      alive.yes = false;
      await sweep.stop();
      await owner.stop();
    };
    const end = async (): Promise<void> => {
      await vanish();
      await engine.stop(3_000);
      await outboxPublisher.stop();
      await pool.end();
    };
    const copy = {
      engine,
      sweep,
      inboxWriter: inboxWriter,
      store,
      published,
      pool,
      vanish,
      stop: () => (stopping ??= end()),
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
    copy.inboxWriter.take({ topic: messages[0]?.topic ?? '', partition: 0, messages }, pulse);
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
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    return { world, copy, parked: await untilNoted('it is parked', 'refused') };
  };
  const said = (answer: 'applied' | 'rejected' | 'send-again', effectId: string | undefined, generation: number, id: string) =>
    message(
      'operator.decision',
      'p1',
      signedDecision({ kind: 'answer-effect', service: 'payout', effectId: effectId ?? '', generation, answer, evidence: 'e' }),
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
