import { commonConfig, ConfigurationError, readConfig, type Environment } from './config.js';

/** What commands read that change the database itself: MIGRATE_DATABASE_URL, the owner's login; without it DATABASE_URL. */
const ownerConfig = commonConfig.pick({ DATABASE_URL: true }).extend({
  MIGRATE_DATABASE_URL: commonConfig.shape.DATABASE_URL.optional(),
});

/** @throws ConfigurationError when neither is set, or what is set is no address of Postgres. */
export const ownerUrlOf = (environment: Environment): string => {
  const own = readConfig(ownerConfig.pick({ MIGRATE_DATABASE_URL: true }), environment).MIGRATE_DATABASE_URL;
  if (own !== undefined) return own;
  if (['DATABASE_URL', 'DATABASE_URL_FILE'].every((name) => (environment[name] ?? '') === ''))
    throw new ConfigurationError([
      'MIGRATE_DATABASE_URL is missing, the login of the owner of the tables; and DATABASE_URL too, which serves in its place',
    ]);
  return readConfig(ownerConfig.pick({ DATABASE_URL: true }), environment).DATABASE_URL;
};
