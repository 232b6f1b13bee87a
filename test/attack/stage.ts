/** The product in a sandbox of its own, with everything that an attacker may have got hold of. */
import { Client } from 'pg';
import type { EngineServiceName, ServiceName } from '../../contracts/internal/services.js';
import { ofService } from '../../infra/services/launch.js';
import { ensureAccess } from '../../shared/runtime/kafka/access.js';
import type { OutgoingMessage } from '../../shared/runtime/kafka/producer.js';
import { optionsOf } from '../../shared/runtime/kafka/testing.js';
import { prefixOf } from '../../shared/runtime/process/config.js';
import type { SignMessage } from '../../shared/runtime/signing/messages.js';
import { eventually } from '../support/eventually.js';
import { signerOf } from '../support/keys.js';
import { runOperatorCli } from '../support/operator-cli.js';
import type { TestPerson } from '../support/signing-people.js';
import { JourneyWorld, MONEY_SERVICES } from '../world/journey-world.js';
import type { Customer } from '../world/world.js';
import { ForeignClient, type ForeignMessage } from './foreign-client.js';
import { Traces } from './traces.js';

/** In major units of the currency of the sandbox. The last attack asks for more than each of them allows. */
export const LIMIT = '500000';
export const OVER_EACH_LIMIT = '900000.00';
/** InvestSuite talks to the broker of portfolios whose id at the bank begins so. */
export const THEIR_PREFIX = 'IS';
const UNTIL_MS = 60_000;

const TENANT = {
  brokerMode: null,
  portfolios: [
    { name: 'ours', when: { externalIdPrefix: 'PF' }, brokerMode: 'client', product: 'robo-discretionary' },
    { name: 'theirs', when: { externalIdPrefix: THEIR_PREFIX }, brokerMode: 'investsuite', product: 'robo-discretionary' },
  ],
  limits: { perPayment: { USD: LIMIT }, perPortfolioAndDay: { USD: LIMIT }, perDay: { USD: LIMIT }, paymentsPerHour: 10_000 },
};

export type StageOptions = {
  /** Root folder of the build whose services are attacked. Default: this one. */
  readonly build?: string;
  /** For the services, besides what the sandbox sets. */
  readonly env?: Readonly<Record<string, string>>;
};

export class Stage {
  readonly world: JourneyWorld;
  readonly traces: Traces;
  readonly build: string | undefined;
  readonly #clients = new Map<ServiceName, ForeignClient>();

  private constructor(world: JourneyWorld, build: string | undefined) {
    this.world = world;
    this.build = build;
    const { stack, pool } = world;
    const [node] = stack.kafka.nodes;
    this.traces = new Traces(
      {
        kafka: node?.logFile ?? '',
        postgres: stack.postgres.logFile,
        ...Object.fromEntries([...stack.services].map(([name, { logFile }]) => [name, logFile])),
      },
      stack.urls.gateway,
      pool,
    );
  }

