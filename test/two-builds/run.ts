/** One run: customers ask for cash while one build of the services is replaced by another; then the books of the outside are read. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pauseMs } from 'node:timers/promises';
import { promisify } from 'node:util';
import { serviceNames, type ServiceName } from '../../contracts/internal/services.js';
import { freePort } from '../../infra/sandbox/ports.js';
import { recordUnsigned } from '../../infra/topics/record-unsigned.js';
import { launchService, type LaunchedService } from '../../infra/services/launch.js';
import { optionsOf } from '../../shared/runtime/kafka/testing.js';
import { enterAll, Requests, type Entered } from '../world/customers.js';
import { lookAt, Stillness, type Look } from '../world/look.js';
import { planCustomers } from '../world/mix.js';
import { createOperatorClient } from '../world/operator-client.js';
import { People } from '../world/people.js';
import { startStack, type Stack } from '../world/stack.js';
import { isOver } from '../world/verdict.js';
import { World } from '../world/world.js';

export interface Builds {
  /** Root folders. */
  readonly before: string;
  readonly after: string;
  readonly how: 'stop-all' | 'rolling';
}
export interface TwoBuildsOptions extends Builds {
  readonly customers: number;
  readonly seed: number;
  readonly keep: boolean;
  readonly say: (line: string) => void;
}

/** Between the first requests of two customers. */
const STAGGER_MS = 150;
/** Both builds run side by side for so long. */
const SIDE_BY_SIDE_MS = 10_000;
const LOOK_EVERY_MS = 500;
const QUIET_WITHIN_MS = 120_000;
/** A settled payment may still be sent back a moment later: the books must stand still for so long. */
const CALM_MS = 3_000;

const migrateWith = async (build: string, databaseUrl: string, env: Readonly<Record<string, string>> = {}): Promise<void> => {
  await promisify(execFile)(process.execPath, [join(build, 'dist/migrations/main.js')], {
    env: { ...process.env, ...env, ALLOW_PLAINTEXT: 'true', DATABASE_URL: databaseUrl, MIGRATE_DATABASE_URL: databaseUrl },
  });
};

class Run {
  readonly #o: TwoBuildsOptions;
  readonly #stack: Stack;
  readonly #world: World;
  /** The same before and after: whoever calls them does not see that the builds change. */
  readonly #ports: Readonly<Partial<Record<ServiceName, number>>>;
  #entered: readonly Entered[] = [];

  constructor(options: TwoBuildsOptions, stack: Stack, operatorPort: number) {
    this.#o = options;
    this.#stack = stack;
    this.#ports = { gateway: Number(new URL(stack.urls.gateway).port), operator: operatorPort };
    this.#world = new World(stack);
  }

  #launch(build: string, mark: string, names: readonly ServiceName[]): Promise<readonly LaunchedService[]> {
    const { env, folder, operators } = this.#stack;
    return Promise.all(
      names.map((name) => {
        const port = this.#ports[name];
        // An earlier build knows people by their tokens alone.
        const own = { ...env, OPERATOR_TOKENS: `anna:${operators.anna.token},ben:${operators.ben.token}` };
        return launchService({ name, build, copy: `${name}-${mark}`, env: own, folder, ...(port === undefined ? {} : { port }) });
      }),
    );
  }

  /** Half of them in an orderly way, half by kill -9. */
  async #end(running: readonly LaunchedService[]): Promise<void> {
    await Promise.all(
      running.map(async (one, index) => {
        if (index % 2 === 0) await one.stop();
        else {
          one.kill('SIGKILL');
          await one.exited;
        }
      }),
    );
  }

  async #replace(before: readonly LaunchedService[]): Promise<readonly LaunchedService[]> {
    const { after, how, say } = this.#o;
    const { env, postgres, kafka } = this.#stack;
    if (how === 'stop-all') {
      say('the earlier build ends: half of it by kill -9');
      await this.#end(before);
      await migrateWith(after, postgres.url, env);
      // What lies on Kafka was written by a build that may not have signed it.
      await recordUnsigned(optionsOf(kafka, 'two-builds'), { url: postgres.url });
      say('migrated, and recorded what is read without a signature; the later build starts');
      return this.#launch(after, 'after', serviceNames);
    }
    await migrateWith(after, postgres.url, env);
    // One gateway has the address that the outside calls; the operator is not an instance of anything.
    const beside = serviceNames.filter((name) => name !== 'gateway' && name !== 'operator');
    say('migrated; the later build runs beside the earlier one');
    const later = await this.#launch(after, 'after', beside);
    await pauseMs(SIDE_BY_SIDE_MS);
    say('the earlier build ends: half of it by kill -9');
    await this.#end(before);
    return [...later, ...(await this.#launch(after, 'after', ['gateway', 'operator']))];
  }

  async #untilQuiet(requests: Requests, people: People, readFacts: () => Promise<Look['facts']>): Promise<Look> {
    const deadlineMs = Date.now() + QUIET_WITHIN_MS;
    const stillness = new Stillness();
    for (;;) {
      await people.act();
      const look = await lookAt(this.#world, this.#entered, readFacts);
      const isDone = look.verdict.customers.every((one) => requests.areMade(one.number) && isOver(one) && !people.willAct(one.portfolioId));
      if ((isDone && stillness.after(look) > CALM_MS) || Date.now() > deadlineMs) return look;
      await pauseMs(LOOK_EVERY_MS);
    }
  }

  async perform(): Promise<Look> {
    const { before, customers, seed, say } = this.#o;
    const { operators, send } = this.#stack;
    say(`the earlier build starts: ${before}`);
    const earlier = await this.#launch(before, 'before', serviceNames);
    this.#entered = await enterAll(this.#world, planCustomers(customers, seed), []);
    const requests = new Requests(this.#world, new AbortController().signal);
    const operatorUrl = `http://127.0.0.1:${String(this.#ports.operator)}`;
    const anna = createOperatorClient(operatorUrl, operators.anna);
    const ben = createOperatorClient(operatorUrl, operators.ben);
    const people = new People({ world: this.#world, send, anna, ben, say, answersFor: 'planned refusals' });
    await people.prepare(this.#entered);
    const requesting = requests.all(
      this.#entered,
      this.#entered.map((_, index) => index * STAGGER_MS),
    );
    await pauseMs((customers * STAGGER_MS) / 2);
    say('half of the customers have asked');
    const later = await this.#replace(earlier);
    try {
      await requesting;
      return await this.#untilQuiet(requests, people, anna.facts);
    } finally {
      await Promise.all(later.map((one) => one.stop()));
    }
  }
}

/** @throws when an instance does not start, or the outside world cannot be driven. */
export const replaceBuilds = async (options: TwoBuildsOptions): Promise<Look> => {
  const { seed, say, keep, before } = options;
  // An earlier build starts with no name in its tenant's file that it does not know.
  const tenant = { limits: undefined };
  const stack = await startStack({ seed, say, keep, tenant, services: [], migrate: (url) => migrateWith(before, url) });
  try {
    return await new Run(options, stack, await freePort()).perform();
  } finally {
    await stack.stop();
  }
};
