import type { DatabaseReached } from '../postgres/database.js';
import { tlsOnce } from '../tls/tls-files.js';
import { commonConfig, ConfigurationError, readConfig, type Environment } from './config.js';
import { databaseSpeaksTls } from './transport.js';

/** What commands read that change the database itself: MIGRATE_DATABASE_URL, the owner's login; without it DATABASE_URL. */
const tlsNames = {
  ALLOW_PLAINTEXT: true,
  DATABASE_CA_FILE: true,
  DATABASE_CLIENT_CERT_FILE: true,
  DATABASE_CLIENT_KEY_FILE: true,
} as const;
const serviceConfig = commonConfig.pick({ DATABASE_URL: true, ...tlsNames });
const ownerConfig = commonConfig.pick(tlsNames).extend({ MIGRATE_DATABASE_URL: commonConfig.shape.DATABASE_URL.optional() });

/** @throws ConfigurationError when neither is set, or what is set is no address of Postgres. */
export const ownerDatabaseOf = (environment: Environment): DatabaseReached => {
  const own = readConfig(ownerConfig, environment);
  if (own.MIGRATE_DATABASE_URL === undefined && ['DATABASE_URL', 'DATABASE_URL_FILE'].every((name) => (environment[name] ?? '') === ''))
    throw new ConfigurationError([
      'MIGRATE_DATABASE_URL is missing, the login of the owner of the tables; and DATABASE_URL too, which serves in its place',
    ]);
  const url = own.MIGRATE_DATABASE_URL ?? readConfig(serviceConfig, environment).DATABASE_URL;
  return { url, ...(databaseSpeaksTls(own, url) ? { tls: tlsOnce(own).of('DATABASE') } : {}) };
};
