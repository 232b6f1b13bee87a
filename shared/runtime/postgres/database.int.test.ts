import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { clockProblem, openPool } from './database.js';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  const options = {
    url: database.url,
    schema: 'payout',
    role: null,
    applicationName: 'clock',
    maxConnections: 1,
    statementTimeoutMs: 5_000,
  };
  pool = openPool(options, () => undefined);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('our clock beside that of the database', () => {
  it('agrees on one machine', async () => {
    expect(await clockProblem(pool)).toBeNull();
  });
  it.each([
    ['ahead', 3_600_000],
    ['behind', -3_600_000],
  ])('is told when it is %s', async (_which, offMs) => {
    expect(await clockProblem(pool, () => Date.now() + offMs)).toMatch(/ are (3599|3600|3601) s apart$/);
  });
});
