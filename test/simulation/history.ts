/** One history: a seed makes a plan, the plan runs until everything is quiet, and the books are read. */
import { payoutBinding, payoutConsumes, type Ports } from '../../services/payout/src/wire.js';
import { lostRequestBinding, portfolioBinding, portfolioConsumes } from '../../services/portfolio/src/wire.js';
import { withdrawalBinding, withdrawalConsumes } from '../../services/withdrawal/src/wire.js';
import { FRESH_MS, type Binding, type ServiceDefinition } from '../../shared/runtime/engine/definition.js';
import { tenantSettings, type TenantSettings } from '../builders/tenant.js';
import { Audit, isPayable, isQuiet } from './audit.js';
import { HOUSE_IBAN, bankPort, ownerOf } from './bank.js';
import { centsOf } from './cents.js';
import type { Broken } from './breaks.js';
import { brokerPort } from './broker.js';
import { Copy, type Service } from './copy.js';
import { Faults, type FaultName, type Stroke } from './faults.js';
import type { Ground } from './ground.js';
import { investSuitePort } from './investsuite.js';
import { simulatedKnownCashOuts } from './known-cash-outs.js';
import { simulatedLimits } from './limits.js';
import { MemoryStore } from './memory-store.js';
import type { Network } from './network.js';
import { People } from './people.js';
import { planOf, type Plan, type Smaller } from './plan.js';
import { Random } from './random.js';
import { Scheduler } from './scheduler.js';
import { World } from './world.js';

export type Verdict = {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly strokes: readonly Stroke[];
  readonly turns: number;
  readonly restarts: number;
  readonly payments: number;
  readonly journeys: number;
  readonly decisions: number;
  /** How long it took in the time of the world. */
  readonly lastedMs: number;
  readonly scope: Plan['scope'];
};
export type HistoryOptions = {
  readonly seed: number;
  readonly broken?: Broken | null;
  /** Gets the story, line by line. */
  readonly say?: (line: string) => void;
  readonly calledOff?: ReadonlySet<number>;
  readonly smaller?: Smaller;
};

const START_MS = Date.parse('2026-01-01T00:00:00Z');
/** Longer than any wait of the product in these plans: what is not at rest then never will be. */
const LONGEST_MS = 400_000;
const LOOK_EVERY_MS = 500;
/** So long nothing has happened. */
const QUIET_LOOKS = 3;

const TENANT: TenantSettings = {
  ...tenantSettings.parse({ brokerMode: 'client', houseAccountIban: HOUSE_IBAN, onVersionGap: 'restore' }),
  firstWaitMs: 150,
  longestWaitMs: 2_000,
  patienceMs: 45_000,
  lookAgainForCashAfterMs: 4_000,
  lookAgainAtCounterAccountAfterMs: 3_000,
  awaitWishAfterMs: 3_000,
  awaitCounterpartAfterMs: 3_000,
  // So that what waits for review is still seen to wait at the end.
  reviewAfterMs: 86_400_000,
};

class History {
  readonly #ground: Ground;
  readonly #world: World;
  readonly #services: readonly Service[];
  readonly #copies: readonly Copy[];
  readonly #people: People;
  readonly #accused: string[] = [];
  readonly #scheduler = new Scheduler(START_MS);
  #over = false;
  #quietLooks = 0;

  constructor(options: HistoryOptions) {
    const plan = planOf(options.seed, options.smaller);
    const scheduler = this.#scheduler;
    const { say } = options;
    this.#ground = {
      plan,
      scheduler,
      random: new Random(options.seed, 2),
      faults: new Faults(plan.rates, new Random(options.seed, 3), options.calledOff ?? new Set()),
      broken: options.broken ?? null,
      tell:
        say === undefined
          ? () => undefined
          : (who, what) => {
              say(`${String(scheduler.nowMs - START_MS).padStart(7)} ms  ${who.padEnd(13)} ${what()}`);
            },
      accuse: (what) => this.#accused.push(what),
    };
    this.#world = new World(this.#ground);
    this.#services = this.#servicesOf(plan);
    this.#copies = this.#services.flatMap((service) =>
      Array.from({ length: plan.copies }, (_, index) => new Copy(this.#ground, this.#world.topics, service, index)),
    );
    this.#people = new People(this.#ground, this.#world, this.#services);
  }

