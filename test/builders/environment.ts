import { generateKeyPairSync } from 'node:crypto';

/** Enough for the configuration of a money service. Nobody listens at these addresses. */
export const serviceEnvironment = {
  DATABASE_URL: 'postgres://localhost/cmw',
  KAFKA_BROKERS: 'localhost:1',
  ALLOW_PLAINTEXT: 'true',
  INVESTSUITE_BASE_URL: 'http://localhost:1',
  INVESTSUITE_ACCESS_KEY_ID: 'id',
  INVESTSUITE_SECRET_ACCESS_KEY: 'secret-of-investsuite',
  DRIVEWEALTH_BASE_URL: 'http://localhost:1/back-office',
  DRIVEWEALTH_APP_KEY: 'key-of-drivewealth',
  DRIVEWEALTH_CLIENT_ID: 'id',
  DRIVEWEALTH_CLIENT_SECRET: 'secret-of-drivewealth',
  CORE_BANKING_BASE_URL: 'http://localhost:1',
  CORE_BANKING_TOKEN: 'token-of-the-bank',
  SIGNING_KEY: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  TRUSTED_KEYS_FILE: 'no-such-file',
  SEAL_KEYS_FILE: 'no-such-file',
} as const;
