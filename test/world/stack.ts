/** Everything at once, for the demo and for the tests that run the whole product: servers, the outside world, every service as its own process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { serviceNames, type ServiceName } from '../../contracts/internal/services.js';
import { migrate } from '../../migrations/index.js';
import { startKafka, type Kafka, type KafkaOptions } from '../../infra/sandbox/kafka/launcher.js';
import { databaseLogins, kafkaEnvironment, kafkaUsers, prepareTopics, serviceKeys } from '../../infra/sandbox/identities.js';
import { freePort } from '../../infra/sandbox/ports.js';
import { startPostgres, type Postgres } from '../../infra/sandbox/postgres.js';
import type { RunningProcess } from '../../infra/sandbox/processes.js';
import { makeRunFolder } from '../../infra/sandbox/run-folder.js';
import { startSimulators } from '../../infra/sandbox/simulators.js';
import { launchService, type LaunchedService } from '../../infra/services/launch.js';
import { anna, ben, writePeople, type TestPerson } from '../support/signing-people.js';
import { startProducer, type OutgoingMessage, type Producer } from '../../shared/runtime/kafka/producer.js';
import { optionsOf } from '../../shared/runtime/kafka/testing.js';
import { prefixOf } from '../../shared/runtime/process/config.js';
import { emitterOf, signerOf } from '../support/keys.js';

export const HOUSE_ACCOUNT = 'DE75512108001245126199';
export const CURRENCY = 'USD';

export interface StackOptions {
  readonly seed: number;
  readonly say: (line: string) => void;
  /** Default: all. */
  readonly services?: readonly ServiceName[];
  readonly tenant?: Readonly<Record<string, unknown>>;
  /** Of the services, besides what the stack sets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly simulators?: Readonly<Record<string, string>>;
  /** The outside of another stack: then none is started here, and nobody calls this gateway. */
  readonly outside?: Readonly<Record<string, string>>;
  readonly keep?: boolean;
  /** Default: the migrations of this build. */
  readonly migrate?: (databaseUrl: string) => Promise<unknown>;
  /** Root folder of the build whose services run. Default: this one. */
  readonly build?: string;
  /** Default: one node. */
  readonly kafka?: Pick<KafkaOptions, 'nodes' | 'proxyPorts'>;
}

export interface Stack {
  readonly folder: string;
  readonly kafka: Kafka;
  readonly postgres: Postgres;
  readonly services: ReadonlyMap<ServiceName, LaunchedService>;
  readonly simulators: readonly RunningProcess[];
  readonly env: Readonly<Record<string, string>>;
  /** How the outside is reached, as another stack takes it. */
  readonly outside: Readonly<Record<string, string>>;
  readonly urls: {
    readonly investSuite: string;
    readonly broker: string;
    readonly bank: string;
    readonly operator: string;
    readonly gateway: string;
  };
  /** The two operators of the demo, and where the key of each lies. */
  readonly operators: { readonly anna: TestPerson; readonly ben: TestPerson; readonly keyFileOf: (one: TestPerson) => string };
  /** Sends a message as the service that may send it, signed with its key. */
  readonly send: (message: OutgoingMessage) => Promise<void>;
  stop(): Promise<void>;
}

/** Short waits: settlement takes a second here, not a day. The rules are the same. */
const DEMO_TENANT = {
  brokerMode: 'client',
  houseAccountIban: HOUSE_ACCOUNT,
  currencies: [CURRENCY],
  requestTimeoutMs: 3_000,
  firstWaitMs: 100,
  longestWaitMs: 2_000,
  requestLongestLifeMs: 4_000,
  lookAgainForCashAfterMs: 3_000,
  lookAtOrderAfterMs: 2_000,
  lookAtSettlementAfterMs: 2_000,
  awaitCounterpartAfterMs: 2_000,
  payoutsApartMs: 500,
  onVersionGap: 'restore',
  pendingWithdrawalsSchedule: '*/5 * * * * *',
  // Longer than a late or overtaken event takes: what is announced after it is too late to be put back.
  awaitWishAfterMs: 5_000,
  // Hundreds of customers ask at once here, again and again.
  limits: {
    perPayment: { USD: '1000000' },
    perPortfolioAndDay: { USD: '10000000' },
    perDay: { USD: '1000000000' },
    paymentsPerHour: 1_000_000,
  },
};
const DEMO_SIMULATORS = {
  CURRENCY,
  FILL_MS: '150',
  SETTLEMENT_MS: '1200',
  REDEMPTION_MS: '150',
  CANCEL_MS: '100',
  STATUS_MS: '150',
  RETURN_MS: '500',
  OPTIMISER_DELAY_MS: '200',
};

