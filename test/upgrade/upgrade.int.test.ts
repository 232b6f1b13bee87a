/**
 * A database that an earlier release has left becomes the same as a fresh one, and keeps every row. A migration that is cut short, wherever,
 * and run again ends the same. A new service gets the same schema on either.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import knexFactory, { type Knex } from 'knex';
import type { Client } from 'pg';
import { engineSchemaNames } from '../../contracts/internal/services.js';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { engineSection, printCatalogue, readCatalogue, type Catalogue } from '../../infra/tooling/contracts/schema-dump.js';
import { addEngineSchema, ENGINE_CHANGES } from '../../migrations/add-engine-schema.js';
import { engineSchemas, forEachEngineSchema } from '../../migrations/engine-schemas.js';
import { migrate, migrations, type Migration } from '../../migrations/index.js';
import { eventually } from '../support/eventually.js';
import { connected, contentsOf, emptyDatabase, firstReleaseDatabase, lostRows, type Contents, type Database } from './restored.js';

const FIRST_RELEASE = [
  '0001-engine',
  '0002-gateway-and-operator',
  '0003-acts',
  '0004-earlier-requests',
  '0005-lean-steps',
  '0006-outbox-order',
];

const catalogueOf = (url: string): Promise<Catalogue> => connected(url, readCatalogue);
const recordedIn = (url: string): Promise<readonly string[]> =>
  connected(url, async (client) =>
    (await client.query<{ name: string }>('select name from public.migration order by id')).rows.map(({ name }) => name),
  );

const withKnex = async (url: string, work: (knex: Knex) => Promise<void>): Promise<void> => {
  const knex = knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: 1 } });
  try {
    await work(knex);
  } finally {
    await knex.destroy();
  }
};

const made: Database[] = [];
const keeping = async (making: Promise<Database>): Promise<Database> => {
  const database = await making;
  made.push(database);
  return database;
};
const fresh = (): Promise<Database> => keeping(emptyDatabase());
const ofTheFirstRelease = (): Promise<Database> => keeping(firstReleaseDatabase());

let freshCatalogue: Catalogue;
beforeAll(async () => {
  const { url } = await fresh();
  await migrate(url);
  freshCatalogue = await catalogueOf(url);
});
afterAll(async () => {
  for (const database of made) await database.drop();
});

describe('the database of the first release', () => {
  let database: Database;
  let before: Contents;
  beforeAll(async () => {
    database = await ofTheFirstRelease();
    before = await contentsOf(database.url);
  });

  it('is what the migrations of the first release make, and holds journeys of every flow', async () => {
    expect(await recordedIn(database.url)).toEqual(FIRST_RELEASE);
    const bare = await fresh();
    await migrate(
      bare.url,
      migrations.filter(({ name }) => FIRST_RELEASE.includes(name)),
    );
    expect(await catalogueOf(database.url)).toEqual(await catalogueOf(bare.url));
    for (const table of [
      'withdrawal.journey',
      'payout.journey',
      'rebalancing.journey',
      'portfolio.journey',
      'payout.effect',
      'operator.audit',
    ])
      expect(before.get(table)?.rows.length).toBeGreaterThan(5);
  });

  it('becomes what a fresh one is, and keeps every row', async () => {
    expect(await migrate(database.url)).toEqual(migrations.map(({ name }) => name).filter((name) => !FIRST_RELEASE.includes(name)));
    expect(await catalogueOf(database.url)).toEqual(freshCatalogue);
    expect(lostRows(before, await contentsOf(database.url, before))).toEqual([]);
    // Once more: nothing is left to do, and nothing is done.
    expect(await migrate(database.url)).toEqual([]);
    expect(lostRows(before, await contentsOf(database.url, before))).toEqual([]);
  });

  it('would be seen to have lost a row', () => {
    const after = new Map(before);
    const { columns, rows } = before.get('payout.journey') ?? { columns: [], rows: [] };
    after.set('payout.journey', { columns, rows: rows.slice(1) });
    expect(lostRows(before, after)).toEqual([`payout.journey: ${rows[0] ?? ''}`]);
  });
});

describe('the engine', () => {
  it('has the same schema in every service, and each service of the list has one', () => {
    expect([...freshCatalogue.engineSchemas].sort()).toEqual([...engineSchemaNames].sort());
    expect(engineSection(freshCatalogue)).toContain('create table service.journey (');
    expect(printCatalogue(freshCatalogue).match(/create table \w+\.journey/g)).toEqual(['create table service.journey']);
  });

  const TRIAL = 'upgrade_trial';
  /** The role of the trial belongs to the server: it goes when no database speaks of it any more. */
  afterAll(async () => {
    for (const database of made.splice(0)) await database.drop();
    const url = process.env['DATABASE_URL'] ?? '';
    await connected(url, (admin) => admin.query(`drop role if exists cmw_${TRIAL}`));
  });

  const trial: Migration = { name: '9001-trial', up: (knex) => addEngineSchema(knex, TRIAL) };

  it.each<[string, () => Promise<Database>]>([
    ['a fresh database', fresh],
    ['a database of the first release', ofTheFirstRelease],
  ])('gives a new service on %s what the others have', async (_which, database) => {
    const { url } = await database();
    await migrate(url, [...migrations, trial]);
    const catalogue = await catalogueOf(url);
    expect(catalogue.engineSchemas).toContain(TRIAL);
    // Throws when the new one differs from any other by as much as a right.
    expect(engineSection(catalogue)).toBe(engineSection(freshCatalogue));
  });

  it('is changed in every schema that exists, and in those of services that come before or after', async () => {
    const wider = (schema: string): string => `
      alter table ${schema}.journey add column trial_note text collate "C" not null default '';
      alter type ${schema}.created_row add attribute trial_note text;
      create index trial_note on ${schema}.journey (trial_note);
    `;
    const change: Migration = { name: '9002-wider', up: (knex) => forEachEngineSchema(knex, wider) };
    const changes = [...ENGINE_CHANGES, { migration: change.name, change: wider }];
    const early: Migration = { name: '9001-early', up: (knex) => addEngineSchema(knex, TRIAL, changes) };
    const late: Migration = { name: '9003-late', up: (knex) => addEngineSchema(knex, `${TRIAL}_late`, changes) };

    const [inSteps, atOnce, old] = [await fresh(), await fresh(), await ofTheFirstRelease()];
    for (const end of [early, change, late]) {
      const all = [...migrations, early, change, late];
      await migrate(inSteps.url, all.slice(0, all.indexOf(end) + 1));
    }
    for (const { url } of [atOnce, old]) await migrate(url, [...migrations, early, change, late]);
    const catalogue = await catalogueOf(inSteps.url);
    expect(catalogue.engineSchemas).toHaveLength(engineSchemaNames.length + 2);
    expect(engineSection(catalogue)).toContain('trial_note text collate "C" default');
    expect(await catalogueOf(atOnce.url)).toEqual(catalogue);
    expect(await catalogueOf(old.url)).toEqual(catalogue);
    for (const database of [inSteps, atOnce, old]) await database.drop();
    await connected(process.env['DATABASE_URL'] ?? '', (admin) => admin.query(`drop role cmw_${TRIAL}_late`));
  }, 120_000);

  it('takes no name that Postgres would read in another way', async () => {
    const { url } = await fresh();
    await migrate(url);
    await withKnex(url, async (knex) => {
      for (const name of ['', 'Payout', 'pay-out', '1st', 'x; drop schema payout'])
        await expect(addEngineSchema(knex, name)).rejects.toThrow('cannot be the name of a schema');
      expect([...(await engineSchemas(knex))].sort()).toEqual([...engineSchemaNames].sort());
    });
  });
});

