import type { EventName } from '../../../contracts/investsuite/events.js';
import type { JsonObject } from '../../../contracts/tokens.js';
import { cutTo, decimal, times, type Decimal } from '../../../shared/kernel/decimal.js';
import type { Books } from './books.js';
import type { OutgoingEvent } from './events-out.js';
import type { InvestSuiteFaults } from './faults.js';
import type { NewId } from './ids.js';
import { holdingsAfter, planSales, type OptimiserInput, type OptimiserSettings, type PlannedOrder } from './optimiser.js';
import {
  cashOf,
  holdingsOf,
  holdingsWire,
  levelOf,
  number,
  settingsOf,
  textField,
  type StoredOptimization,
  type StoredPortfolio,
} from './state.js';

/** What a run needs of the world around it. */
export type OptimiserHost = {
  readonly books: Books;
  readonly faults: InvestSuiteFaults;
  readonly newId: NewId;
  readonly prices: ReadonlyMap<string, Decimal>;
  readonly optimizations: Map<string, StoredOptimization>;
  now(): string;
  portfolio(id: string): StoredPortfolio | undefined;
  openOptimization(portfolioId: string): StoredOptimization | null;
  emit(name: EventName, portfolioId: string, content: OutgoingEvent['data']): void;
};

export type OptimiserRunsOptions = { readonly delayMs: number; readonly settings: OptimiserSettings };

/** An optimisation as it comes to be: what it found, before it has an id. */
export type Proposal = { readonly status: string; readonly isRecommended: boolean; readonly orders: readonly PlannedOrder[] };

const orderWire = (order: PlannedOrder): JsonObject => ({
  shares: number(order.shares),
  expected_share_price: number(order.price),
  expected_transaction_cost: number(order.cost),
  quantity_type: order.quantityType,
  quantity: number(order.quantity),
});

/** Runs the optimiser some time after it was triggered, never for a portfolio whose orders are still open. */
export class OptimiserRuns {
  readonly #world: OptimiserHost;
  readonly #options: OptimiserRunsOptions;
  readonly #scheduled = new Map<string, NodeJS.Timeout>();
  /** Triggered while excluded: they run when they are released. */
  readonly #again = new Set<string>();
  readonly #latest = new Map<string, string>();
  #settings: OptimiserSettings;

  constructor(world: OptimiserHost, options: OptimiserRunsOptions) {
    this.#world = world;
    this.#options = options;
    this.#settings = options.settings;
  }