  #servicesOf(plan: Plan): readonly Service[] {
    const { bank, broker, investSuite, topics, limits } = this.#world;
    const { broken, scheduler } = this.#ground;
    const tenant: TenantSettings = { ...TENANT, requestTimeoutMs: plan.timeoutMs };
    /** Money may leave only for what is asked for, or was a moment ago. Judged as it leaves: it may arrive much later. */
    const asked = (what: string, portfolioId: string, amount: string): void => {
      const cents = centsOf(amount);
      if (investSuite.highestSince(portfolioId, scheduler.nowMs - FRESH_MS) < cents)
        this.#accused.push(`${what} of EUR ${amount} left for ${portfolioId}, which did not ask for so much any more`);
    };
    const ports = (network: Network, store: MemoryStore): Ports => {
      const seenBroker = brokerPort(broker, network);
      const seenInvestSuite = investSuitePort(investSuite, network);
      const seenBank = bankPort(bank, network, plan.bank.dedupe === 'forever');
      const brokenOrNot = broken?.broker?.(seenBroker) ?? seenBroker;
      return {
        coreBanking: {
          ...seenBank,
          pay: (request, sending) => {
            asked('a transfer', ownerOf(request.creditorIban), request.amount.amount);
            return seenBank.pay(request, sending);
          },
        },
        broker: {
          ...brokenOrNot,
          createCashOut: (request, sending) => {
            asked('a cash-out', request.account.replace(/^B-/, ''), request.amount.amount);
            return brokenOrNot.createCashOut(request, sending);
          },
        },
        limits: simulatedLimits(limits, network),
        knownCashOuts: simulatedKnownCashOuts(store, network),
        investSuite: broken?.investSuite?.(seenInvestSuite) ?? seenInvestSuite,
      };
    };
    const service = (
      name: string,
      consumes: ServiceDefinition['consumes'],
      bind: (ports: Ports, nowMs: () => number) => readonly Binding[],
    ): Service => {
      topics.subscribe(name, [...consumes.map(({ topic }) => topic), 'operator.decision']);
      const store = new MemoryStore(() => scheduler.nowMs);
      return {
        name,
        store,
        define: (network, nowMs) => {
          const asIs = bind(ports(network, store), nowMs);
          const bindings = asIs.map((binding) => broken?.binding?.(binding, () => `turn${String(scheduler.turns)}`) ?? binding);
          return { name, bindings, consumes };
        },
      };
    };
    const payout = (): Service => service('payout', payoutConsumes, (all, nowMs) => [payoutBinding(all, tenant, nowMs)]);
    const withdrawal = (): Service => service('withdrawal', withdrawalConsumes, (all) => [withdrawalBinding(all, tenant)]);
    const portfolio = (): Service =>
      service('portfolio', portfolioConsumes, (all) => [portfolioBinding(all, tenant), lostRequestBinding(all, tenant)]);
    switch (plan.scope) {
      case 'payout':
        return [payout()];
      case 'portfolio':
        return [portfolio()];
      case 'whole':
        return [withdrawal(), payout(), portfolio()];
    }
  }

  #look(): void {
    const { scheduler, faults, plan, tell } = this.#ground;
    const sinceMs = scheduler.nowMs - START_MS;
    const quiet =
      this.#world.topics.lag === 0 &&
      scheduler.worldWork === 0 &&
      !this.#waitsForCashThatIsThere() &&
      !this.#waitsForAnAnnouncement() &&
      this.#copies.every((copy) => copy.up) &&
      this.#services.every(({ store }) => isQuiet(store) && !this.#peopleHaveWork(store));
    this.#quietLooks = quiet ? this.#quietLooks + 1 : 0;
    if (!faults.healed && (sinceMs > plan.faultsUntilMs || this.#quietLooks > 0)) {
      tell('world', () => 'from now on nothing goes wrong any more');
      faults.heal();
      for (const copy of this.#copies) copy.thaw();
    }
    if (this.#quietLooks >= QUIET_LOOKS || sinceMs > LONGEST_MS) this.#over = true;
    else
      scheduler.againAfter(LOOK_EVERY_MS, () => {
        this.#look();
      });
  }

  /** It looks again by the clock. */
  #waitsForCashThatIsThere(): boolean {
    const store = this.#services.find(({ name }) => name === 'withdrawal')?.store;
    for (const { status, portfolioId } of store?.journeys.values() ?? [])
      if (status === 'AwaitingCash' && isPayable(this.#world, portfolioId)) return true;
    return false;
  }

  /** It goes on by the clock, and changes wait for it meanwhile. */
  #waitsForAnAnnouncement(): boolean {
    const store = this.#services.find(({ name }) => name === 'portfolio')?.store;
    for (const { status } of store?.journeys.values() ?? []) if (status === 'AwaitingAnnouncement') return true;
    return false;
  }

  #peopleHaveWork(store: MemoryStore): boolean {
    for (const entry of store.quarantine.values()) if (entry.resolvedMs === null) return true;
    for (const journey of store.journeys.values()) if (!journey.ended && journey.held !== null) return true;
    return false;
  }

  async run(): Promise<Verdict> {
    const { scheduler, faults, plan } = this.#ground;
    scheduler.onTurnEnd = (life) => {
      if (faults.healed) return;
      const copy = this.#copies.find((one) => one.life === life);
      if (copy === undefined) return;
      if (faults.happens('crash')) copy.crash('killed');
      else if (faults.happens('freeze')) copy.freeze();
      else if (faults.happens('lock-lost')) copy.loseLock(1);
    };
    for (const copy of this.#copies) copy.start();
    this.#world.begin();
    this.#people.start();
    this.#look();
    await scheduler.run(START_MS + 2 * LONGEST_MS, () => this.#over);
    const violations = [...this.#accused, ...new Audit(this.#ground, this.#world, this.#services).run()];
    for (const violation of violations) this.#ground.tell('AUDITOR', () => violation);
    for (const copy of this.#copies) copy.life.alive = false;
    return {
      seed: plan.seed,
      violations,
      strokes: faults.strokes,
      turns: scheduler.turns,
      restarts: this.#copies.reduce((sum, copy) => sum + copy.starts - 1, 0),
      payments: this.#world.bank.live().length,
      journeys: this.#services.reduce((sum, { store }) => sum + store.journeys.size, 0),
      decisions: this.#people.decisions,
      lastedMs: scheduler.nowMs - START_MS,
      scope: plan.scope,
    };
  }
}

export const runHistory = (options: HistoryOptions): Promise<Verdict> => new History(options).run();
export type { FaultName };
