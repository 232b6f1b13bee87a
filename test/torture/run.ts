/** One run: customers are paid while everything they need is killed, frozen and cut; then everything heals, and the books are read. */
import { copyFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pauseMs } from 'node:timers/promises';
import { Pool } from 'pg';
import { makeRunFolder } from '../../infra/sandbox/run-folder.js';
import type { Books } from '../world/books.js';
import { enterAll, Requests, type Entered } from '../world/customers.js';
import type { FaultName } from '../world/faults.js';
import { lookAt, Stillness, type Look } from '../world/look.js';
import { planCustomers } from '../world/mix.js';
import { createOperatorClient, type OperatorClient } from '../world/operator-client.js';
import { People } from '../world/people.js';
import { readUnderWay } from '../world/snapshot.js';
import { isGood, threeNumbers, waitingOf, type ThreeNumbers, type Waits } from '../world/three-numbers.js';
import { isOver, type CustomerVerdict, type Verdict } from '../world/verdict.js';
import { World } from '../world/world.js';
import { planChaos } from './chaos.js';
import { Executor, type Happened } from './executor.js';
import { moveLeaders } from './leaders.js';
import { Recoveries, type Recovered } from './recovery.js';
import { startTortureStack, type TortureStack } from './stack.js';
import { mortalsOf, type Mortals, type OwnEnd } from './victims.js';
import { wavesOf } from './waves.js';

export interface TortureOptions {
  readonly kills: number;
  readonly customers: number;
  readonly seed: number;
  readonly kafkaNodes: number;
  readonly faults: readonly FaultName[];
  readonly keep: boolean;
  /** Default 1; see `ChaosOptions`. */
  readonly pace?: number;
}

export interface Watcher {
  readonly say: (line: string) => void;
  readonly progress: (line: string) => void;
  readonly interrupted: AbortSignal;
}

export interface TortureResult {
  readonly numbers: ThreeNumbers;
  readonly good: boolean;
  readonly waiting: readonly Waits[];
  readonly verdict: Verdict;
  readonly books: Books;
  readonly happened: Happened;
  readonly recovered: readonly Recovered[];
  readonly ownEnds: readonly OwnEnd[];
  readonly auditHolds: boolean;
  readonly chaosMs: number;
  /** From the last disturbance until everything had come to its end. */
  readonly quietMs: number;
  /** Where logs and timelines were left; only after a failure or with `keep`. */
  readonly kept: string | null;
}

const LOOK_EVERY_MS = 500;
const LOOK_IN_PASSING_EVERY_MS = 2_000;
/** The outside behaves again so long after the last disturbance. */
const FAULTS_LAST_MS = 3_000;
/** From then on: several times the longest life of a request and the longest wait of the run's tenant. */
const QUIET_WITHIN_MS = 120_000;
/** A settled payment may still be sent back a moment later: the books must stand still for so long. */
const CALM_MS = 3_000;
const MOST_TIMELINES = 20;

class Run {
  readonly #o: TortureOptions;
  readonly #watcher: Watcher;
  readonly #torture: TortureStack;
  readonly #world: World;
  readonly #pool: Pool;
  readonly #anna: OperatorClient;
  readonly #people: People;
  readonly #requests: Requests;
  readonly #mortals: Mortals;
  readonly #recoveries: Recoveries;
  readonly #executor: Executor;
  #entered: readonly Entered[] = [];

