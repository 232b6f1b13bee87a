/** One run: the customers wish as planned, the outside misbehaves as asked, and everybody is watched until an end or a person's turn. */
import { setTimeout as pause } from 'node:timers/promises';
import { rulesOf, type FaultName } from '../../test/world/faults.js';
import type { Facts } from '../../test/world/facts.js';
import type { PlannedCustomer, Wish } from '../../test/world/mix.js';
import type { Entered, People } from '../../test/world/people.js';
import type { Progress } from './progress.js';
import { lineOf } from './report.js';
import { booksOf, judge, type CustomerVerdict, type Verdict } from '../../test/world/verdict.js';
import type { Customer, World } from '../../test/world/world.js';
import { CURRENCY } from '../../test/world/stack.js';

export interface RunOptions {
  readonly world: World;
  readonly plan: readonly PlannedCustomer[];
  readonly faults: readonly FaultName[];
  readonly readFacts: () => Promise<Facts>;
  readonly people: People;
  readonly progress: Progress;
  /** Resolves when the person at the keyboard has had enough. */
  readonly interrupted: Promise<unknown>;
}

export interface RunResult {
  readonly verdict: Verdict;
  /** From the customer's first wish to the end; null when there was none. */
  readonly msOf: (number: number) => number | null;
}

/** Between the first wishes of two customers. */
const STAGGER_MS = 150;
const LOOK_EVERY_MS = 300;
/** Faults go on for so long after the last wish; then the outside behaves, so that what waits for it can end. */
const FAULTS_LAST_MS = 12_000;
/** After so long without any news the run is over. The longest wait of the demo's tenant is a fraction of it. */
const SILENCE_MS = 45_000;
/** A settled payment may still be sent back a moment later: the books must stand still for so long. */
const CALM_MS = 2_500;
const AT_MOST_MS = 150_000;
const CREATE_AT_ONCE = 8;

const subjectAt = (customer: Customer) => ({ investSuite: customer.portfolioId, broker: customer.accountNo, bank: customer.iban });

const enter = async ({ world }: RunOptions, plan: PlannedCustomer): Promise<Entered> => {
  const customer = await world.createCustomer(plan);
  for (const { system, fault } of plan.faults) await world.switchFault(system, { ...fault, subject: subjectAt(customer)[system] });
  return { plan, customer };
};

const enterAll = async (options: RunOptions): Promise<readonly Entered[]> => {
  const entered: Entered[] = [];
  for (let from = 0; from < options.plan.length; from += CREATE_AT_ONCE)
    entered.push(...(await Promise.all(options.plan.slice(from, from + CREATE_AT_ONCE).map((plan) => enter(options, plan)))));
  return entered;
};

const act = (world: World, customer: Customer, wish: Wish): Promise<void> => world.investSuite.actAsApp(customer.portfolioId, wish);

class Run {
  readonly #options: RunOptions;
  readonly #entered: readonly Entered[];
  readonly #firstWishAt = new Map<number, number>();
  readonly #wishesLeft = new Map<number, number>();
  readonly #endedAt = new Map<number, number>();
  readonly #shown = new Map<number, string>();
  #stopped = false;

  constructor(options: RunOptions, entered: readonly Entered[]) {
    this.#options = options;
    this.#entered = entered;
  }

  async #wish({ plan, customer }: Entered, index: number): Promise<void> {
    const { world } = this.#options;
    this.#wishesLeft.set(plan.number, plan.wishes.length);
    await pause(index * STAGGER_MS);
    const startedAt = Date.now();
    this.#firstWishAt.set(plan.number, startedAt);
    for (const { afterMs, wish } of plan.wishes) {
      await pause(Math.max(0, startedAt + afterMs - Date.now()));
      if (this.#stopped) return;
      await act(world, customer, wish);
      this.#wishesLeft.set(plan.number, (this.#wishesLeft.get(plan.number) ?? 0) - 1);
    }
  }

  async #look(): Promise<Verdict> {
    const { world, readFacts, people } = this.#options;
    // What we say first, then what the outside says: whatever has ended for us must show in books that are read later.
    const facts = await readFacts();
    const books = await world.books();
    await people.act(facts);
    return judge(
      this.#entered.map(({ plan, customer }) => booksOf(plan, customer, books, CURRENCY)),
      books,
      facts,
    );
  }

  #isOver({ end, number }: CustomerVerdict): boolean {
    return this.#wishesLeft.get(number) === 0 && end !== 'under way' && end !== 'WRONG';
  }

  #show(verdict: Verdict): number {
    const { progress, people } = this.#options;
    let done = 0;
    for (const one of verdict.customers) {
      if (!this.#isOver(one) || (one.end === 'waits for a person' && people.willAct(one.portfolioId))) continue;
      done += 1;
      if (this.#shown.get(one.number) === one.end) continue;
      this.#shown.set(one.number, one.end);
      this.#endedAt.set(one.number, Date.now());
      progress.say(lineOf(one, this.msOf(one.number) ?? 0));
    }
    progress.update(done);
    return done;
  }

  msOf(number: number): number | null {
    const [from, to] = [this.#firstWishAt.get(number), this.#endedAt.get(number)];
    return from === undefined || to === undefined ? null : to - from;
  }

  async #watch(wishing: Promise<unknown>): Promise<Verdict> {
    const { progress, world, faults } = this.#options;
    const startedAt = Date.now();
    let faultsUntil = Number.POSITIVE_INFINITY;
    wishing.then(
      () => {
        faultsUntil = Date.now() + FAULTS_LAST_MS;
      },
      () => {
        this.#stopped = true;
      },
    );
    let news = { text: '', at: Date.now() };
    for (;;) {
      const verdict = await this.#look();
      const done = this.#show(verdict);
      if (faults.length > 0 && Date.now() > faultsUntil) {
        faultsUntil = Number.POSITIVE_INFINITY;
        await world.clearFaults();
        progress.say('-- the outside behaves again: all faults are off, so that what waits for it can end --');
      }
      const text = JSON.stringify([verdict.books, verdict.customers]);
      if (text !== news.text) news = { text, at: Date.now() };
      const calmMs = Date.now() - news.at;
      const allDone = done === verdict.customers.length && calmMs > CALM_MS;
      if (allDone || calmMs > SILENCE_MS || Date.now() - startedAt > AT_MOST_MS || this.#stopped) return verdict;
      await pause(LOOK_EVERY_MS);
    }
  }

  async watch(): Promise<Verdict> {
    const wishing = Promise.all(this.#entered.map((one, index) => this.#wish(one, index)));
    const verdict = await this.#watch(wishing);
    this.#stopped = true;
    await wishing;
    return verdict;
  }

  stop(): void {
    this.#stopped = true;
  }
}

/** Throws when the outside world cannot be driven; a customer who is not paid is no error but a verdict. */
export const runCustomers = async (options: RunOptions): Promise<RunResult> => {
  const { world, progress, faults, plan, people } = options;
  await world.prepare();
  progress.say(`${plan.length} customers open their accounts ...`);
  const entered = await enterAll(options);
  for (const { system, fault } of rulesOf(
    faults,
    entered.map(({ customer }) => subjectAt(customer)),
  ))
    await world.switchFault(system, fault);
  if (faults.length > 0) progress.say(`faults: ${faults.join(', ')}`);
  await people.prepare(entered);
  const run = new Run(options, entered);
  void options.interrupted.then(() => {
    run.stop();
  });
  progress.start(plan.length);
  try {
    const verdict = await run.watch();
    return { verdict, msOf: (number) => run.msOf(number) };
  } finally {
    progress.stop();
  }
};
