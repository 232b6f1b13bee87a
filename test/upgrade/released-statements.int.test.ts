/**
 * Deploys are rolling: while a newer schema is there already, copies of an older release still say their statements. Each release has left
 * its own, and they run on the schema of today and do what they did.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { valueOf, type KeptStatement } from './statements.js';

const releases = readdirSync(__dirname).filter((file) => file.endsWith('.statements.json'));

it('statements of a release are kept', () => {
  expect(releases.length).toBeGreaterThan(0);
});

describe.each(releases)('%s', (file) => {
  const statements = JSON.parse(readFileSync(join(__dirname, file), 'utf8')) as readonly KeptStatement[];
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

  it('runs, in its order, and leaves what it left then', async () => {
    for (const { text, values } of statements) {
      const done = await pool.query({ text, values: values.map(valueOf) }).then(
        () => 'done',
        (error: unknown) => `${(error as Error).message} in ${text}`,
      );
      expect(done).toBe('done');
    }
    const rows = async (text: string): Promise<unknown> => (await pool.query(text)).rows as unknown;
    expect(
      await rows(
        'select id, version, status, state, state_version, policy, extract(epoch from opened_at) * 1000 = 900 as opened, held, ended from journey',
      ),
    ).toEqual([
      {
        ...{ id: 'j1', version: 3, status: 'Done', state: { status: 'Paying' }, state_version: 1, policy: { limit: '5' }, opened: true },
        ...{ held: 'why', ended: true },
      },
    ]);
    expect(await rows('select id, status, generation, request, reference, result from effect')).toEqual([
      { id: 'j1:Pay', status: 'applied', generation: 2, request: { again: 1 }, reference: 'r2', result: { paid: '5' } },
    ]);
    expect(await rows('select effect_id, generation, reference from earlier_request')).toEqual([
      { effect_id: 'j1:Pay', generation: 1, reference: 'r1' },
    ]);
    expect(await rows('select event_id, note, handled_at is null as open from inbox order by event_id')).toEqual([
      { event_id: 'bad1', note: null, open: true },
      { event_id: 'bad2', note: 'quarantined', open: false },
      { event_id: 'e1', note: 'n', open: false },
      { event_id: 'e2', note: 'no business', open: false },
      { event_id: 'j1.1.1', note: null, open: true },
    ]);
    expect(await rows('select event_id, sent_at is null as open from outbox order by event_id')).toEqual([
      { event_id: 'bad1.dlq.1', open: true },
      { event_id: 'm1', open: false },
      { event_id: 'm2', open: false },
    ]);
    expect(await rows('select version from history order by version')).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }]);
    expect(await rows('select event_id, attempts, resolved_at is null as open from quarantine order by event_id')).toEqual([
      { event_id: 'bad1', attempts: 2, open: false },
      { event_id: 'bad2', attempts: 1, open: false },
    ]);
    expect(await rows('select portfolio_id from blocked_lane')).toEqual([]);
  });
});
