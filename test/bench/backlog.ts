/**
 * Whether a journey costs more when many wait: the processor time of Node and Postgres per journey of five calls, with 200, 2,000 and
 * 20,000 events waiting in the inbox and in memory, left in the inbox by a previous run, and with a hundred times as many finished ones in
 * the tables. The calls answer at once, so that nothing but the engine and the database is measured.
 */
import { Pool } from 'pg';
import { printEnvelope } from '../../contracts/internal/envelope.js';
import { startRig, type Rig } from './engine-rig.js';
import { fiveCalls } from './five-calls.js';
import { perSecond, serverKinds, startCpu, takeTurns, type Bench, type BenchContext, type Figure, type ProcessKinds } from './measure.js';

const FETCH = 500;
const TABLES = ['inbox', 'journey', 'effect', 'earlier_request', 'history', 'outbox', 'blocked_lane', 'quarantine'];
const AT_MOST_MS = 120_000;

type Stage = { readonly url: string; readonly admin: Pool; readonly kinds: ProcessKinds };
type Cost = { readonly nodeMs: number; readonly postgresMs: number; readonly totalMs: number; readonly perSecond: number };

const emptied = async ({ admin }: Stage): Promise<void> => {
  await admin.query(`truncate ${TABLES.map((table) => `payout.${table}`).join(', ')}`);
  await admin.query('checkpoint');
};

/** Journeys that ended long ago with all that belongs to them: five effects, six lines of history, an event in, an event out. */
const addFinished = async ({ admin }: Stage, count: number): Promise<void> => {
  const journeys = `generate_series(1, ${count}) n`;
  const long = `now() - interval '10 days'`;
  await admin.query(`insert into payout.inbox (event_id, content_hash, topic, "partition", "offset", portfolio_id, value, received_at, handled_at)
    select 'old-request-' || n, md5(n::text), 'payout.requested', 0, n, 'old-' || n, repeat('x', 200), ${long}, ${long} from ${journeys}`);
  await admin.query(`insert into payout.journey (id, flow, subject, portfolio_id, version, status, state, state_version, owned_by, ended, opened_at, since)
    select 'fc-old' || md5(n::text), 'five-calls', 'old-' || n, 'old-' || n, 6, 'Done', '{"status": "Done", "wanted": "old"}', 1, 'the benchmark', true, ${long}, ${long} from ${journeys}`);
  await admin.query(`insert into payout.effect (id, journey_id, name, kind, generation, status, attempt, request, planned_at, first_sent_at, last_sent_at, result)
    select 'fc-old' || md5(n::text) || ':' || e, 'fc-old' || md5(n::text), 'First', 'by-key', 1, 'applied', 1, '{"amount": "125.50"}', ${long}, ${long}, ${long}, '{"receipt": "r"}'
    from ${journeys}, generate_series(1, 5) e`);
  await admin.query(`insert into payout.history (journey_id, version, at, occasion, status)
    select 'fc-old' || md5(n::text), v, ${long}, 'effect', 'Done' from ${journeys}, generate_series(1, 6) v`);
  await admin.query(`insert into payout.outbox (event_id, topic, key, headers, value, created_at, sent_at)
    select 'fc-old' || n, 'payout.finished', 'old-' || n, '{}', repeat('x', 200), ${long}, ${long} from ${journeys}`);
  await admin.query('vacuum analyze');
  await admin.query('checkpoint');
};

let series = 0;
const names = (count: number): string[] => {
  const prefix = `b${(++series).toString(36)}`;
  return Array.from({ length: count }, (_, index) => `${prefix}-${index.toString(36)}`);
};

/** Counts the ends; each wave is waited for as a whole. */
class Ends {
  #left = 0;
  #over: () => void = () => undefined;
  readonly onSaid = (rows: readonly unknown[]): void => {
    this.#left -= rows.length;
    if (this.#left === 0) this.#over();
  };
  expect(count: number): Promise<void> {
    this.#left = count;
    return new Promise((resolve, reject) => {
      const tooLong = setTimeout(() => reject(new Error(`${this.#left} of ${count} journeys have not ended`)), AT_MOST_MS);
      this.#over = () => {
        clearTimeout(tooLong);
        resolve();
      };
    });
  }
}

const definition = fiveCalls(() => new Promise((resolve) => setImmediate(resolve, { id: 'r-1' })));

const wave = async (rig: Rig, ends: Ends, wanted: readonly string[]): Promise<void> => {
  const over = ends.expect(wanted.length);
  for (let from = 0; from < wanted.length; from += FETCH) await rig.take(wanted.slice(from, from + FETCH));
  await over;
};

