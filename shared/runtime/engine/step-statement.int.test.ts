import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Pool } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { rowsLiteral } from './composite.js';
import { PARTS } from './step-statement.js';

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
    for (const schema of ['withdrawal', 'payout', 'rebalancing', 'portfolio'])
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
});
