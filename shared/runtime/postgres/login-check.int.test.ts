/** A service does not start with a login that reaches what belongs to other services. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { ConfigurationError } from '../process/config.js';
import type { Log } from '../process/log.js';
import { untilLoginIsOwn } from './login-check.js';

describe('the login of a service', () => {
  let database: TestDatabase;
  let owner: Client;
  const mark = randomBytes(4).toString('hex');
  const login = `trial_${mark}`;
  const between = `between_${mark}`;
  const warnings: object[] = [];
  const log = { warn: (fields: object) => void warnings.push(fields) } as unknown as Log;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new Client({ connectionString: database.url });
    await owner.connect();
    await owner.query(`create role ${login} login password 'a-password'; create role ${between} nologin`);
  });
  afterAll(async () => {
    await owner.query(`drop role ${login}; drop role ${between}`);
    await owner.end();
    await database.drop();
  });

  const urlOf = (name: string): string => {
    const url = new URL(database.url);
    url.username = name;
    url.password = 'a-password';
    return url.toString();
  };
  const check = (url: string, isSharedAccepted = false): Promise<void> =>
    untilLoginIsOwn(
      { url, schema: 'payout', role: 'cmw_payout', applicationName: 'login-check', maxConnections: 1, statementTimeoutMs: 5_000 },
      'cmw_payout',
      isSharedAccepted,
      log,
    );
  const problemsOf = async (url: string): Promise<readonly string[]> => {
    try {
      await check(url);
      return [];
    } catch (error) {
      if (error instanceof ConfigurationError) return error.problems;
      throw error;
    }
  };

  it('of its own is taken', async () => {
    expect(await problemsOf(database.urlOf('payout'))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('is refused when it may not even take the role of the service', async () => {
    expect(await problemsOf(urlOf(login))).toEqual([expect.stringContaining(`grant cmw_payout to ${login}`)]);
    expect(await problemsOf(database.urlOf('gateway'))).toEqual([expect.stringContaining('may not take the role "cmw_payout"')]);
  });

  it.each([
    ['the role of another service', 'grant cmw_operator to LOGIN', 'revoke cmw_operator from LOGIN', 'it may take cmw_operator'],
    [
      'such a role by two steps',
      'grant cmw_gateway to BETWEEN; grant BETWEEN to LOGIN',
      'revoke BETWEEN from LOGIN; revoke cmw_gateway from BETWEEN',
      'it may take cmw_gateway',
    ],
    [
      'a role without inheriting it',
      'grant cmw_gateway to LOGIN with inherit false',
      'revoke cmw_gateway from LOGIN',
      'it may take cmw_gateway',
    ],
    [
      'a role of Postgres that writes everywhere',
      'grant pg_write_all_data to LOGIN',
      'revoke pg_write_all_data from LOGIN',
      'it may take pg_write_all_data',
    ],
    ['every role, as a superuser', 'alter role LOGIN superuser', 'alter role LOGIN nosuperuser', 'it is a superuser'],
    ['roles that it makes', 'alter role LOGIN createrole', 'alter role LOGIN nocreaterole', 'it may make roles'],
  ])('is refused when it can take %s; the word of the configuration makes it a warning [A7]', async (_what, grant, revoke, why) => {
    const said = (text: string): string => text.replaceAll('LOGIN', login).replaceAll('BETWEEN', between);
    await owner.query(`grant cmw_payout to ${login}; ${said(grant)}`);
    try {
      const problems = await problemsOf(urlOf(login));
      expect(problems).toEqual([expect.stringContaining(why)]);
      expect(problems[0]).toContain('DATABASE_SHARED_LOGIN=accept');
      warnings.length = 0;
      await check(urlOf(login), true);
      expect(warnings).toEqual([{ why: expect.stringContaining(why) as unknown }]);
    } finally {
      await owner.query(`revoke cmw_payout from ${login}; ${said(revoke)}`);
    }
  });
});
