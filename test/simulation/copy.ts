/** One copy of one service: the product's own loops, on a database, topics, a network and a clock that are held here. */
import { assemble } from '../../shared/runtime/engine/assembly.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';
import type { Clock } from '../../shared/runtime/engine/clock.js';
import type { ServiceDefinition } from '../../shared/runtime/engine/definition.js';
import type { Failpoint } from '../../shared/runtime/engine/failpoints.js';
import type { Publish } from '../../shared/runtime/engine/outbox/outbox-publisher.js';
import type { OutboxRow } from '../../shared/runtime/engine/store/store.js';
import type { RulesOf } from '../../shared/kernel/step.js';
import type { Log } from '../../shared/runtime/process/log.js';
import { NOTHING_STOPPED } from '../../shared/runtime/stopping/stop-source.js';
import { Abort } from './abort.js';
import type { FaultName } from './faults.js';
import type { Ground } from './ground.js';
import type { MemoryStore } from './memory-store.js';
import { never } from './never.js';
import { Network } from './network.js';
import type { Life } from './scheduler.js';
import { StoreClient } from './store-client.js';
import { personNamed } from '../support/signing-people.js';
import type { Consumer, Topics } from './topics.js';
import { admitAll } from '../support/admission.js';

export type Service = {
  readonly name: string;
  readonly store: MemoryStore;
  readonly define: (network: Network, nowMs: () => number) => ServiceDefinition;
};

const PUBLISH_FAULTS: readonly FaultName[] = ['publish-lost', 'publish-answer-lost', 'publish-late'];
const SWEEP_GRACE_MS = 1_000;

/** The rules of the product, or one of them broken. */
class JudgedCatalogue extends Catalogue {
  readonly #ground: Ground;
  constructor(definition: ServiceDefinition, ground: Ground) {
    super(definition);
    this.#ground = ground;
  }
  override rulesOf(flow: string): RulesOf {
    const rules = super.rulesOf(flow);
    const { broken } = this.#ground;
    return broken?.rules === undefined ? rules : (name, row) => broken.rules?.(rules(name, row)) ?? rules(name, row);
  }
}

export class Copy {
  readonly service: Service;
  readonly #ground: Ground;
  readonly #topics: Topics;
  readonly #name: string;
  readonly #skewMs: number;
  #life: Life;
  #ownerId = 0;
  #consumer: Consumer | null = null;
  starts = 0;

  constructor(ground: Ground, topics: Topics, service: Service, index: number) {
    this.#ground = ground;
    this.#topics = topics;
    this.service = service;
    this.#name = `${service.name}-${String(index + 1)}`;
    const { plan, random } = ground;
    this.#skewMs = plan.skewMs === 0 ? 0 : random.between(-plan.skewMs, plan.skewMs);
    this.#life = { name: this.#name, alive: false, frozenUntilMs: 0 };
  }

  get life(): Life {
    return this.#life;
  }
  get up(): boolean {
    return this.#life.alive && this.#life.frozenUntilMs <= this.#ground.scheduler.nowMs;
  }