  constructor(options: TortureOptions, watcher: Watcher, torture: TortureStack) {
    const { stack, operatorUrl, lines } = torture;
    this.#o = options;
    this.#watcher = watcher;
    this.#torture = torture;
    this.#world = new World(stack);
    this.#pool = new Pool({
      connectionString: stack.postgres.url,
      max: 4,
      connectionTimeoutMillis: 2_000,
      query_timeout: 2_000,
    });
    this.#pool.on('error', () => undefined);
    this.#anna = createOperatorClient(operatorUrl, stack.operators.anna);
    this.#people = new People({
      world: this.#world,
      send: stack.send,
      anna: this.#anna,
      ben: createOperatorClient(operatorUrl, stack.operators.ben),
      say: watcher.say,
      answersFor: 'everybody',
    });
    this.#requests = new Requests(this.#world, watcher.interrupted);
    this.#mortals = mortalsOf(torture);
    this.#recoveries = new Recoveries(this.#pool);
    this.#executor = new Executor({
      mortals: this.#mortals,
      lines,
      recoveries: this.#recoveries,
      moveLeaders: (onto) => moveLeaders(stack.kafka, onto),
      say: watcher.say,
      interrupted: watcher.interrupted,
    });
  }

  #look(): Promise<Look> {
    return lookAt(this.#world, this.#entered, this.#anna.facts);
  }

  #isDone(one: CustomerVerdict): boolean {
    return this.#requests.areMade(one.number) && isOver(one);
  }

  #show(look: Look | null, phase: string): void {
    const ends = look?.verdict.customers.filter((one) => this.#isDone(one));
    this.#watcher.progress(
      `${phase}: ${this.#executor.killed} of ${this.#o.kills} kills, ${ends?.length ?? '?'} of ${this.#o.customers} customers at their end`,
    );
  }

  /** As long as things are broken: people answer, and somebody looks at how it goes. What is away now is asked at the next look. */
  async #accompany(until: Promise<unknown>): Promise<void> {
    const over = { now: false };
    void until.then(
      () => (over.now = true),
      () => (over.now = true),
    );
    while (!over.now) {
      await this.#people.act().catch(() => undefined);
      this.#show(await this.#look().catch(() => null), 'breaking');
      await Promise.race([pauseMs(LOOK_IN_PASSING_EVERY_MS), until.catch(() => undefined)]);
    }
  }

  /** Everything is whole again: until all customers are at an end and the books stand still, or the deadline. */
  async #untilQuiet(): Promise<Look> {
    const deadlineMs = Date.now() + QUIET_WITHIN_MS;
    const stillness = new Stillness();
    for (;;) {
      await this.#people.act();
      const look = await this.#look();
      this.#show(look, 'healing');
      const stillMs = stillness.after(look);
      const isQuiet = look.verdict.customers.every((one) => this.#isDone(one)) && stillMs > CALM_MS;
      if (isQuiet || Date.now() > deadlineMs || this.#watcher.interrupted.aborted) return look;
      await pauseMs(LOOK_EVERY_MS);
    }
  }

  #isInterrupted(): boolean {
    return this.#watcher.interrupted.aborted;
  }

  /** null when it was interrupted: half a run has no verdict. */
  async perform(): Promise<TortureResult | null> {
    const { kills, customers, seed, kafkaNodes, faults, pace = 1 } = this.#o;
    const plan = planChaos({ kills, seed, kafkaNodes, pace });
    this.#watcher.say(`${customers} customers open their accounts ...`);
    this.#entered = await enterAll(this.#world, planCustomers(customers, seed), faults);
    await this.#people.prepare(this.#entered);
    await this.#recoveries.prepare();
    const startedAtMs = Date.now();
    const lastMs = plan.at(-1)?.atMs ?? 0;
    this.#watcher.say(`${plan.length} disturbances planned, ${kills} of them kills; the last after ${Math.round(lastMs / 1_000)} s`);
    const breaking = Promise.all([this.#executor.carryOut(plan), this.#requests.all(this.#entered, wavesOf(customers, lastMs, seed))]);
    await this.#accompany(breaking);
    await breaking;
    if (this.#isInterrupted()) return null;
    const chaosMs = Date.now() - startedAtMs;
    this.#watcher.say(`everybody is up again after ${Math.round(chaosMs / 1_000)} s; the outside behaves from now on`);
    await pauseMs(FAULTS_LAST_MS);
    await this.#world.clearFaults();
    const healedAtMs = Date.now();
    const look = await this.#untilQuiet();
    const quietMs = Date.now() - healedAtMs;
    return this.#isInterrupted() ? null : this.#result(look, chaosMs, quietMs);
  }

  async #result({ verdict, books, facts }: Look, chaosMs: number, quietMs: number): Promise<TortureResult> {
    const underWay = await readUnderWay(this.#pool);
    const numbers = threeNumbers(verdict, facts, underWay);
    const auditHolds = await this.#anna.auditHolds();
    const good = isGood(numbers) && verdict.ok && auditHolds;
    const kept = good && !this.#o.keep ? null : await this.#keep(verdict);
    return {
      numbers,
      good,
      waiting: waitingOf(verdict),
      verdict,
      books,
      happened: this.#executor.happened,
      recovered: await this.#recoveries.finish(),
      ownEnds: this.#mortals.ownEnds,
      auditHolds,
      chaosMs,
      quietMs,
      kept,
    };
  }

  /** Logs, books, and for each customer who is not at a good end what an operator would read. Returns the folder. */
  async #keep(verdict: Verdict): Promise<string> {
    const { path } = makeRunFolder('torture', { keep: true });
    const { stack } = this.#torture;
    cpSync(stack.folder, path, { recursive: true });
    for (const node of stack.kafka.nodes) copyFileSync(node.logFile, join(path, `kafka-${node.id}.log`));
    copyFileSync(stack.postgres.logFile, join(path, 'postgres.log'));
    const bad = verdict.customers.filter((one) => !isOver(one)).slice(0, MOST_TIMELINES);
    for (const { number, portfolioId } of bad) {
      const timeline = await this.#anna.timeline(portfolioId).catch((error: unknown) => String(error));
      writeFileSync(join(path, `timeline-${String(number).padStart(3, '0')}.json`), `${timeline}\n`);
    }
    const books = {
      bank: await this.#world.bank('GET', '/books'),
      broker: await this.#world.broker('GET', '/books'),
    };
    writeFileSync(join(path, 'books.json'), JSON.stringify(books));
    return path;
  }

  async close(): Promise<void> {
    await this.#mortals.release();
    await this.#pool.end();
  }
}

/** Throws when something cannot be brought back to life; everything else is in the result. null: interrupted. */
export const torture = async (options: TortureOptions, watcher: Watcher): Promise<TortureResult | null> => {
  const { seed, kafkaNodes } = options;
  const torn = await startTortureStack({ seed, kafkaNodes, say: watcher.say });
  const run = new Run(options, watcher, torn);
  try {
    return watcher.interrupted.aborted ? null : await run.perform();
  } finally {
    await run.close();
    await torn.stop();
  }
};