describe('a migration that is cut short', () => {
  const HELD = 7_215_003;

  /** Whoever records this migration waits for us: all it does is done, and nothing is committed. */
  const holdAt = (name: string): string => `
    create or replace function public.hold_migration() returns trigger language plpgsql as
      $$ begin if new.name = '${name}' then perform pg_advisory_xact_lock(${String(HELD)}); end if; return new; end $$;
    create or replace trigger hold_migration before insert on public.migration for each row execute function public.hold_migration();`;
  const LET_GO = 'drop function if exists public.hold_migration() cascade';

  const command = (url: string): ChildProcess =>
    spawn(process.execPath, [join(projectRoot, 'dist/migrations/main.js')], {
      env: { PATH: process.env['PATH'] ?? '', ALLOW_PLAINTEXT: 'true', DATABASE_URL: url },
      stdio: 'ignore',
    });

  const isHeld = async (client: Client): Promise<boolean> => {
    const { rows } = await client.query<{ waits: boolean }>(
      `select exists (select from pg_locks where locktype = 'advisory' and objid = $1 and not granted and database = (select oid from pg_database where datname = current_database())) as waits`,
      [HELD],
    );
    return rows[0]?.waits === true;
  };

  /** kill -9 of `npm run migrate` while it is inside the named migration. */
  const killInside = (url: string, name: string): Promise<void> =>
    connected(url, async (client) => {
      await client.query(holdAt(name));
      await client.query('select pg_advisory_lock($1)', [HELD]);
      const child = command(url);
      try {
        await eventually(
          `migrate is inside ${name}`,
          () => isHeld(client),
          (held) => held,
          60_000,
          50,
        );
      } finally {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      // Its transaction finds out only now that nobody is there any more.
      await client.query('select pg_advisory_unlock($1)', [HELD]);
      await eventually(
        'its transaction is gone',
        () => isHeld(client),
        (held) => !held,
        30_000,
        50,
      );
    });

  /** What knex needs to count, made by a run without anything to do. */
  const emptyButCounting = async (): Promise<Database> => {
    const database = await fresh();
    await migrate(database.url, []);
    return database;
  };

  const rerun = async (url: string): Promise<void> => {
    await connected(url, (client) => client.query(LET_GO));
    const child = command(url);
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(0);
    expect(await recordedIn(url)).toEqual(migrations.map(({ name }) => name));
    expect(await catalogueOf(url)).toEqual(freshCatalogue);
  };

  it('inside any migration, ends the same when it is run again', async () => {
    const { url } = await emptyButCounting();
    for (const { name } of migrations) {
      await killInside(url, name);
      // All or nothing: what was done before it in this run is taken back, too.
      expect(await recordedIn(url)).toEqual([]);
    }
    await rerun(url);
  }, 240_000);

  it('between any two migrations, ends the same when it is run again', async () => {
    for (let count = 1; count < migrations.length; count++) {
      const { url, drop } = await emptyButCounting();
      await migrate(url, migrations.slice(0, count));
      const next = migrations[count];
      if (next === undefined) throw new Error('no such migration');
      await killInside(url, next.name);
      expect(await recordedIn(url)).toEqual(migrations.slice(0, count).map(({ name }) => name));
      await rerun(url);
      await drop();
    }
  }, 240_000);

  it('on the database of the first release, loses no row', async () => {
    const { url } = await ofTheFirstRelease();
    const before = await contentsOf(url);
    for (const { name } of migrations.filter((one) => !FIRST_RELEASE.includes(one.name))) {
      await killInside(url, name);
      expect(await recordedIn(url)).toEqual(FIRST_RELEASE);
      expect(lostRows(before, await contentsOf(url, before))).toEqual([]);
    }
    await rerun(url);
    expect(lostRows(before, await contentsOf(url, before))).toEqual([]);
  }, 240_000);
});