  #clock(life: Life): Clock {
    const { scheduler } = this.#ground;
    const nowMs = (): number => scheduler.nowMs + this.#skewMs;
    return {
      nowMs,
      monotonicMs: () => scheduler.nowMs,
      after: (waitMs, run) => scheduler.after(Math.ceil(waitMs), life, run),
      soon: (run) => scheduler.after(0, life, run),
    };
  }

  #log(life: Life): Log {
    const { tell } = this.#ground;
    const line = (fields: unknown, words: unknown): void => {
      tell(life.name, () => `log: ${String(words)}${this.#reasonOf(fields)}`);
    };
    return { info: line, warn: line, error: line, debug: line } as unknown as Log;
  }
  #reasonOf(fields: unknown): string {
    const { reason, err, done } = fields as { reason?: unknown; err?: unknown; done?: unknown };
    const why = reason ?? done ?? (err instanceof Error ? err.message : undefined);
    return typeof why === 'string' ? ` (${why})` : '';
  }

  start(): void {
    const { scheduler, plan, faults, tell, random, broken } = this.#ground;
    const { store } = this.service;
    const life: Life = { name: this.#name, alive: true, frozenUntilMs: 0 };
    this.#life = life;
    this.starts++;
    this.#ownerId = store.nextOwner();
    tell(life.name, () => (this.starts === 1 ? 'starts' : `starts again as owner ${String(this.#ownerId)}`));
    broken?.atStart?.(store, scheduler.nowMs);
    const clock = this.#clock(life);
    const log = this.#log(life);
    const client = new StoreClient(store, this.#ground, life);
    const definition = this.service.define(new Network(this.#ground, life), clock.nowMs);
    const catalogue = new JudgedCatalogue(definition, this.#ground);
    const failpoint: Failpoint = (point) => {
      if (life.alive && faults.happens('crash-at-point')) this.crash(point);
    };
    const ownerId = (): number => (this.#life === life ? this.#ownerId : 0);
    const { inboxWriter, sweep } = assemble({
      publish: this.#publisher(life, failpoint),
      // Its Kafka carries no headers; signatures have tests of their own.
      ...{ catalogue, store: client, clock, log, ownerId, failpoint, admission: admitAll },
      onNotPublished: () => undefined,
      stops: NOTHING_STOPPED,
      personNamed,
      effectRunner: {
        limitPerSystem: 64,
        // It looks at the real clock, which no seed can hold: it never opens here.
        breakerAfterFailures: 1_000_000,
        breakerOpenMs: 1_000,
        newAbort: () => new Abort(),
        onBug: (error, effect) => {
          this.#ground.accuse(`the effect ${effect.name} threw: ${String(error)}`);
        },
      },
      sweep: { everyMs: plan.sweepEveryMs, graceMs: SWEEP_GRACE_MS, random: () => random.next() },
    });
    sweep.start();
    const pulse = { stopping: () => !life.alive, heartbeat: () => Promise.resolve() };
    const consumer: Consumer = { life, take: (batch) => inboxWriter.take(batch, pulse) };
    this.#consumer = consumer;
    this.#topics.join(this.service.name, consumer);
  }

  #publisher(life: Life, failpoint: Failpoint): Publish {
    const { scheduler, random, faults, tell } = this.#ground;
    const append = (rows: readonly OutboxRow[]): void => {
      for (const row of rows) {
        tell('kafka', () => `${row.topic} gets ${row.eventId}`);
        this.#topics.append(row);
      }
    };
    const pause = (waitMs: number): Promise<void> => new Promise((resolve) => scheduler.after(waitMs, life, resolve));
    return async (rows) => {
      if (!life.alive) return never();
      const fault = faults.among(PUBLISH_FAULTS);
      if (fault === 'publish-answer-lost') append(rows);
      if (fault === 'publish-late')
        scheduler.after(random.between(50, 900), null, () => {
          append(rows);
        });
      if (fault !== null) {
        tell(life.name, () => `cannot publish (${fault})`);
        await pause(random.between(10, 300));
        throw new Error('Kafka gave no answer');
      }
      const early = random.chance(0.5);
      if (early) append(rows);
      await pause(random.between(1, 15));
      if (!early) append(rows);
      failpoint('after-publish', () => rows.map((row) => row.topic));
      return [];
    };
  }

  /** As kill -9: nothing it had in progress is ever finished. It starts again. */
  crash(where: string): void {
    const { scheduler, random, tell } = this.#ground;
    const life = this.#life;
    if (!life.alive) return;
    life.alive = false;
    tell(life.name, () => `dies: ${where}`);
    this.#lockGoes(this.#ownerId, random.between(0, 400));
    const consumer = this.#consumer;
    scheduler.after(random.between(50, 700), null, () => {
      if (consumer !== null) this.#topics.leave(this.service.name, consumer);
    });
    scheduler.after(random.between(20, 1_200), null, () => {
      this.start();
    });
  }

  #lockGoes(ownerId: number, waitMs: number): void {
    this.#ground.scheduler.after(waitMs, null, () => {
      this.service.store.locks.delete(ownerId);
    });
  }

  /** As SIGSTOP, or a machine that stands still: others may give it up before it wakes. */
  freeze(): void {
    const { scheduler, random, tell } = this.#ground;
    const life = this.#life;
    const forMs = random.between(200, 3_500);
    life.frozenUntilMs = scheduler.nowMs + forMs;
    tell(life.name, () => `stands still for ${String(forMs)} ms`);
    if (forMs > 700 && random.chance(0.7)) this.loseLock(random.between(200, 700));
    const consumer = this.#consumer;
    if (forMs > 700 && consumer !== null)
      scheduler.after(random.between(300, 700), null, () => {
        this.#topics.leave(this.service.name, consumer);
        // Once awake it learns that the group went on without it, and joins again.
        scheduler.after(1, life, () => {
          this.#topics.join(this.service.name, consumer);
        });
      });
  }

  /** The lock is free at once; the process hears of it later, and takes another. */
  loseLock(waitMs: number): void {
    const { scheduler, random, tell } = this.#ground;
    const life = this.#life;
    const lost = this.#ownerId;
    // It holds none, and is about to take one.
    if (lost === 0) return;
    scheduler.after(waitMs, null, () => {
      this.service.store.locks.delete(lost);
      scheduler.after(random.between(1, 500), life, () => {
        if (this.#ownerId !== lost) return;
        this.#ownerId = 0;
        tell(life.name, () => 'has lost its lock');
        scheduler.after(random.between(5, 800), life, () => {
          this.#ownerId = this.service.store.nextOwner();
        });
      });
    });
  }

  /** Out of the frost, for the end of a history. */
  thaw(): void {
    this.#life.frozenUntilMs = 0;
  }
}
