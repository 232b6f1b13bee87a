import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { address, secret } from '../../adapters/choice.js';
import { commonConfig, ConfigurationError, investSuiteConfig, readConfig, type Environment } from './config.js';
import { ownerDatabaseOf } from './owner-database.js';
import { serviceEnvironment } from '../../../test/builders/environment.js';
import { tenantSettings } from '../../../test/builders/tenant.js';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const schema = commonConfig.extend({ CORE_BANKING_BASE_URL: address, CORE_BANKING_TOKEN: secret, ...investSuiteConfig });
const good: Environment = {
  SIGNING_KEY: serviceEnvironment.SIGNING_KEY,
  TRUSTED_KEYS_FILE: 'keys.yaml',
  SEAL_KEYS_FILE: 'seal-keys.yaml',
  DATABASE_URL: 'postgres://u:p@h/d',
  KAFKA_BROKERS: 'a:1, b:2,',
  CORE_BANKING_BASE_URL: 'https://bank.example/v1//',
  CORE_BANKING_TOKEN: 'token-of-the-bank',
  INVESTSUITE_BASE_URL: 'https://is.example',
  INVESTSUITE_ACCESS_KEY_ID: 'id',
  INVESTSUITE_SECRET_ACCESS_KEY: 'secret-of-investsuite',
};
const read = (environment: Environment) => readConfig(schema, environment, { tenant: tenantSettings });
const problemsOf = (environment: Environment): ConfigurationError => {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('was accepted');
};

describe('the configuration', () => {
  it('is read, with careful defaults', () => {
    const config = read(good);
    expect(config).toMatchObject({
      KAFKA_BROKERS: ['a:1', 'b:2'],
      CORE_BANKING_BASE_URL: 'https://bank.example/v1',
      ALLOW_PLAINTEXT: false,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: 0,
      LOG_LEVEL: 'info',
    });
    expect(config.tenant).toEqual(tenantSettings.parse({}));
  });
  it('says all problems at once', () => {
    const { problems, message } = problemsOf({
      ...good,
      DATABASE_URL: 'mysql://x',
      KAFKA_BROKERS: '',
      KAFKA_SSL: 'yes',
      HTTP_PORT: '70000',
      CORE_BANKING_TOKEN: undefined,
      INVESTSUITE_BASE_URL: 'ftp://x',
      TENANT_FILE: join(folder, 'none'),
    });
    const said = problems.join('\n');
    for (const name of [
      'DATABASE_URL',
      'KAFKA_BROKERS is missing',
      'KAFKA_SSL',
      'HTTP_PORT',
      'CORE_BANKING_TOKEN is missing',
      'INVESTSUITE_BASE_URL',
      'TENANT_FILE cannot be read',
    ])
      expect(said).toContain(name);
    expect(problems).toHaveLength(7);
    expect(message).toContain('7 problem(s)');
    for (const problem of problems) expect(message).toContain(problem);
  });
  it('never prints a value', () => {
    const secrets = {
      DATABASE_URL: 'SECRET-url',
      KAFKA_SSL: 'SECRET-flag',
      CORE_BANKING_BASE_URL: 'SECRET-address',
      LOG_LEVEL: 'SECRET-level',
      HTTP_PORT: 'SECRET-port',
      KAFKA_SASL_MECHANISM: 'SECRET-way',
    };
    const error = problemsOf({
      ...good,
      ...secrets,
      TENANT_FILE: file('secret.yaml', 'houseAccountIban: SECRET-iban\nbrokerMode: SECRET-mode\npriceDriftLimit: SECRET-limit\n'),
    });
    expect(error.problems.length).toBeGreaterThanOrEqual(9);
    expect(`${error.message}${error.stack ?? ''}`).not.toContain('SECRET');
  });
  it('reads a secret from a file, without the newline at its end', () => {
    const { CORE_BANKING_TOKEN: _unset, ...rest } = good;
    expect(read({ ...rest, CORE_BANKING_TOKEN_FILE: file('token', 'token-from-file\n') }).CORE_BANKING_TOKEN).toBe('token-from-file');
    expect(problemsOf({ ...rest, CORE_BANKING_TOKEN_FILE: join(folder, 'none') }).problems).toContain(
      'CORE_BANKING_TOKEN_FILE names a file that cannot be read',
    );
    expect(problemsOf({ ...good, CORE_BANKING_TOKEN_FILE: file('token', 'another-token') }).problems).toEqual([
      'CORE_BANKING_TOKEN and CORE_BANKING_TOKEN_FILE are both set; set one',
    ]);
    expect(problemsOf({ ...rest, CORE_BANKING_TOKEN_FILE: file('empty', '\n') }).problems.join()).toContain('CORE_BANKING_TOKEN');
    expect(read({ ...good, CORE_BANKING_TOKEN_FILE: '' }).CORE_BANKING_TOKEN).toBe('token-of-the-bank');
  });
});

