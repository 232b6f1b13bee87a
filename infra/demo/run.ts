/** One run: the customers ask as planned, the outside misbehaves as told, and everybody is watched until an end or a person's turn. */
import { setTimeout as pause } from 'node:timers/promises';
import { enterAll, Requests, type Entered } from '../../test/world/customers.js';
import type { Facts } from '../../test/world/facts.js';
import type { FaultName } from '../../test/world/faults.js';
import { lookAt, Stillness } from '../../test/world/look.js';
import type { PlannedCustomer } from '../../test/world/mix.js';
import type { People } from '../../test/world/people.js';
import { isOver, type CustomerVerdict, type Verdict } from '../../test/world/verdict.js';
import type { World } from '../../test/world/world.js';
import type { Progress } from './progress.js';
import { lineOf } from './report.js';

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
  /** From the customer's first divest request to the end; null when there was none. */
  readonly msOf: (number: number) => number | null;
}

/** Between the first divest requests of two customers. */
const STAGGER_MS = 150;
const LOOK_EVERY_MS = 300;
/** Faults go on for so long after the last divest request; then the outside behaves, so that what waits for it can end. */
const FAULTS_LAST_MS = 12_000;
/** After so long without any news the run is over. The longest wait of the demo's tenant is a fraction of it. */
const SILENCE_MS = 45_000;
/** A settled payment may still be sent back a moment later: the books must stand still for so long. */
const CALM_MS = 2_500;
const AT_MOST_MS = 150_000;

class Run {
  readonly #options: RunOptions;
  readonly #entered: readonly Entered[];
  readonly #stop = new AbortController();
  readonly #requests: Requests;
  readonly #endedAt = new Map<number, number>();
  readonly #shown = new Map<number, string>();

  constructor(options: RunOptions, entered: readonly Entered[]) {
    this.#options = options;
    this.#entered = entered;
    this.#requests = new Requests(options.world, this.#stop.signal);
  }

  async #look(): Promise<Verdict> {
    const { world, readFacts, people } = this.#options;
    await people.act();
    return (await lookAt(world, this.#entered, readFacts)).verdict;
  }

  #isDone(one: CustomerVerdict): boolean {
    const waitsForOurs = one.end === 'waits for a person' && this.#options.people.willAct(one.portfolioId);
    return this.#requests.areMade(one.number) && isOver(one) && !waitsForOurs;
  }

  #show(verdict: Verdict): number {
    const { progress } = this.#options;
    const done = verdict.customers.filter((one) => this.#isDone(one));
    for (const one of done) {
      if (this.#shown.get(one.number) === one.end) continue;
      this.#shown.set(one.number, one.end);
      this.#endedAt.set(one.number, Date.now());
      progress.say(lineOf(one, this.msOf(one.number) ?? 0));
    }
    progress.update(done.length);
    return done.length;
  }

  msOf(number: number): number | null {
    const [from, to] = [this.#requests.firstAtMs(number), this.#endedAt.get(number)];
    return from === undefined || to === undefined ? null : to - from;
  }

  async #watch(requesting: Promise<unknown>): Promise<Verdict> {
    const { progress, world, faults } = this.#options;
    const startedAt = Date.now();
    let faultsUntil = Number.POSITIVE_INFINITY;
    requesting.then(
      () => {
        faultsUntil = Date.now() + FAULTS_LAST_MS;
      },
      () => {
        this.stop();
      },
    );
    const stillness = new Stillness();
    for (;;) {
      const verdict = await this.#look();
      const done = this.#show(verdict);
      if (faults.length > 0 && Date.now() > faultsUntil) {
        faultsUntil = Number.POSITIVE_INFINITY;
        await world.clearFaults();
        progress.say('-- the outside behaves again: all faults are off, so that what waits for it can end --');
      }
      const stillMs = stillness.after({ verdict });
      const allDone = done === verdict.customers.length && stillMs > CALM_MS;
      const isLate = stillMs > SILENCE_MS || Date.now() - startedAt > AT_MOST_MS;
      if (allDone || isLate || this.#stop.signal.aborted) return verdict;
      await pause(LOOK_EVERY_MS);
    }
  }

  async watch(): Promise<Verdict> {
    const requesting = this.#requests.all(
      this.#entered,
      this.#entered.map((_, index) => index * STAGGER_MS),
    );
    const verdict = await this.#watch(requesting);
    this.stop();
    await requesting;
    return verdict;
  }

  stop(): void {
    this.#stop.abort();
  }
}

/** Throws when the outside world cannot be driven; a customer who is not paid is no error but a verdict. */
export const runCustomers = async (options: RunOptions): Promise<RunResult> => {
  const { world, progress, faults, plan, people } = options;
  progress.say(`${plan.length} customers open their accounts ...`);
  const entered = await enterAll(world, plan, faults);
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
