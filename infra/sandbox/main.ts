import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { migrate } from '../../migrations/index.js';
import { databaseLogins, kafkaEnvironment, kafkaUsers, prepareTopics, serviceKeys } from './identities.js';
import { type Kafka, startKafka } from './kafka/launcher.js';
import { type Postgres, startPostgres } from './postgres.js';
import { freePort } from './ports.js';
import { firstStopSignal, runMain } from './processes.js';
import { makeRunFolder } from './run-folder.js';
import { startSimulators } from './simulators.js';
import { WrongUsage } from './wrong-usage.js';

const HELP = `npm run sandbox [-- options]

Starts Kafka, Postgres and the simulators, prints the environment to export, and stays until Ctrl-C.
KAFKA_BROKERS or DATABASE_URL in the environment are used instead of starting that server.

  --nodes N       brokers of Kafka, 1 to 9 (default 1)
  --gateway URL   where the simulators send their webhooks (default: a free port)
  --keep          leaves the folders of Kafka and Postgres behind
  --help          this text
`;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** undefined when the environment names a server. */
const unlessGiven = async <T>(name: string, start: () => Promise<T>): Promise<T | undefined> =>
  (process.env[name] ?? '') === '' ? start() : undefined;

const startServers = async (nodes: number, keep: boolean): Promise<{ kafka: Kafka | undefined; postgres: Postgres | undefined }> => {
  const [kafka, postgres] = await Promise.all([
    unlessGiven('KAFKA_BROKERS', async () => startKafka({ nodes, keep })),
    unlessGiven('DATABASE_URL', async () => startPostgres({ keep })),
  ]);
  return { kafka, postgres };
};

/** Of a Kafka of our own, with its topics made; else what the environment says. */
const kafkaSettings = async (kafka: Kafka | undefined): Promise<Readonly<Record<string, string>>> => {
  if (kafka === undefined) return { KAFKA_BROKERS: process.env['KAFKA_BROKERS'] ?? '' };
  await prepareTopics(kafka);
  return {
    ...kafkaEnvironment(kafka),
    ...kafkaUsers(kafka),
    KAFKA_REPLICATION_FACTOR: String(Math.min(3, kafka.nodes.length)),
  };
};

/** Of a database of our own, migrated, with a login for each service; else what the environment says. */
const databaseSettings = async (postgres: Postgres | undefined): Promise<Readonly<Record<string, string>>> => {
  if (postgres === undefined) return { DATABASE_URL: process.env['DATABASE_URL'] ?? '' };
  await migrate(postgres.url);
  return { MIGRATE_DATABASE_URL: postgres.url, ...(await databaseLogins(postgres.url)) };
};

const readNodes = (text: string): number => {
  if (!/^[1-9]$/.test(text)) throw new WrongUsage(`--nodes takes a whole number from 1 to 9, not "${text}".`);
  return Number(text);
};

const readGateway = (text: string): string => {
  // The port is said, too: the gateway has to be started with it.
  if (!/^http:\/\/[^\s:/]+:[0-9]{1,5}\/?$/.test(text) || !URL.canParse(text))
    throw new WrongUsage(`--gateway takes http://host:port, not "${text}".`);
  return text;
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean', default: false },
      nodes: { type: 'string', default: '1' },
      gateway: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const nodes = readNodes(values.nodes);
  const gatewayUrl = values.gateway === undefined ? `http://127.0.0.1:${await freePort()}` : readGateway(values.gateway);
  const stopSignal = firstStopSignal();
  const interrupted = stopSignal.then(() => 'interrupted' as const);
  const startedAt = Date.now();
  say('Starting Kafka and Postgres ...');
  const servers = await Promise.race([startServers(nodes, values.keep), interrupted]);
  // What has begun to start dies with this process.
  if (servers === 'interrupted') process.exit(130);
  const { kafka, postgres } = servers;
  const folder = makeRunFolder('simulators', { keep: values.keep });
  const env = { ...(await kafkaSettings(kafka)), ...(await databaseSettings(postgres)), ...serviceKeys(join(folder.path, 'keys')) };
  const simulators = await startSimulators({ folder: folder.path, gatewayUrl });
  for (const [name, value] of Object.entries({ ...env, ...simulators.env })) process.stdout.write(`export ${name}=${value}\n`);
  process.stdout.write(
    `# The simulators send their webhooks to ${gatewayUrl}: start the gateway with HTTP_PORT=${new URL(gatewayUrl).port}\n`,
  );
  say(
    `Ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s. Logs: ${[kafka?.folder, postgres?.folder, folder.path].filter(Boolean).join(' ')}`,
  );
  say('Ctrl-C ends everything.');
  await stopSignal;
  say('Stopping ...');
  await Promise.all(simulators.processes.map(async (running) => running.stop()));
  await Promise.all([kafka?.stop(), postgres?.stop()]);
  folder.remove();
};

runMain(main);
