/** Databases for tests of migrations: empty ones, and one as an earlier release has left it. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { withDatabase } from '../support/database.js';

export type Database = { readonly url: string; readonly drop: () => Promise<void> };

const serverUrl = (): string => {
  const url = process.env['DATABASE_URL'];
  if (url === undefined) throw new Error('DATABASE_URL is not set: this test needs the servers that the jest set-up starts');
  return url;
};

export const connected = async <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** Nothing is in it, not even what the migrations make. */
export const emptyDatabase = async (): Promise<Database> => {
  const name = `cmw_upgrade_${randomBytes(5).toString('hex')}`;
  await connected(serverUrl(), (admin) => admin.query(`create database ${name}`));
  return {
    url: withDatabase(serverUrl(), name),
    drop: () =>
      connected(serverUrl(), async (admin) => {
        await admin.query(`drop database if exists ${name} with (force)`);
      }),
  };
};

/** Roles belong to the server and are in no dump. */
const rolesIn = (dump: string): readonly string[] => [...new Set([...dump.matchAll(/\bTO (cmw_\w+);/g)].flatMap(([, role]) => role ?? []))];

/** The first release's database, with all its rows. */
export const firstReleaseDatabase = async (): Promise<Database> => {
  const dump = readFileSync(join(projectRoot, 'test/upgrade/first-release.sql'), 'utf8');
  const database = await emptyDatabase();
  await connected(database.url, async (client) => {
    for (const role of rolesIn(dump))
      await client.query(`do $$ begin create role ${role} nologin; exception when duplicate_object or unique_violation then null; end $$`);
    await client.query(dump);
  });
  return database;
};

/** Says who migrates now; each run writes it anew. */
const NOTE_OF_A_RUN = 'public.migration_lock';

/** Each table's columns, and its rows as text of these columns: a column that comes later does not count. */
export type Contents = ReadonlyMap<string, { readonly columns: readonly string[]; readonly rows: readonly string[] }>;

type Columns = { readonly name: string; readonly columns: readonly string[] };

const tablesOf = async (client: Client): Promise<readonly Columns[]> => {
  const { rows } = await client.query<Columns>(`
    select format('%I.%I', n.nspname, c.relname) as name,
      (select array_agg(format('%I', a.attname) order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`);
  return rows.filter(({ name }) => name !== NOTE_OF_A_RUN);
};

/** `as`: only these tables and columns, which another look has found. */
export const contentsOf = (url: string, as?: Contents): Promise<Contents> =>
  connected(url, async (client) => {
    const tables = as === undefined ? await tablesOf(client) : [...as].map(([name, { columns }]) => ({ name, columns }));
    const contents = new Map<string, { columns: readonly string[]; rows: readonly string[] }>();
    for (const { name, columns } of tables) {
      const { rows } = await client.query<{ row: string }>(`select row(${columns.join(', ')})::text as row from ${name} order by 1`);
      contents.set(name, { columns, rows: rows.map(({ row }) => row) });
    }
    return contents;
  });

/** Rows of `before` that are not in `after`, each as often as it was there. */
export const lostRows = (before: Contents, after: Contents): readonly string[] =>
  [...before].flatMap(([table, { rows }]) => {
    const left = new Map<string, number>();
    for (const row of after.get(table)?.rows ?? []) left.set(row, (left.get(row) ?? 0) + 1);
    return rows.flatMap((row) => {
      const count = left.get(row) ?? 0;
      left.set(row, count - 1);
      return count > 0 ? [] : [`${table}: ${row}`];
    });
  });