describe('a name of one service alone', () => {
  const readAs = (name: string | undefined, environment: Environment) =>
    readConfig(schema, { ...good, ...environment }, { tenant: tenantSettings, ...(name === undefined ? {} : { name }) });
  it('is read before the common one, by that service and by no other [A7]', () => {
    const own = { PAYOUT__DATABASE_URL: 'postgres://payout@h/d', PAYOUT__KAFKA_SASL_USERNAME: 'payout' };
    expect(readAs('payout', own)).toMatchObject({ DATABASE_URL: 'postgres://payout@h/d', KAFKA_SASL_USERNAME: 'payout' });
    expect([readAs('portfolio', own).DATABASE_URL, readAs(undefined, own).DATABASE_URL]).toEqual([
      good['DATABASE_URL'],
      good['DATABASE_URL'],
    ]);
    expect(readAs('fee-trial', { FEE_TRIAL__HTTP_HOST: '::1' }).HTTP_HOST).toBe('::1');
  });
  it('may name a file; one that cannot be read is not replaced by what all may read [A7]', () => {
    const { CORE_BANKING_TOKEN: _common, ...rest } = good;
    expect(readAs('payout', { PAYOUT__CORE_BANKING_TOKEN_FILE: file('own-token', 'own-own-own-own\n') }).CORE_BANKING_TOKEN).toBe(
      'own-own-own-own',
    );
    expect(() => readAs('payout', { ...rest, PAYOUT__CORE_BANKING_TOKEN_FILE: join(folder, 'none') })).toThrow(
      'PAYOUT__CORE_BANKING_TOKEN_FILE names a file that cannot be read',
    );
    expect(() => readAs('payout', { PAYOUT__CORE_BANKING_TOKEN: 'x', PAYOUT__CORE_BANKING_TOKEN_FILE: file('own-token', 'own') })).toThrow(
      'PAYOUT__CORE_BANKING_TOKEN and PAYOUT__CORE_BANKING_TOKEN_FILE are both set',
    );
  });
  it('may hold a signing key, which is never printed', () => {
    expect(() => readAs('payout', { PAYOUT__SIGNING_KEY: 'SECRET-key' })).toThrow('SIGNING_KEY: not an Ed25519 private key');
    try {
      readAs('payout', { PAYOUT__SIGNING_KEY: 'SECRET-key' });
    } catch (error) {
      expect(String(error)).not.toContain('SECRET');
    }
  });
});

describe('what the tenant chooses', () => {
  const withTenant = (text: string): Environment => ({ ...good, TENANT_FILE: file('tenant.yaml', text) });
  it('is careful by default', () => {
    expect(read(withTenant('')).tenant).toMatchObject({
      onCounterAccountMismatch: 'hold',
      payWhileOrdersAreOpen: false,
      holdingsMoveAt: 'settled',
      priceDriftLimit: '0.05',
      requestLongestLifeMs: undefined,
    });
  });
  it('is read from YAML, amounts as text', () => {
    expect(
      read(withTenant('brokerMode: investsuite\npriceDriftLimit: "0.100"\ncurrencies: [EUR, USD]\nhouseAccountIban: NL91ABNA0417164300\n'))
        .tenant,
    ).toMatchObject({ brokerMode: 'investsuite', priceDriftLimit: '0.1', currencies: ['EUR', 'USD'] });
  });
  it.each([
    '{',
    'priceDriftLimit: 0.05',
    'priceDriftLimit: "5 %"',
    // Meant as per cent, it would let every price pass.
    'priceDriftLimit: "5"',
    'priceDriftLimit: "-0.05"',
    'priceDriftLimit: "0"',
    // Over before its alarm: a divest request that we have overwritten would be seen by nobody.
    'reviewAfterMs: 3600000',
    'brokrMode: client',
    'requestTimeoutMs: 1',
    'houseAccountIban: nl91',
    'currencies: [eur]',
    '- a list',
    'counterAccountCoolOffHours: -1',
  ])('refuses %j', (text) => {
    const { problems } = problemsOf(withTenant(text));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('TENANT_FILE');
  });
  it('checks the names of the whole file, and the values that are its own', () => {
    const own = { tenant: z.object({ brokerMode: z.enum(['client', 'investsuite']).default('client') }) };
    const problems = (text: string): readonly string[] => {
      try {
        readConfig(schema, withTenant(text), own);
        return [];
      } catch (error) {
        if (error instanceof ConfigurationError) return error.problems;
        throw error;
      }
    };
    expect(readConfig(schema, withTenant('brokerMode: investsuite\nhouseAccountIban: nl91\n'), own).tenant).toEqual({
      brokerMode: 'investsuite',
    });
    expect(readConfig(schema, withTenant('priceDriftLimit: "a lot"'), own).tenant).toEqual({ brokerMode: 'client' });
    expect(problems('brokrMode: client')).toEqual([expect.stringContaining('brokrMode')]);
    expect(problems('brokerMode: nobody')).toEqual([expect.stringMatching(/^TENANT_FILE brokerMode: /)]);
    // A process that reads nothing of the file still refuses names that nobody reads.
    expect(readConfig(schema, withTenant('brokerMode: nobody')).tenant).toEqual({});
    expect(() => readConfig(schema, withTenant('brokrMode: client'))).toThrow('brokrMode');
  });
});

describe('the login of the owner of the tables', () => {
  it('is missing under its own name, not only under the one that serves in its place', () => {
    expect(() => ownerDatabaseOf({ DATABASE_URL: '' })).toThrow(/MIGRATE_DATABASE_URL is missing.*DATABASE_URL too/);
    expect(() => ownerDatabaseOf({ DATABASE_URL: 'nowhere' })).toThrow(ConfigurationError);
    expect(ownerDatabaseOf({ DATABASE_URL: 'postgres://a@h/d' }).url).toBe('postgres://a@h/d');
    expect(ownerDatabaseOf({ DATABASE_URL: 'postgres://a@h/d', MIGRATE_DATABASE_URL: 'postgres://o@h/d' }).url).toBe('postgres://o@h/d');
  });
});
