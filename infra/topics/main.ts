import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { serviceNames, isServiceName, type ServiceName } from '../../contracts/internal/services.js';
import { ensureAccess } from '../../shared/runtime/kafka/access.js';
import { ensureTopics } from '../../shared/runtime/kafka/admin.js';
import type { KafkaOptions } from '../../shared/runtime/kafka/client.js';
import { commonConfig, ConfigurationError, readConfig } from '../../shared/runtime/process/config.js';
import { kafkaReached } from '../../shared/runtime/process/kafka-reached.js';
import { ownerDatabaseOf } from '../../shared/runtime/process/owner-database.js';
import { plannedAccess, plannedTopics } from '../../shared/runtime/process/topics.js';
import { tlsOnce } from '../../shared/runtime/tls/tls-files.js';
import { runMain } from '../sandbox/processes.js';
import { WrongUsage } from '../sandbox/wrong-usage.js';
import { printPlan } from './print.js';
import { recordUnsigned } from './record-unsigned.js';

const HELP = `npm run topics [-- options]

Makes the topics of the middleware that are missing, and allows each service what it needs and nothing else. May run again at any time.
Reads KAFKA_BROKERS, KAFKA_SSL, KAFKA_*_FILE, KAFKA_SASL_*, KAFKA_OAUTH_*, ALLOW_PLAINTEXT, KAFKA_TOPIC_PREFIX and KAFKA_REPLICATION_FACTOR: of a user that may make topics and rights.
The Kafka user of a service has the name of the service.

  --user SERVICE=NAME  another Kafka user for a service; may be given several times
  --no-access          topics only, for a cluster without an authorizer
  --print              prints the commands for a cluster where others do that, and changes nothing
  --record-unsigned    once, at the upgrade to signed messages, while every service is stopped: records up to where messages
                       are read without a signature. Reads MIGRATE_DATABASE_URL (default: DATABASE_URL), after npm run migrate
  --help               this text
`;

/** EX_CONFIG of sysexits.h, as of every service. */
const CONFIG = 78;

const kafkaConfig = commonConfig.pick({
  ...{ ALLOW_PLAINTEXT: true, KAFKA_TOPIC_PREFIX: true, KAFKA_REPLICATION_FACTOR: true },
  ...{ KAFKA_BROKERS: true, KAFKA_SSL: true, KAFKA_CA_FILE: true, KAFKA_CLIENT_CERT_FILE: true, KAFKA_CLIENT_KEY_FILE: true },
  ...{ KAFKA_SASL_MECHANISM: true, KAFKA_SASL_USERNAME: true, KAFKA_SASL_PASSWORD: true },
  ...{ KAFKA_OAUTH_TOKEN_URL: true, KAFKA_OAUTH_CLIENT_ID: true, KAFKA_OAUTH_CLIENT_SECRET: true, KAFKA_OAUTH_SCOPE: true },
  ...{ KAFKA_OAUTH_CA_FILE: true, KAFKA_OAUTH_CLIENT_CERT_FILE: true, KAFKA_OAUTH_CLIENT_KEY_FILE: true },
});
type Config = z.output<typeof kafkaConfig>;

const optionsFrom = (config: Config): KafkaOptions => ({
  ...kafkaReached(config, tlsOnce(config)),
  clientId: 'topics',
  log: (level, message, fields) => {
    if (level === 'warn' || level === 'error') process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
  },
});

const usersFrom = (pairs: readonly string[]): ReadonlyMap<ServiceName, string> =>
  new Map(
    pairs.map((pair) => {
      const [service = '', user = ''] = pair.split('=');
      if (!isServiceName(service)) throw new WrongUsage(`--user takes SERVICE=NAME; there are ${serviceNames.join(', ')}.`);
      if (!/^[^\s'"=]+$/.test(user)) throw new WrongUsage(`--user ${service}= takes a name without blanks and quotes.`);
      return [service, user] as const;
    }),
  );

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      user: { type: 'string', multiple: true, default: [] },
      'no-access': { type: 'boolean', default: false },
      print: { type: 'boolean', default: false },
      'record-unsigned': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const users = usersFrom(values.user);
  const access = values['no-access'] ? [] : plannedAccess((service) => users.get(service) ?? service);
  if (values.print) {
    const { KAFKA_TOPIC_PREFIX, KAFKA_REPLICATION_FACTOR } = readConfig(
      commonConfig.pick({ KAFKA_TOPIC_PREFIX: true, KAFKA_REPLICATION_FACTOR: true }),
      process.env,
    );
    process.stdout.write(printPlan(KAFKA_TOPIC_PREFIX, plannedTopics(KAFKA_REPLICATION_FACTOR), access));
    return;
  }
  const config = readConfig(kafkaConfig, process.env);
  const kafka = optionsFrom(config);
  if (values['record-unsigned']) {
    const { places, before } = await recordUnsigned(kafka, ownerDatabaseOf(process.env));
    say(`recorded: messages of before this moment are read without a signature, in ${String(places)} partitions`);
    if (before > 0) say(`${String(before)} partitions were recorded before and stay as they are`);
    return;
  }
  const topics = plannedTopics(config.KAFKA_REPLICATION_FACTOR);
  await ensureTopics(kafka, topics);
  await ensureAccess(kafka, access);
  say(`topics: ${String(topics.length)} are there; rights: ${String(access.length)} are allowed`);
};

runMain(() =>
  main().catch((error: unknown) => {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = CONFIG;
  }),
);