const need = (env: Readonly<Record<string, string>>, name: string): string => {
  const value = env[name];
  if (value === undefined) throw new Error(`the stack has no ${name}`);
  return value;
};

export const startStack = async (options: StackOptions): Promise<Stack> => {
  const { say, seed } = options;
  const keep = options.keep ?? false;
  const run = makeRunFolder('demo', { keep });
  say('Kafka and Postgres ...');
  const [kafka, postgres] = await Promise.all([startKafka({ ...options.kafka, keep }), startPostgres({ keep })]);
  await (options.migrate ?? migrate)(postgres.url);
  const [logins] = await Promise.all([databaseLogins(postgres.url), prepareTopics(kafka)]);
  say('the outside world ...');
  const gatewayPort = await freePort();
  const simulators =
    options.outside === undefined
      ? await startSimulators({
          folder: run.path,
          gatewayUrl: `http://127.0.0.1:${String(gatewayPort)}`,
          env: { ...DEMO_SIMULATORS, ...options.simulators, SEED: String(seed) },
        })
      : { processes: [], env: options.outside };
  const tenantFile = join(run.path, 'tenant.yaml');
  writeFileSync(tenantFile, stringify({ ...DEMO_TENANT, ...options.tenant }));
  const { operatorsFile, keyFileOf } = writePeople(run.path);
  const env: Record<string, string> = {
    ...simulators.env,
    // The owner's login and the admin's user are for tools and earlier builds: a service of this build takes its own.
    DATABASE_URL: postgres.url,
    ...logins,
    ...kafkaEnvironment(kafka),
    ...kafkaUsers(kafka),
    ...serviceKeys(join(run.path, 'keys')),
    TENANT_FILE: tenantFile,
    LOG_LEVEL: 'info',
    KAFKA_SESSION_TIMEOUT_MS: '6000',
    OPERATORS_FILE: operatorsFile,
    ...options.env,
  };
  const wanted = options.services ?? serviceNames;
  if (wanted.length > 0) say(`services: ${wanted.join(', ')} ...`);
  const launched = await Promise.all(
    wanted.map(
      async (name) =>
        [
          name,
          await launchService({
            ...{ name, env, folder: run.path },
            ...(name === 'gateway' ? { port: gatewayPort } : {}),
            ...(options.build === undefined ? {} : { build: options.build }),
          }),
        ] as const,
    ),
  );
  const services = new Map<ServiceName, LaunchedService>(launched);
  let producer: Promise<Producer> | null = null;
  const send = async (message: OutgoingMessage): Promise<void> => {
    producer ??= startProducer(optionsOf(kafka, 'world'));
    const keyFile = need(env, `${prefixOf(emitterOf(message.topic))}SIGNING_KEY_FILE`);
    await (await producer).send([signerOf(keyFile)(message)]);
  };
  const stop = async (): Promise<void> => {
    await (await producer)?.stop();
    await Promise.all([...services.values()].map((service) => service.stop()));
    await Promise.all(simulators.processes.map((simulator) => simulator.stop()));
    await Promise.all([kafka.stop(), postgres.stop()]);
    run.remove();
  };
  return {
    folder: run.path,
    kafka,
    postgres,
    services,
    simulators: simulators.processes,
    env,
    outside: simulators.env,
    operators: { anna, ben, keyFileOf },
    send,
    urls: {
      investSuite: need(env, 'INVESTSUITE_BASE_URL'),
      broker: need(env, 'DRIVEWEALTH_BASE_URL'),
      bank: need(env, 'CORE_BANKING_BASE_URL'),
      operator: services.get('operator')?.url ?? '',
      gateway: `http://127.0.0.1:${String(gatewayPort)}`,
    },
    stop,
  };
};
