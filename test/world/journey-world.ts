/** The whole product for one test file: a stack of its own, customers, and waits until the books say what must be true. */
import { engineServiceNames, type ServiceName } from '../../contracts/internal/services.js';
import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { startStack, type Stack, type StackOptions } from './stack.js';
import { World, type Customer, type Fault, type NewCustomer } from './world.js';
import { headersOf, printEnvelope } from '../../contracts/internal/envelope.js';
import { PENDING_WITHDRAWAL } from '../../contracts/internal/events.js';
import type { WithdrawalRequest } from '../../contracts/internal/outside-events.js';
import { versionOf } from '../../contracts/internal/topics.js';
import type { KafkaOptions } from '../../shared/runtime/kafka/client.js';
import type { OutgoingMessage } from '../../shared/runtime/kafka/producer.js';
import { optionsOf } from '../../shared/runtime/kafka/testing.js';
import { readSealKeys } from '../../shared/runtime/sealing/seal-keys-file.js';
import { clearText } from '../../shared/runtime/sealing/sealed-message.js';
import { Sealer } from '../../shared/runtime/sealing/sealer.js';
import { differencesAtLast, differencesOf, unfinishedOf, type CustomerEnd } from './customer-end.js';
import { eventually } from '../support/eventually.js';
import { signedDecision, type UnsignedDecision } from '../support/signing-people.js';
import { takeSnapshot, type JourneyRow, type Snapshot } from './snapshot.js';
import type { AppAct } from '../simulators/investsuite/admin-client.js';

/** Those that a customer's money passes through. */
export const MONEY_SERVICES: readonly ServiceName[] = ['gateway', ...engineServiceNames];
const LOOK_EVERY_MS = 150;
/** Generous: the figure only says when a test that has already failed gives up. */
const END_WITHIN_MS = 60_000;

export type JourneyWorldOptions = Partial<Omit<StackOptions, 'say'>>;

/** The look by the clock would heal what a test has broken on purpose. */
const EVENTS_ONLY = { pendingWithdrawalsSchedule: null };

export class JourneyWorld {
  readonly stack: Stack;
  readonly world: World;
  readonly pool: Pool;
  #customers = 0;
  #latest: { readonly atMs: number; readonly taking: Promise<Snapshot> } | null = null;

  private constructor(stack: Stack) {
    this.stack = stack;
    this.world = new World(stack);
    this.pool = new Pool({ connectionString: stack.postgres.url, max: 2 });
    // A test may take the database away; an idle connection that breaks is no failure.
    this.pool.on('error', () => undefined);
  }

