/** What tells services apart, as in production: for each a signing key, a Kafka user and a login of Postgres of its own. */
import { join } from 'node:path';
import { serviceNames } from '../../contracts/internal/services.js';
import { ensureAccess } from '../../shared/runtime/kafka/access.js';
import { ensureTopics } from '../../shared/runtime/kafka/admin.js';
import type { TlsMaterial } from '../../shared/kernel/tls.js';
import { prefixOf } from '../../shared/runtime/process/config.js';
import { plannedAccess, plannedTopics } from '../../shared/runtime/process/topics.js';
import { makeKeySet, makeSealKeys, TRUSTED_KEYS } from '../keys/key-set.js';
import type { Kafka } from './kafka/launcher.js';
import type { KafkaLogin } from './kafka/users.js';
import { ensureLogins, urlOfService } from './logins.js';

type Environment = Readonly<Record<string, string>>;

const saslEnvironment = ({ mechanism, username, password }: KafkaLogin, prefix = ''): Record<string, string> => ({
  [`${prefix}KAFKA_SASL_MECHANISM`]: mechanism,
  [`${prefix}KAFKA_SASL_USERNAME`]: username,
  [`${prefix}KAFKA_SASL_PASSWORD`]: password,
});

/** How tests and tools reach this Kafka; and what they give to a service that shall do everything there. */
export const kafkaEnvironment = (kafka: Pick<Kafka, 'brokers' | 'sasl'>): Record<string, string> => ({
  KAFKA_BROKERS: kafka.brokers.join(','),
  // As every server of the sandbox it is reached on this machine, without TLS.
  ALLOW_PLAINTEXT: 'true',
  ...saslEnvironment(kafka.sasl),
});

/** Makes the topics, and allows each service what it needs. */
export const prepareTopics = async (kafka: Pick<Kafka, 'brokers' | 'sasl' | 'nodes'>): Promise<void> => {
  const options = { brokers: kafka.brokers, sasl: kafka.sasl, clientId: 'sandbox', ssl: false, topicPrefix: '', log: () => undefined };
  await ensureTopics(options, plannedTopics(Math.min(3, kafka.nodes.length)));
  await ensureAccess(options, plannedAccess());
};

/** A Kafka user for each service. */
export const kafkaUsers = (kafka: Pick<Kafka, 'loginOf'>): Environment =>
  Object.assign({}, ...serviceNames.map((name) => saslEnvironment(kafka.loginOf(name), prefixOf(name)))) as Environment;

/** A login for each service; the database is migrated. */
export const databaseLogins = async (ownerUrl: string, tls?: TlsMaterial): Promise<Environment> => {
  await ensureLogins(ownerUrl, serviceNames, tls);
  return Object.fromEntries(serviceNames.map((name) => [`${prefixOf(name)}DATABASE_URL`, urlOfService(ownerUrl, name)]));
};

/** A new set of keys in this folder: what services sign with, and what they seal with. */
export const serviceKeys = (folder: string): Environment => {
  const keys = makeKeySet(folder, serviceNames);
  return {
    TRUSTED_KEYS_FILE: join(folder, TRUSTED_KEYS),
    SEAL_KEYS_FILE: makeSealKeys(folder),
    ERASED_KEYS_FILE: join(folder, 'erased-keys.jsonl'),
    ...Object.fromEntries(keys.map(({ service, file }) => [`${prefixOf(service)}SIGNING_KEY_FILE`, file])),
  };
};
