/** The customers of one run: all open their accounts first, then they ask for cash in waves as long as things are being broken. */
import { setTimeout as pauseMs } from 'node:timers/promises';
import { rulesOf, type FaultName } from './faults.js';
import type { PlannedCustomer } from './mix.js';
import type { Entered } from './people.js';
import type { Customer, World } from './world.js';
import { createPrng } from '../simulators/shared/prng.js';

const CREATE_AT_ONCE = 8;
/** Between the beginnings of two waves. */
const WAVE_EVERY_MS = 5_000;

const subjectAt = (customer: Customer) => ({
  investSuite: customer.portfolioId,
  broker: customer.accountNo,
  bank: customer.iban,
});

const enter = async (world: World, plan: PlannedCustomer): Promise<Entered> => {
  const customer = await world.createCustomer(plan);
  for (const { system, fault } of plan.faults)
    await world.switchFault(system, {
      ...fault,
      subject: subjectAt(customer)[system],
    });
  return { plan, customer };
};

export const enterAll = async (
  world: World,
  plans: readonly PlannedCustomer[],
  faults: readonly FaultName[],
): Promise<readonly Entered[]> => {
  await world.prepare();
  const entered: Entered[] = [];
  for (let from = 0; from < plans.length; from += CREATE_AT_ONCE)
    entered.push(...(await Promise.all(plans.slice(from, from + CREATE_AT_ONCE).map((plan) => enter(world, plan)))));
  const subjects = entered.map(({ customer }) => subjectAt(customer));
  for (const { system, fault } of rulesOf(faults, subjects)) await world.switchFault(system, fault);
  return entered;
};

/** When each customer wishes for the first time: as many in each wave, the waves spread over `overMs`, each a burst of one second. */
export const wavesOf = (count: number, overMs: number, seed: number): readonly number[] => {
  const prng = createPrng(seed).fork('waves');
  const waves = Math.max(1, Math.ceil(overMs / WAVE_EVERY_MS));
  return Array.from({ length: count }, (_, index) => Math.floor((index * waves) / count) * WAVE_EVERY_MS + prng.below(1_000));
};

export class Wishes {
  readonly #world: World;
  readonly #interrupted: AbortSignal;
  readonly #left = new Map<number, number>();

  constructor(world: World, interrupted: AbortSignal) {
    this.#world = world;
    this.#interrupted = interrupted;
  }

  /** Of customers whose wishes are all made. */
  hasWished(number: number): boolean {
    return this.#left.get(number) === 0;
  }

  async #wait(untilMs: number): Promise<void> {
    await pauseMs(Math.max(0, untilMs - Date.now()), undefined, {
      signal: this.#interrupted,
    }).catch(() => undefined);
  }

  async #one({ plan, customer }: Entered, firstAtMs: number): Promise<void> {
    this.#left.set(plan.number, plan.wishes.length);
    for (const { afterMs, wish } of plan.wishes) {
      await this.#wait(firstAtMs + afterMs);
      if (this.#interrupted.aborted) return;
      await this.#world.investSuite.actAsApp(customer.portfolioId, wish);
      this.#left.set(plan.number, (this.#left.get(plan.number) ?? 1) - 1);
    }
  }

  async all(entered: readonly Entered[], atMs: readonly number[]): Promise<void> {
    const startedAtMs = Date.now();
    await Promise.all(entered.map((one, index) => this.#one(one, startedAtMs + (atMs[index] ?? 0))));
  }
}