  static async start({ build, env }: StageOptions = {}): Promise<Stage> {
    const world = await JourneyWorld.start({
      services: [...MONEY_SERVICES, 'operator'],
      tenant: TENANT,
      ...(build === undefined ? {} : { build }),
      ...(env === undefined ? {} : { env }),
    });
    return new Stage(world, build);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.stop()));
    await this.world.stop();
  }

  // What an attacker holds.

  /** Kafka with the user of this service, and with none of our code. */
  kafkaAs(service: ServiceName): ForeignClient {
    const { brokers, loginOf } = this.world.stack.kafka;
    const known = this.#clients.get(service) ?? new ForeignClient({ brokers, sasl: loginOf(service) }, `attack-${service}`);
    this.#clients.set(service, known);
    return known;
  }
  send(service: ServiceName, topic: string, messages: readonly ForeignMessage[]): Promise<void> {
    return this.kafkaAs(service).send(topic, messages);
  }
  /** As a message of ours. Whether Kafka takes it or not: what counts is what comes of it. */
  async forge(service: ServiceName, { topic, key, value, headers }: OutgoingMessage): Promise<void> {
    await this.send(service, topic, [{ key, value, headers }]).catch(() => undefined);
  }
  signAs(service: ServiceName, nowMs: () => number = Date.now): SignMessage {
    return signerOf(this.#env(`${prefixOf(service)}SIGNING_KEY_FILE`), nowMs);
  }
  #env(name: string): string {
    const value = this.world.stack.env[name];
    if (value === undefined) throw new Error(`the sandbox has no ${name}`);
    return value;
  }
  /** One statement with the database login of this service. @throws what the database says. */
  async sql(service: ServiceName, text: string, values: readonly unknown[] = []): Promise<number> {
    const client = new Client({ connectionString: this.#env(`${prefixOf(service)}DATABASE_URL`) });
    await client.connect();
    try {
      return (await client.query(text, [...values])).rowCount ?? 0;
    } finally {
      await client.end();
    }
  }
  /** What lies in its tables is taken up at its next start. */
  async killAndRestart(name: ServiceName): Promise<void> {
    const service = this.world.stack.services.get(name);
    service?.kill('SIGKILL');
    await service?.restart();
  }
  /** What a service is started with. */
  environmentOf(service: ServiceName): Record<string, string> {
    return ofService(this.world.stack.env, service);
  }

  /** Kafka lets this service write this topic, which is not its own. */
  async openTopic(service: ServiceName, topic: string): Promise<void> {
    await ensureAccess(optionsOf(this.world.stack.kafka, 'attack'), [
      { user: service, resource: 'topic', name: topic, operations: ['Write'] },
    ]);
  }
  async closeTopic(service: ServiceName, topic: string): Promise<void> {
    const admin = new ForeignClient(this.world.stack.kafka, 'attack');
    await eventually(
      'the topic is closed',
      () => admin.closeTopic(service, topic),
      (left) => left === 0,
      UNTIL_MS,
      50,
    );
  }

  // What is there to be attacked.

  /** A customer with cash who asks for nothing. */
  customer(more: { readonly cash?: string; readonly portfolioPrefix?: string } = {}): Promise<Customer> {
    return this.world.customer({ cash: '1000.00', positions: [], ...more });
  }
  /** A customer whose cash stands on the house account, after a cash-out that was called off: people are asked about it. */
  async customerInSuspense(): Promise<{ readonly customer: Customer; readonly effectId: string; readonly generation: number }> {
    const customer = await this.customer();
    await this.holdCashOut(customer);
    await this.world.app(customer, { action: 'cancel' });
    const look = async () => {
      const { rows } = await this.world.pool.query<{ id: string; generation: number }>(
        `select e.id, e.generation from payout.effect e join payout.journey j on j.id = e.journey_id
         where j.portfolio_id = $1 and e.name = 'ClearSuspense' and e.status = 'parked'`,
        [customer.portfolioId],
      );
      return rows[0];
    };
    const parked = await eventually('cash in suspense', look, (row) => row !== undefined, UNTIL_MS, 100);
    if (parked === undefined) throw new Error('nothing is in suspense');
    return { customer, effectId: parked.id, generation: parked.generation };
  }
  /** The customer asks for 250, and the broker carries the cash-out out a little later. Returns while it is on its way. */
  async holdCashOut(customer: Customer): Promise<void> {
    await this.world.fault('broker', { fault: 'redemption-on-hold', subject: customer.accountNo, delayMs: 3_000, times: 1 });
    await this.world.app(customer, { action: 'set', amount: '250.00' });
    await this.world.untilStatus(customer, 'payout', 'ConfirmingCashOut');
  }
  operator(person: TestPerson, argv: readonly string[]): ReturnType<typeof runOperatorCli> {
    const { urls, operators, folder } = this.world.stack;
    const environment = {
      ...{ OPERATOR_URL: urls.operator, OPERATOR_TOKEN: person.token },
      OPERATOR_KEY_FILE: operators.keyFileOf(person),
    };
    return runOperatorCli({ argv, environment, projectRoot: folder, typed: null });
  }

  // What an attack would have reached.

  /** Sums that the bank has paid to this account, in words; null when there are none. */
  async paidTo(iban: string): Promise<string | null> {
    const count = await this.paymentsTo(iban);
    return count === 0 ? null : `${String(count)} payments to the account`;
  }
  async paymentsTo(iban: string): Promise<number> {
    const { bank } = await this.world.world.books();
    return bank.creditors.find(({ creditorIban }) => creditorIban === iban)?.settledCount ?? 0;
  }
  async statusOf(flow: string, { portfolioId }: Customer, service: EngineServiceName): Promise<string | null> {
    const { rows } = await this.world.pool.query<{ status: string }>(
      `select status from ${service}.journey where portfolio_id = $1 and flow = $2 order by opened_at desc limit 1`,
      [portfolioId, flow],
    );
    return rows[0]?.status ?? null;
  }
}
