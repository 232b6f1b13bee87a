import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { ConfigurationError, readConfig } from '../../../shared/runtime/process/config.js';
import { serviceEnvironment } from '../../../test/builders/environment.js';
import { config } from './config.js';

const secret = (length = 32): string => `whsec_${randomBytes(length).toString('base64')}`;
const read = (secrets: string, more: Record<string, string> = {}) =>
  readConfig(config, {
    ...{ DATABASE_URL: 'postgres://localhost/cmw', KAFKA_BROKERS: 'localhost:1' },
    ...{
      SIGNING_KEY: serviceEnvironment.SIGNING_KEY,
      TRUSTED_KEYS_FILE: serviceEnvironment.TRUSTED_KEYS_FILE,
      SEAL_KEYS_FILE: serviceEnvironment.SEAL_KEYS_FILE,
    },
    ...{ WEBHOOK_SECRETS_INVESTSUITE: secrets, WEBHOOK_SECRETS_BROKER: secret(), WEBHOOK_SECRETS_CORE_BANKING: secret() },
    ...more,
  });
const problems = (secrets: string, more: Record<string, string> = {}): readonly string[] => {
  try {
    read(secrets, more);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error('was accepted');
};

describe('the configuration of the gateway', () => {
  it('takes several secrets of one side, for rotation', () => {
    const [old, fresh] = [secret(24), secret(64)];
    expect(read(`${old} , ${fresh}`).WEBHOOK_SECRETS_INVESTSUITE).toEqual([old, fresh]);
  });
  it.each([
    'whsec_****************',
    'whsec_****************************',
    `whsec_${Buffer.alloc(32).toString('base64')}`,
    'hunter2-hunter2-hunter2',
  ])('does not start with the secret %s, says which one, and never what it is [A11]', (weak) => {
    expect(problems(weak)).toEqual([expect.stringMatching(/^WEBHOOK_SECRETS_INVESTSUITE: secret 1 of 1 /)]);
    expect(problems(`${secret()},${weak}`)).toEqual([expect.stringMatching(/^WEBHOOK_SECRETS_INVESTSUITE: secret 2 of 2 /)]);
    expect(problems(weak).join()).not.toContain(weak);
  });
  it('says every secret that is none', () => {
    expect(problems('short,whsec_****')).toHaveLength(2);
    expect(problems(`${secret()},`)).toHaveLength(1);
  });
  it.each(['0x10', '1e3', ' 7', '7 ', '7.0', '+7', '007', 'seven'])('reads no number from %j [C4]', (text) => {
    expect(problems(secret(), { WEBHOOK_MAX_AT_ONCE: text })).toEqual([expect.stringContaining('WEBHOOK_MAX_AT_ONCE')]);
  });
  it('trusts proxies by address and network, and nothing that is neither', () => {
    expect(read(secret()).TRUSTED_PROXIES).toBeUndefined();
    expect(read(secret(), { TRUSTED_PROXIES: '10.0.0.0/8, ::1' }).TRUSTED_PROXIES?.trust('10.9.8.7')).toBe(true);
    expect(problems(secret(), { TRUSTED_PROXIES: '10.0.0.0/8, proxy' })).toEqual([expect.stringContaining('TRUSTED_PROXIES')]);
  });
});
