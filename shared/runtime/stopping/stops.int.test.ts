/** The table of stops on a real Postgres: who may write what, and that no reader misses a row. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Pool } from 'pg';
import { person, personAtOf, resumeBy, stopBy } from '../../../test/builders/people.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { systemClock } from '../engine/clock.js';
import { createLog } from '../process/log.js';
import { connectStops } from './postgres-stops.js';
import type { StopAct } from './stop-acts.js';
import { FROM_THE_START, HOLDS_EVERYWHERE_AFTER_MS, StopWatch } from './stop-watch.js';

const [anna, ben] = [person('anna'), person('ben')];
const pays = { system: 'core-banking', operation: 'PayCounterAccount', portfolioId: 'P1', changes: true };
const INSERT = `insert into public.stop_act (act_id, does, scope, ends, why, made_by, signature, approved_by, approval) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
const valuesOf = ({ actId, does, scope, ends, why, by, approvedBy }: StopAct): readonly unknown[] => [
  ...[actId, does, scope, ends, why, by.name, by.signature, approvedBy?.name ?? null, approvedBy?.signature ?? null],
];

describe('the table of stops', () => {
  let database: TestDatabase;
  let admin: Pool;
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url, max: 2 });
  });
  afterEach(async () => {
    await admin.query(
      'alter table public.stop_act disable trigger user; truncate public.stop_act; alter table public.stop_act enable trigger user',
    );
  });
  afterAll(async () => {
    await admin.end();
    await database.drop();
  });

  const optionsOf = (service: string) => ({
    ...{
      url: database.url,
      schema: service,
      role: `cmw_${service}`,
      applicationName: 'stops',
      maxConnections: 1,
      statementTimeoutMs: 5_000,
    },
  });
  const as = async <T>(role: string, work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ connectionString: database.url, options: `-c role=${role}` });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  it('is read by every service, written by the operators alone, and never changed [A9]', async () => {
    await as('cmw_operator', (client) => client.query(INSERT, [...valuesOf(stopBy(anna))]));
    for (const service of ['withdrawal', 'payout', 'rebalancing', 'portfolio', 'gateway']) {
      const { rows } = await as(`cmw_${service}`, (client) => client.query('select scope from public.stop_act'));
      expect(rows).toEqual([{ scope: 'all' }]);
      await expect(as(`cmw_${service}`, (client) => client.query(INSERT, [...valuesOf(stopBy(anna))]))).rejects.toThrow(
        'permission denied',
      );
    }
    for (const text of [
      `update public.stop_act set scope = 'x'`,
      'delete from public.stop_act',
      'truncate public.stop_act',
      `insert into public.stop_act (act_id, does, scope, why, made_by, signature, at) values ('a', 'stops', 'all', 'w', 'anna', 's', now())`,
      `insert into public.stop_act (act_id, does, scope, why, made_by, signature, written_by) values ('a', 'stops', 'all', 'w', 'anna', 's', '1')`,
    ])
      await expect(as('cmw_operator', (client) => client.query(text))).rejects.toThrow('permission denied');
    // Not even whoever owns the table changes a row by mistake.
    for (const text of [`update public.stop_act set scope = 'x'`, 'delete from public.stop_act', 'truncate public.stop_act'])
      await expect(admin.query(text)).rejects.toThrow('append-only');
  });
  it('takes no resume of one person, or of nothing [A9]', async () => {
    const resume = resumeBy(anna, ben, stopBy(anna));
    const insert = (act: StopAct): Promise<unknown> => as('cmw_operator', (client) => client.query(INSERT, [...valuesOf(act)]));
    await expect(insert({ ...resume, approvedBy: null })).rejects.toThrow('a_resume_has_two_people');
    await expect(insert({ ...resume, approvedBy: resume.by })).rejects.toThrow('a_resume_has_two_people');
    await expect(insert({ ...resume, ends: [] })).rejects.toThrow('a_resume_ends_something');
    await insert(resume);
  });
  it('hides no row from a reader, also one with a smaller number that is committed later [A9]', async () => {
    const table = await connectStops(optionsOf('payout'));
    const slow = new Client({ connectionString: database.url });
    await slow.connect();
    try {
      await slow.query('begin');
      await slow.query(INSERT, [...valuesOf(stopBy(anna, { scope: 'portfolio:slow' }))]);
      await admin.query(INSERT, [...valuesOf(stopBy(anna, { scope: 'portfolio:quick' }))]);
      const first = await table.read(FROM_THE_START);
      expect(first.acts.map(({ scope }) => scope)).toEqual(['portfolio:quick']);
      await slow.query('commit');
      const second = await table.read(first.until);
      expect(second.acts.map(({ scope }) => scope)).toContain('portfolio:slow');
      const third = await table.read(second.until);
      expect((await table.read(third.until)).acts).toEqual([]);
    } finally {
      await slow.end();
      await table.end();
    }
  });
  it('holds in every instance within a second of its commit, and no longer than it stands [A9]', async () => {
    const watches = ['payout', 'payout', 'rebalancing', 'portfolio'].map(
      (service) =>
        new StopWatch({
          ...{ service, clock: systemClock, log: createLog('stops', 'silent'), personAt: personAtOf([anna, ben]) },
          connect: () => connectStops(optionsOf(service)),
        }),
    );
    const wait = (waitMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, waitMs));
    await Promise.all(watches.map((watch) => watch.start()));
    try {
      expect(watches.map((watch) => watch.whyStopped(pays))).toEqual([null, null, null, null]);
      const stop = stopBy(anna);
      await as('cmw_operator', (client) => client.query(INSERT, [...valuesOf(stop)]));
      await wait(HOLDS_EVERYWHERE_AFTER_MS);
      for (const watch of watches) expect(watch.whyStopped(pays)?.evidence).toMatch(/^stopped: /);
      // Forged by the operator service itself, with its own database role.
      await as('cmw_operator', (client) =>
        client.query(INSERT, [...valuesOf({ ...resumeBy(anna, ben, stop), approvedBy: { name: 'ben', signature: stop.by.signature } })]),
      );
      await wait(HOLDS_EVERYWHERE_AFTER_MS);
      for (const watch of watches) expect([watch.whyStopped(pays) === null, watch.refused]).toEqual([false, 1]);
      await as('cmw_operator', (client) => client.query(INSERT, [...valuesOf(resumeBy(anna, ben, stop))]));
      await wait(2 * HOLDS_EVERYWHERE_AFTER_MS);
      expect(watches.map((watch) => watch.whyStopped(pays))).toEqual([null, null, null, null]);
      // The line goes: within the lease nothing may leave any more.
      await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'stops'`);
      await wait(2 * HOLDS_EVERYWHERE_AFTER_MS);
      expect(watches.map((watch) => watch.isKnown)).toEqual([true, true, true, true]);
    } finally {
      await Promise.all(watches.map((watch) => watch.stop()));
    }
  });
});
