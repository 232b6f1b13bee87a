import { engineSchemaNames } from '../../../../contracts/internal/services.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Pool } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.js';
import { openPool } from '../../postgres/database.js';
import { rowsLiteral } from './composite.js';
import { PostgresStore } from './postgres-store.js';
import { PARTS, emptyParts, stepStatement, type PartName } from './step-statement.js';

/** Everything that finds rows by what a batch knows of them. */
const statementsThatFind = async (): Promise<Readonly<Record<string, string>>> => {
  const texts: Record<string, string> = {};
  const recorder = (name: string): Pool =>
    ({
      query: ({ text }: { text: string }) => {
        texts[name] = text;
        return Promise.resolve({ rows: [] });
      },
    }) as unknown as Pool;
  await new PostgresStore(recorder('load'), 1).load(['j'], [{ flow: 'f', subject: 's' }]);
  await new PostgresStore(recorder('by reference'), 1).byReference(['r']);
  await new PostgresStore(recorder('still open'), 1).stillOpen(['e']);
  await new PostgresStore(recorder('mark sent'), 1).markSent(['e']);
  const ofPart = (part: PartName, given: Readonly<Record<string, string>> = {}): string => {
    const row = { ...Object.fromEntries(Object.keys(PARTS[part]).map((column) => [column, null])), ...given };
    return stepStatement({ ...emptyParts(), [part]: [row] }).text;
  };
  const parts = ['moved', 'closed', 'postponed', 'checked', 'seen'] as const;
  return { ...texts, ...Object.fromEntries(parts.map((part) => [part, ofPart(part)])), earlier: ofPart('closed', { proof: 'seen' }) };
};

/** Journeys from one number to another with their events and effects: open, or finished long ago. */
const addJourneys = async (pool: Pool, from: number, to: number, isOpen: boolean): Promise<void> => {
  const numbers = `generate_series(${String(from)}, ${String(to)}) n`;
  await pool.query(`insert into inbox (event_id, content_hash, portfolio_id, value, handled_at)
    select 'w' || n, 'h', 'p' || n, repeat('x', 200), ${isOpen ? 'null' : 'now()'} from ${numbers}`);
  await pool.query(`insert into journey (id, flow, subject, portfolio_id, version, status, state, state_version, owned_by, ended)
    select 'j' || n, 'f', 's' || n, 'p' || n, 1, 'S', '{}', 1, 'o', ${String(!isOpen)} from ${numbers}`);
  await pool.query(`insert into effect (id, journey_id, name, kind, generation, status, attempt, request, reference, planned_at)
    select 'j' || n || ':1', 'j' || n, 'E', 'once', 1, '${isOpen ? 'sending' : 'applied'}', 1, '{}', ${isOpen ? `'r' || n` : 'null'}, now() from ${numbers}`);
  await pool.query(`insert into outbox (event_id, topic, key, headers, value, sent_at)
    select 'o' || n, 't', 'p' || n, '{}', 'x', ${isOpen ? 'null' : 'now()'} from ${numbers}`);
};

describe('the rows of a step on Postgres', () => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new Pool({ connectionString: database.url, max: 1, options: '-c search_path=payout' });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('have the columns of their types, in the same order, in every schema', async () => {
    const { rows } = await pool.query<{ schema: string; name: string; columns: string[] }>(`
      select n.nspname as schema, t.typname as name, array_agg(a.attname || ' ' || format_type(a.atttypid, null) order by a.attnum) as columns
      from pg_type t join pg_namespace n on n.oid = t.typnamespace join pg_class c on c.oid = t.typrelid and c.relkind = 'c'
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where t.typname like '%_row' group by 1, 2`);
    const expected = Object.entries(PARTS).map(([part, columns]) => [
      `${part}_row`,
      Object.entries(columns).map(([column, type]) => `${column} ${type}`),
    ]);
    for (const schema of engineSchemaNames)
      expect(Object.fromEntries(rows.filter((row) => row.schema === schema).map((row) => [row.name, row.columns]))).toEqual(
        Object.fromEntries(expected),
      );
  });

  it('come out as they went in, whatever the text', async () => {
    // Postgres stores no NUL; half a surrogate pair is no text.
    const text = fc
      .oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[\s"\\(),{}a-z']*$/))
      .map((one) => one.replaceAll('\u0000', ''));
    const row = fc.record({
      event_id: fc.option(text),
      topic: fc.option(text),
      key: fc.option(text),
      headers: fc.option(text),
      value: fc.option(text),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 5 }), async (given) => {
        const result = await pool.query('select * from unnest($1::said_row[])', [rowsLiteral(given, Object.keys(PARTS.said))]);
        expect(result.rows).toEqual(given);
      }),
      { numRuns: 300 },
    );
  });

  it('are looked up one by one, whatever the statistics say: never a whole table, or all that is open, beside all of a batch', async () => {
    const texts = await statementsThatFind();
    const options = { url: database.url, schema: 'payout', role: 'cmw_payout', applicationName: 'plans', maxConnections: 1 };
    const bad: string[] = [];
    const look = async (what: string): Promise<void> => {
      // As the engine connects; a connection of its own, so that it plans anew.
      const engine = openPool({ ...options, statementTimeoutMs: 10_000 }, () => undefined);
      for (const [name, text] of Object.entries(texts)) {
        const { rows } = await engine.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${text}`);
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        if (/Join Filter|Seq Scan/.test(plan)) bad.push(`${what}: ${name}`);
        // An index that is gone through from end to end has no condition.
        if (/Index (Only )?Scan using [^\n]*\n(?!\s+Index Cond)/.test(plan)) bad.push(`${what}: ${name} goes through an index`);
      }
      await engine.end();
    };
    await look('never analysed');
    await pool.query('vacuum analyze');
    await addJourneys(pool, 1, 3, true);
    await look('analysed while empty, then three open');
    await pool.query('truncate inbox, journey, effect, earlier_request, outbox');
    await addJourneys(pool, 1, 2_000, false);
    await pool.query('vacuum analyze');
    await look('all are finished');
    await addJourneys(pool, 2_001, 5_000, true);
    await look('all were finished when it was analysed, then thousands open');
    await pool.query('vacuum analyze');
    await look('thousands open');
    await pool.query('truncate inbox, journey, effect, earlier_request, outbox');
    await addJourneys(pool, 1, 500, true);
    await look('statistics of finished ones, a table begun anew');
    expect(bad).toEqual([]);
  });
});