  configure(settings: Partial<OptimiserSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  isComputing(portfolioId: string): boolean {
    return this.#scheduled.has(portfolioId);
  }

  waiting(): number {
    return this.#scheduled.size;
  }

  latest(portfolioId: string): StoredOptimization | null {
    const id = this.#latest.get(portfolioId);
    return id === undefined ? null : (this.#world.optimizations.get(id) ?? null);
  }

  /** Triggers during a run that has not started yet are one run: it reads what is there then. */
  trigger(portfolioId: string): void {
    const stored = this.#world.portfolio(portfolioId);
    if (stored === undefined || this.#scheduled.has(portfolioId)) return;
    if (stored.wire['archived'] === true || stored.wire['deleted'] === true || settingsOf(stored.wire)['active'] === false) return;
    if (this.#world.openOptimization(portfolioId) !== null) {
      this.#again.add(portfolioId);
      return;
    }
    const slow = this.#world.faults.strike('optimise', [portfolioId], ['optimiser-slow']);
    const delayMs = this.#options.delayMs + (slow === null ? 0 : (slow.delayMs ?? 3_000));
    this.#scheduled.set(
      portfolioId,
      setTimeout(() => {
        this.#run(portfolioId);
      }, delayMs),
    );
  }

  /** The last open order may have ended: what was put off runs now. */
  transactionWritten(portfolioId: string): void {
    if (!this.#again.has(portfolioId) || this.#world.openOptimization(portfolioId) !== null) return;
    this.#again.delete(portfolioId);
    this.trigger(portfolioId);
  }

  #run(portfolioId: string): void {
    this.#scheduled.delete(portfolioId);
    const stored = this.#world.portfolio(portfolioId);
    if (stored === undefined) return;
    if (this.#world.openOptimization(portfolioId) !== null) {
      this.#again.add(portfolioId);
      return;
    }
    if (this.#world.faults.strike('optimise', [portfolioId], ['optimiser-fails']) !== null) {
      this.propose(stored, { status: 'FAILURE', isRecommended: false, orders: [] });
      return;
    }
    const plan = planSales(this.#input(stored));
    const orders = plan.kind === 'sell' ? plan.orders : [];
    this.propose(stored, { status: plan.kind === 'infeasible' ? 'INFEASIBLE' : 'SUCCESS', isRecommended: orders.length > 0, orders });
  }

  #input(stored: StoredPortfolio): OptimiserInput {
    return {
      holdings: holdingsOf(stored.wire),
      cashInstrument: cashOf(stored.wire),
      level: levelOf(stored.wire),
      prices: this.#world.prices,
      settings: this.#settings,
    };
  }

  #drifted(portfolioId: string, orders: readonly PlannedOrder[]): readonly PlannedOrder[] {
    const rule = orders.length === 0 ? null : this.#world.faults.strike('optimise', [portfolioId], ['price-drift']);
    if (rule === null) return orders;
    const factor: Decimal = decimal(rule.detail ?? '1.20');
    return orders.map((order) => ({ ...order, price: cutTo(times(order.price, factor), 6) }));
  }

  /** Keeps an optimisation and tells of it when it is a SUCCESS; the other ends are never told. */
  propose(stored: StoredPortfolio, proposal: Proposal): StoredOptimization {
    const world = this.#world;
    const orders = this.#drifted(stored.id, proposal.orders);
    const input = this.#input(stored);
    const id = world.newId('O');
    const now = world.now();
    const wire: JsonObject = {
      id,
      portfolio_id: stored.id,
      creation_datetime: now,
      version: number(1),
      version_datetime: now,
      current_solution: {
        portfolio: holdingsWire(input.holdings),
        look_through: {},
        portfolio_constraint_violations: [],
        benchmark_constraint_violations: [],
      },
      optimal_solution: {
        portfolio: holdingsWire(holdingsAfter(input, orders)),
        look_through: {},
        portfolio_constraint_violations: [],
        benchmark_constraint_violations: [],
      },
      portfolio_update: {
        is_recommended: proposal.isRecommended,
        orders: Object.fromEntries(orders.map((order) => [order.instrument, orderWire(order)])),
        reasons: [],
      },
      owner_choice: null,
    };
    const made: StoredOptimization = {
      id,
      portfolioId: stored.id,
      status: proposal.status,
      isRecommended: proposal.isRecommended,
      ownerChoice: null,
      instruments: orders.map((order) => order.instrument),
      wire,
    };
    world.optimizations.set(id, made);
    this.#latest.set(stored.id, id);
    world.books.optimizations.append({
      optimizationId: id,
      portfolioId: stored.id,
      portfolioVersion: stored.version,
      status: proposal.status,
      isRecommended: proposal.isRecommended,
      wire,
    });
    if (proposal.status === 'SUCCESS') {
      world.emit('optimisations.status-update', stored.id, {
        id,
        portfolio_id: stored.id,
        external_id: textField(stored.wire, 'external_id'),
        is_recommended: proposal.isRecommended,
        value: 'SUCCESS',
      });
    }
    return made;
  }

  /** The customer of an advisory mandate decides. */
  choose(id: string, choice: string): StoredOptimization | null {
    const before = this.#world.optimizations.get(id);
    if (before === undefined) return null;
    const after: StoredOptimization = {
      ...before,
      ownerChoice: choice,
      wire: { ...before.wire, owner_choice: choice, version: number(2) },
    };
    this.#world.optimizations.set(id, after);
    this.#world.emit('optimisations.owner-choice-update', after.portfolioId, {
      id,
      portfolio_id: after.portfolioId,
      external_id: null,
      value: choice,
    });
    return after;
  }

  stop(): void {
    for (const timer of this.#scheduled.values()) clearTimeout(timer);
    this.#scheduled.clear();
  }
}