  static async start(options: JourneyWorldOptions = {}): Promise<JourneyWorld> {
    const stack = await startStack({
      seed: 1,
      services: MONEY_SERVICES,
      ...options,
      tenant: { ...EVENTS_ONLY, ...options.tenant },
      say: () => undefined,
    });
    const world = new JourneyWorld(stack);
    try {
      await world.world.prepare();
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.pool.end();
    await this.stack.stop();
  }

  customer(holds: Omit<NewCustomer, 'number'>): Promise<Customer> {
    return this.world.createCustomer({ ...holds, number: ++this.#customers });
  }
  app(customer: Customer, act: AppAct): Promise<void> {
    return this.world.investSuite.actAsApp(customer.portfolioId, act);
  }
  fault(system: 'investSuite' | 'broker' | 'bank', fault: Fault): Promise<void> {
    return this.world.switchFault(system, fault);
  }

  /** Faults that were switched on and never struck: such a test has tested nothing. */
  async faultsThatNeverStruck(): Promise<readonly string[]> {
    interface Switched extends Fault {
      readonly strikes: number;
    }
    const ofInvestSuite = async (): Promise<readonly Switched[]> =>
      (await (await fetch(`${this.stack.urls.investSuite}/simulator/faults`)).json()) as readonly Switched[];
    const [investSuite, broker, bank] = await Promise.all([
      ofInvestSuite(),
      this.world.broker('GET', '/faults'),
      this.world.bank('GET', '/faults'),
    ]);
    const on = [
      ...investSuite,
      ...(broker as { readonly on: readonly Switched[] }).on,
      ...(bank as { readonly on: readonly Switched[] }).on,
    ];
    return on
      .filter((rule) => rule.strikes === 0)
      .map((rule) => `${rule.fault} on ${rule.operation ?? 'anything'} of ${rule.subject ?? 'anybody'}`);
  }

  /** Shared by all who look at about the same time. */
  look(): Promise<Snapshot> {
    if (this.#latest === null || Date.now() - this.#latest.atMs > LOOK_EVERY_MS)
      this.#latest = { atMs: Date.now(), taking: takeSnapshot(this.world, this.pool) };
    return this.#latest.taking;
  }

  /** The customer's latest journey of a flow, once it is as wanted. */
  async untilJourney(customer: Customer, flow: string, what: string, holds: (row: JourneyRow) => boolean): Promise<JourneyRow> {
    const latest = async (): Promise<JourneyRow | undefined> =>
      (await this.look()).journeys.filter((one) => one.flow === flow && one.portfolioId === customer.portfolioId).at(-1);
    const seen = await eventually(
      `customer ${String(customer.number)}: ${flow} ${what}`,
      latest,
      (row) => row !== undefined && holds(row),
      END_WITHIN_MS,
      LOOK_EVERY_MS,
    );
    return seen as JourneyRow;
  }
  untilStatus(customer: Customer, flow: string, status: string): Promise<JourneyRow> {
    return this.untilJourney(customer, flow, `is ${status}`, (row) => row.status === status);
  }

  /** Waits until the three books agree with each other and with what was expected of these customers. */
  async untilBooksAgree(ends: readonly CustomerEnd[], withinMs = END_WITHIN_MS): Promise<Snapshot> {
    let snapshot = await this.look();
    const differences = async (): Promise<readonly string[]> => {
      snapshot = await this.look();
      const found = ends.flatMap((end) => differencesOf(snapshot, end));
      const why =
        found.length === 0 ? [] : ends.flatMap((end) => unfinishedOf(snapshot, end.customer.portfolioId)).map((line) => `because ${line}`);
      return [...found, ...why];
    };
    await eventually('the books agree', differences, (found) => found.length === 0, withinMs, LOOK_EVERY_MS);
    return snapshot;
  }
  /** Nothing is under way any more, and nothing is double anywhere. */
  async untilQuiet(): Promise<Snapshot> {
    let snapshot = await this.look();
    const left = async (): Promise<readonly string[]> => {
      snapshot = await this.look();
      return differencesAtLast(snapshot);
    };
    await eventually('everything has come to rest', left, (found) => found.length === 0, END_WITHIN_MS, LOOK_EVERY_MS);
    return snapshot;
  }

  /** What a service has kept, as people read it. */
  clear(stored: string): string {
    return clearText(new Sealer(() => readSealKeys(this.stack.env['SEAL_KEYS_FILE'] ?? '')), stored);
  }

  get kafka(): KafkaOptions {
    return optionsOf(this.stack.kafka, 'test');
  }
  /** As the service that may send it. */
  async publish(message: OutgoingMessage): Promise<void> {
    await this.stack.send(message);
  }
  /** The look by the clock finds this divest request, as the withdrawal service's job tells it. Returns the id of the event. */
  async findPendingWithdrawal({ portfolioId }: Customer): Promise<string> {
    const topic = 'portfolio.withdrawal-request';
    const event = {
      id: `pending-withdrawals:${randomUUID()}`,
      type: PENDING_WITHDRAWAL,
      version: versionOf(topic),
      occurredAt: new Date().toISOString(),
      portfolioId,
    };
    const words: WithdrawalRequest = { portfolioId, level: null, currency: null };
    await this.publish({ topic, key: portfolioId, headers: headersOf(event), value: printEnvelope({ ...event, data: words }) });
    return event.id;
  }
  /** Says what Anna and Ben have signed, as the operator service does. Returns the id of the event. */
  async decide(unsigned: UnsignedDecision, portfolioId: string): Promise<string> {
    const decision = signedDecision(unsigned);
    const event = {
      id: `decision:${randomUUID()}`,
      type: 'operator.decision',
      version: '1',
      occurredAt: new Date().toISOString(),
      portfolioId,
    };
    await this.publish({
      topic: 'operator.decision',
      key: portfolioId,
      headers: headersOf(event),
      value: printEnvelope({ ...event, data: decision }),
    });
    return event.id;
  }
}
