import { describe, expect, it } from '@jest/globals';
import { brokerConfig } from '../../adapters/broker/configured.js';
import { coreBankingConfig } from '../../adapters/core-banking/configured.js';
import { serviceEnvironment } from '../../../test/builders/environment.js';
import { tlsOfNobody } from '../../../test/builders/tls.js';
import { commonConfig, ConfigurationError, investSuiteConfig, readConfig, type Environment } from './config.js';
import { kafkaReached } from './kafka-reached.js';
import { databaseOptions } from './service.js';
import { plaintextOf } from './transport.js';

const schema = commonConfig.extend({ ...investSuiteConfig, ...brokerConfig, ...coreBankingConfig });
const encrypted: Environment = {
  ...serviceEnvironment,
  ALLOW_PLAINTEXT: undefined,
  INVESTSUITE_BASE_URL: 'https://investsuite.example',
  DRIVEWEALTH_BASE_URL: 'https://drivewealth.example/back-office',
  CORE_BANKING_BASE_URL: 'https://bank.example',
};
const plain: Environment = { ...serviceEnvironment, ALLOW_PLAINTEXT: 'true' };
const read = (environment: Environment) => readConfig(schema, environment);
const problemsOf = (environment: Environment): readonly string[] => {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
};
const needsTls = (name: string): string => `${name} is http://: money needs https://. ALLOW_PLAINTEXT=true is for a sandbox`;

describe('without ALLOW_PLAINTEXT', () => {
  it('every system is reached over TLS, with nothing said about it [A14]', () => {
    const config = read(encrypted);
    expect(kafkaReached(config, tlsOfNobody).ssl).toBe(true);
    expect(databaseOptions(config, 'payout', tlsOfNobody).tls).toBeDefined();
    expect(plaintextOf(config)).toEqual([]);
  });
  it.each(['INVESTSUITE_BASE_URL', 'DRIVEWEALTH_BASE_URL', 'CORE_BANKING_BASE_URL'])('%s over http:// is refused [A14]', (name) => {
    expect(problemsOf({ ...encrypted, [name]: 'http://inside.example' })).toEqual([needsTls(name)]);
    expect(problemsOf({ ...encrypted, [name]: 'HTTP://inside.example' })).toEqual([needsTls(name)]);
    expect(problemsOf({ ...encrypted, [name]: 'http://inside.example', ALLOW_PLAINTEXT: 'false' })).toEqual([needsTls(name)]);
  });
  it('a token server over http:// is refused, too: it sees the secret [A14]', () => {
    const login = { CORE_BANKING_OAUTH_TOKEN_URL: 'http://login.example', KAFKA_OAUTH_TOKEN_URL: 'http://login.example' };
    expect(problemsOf({ ...encrypted, ...login })).toEqual(
      expect.arrayContaining([needsTls('CORE_BANKING_OAUTH_TOKEN_URL'), needsTls('KAFKA_OAUTH_TOKEN_URL')]),
    );
  });
  it('Kafka without TLS is refused [A14]', () => {
    expect(problemsOf({ ...encrypted, KAFKA_SSL: 'false' })).toEqual([
      'KAFKA_SSL is false: money needs TLS. ALLOW_PLAINTEXT=true is for a sandbox',
    ]);
  });
  it.each(['disable', 'allow', 'prefer', 'no-verify'])('Postgres is asked for TLS whatever its address says: sslmode=%s [A14]', (mode) => {
    const config = read({ ...encrypted, DATABASE_URL: `postgres://h/d?sslmode=${mode}` });
    expect(databaseOptions(config, 'payout', tlsOfNobody).tls).toBeDefined();
  });
});

describe('with ALLOW_PLAINTEXT', () => {
  it('plain addresses pass, and what is not encrypted is named', () => {
    const config = read(plain);
    expect([...plaintextOf(config)].sort()).toEqual([
      ...['CORE_BANKING_BASE_URL', 'DATABASE_URL', 'DRIVEWEALTH_BASE_URL', 'INVESTSUITE_BASE_URL', 'KAFKA_BROKERS'],
    ]);
    expect(kafkaReached(config, tlsOfNobody).ssl).toBe(false);
    expect(databaseOptions(config, 'payout', tlsOfNobody).tls).toBeUndefined();
  });
  it('a system whose certificates are named is still reached over TLS', () => {
    const config = read({ ...plain, KAFKA_CA_FILE: 'ca.pem', DATABASE_CA_FILE: 'ca.pem' });
    expect(kafkaReached(config, tlsOfNobody).ssl).toBe(true);
    expect(databaseOptions(config, 'payout', tlsOfNobody).tls).toBeDefined();
    expect(kafkaReached(read({ ...plain, KAFKA_SSL: 'true' }), tlsOfNobody).ssl).toBe(true);
    const asked = read({ ...plain, DATABASE_URL: 'postgres://h/d?sslmode=verify-full' });
    expect(databaseOptions(asked, 'payout', tlsOfNobody).tls).toBeDefined();
  });
});

describe('what does not fit together', () => {
  it('is said: half a pair, no TLS with a certificate, a login that is not whole', () => {
    expect(problemsOf({ ...encrypted, KAFKA_CLIENT_CERT_FILE: 'c.pem', DATABASE_CLIENT_KEY_FILE: 'k.pem' })).toEqual(
      expect.arrayContaining([
        'KAFKA_CLIENT_KEY_FILE is missing: a certificate and its key go together',
        'DATABASE_CLIENT_CERT_FILE is missing: a certificate and its key go together',
      ]),
    );
    expect(problemsOf({ ...plain, KAFKA_SSL: 'false', KAFKA_CA_FILE: 'ca.pem' })).toEqual([
      'KAFKA_SSL is false, and a certificate of Kafka is named: set one of the two',
    ]);
    expect(problemsOf({ ...encrypted, KAFKA_SASL_MECHANISM: 'plain' })).toEqual([
      'KAFKA_SASL_USERNAME is missing: KAFKA_SASL_MECHANISM needs it',
      'KAFKA_SASL_PASSWORD is missing: KAFKA_SASL_MECHANISM needs it',
    ]);
    expect(problemsOf({ ...encrypted, KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_OAUTH_CLIENT_ID: 'payout' })).toEqual([
      'KAFKA_OAUTH_TOKEN_URL is missing: KAFKA_SASL_MECHANISM needs it',
      'KAFKA_OAUTH_CLIENT_SECRET is missing: KAFKA_SASL_MECHANISM needs it',
    ]);
  });
});
