import { describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { placeOf } from './database.js';
import { databaseAddressOf, readDatabaseUrl } from './database-url.js';

describe('the address of a database', () => {
  it('says place and login', () => {
    expect(databaseAddressOf('postgres://pay%40out:p%2Fw%25@db.example:6432/cmw')).toEqual({
      ...{ host: 'db.example', port: 6_432, user: 'pay@out', password: 'p/w%', database: 'cmw' },
      ...{ asksForTls: false, notTaken: [] },
    });
    expect(databaseAddressOf('postgresql://[::1]/cmw')).toMatchObject({ host: '::1', port: 5_432, database: 'cmw' });
  });
  it('may ask for TLS, and for nothing else', () => {
    for (const mode of ['require', 'verify-ca', 'verify-full'])
      expect(databaseAddressOf(`postgres://h/d?sslmode=${mode}`)).toMatchObject({ asksForTls: true, notTaken: [] });
    for (const mode of ['disable', 'allow', 'prefer', 'no-verify'])
      expect(databaseAddressOf(`postgres://h/d?sslmode=${mode}`)).toMatchObject({ asksForTls: false });
    expect(databaseAddressOf('postgres://h/d?options=-c%20role%3Dpostgres&statement_timeout=0').notTaken).toEqual([
      'options',
      'statement_timeout',
    ]);
  });
  it.each([
    ['mysql://h/d', 'must begin with postgres://'],
    ['postgres:///d', 'names no host'],
    ['postgres://h:port/d', 'is no address that can be read'],
    ['postgres://h:70000/d', 'is no address that can be read'],
    ['postgres://u:100%@h/d', 'is not percent-encoded'],
    ['postgres://u:pass#word@h/d', 'is no address|has a fragment|names no host'],
    ['postgres://h/one/two', 'names no single database'],
    ['postgres://h/d?host=elsewhere', 'says host behind the question mark'],
    ['postgres://h/d?user=postgres', 'says user behind the question mark'],
  ])('that cannot be used is said at the start: %s [A14]', (text, problem) => {
    const read = readDatabaseUrl(text);
    expect(read.problem).toMatch(new RegExp(problem));
    expect(read.address).toBeNull();
    expect(() => databaseAddressOf(text)).toThrow(RangeError);
  });
});

describe('what reaches the driver', () => {
  it('is ours, whatever the address says [A14]', () => {
    const url = 'postgres://u:p@h/d?options=-c%20search_path%3Dpublic&application_name=theirs&sslmode=no-verify&ssl=0';
    const client = new Client({
      ...placeOf({ url, tls: () => ({ ca: 'ours' }) }),
      options: '-c role=cmw_payout',
      application_name: 'payout',
    });
    const { connectionParameters } = client as unknown as { readonly connectionParameters: Readonly<Record<string, unknown>> };
    expect(connectionParameters).toMatchObject({
      options: '-c role=cmw_payout',
      application_name: 'payout',
      ssl: { ca: 'ours', rejectUnauthorized: true },
    });
  });
});
