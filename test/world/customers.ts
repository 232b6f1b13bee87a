/** The customers of one run: all open their accounts first, then each asks for cash as planned. */
import { setMaxListeners } from 'node:events';
import { setTimeout as pauseMs } from 'node:timers/promises';
import { rulesOf, type FaultName, type Subjects } from './faults.js';
import type { PlannedCustomer } from './mix.js';
import type { Customer, World } from './world.js';

export interface Entered {
  readonly plan: PlannedCustomer;
  readonly customer: Customer;
}

const CREATE_AT_ONCE = 8;

const subjectsOf = (customer: Customer): Subjects => ({
  investSuite: customer.portfolioId,
  broker: customer.accountNo,
  bank: customer.iban,
});

const enter = async (world: World, plan: PlannedCustomer): Promise<Entered> => {
  const customer = await world.createCustomer(plan);
  for (const { system, fault } of plan.faults) await world.switchFault(system, { ...fault, subject: subjectsOf(customer)[system] });
  return { plan, customer };
};

/** Opens the accounts of all, then switches the named faults of the outside on. */
export const enterAll = async (
  world: World,
  plans: readonly PlannedCustomer[],
  faults: readonly FaultName[],
): Promise<readonly Entered[]> => {
  await world.prepare();
  const entered: Entered[] = [];
  for (let from = 0; from < plans.length; from += CREATE_AT_ONCE)
    entered.push(...(await Promise.all(plans.slice(from, from + CREATE_AT_ONCE).map((plan) => enter(world, plan)))));
  const subjects = entered.map(({ customer }) => subjectsOf(customer));
  for (const { system, fault } of rulesOf(faults, subjects)) await world.switchFault(system, fault);
  return entered;
};

/** Makes the planned divest requests, each at its time, until it is stopped. */
export class Requests {
  readonly #world: World;
  readonly #stopped: AbortSignal;
  readonly #left = new Map<number, number>();
  readonly #firstAtMs = new Map<number, number>();

  constructor(world: World, stopped: AbortSignal) {
    this.#world = world;
    this.#stopped = stopped;
    // Each wait of a customer listens.
    setMaxListeners(0, stopped);
  }

  /** Of a customer whose requests are all made. */
  areMade(number: number): boolean {
    return this.#left.get(number) === 0;
  }

  /** When the customer asked for the first time; undefined before. */
  firstAtMs(number: number): number | undefined {
    return this.#firstAtMs.get(number);
  }

  async #wait(untilMs: number): Promise<void> {
    await pauseMs(Math.max(0, untilMs - Date.now()), undefined, { signal: this.#stopped }).catch(() => undefined);
  }

  async #one({ plan, customer }: Entered, firstAtMs: number): Promise<void> {
    this.#left.set(plan.number, plan.requests.length);
    for (const { afterMs, request } of plan.requests) {
      await this.#wait(firstAtMs + afterMs);
      if (this.#stopped.aborted) return;
      if (!this.#firstAtMs.has(plan.number)) this.#firstAtMs.set(plan.number, Date.now());
      await this.#world.investSuite.actAsApp(customer.portfolioId, request);
      this.#left.set(plan.number, (this.#left.get(plan.number) ?? 1) - 1);
    }
  }

  /** `atMs`: when each customer asks for the first time, from now on. */
  async all(entered: readonly Entered[], atMs: readonly number[]): Promise<void> {
    const startedAtMs = Date.now();
    await Promise.all(entered.map((one, index) => this.#one(one, startedAtMs + (atMs[index] ?? 0))));
  }
}