const costed = async (stage: Stage, journeys: number, work: () => Promise<void>): Promise<Cost> => {
  const cpu = startCpu(stage.kinds);
  const startedAtMs = performance.now();
  await work();
  const durationMs = performance.now() - startedAtMs;
  const { bench = Number.NaN, postgres = Number.NaN } = cpu();
  const [nodeMs, postgresMs] = [bench / journeys, postgres / journeys];
  return { nodeMs, postgresMs, totalMs: nodeMs + postgresMs, perSecond: perSecond(journeys, durationMs) };
};

/** So many waiting at once, as often as it takes for a figure. */
const inWaves = async (stage: Stage, waiting: number, waves: number, finished = 0): Promise<Cost> => {
  await emptied(stage);
  if (finished > 0) await addFinished(stage, finished);
  const ends = new Ends();
  const rig = await startRig(stage.url, definition, ends.onSaid);
  try {
    await wave(rig, ends, names(200));
    return await costed(stage, waiting * waves, async () => {
      for (let n = 0; n < waves; n += 1) await wave(rig, ends, names(waiting));
    });
  } finally {
    await rig.stop();
  }
};

/** Events that were taken in by a process that is gone: nothing but the inbox knows of them. From the start of the next one to the last end. */
const leftBehind = async (stage: Stage, waiting: number): Promise<Cost> => {
  await emptied(stage);
  const wanted = names(waiting);
  const values = wanted.map((one) =>
    printEnvelope({
      id: `wish-${one}`,
      type: 'payout.requested',
      version: '1',
      occurredAt: '2026-01-01T00:00:00Z',
      portfolioId: one,
      data: { wanted: one },
    }),
  );
  await stage.admin.query(
    `insert into payout.inbox (event_id, content_hash, topic, "partition", "offset", portfolio_id, value, received_at)
     select 'request-' || wanted, md5(value), 'payout.requested', 0, row_number() over (), wanted, value, now() - interval '1 minute'
     from unnest($1::text[], $2::text[]) as t(wanted, value)`,
    [wanted, values],
  );
  const ends = new Ends();
  const over = ends.expect(waiting);
  let rig: Rig | null = null;
  try {
    return await costed(stage, waiting, async () => {
      rig = await startRig(stage.url, definition, ends.onSaid);
      await over;
    });
  } finally {
    await (rig as Rig | null)?.stop();
  }
};

const measureAll = async (context: BenchContext, stage: Stage, small: number) => {
  const rounds = context.quick ? 1 : 2;
  const enough = context.quick ? 3 : 15;
  await inWaves(stage, small, enough);
  return takeTurns(
    rounds,
    {
      once: () => inWaves(stage, small, enough),
      tenfold: () => inWaves(stage, 10 * small, 2),
      hundredfold: () => inWaves(stage, 100 * small, 1),
      afterStart: () => leftBehind(stage, 50 * small),
      amongFinished: () => inWaves(stage, small, enough, 100 * small),
    },
    (name, round) => context.progress(`round ${round + 1} of ${rounds}: ${name}`),
  );
};

const run: Bench['run'] = async (context) => {
  const [postgres, url] = [await context.postgres(), await context.freshDatabase()];
  const admin = new Pool({ connectionString: url, max: 1 });
  context.atEnd(() => admin.end());
  const small = context.quick ? 50 : 200;
  const all = await measureAll(context, { url, admin, kinds: serverKinds({ postgres }) }, small);
  const cost = (name: keyof typeof all): number => all[name].median.totalMs;
  const base = cost('once');
  const absolute = (label: string, name: keyof typeof all): Figure => ({
    name: label,
    value: cost(name),
    unit: 'ms/journey',
    note: `Node ${all[name].median.nodeMs.toFixed(2)}, Postgres ${all[name].median.postgresMs.toFixed(2)}; ${Math.round(all[name].median.perSecond)} journeys/s`,
  });
  const grown = (label: string, name: keyof typeof all): Figure => ({
    name: label,
    value: (100 * cost(name)) / base,
    unit: '% of 1x',
    goal: { atMost: 120 },
  });
  return {
    figures: [
      absolute(`1x: ${small} waiting`, 'once'),
      absolute(`10x: ${10 * small} waiting`, 'tenfold'),
      absolute(`100x: ${100 * small} waiting`, 'hundredfold'),
      absolute(`${50 * small} left behind by a previous run`, 'afterStart'),
      absolute(`1x among ${100 * small} finished ones`, 'amongFinished'),
      grown('cost of a journey at 10x', 'tenfold'),
      grown('cost of a journey at 100x', 'hundredfold'),
      grown('cost of a journey after a start', 'afterStart'),
      grown('cost of a journey among 100x finished ones', 'amongFinished'),
    ],
    notes: ['processor time of Node and Postgres together, five calls a journey that answer at once'],
  };
};

export const backlog: Bench = { name: 'backlog', does: 'cost of a journey when 1x, 10x and 100x as many wait', run };
