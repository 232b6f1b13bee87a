import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { startPostgres, type Postgres } from '../../../infra/sandbox/postgres.js';
import { migrate } from '../../../migrations/index.js';
import { newAuthority } from '../../../test/support/certificates.js';
import { createTestDatabase } from '../../../test/support/database.js';
import { eventually } from '../../../test/support/eventually.js';
import type { TlsMaterial } from '../../kernel/tls.js';
import { openClient, openPool, type DatabaseOptions } from './database.js';

const ours = newAuthority('Our authority');
const others = newAuthority('Our authority');
const options = { schema: 'public', role: null, applicationName: 'tls', maxConnections: 2, statementTimeoutMs: 5_000 } as const;

describe('a Postgres that speaks TLS and demands a certificate', () => {
  let server: Postgres;
  beforeAll(async () => {
    server = await startPostgres({ tls: { ...ours.issue('localhost'), demands: ours.cert } });
  }, 120_000);
  afterAll(async () => {
    await server.stop();
  });
  const own = ours.issue('client-middleware');
  /** Whether the connection is encrypted, and the serial number of the certificate that we show there; or why there is none. */
  const ask = async (pool: Pool): Promise<string> => {
    try {
      const { rows } = await pool.query<{ ssl: boolean; serial: string }>(
        'select ssl, client_serial::text as serial from pg_stat_ssl where pid = pg_backend_pid()',
      );
      return `${rows[0]?.ssl === true ? 'encrypted' : 'plain'} ${rows[0]?.serial ?? 'none'}`;
    } catch (error) {
      // An error of Node's own TLS is no Error of the realm that jest runs a test in.
      return String((error as { readonly message?: unknown }).message);
    }
  };
  const connectedWith = async (tls: (() => TlsMaterial) | undefined, suffix = ''): Promise<string> => {
    const pool = openPool({ ...options, url: `${server.url}${suffix}`, ...(tls === undefined ? {} : { tls }) }, () => undefined);
    try {
      return await ask(pool);
    } finally {
      await pool.end();
    }
  };

  it('is reached with our certificate, by the authority that we believe [A14]', async () => {
    expect(await connectedWith(() => ({ ca: ours.cert, ...own }))).toMatch(/^encrypted \d+$/);
  });
  it('is reached by migrations, too', async () => {
    expect(await migrate({ url: server.url, tls: () => ({ ca: ours.cert, ...own }) }, [])).toEqual([]);
  });
  it.each([
    ['another authority than its own is believed', { ca: others.cert, ...own }, /self-signed|unable to (get|verify)|signature/],
    ['only the public authorities are believed', own, /self-signed|unable to (get|verify)/],
    ['no certificate is shown', { ca: ours.cert }, /certificate/],
    ['a certificate of another authority is shown', { ca: ours.cert, ...others.issue('client-middleware') }, /alert|certificate/],
    [
      'a certificate is shown that has ended',
      { ca: ours.cert, ...ours.issue('client-middleware', Date.now() - 60_000) },
      /alert|certificate/,
    ],
  ])('is not reached where %s', async (_what, material, problem) => {
    expect(await connectedWith(() => material)).toMatch(problem);
  });
  it.each(['?sslmode=disable', '?sslmode=no-verify', '?ssl=0', '?ssl=false'])(
    'is not reached with less because its address says so: %s [A14]',
    async (suffix) => {
      expect(await connectedWith(() => ({ ca: others.cert, ...own }), suffix)).toMatch(/self-signed|unable to (get|verify)|signature/);
      expect(await connectedWith(() => ({ ca: ours.cert, ...own }), suffix)).toMatch(/^encrypted/);
    },
  );
  it('is not reached without TLS', async () => {
    expect(await connectedWith(undefined)).toMatch(/no pg_hba.conf entry.*no encryption/);
  });
  it('sees a certificate that has changed from the next connection on, and shows its own new one [A14]', async () => {
    let material: TlsMaterial = { ca: ours.cert, ...own };
    const pool = openPool({ ...options, url: server.url, maxConnections: 1, tls: () => material }, () => undefined);
    try {
      const before = await ask(pool);
      expect(before).toMatch(/^encrypted/);
      server.changeTls({ ...others.issue('localhost'), demands: others.cert });
      material = { ca: others.cert, ...others.issue('client-middleware') };
      // The connection of before ends, as by a failover.
      await pool.query('select pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
      const after = await eventually(
        'a connection with the new certificates',
        () => ask(pool),
        (said) => said.startsWith('encrypted'),
        10_000,
      );
      expect(after).not.toBe(before);
    } finally {
      await pool.end();
      server.changeTls({ ...ours.issue('localhost'), demands: ours.cert });
    }
  });
});

describe('an address that says how to connect', () => {
  it('takes away neither schema nor role nor limits [A14]', async () => {
    const database = await createTestDatabase();
    const says = new URLSearchParams({ options: '-c search_path=public -c role=none -c statement_timeout=0', application_name: 'theirs' });
    const service: DatabaseOptions = {
      ...{ url: `${database.url}?${says.toString()}`, schema: 'payout', role: 'cmw_payout' },
      ...{ applicationName: 'payout', maxConnections: 1, statementTimeoutMs: 4_321 },
    };
    const client = await openClient(service);
    try {
      const { rows } = await client.query<Record<string, string>>(
        `select current_setting('search_path') as schema, current_user as role, current_setting('statement_timeout') as timeout,
                current_setting('lock_timeout') as lock, current_setting('application_name') as name`,
      );
      expect(rows).toEqual([{ schema: 'payout', role: 'cmw_payout', timeout: '4321ms', lock: '10s', name: 'payout' }]);
    } finally {
      await client.end();
      await database.drop();
    }
  });
});
