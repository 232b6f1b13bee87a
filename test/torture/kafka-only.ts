/**
 * The wrapper beside kafkajs as it comes, on the same three brokers, at the same time, under the same disturbances. Each sends to a topic
 * of its own; at the end the topics are read and compared with what was acknowledged.
 */
import { setTimeout as pauseMs } from 'node:timers/promises';
import { startKafka, type Kafka } from '../../infra/sandbox/kafka/launcher.js';
import { waitUntil } from '../../infra/sandbox/wait-until.js';
import { startConsumer } from '../../shared/runtime/kafka/consumer.js';
import { createPlacedTopic, place, type Placement } from '../../shared/runtime/kafka/moving-leaders.js';
import { startProducer } from '../../shared/runtime/kafka/producer.js';
import { optionsOf } from '../../shared/runtime/kafka/testing.js';
import { createPrng, type Prng } from '../simulators/shared/prng.js';
import { startStockSender } from './stock-kafkajs.js';

export interface Tally {
  readonly sender: string;
  readonly acknowledged: number;
  /** Different messages that are in the topic. */
  readonly stored: number;
  /** Acknowledged, and not in the topic. */
  readonly lost: number;
  /** In the topic more than once. */
  readonly storedTwice: number;
  /** Sends that were refused, or not confirmed in time. */
  readonly rejected: number;
}
export interface Phase {
  readonly name: string;
  readonly happened: Readonly<Record<string, number>>;
  readonly tallies: readonly Tally[];
}

interface Told {
  readonly say: (line: string) => void;
  readonly interrupted: AbortSignal;
}

interface EffectRunner {
  readonly name: string;
  readonly topic: string;
  /** Sends under way at once. */
  readonly atOnce: number;
  send(messages: readonly { readonly key: string; readonly value: string }[]): Promise<void>;
  stop(): Promise<void>;
}

type Trouble = 'leaders' | 'freezes' | 'kills';
interface PhasePlan {
  readonly name: string;
  readonly forMs: number;
  readonly troubles: readonly Trouble[];
}

const PARTITIONS = 6;
const NODES = [1, 2, 3] as const;
const MOVE_EVERY_MS = 700;
const FREEZE_EVERY_MS = 3_000;
const KILL_EVERY_MS = 9_000;
const READ_WITHIN_MS = 60_000;

const PHASES: readonly PhasePlan[] = [
  { name: 'leaders move', forMs: 40_000, troubles: ['leaders'] },
  { name: 'leaders move, brokers freeze', forMs: 40_000, troubles: ['leaders', 'freezes'] },
  { name: 'brokers are killed and freeze', forMs: 40_000, troubles: ['kills', 'freezes'] },
];

/** Two of three brokers, another leader for each partition. A move takes the leader out of its place, so that it must go. */
const placements = (prng: Prng | null): readonly Placement[] =>
  Array.from({ length: PARTITIONS }, (_, partition) => {
    const first = prng === null ? partition % 3 : prng.below(3);
    return { partition, brokers: [NODES[first] ?? 1, NODES[(first + 1) % 3] ?? 2] };
  });

class Load {
  readonly #sender: EffectRunner;
  readonly acknowledged = new Set<string>();
  rejected = 0;
  #next = 0;
  #over = false;
  readonly #workers: readonly Promise<void>[];

  constructor(sender: EffectRunner) {
    this.#sender = sender;
    this.#workers = Array.from({ length: sender.atOnce }, () => this.#work());
  }

  /** Each send is one message per partition, and is said again, as it is, until it is acknowledged. */
  async #work(): Promise<void> {
    while (!this.#over) {
      const from = this.#next;
      this.#next += PARTITIONS;
      const messages = Array.from({ length: PARTITIONS }, (_, index) => ({ key: `key-${from + index}`, value: `value-${from + index}` }));
      await this.#until(messages);
      await pauseMs(5);
    }
  }

  async #until(messages: Parameters<EffectRunner['send']>[0]): Promise<void> {
    while (!this.#over) {
      try {
        await this.#sender.send(messages);
        for (const { value } of messages) this.acknowledged.add(value);
        return;
      } catch {
        this.rejected += 1;
        await pauseMs(100);
      }
    }
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#workers);
    await this.#sender.stop();
  }
}

const sendersOf = async (kafka: Kafka, phase: number): Promise<readonly EffectRunner[]> => {
  const topics = ['ours', 'stock', 'stock-idempotent'].map((name) => `${name}-${phase}`) as [string, string, string];
  for (const topic of topics) await createPlacedTopic(optionsOf(kafka, 'placing'), topic, placements(null));
  const ours = await startProducer(optionsOf(kafka, `ours-${phase}`));
  const stock = await startStockSender(kafka, topics[1], false);
  const idempotent = await startStockSender(kafka, topics[2], true);
  return [
    {
      name: 'kafkajs as it comes',
      topic: topics[1],
      atOnce: 4,
      send: (messages) => stock.send(messages),
      stop: () => stock.stop(),
    },
    {
      name: 'kafkajs, idempotent',
      topic: topics[2],
      atOnce: 8,
      send: (messages) => idempotent.send(messages),
      stop: () => idempotent.stop(),
    },
    {
      name: 'our wrapper',
      topic: topics[0],
      atOnce: 8,
      send: (messages) => ours.send(messages.map((message) => ({ ...message, topic: topics[0], headers: {} }))),
      stop: () => ours.stop(),
    },
  ];
};

class Disturber {
  readonly #kafka: Kafka;
  readonly #topics: readonly string[];
  readonly #prng: Prng;
  readonly #happened = new Map<string, number>();
  #over = false;

  constructor(kafka: Kafka, topics: readonly string[], prng: Prng) {
    this.#kafka = kafka;
    this.#topics = topics;
    this.#prng = prng;
  }

  get happened(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#happened);
  }

  async #every(waitMs: number, what: string, act: () => Promise<number>): Promise<void> {
    while (!this.#over) {
      await pauseMs(waitMs);
      const times = await act();
      this.#happened.set(what, (this.#happened.get(what) ?? 0) + times);
    }
  }

  async #moveLeaders(): Promise<number> {
    const wanted = placements(this.#prng);
    try {
      await place(optionsOf(this.#kafka, 'placing'), this.#topics, wanted);
      return wanted.length;
    } catch {
      // With a broker away it may have to wait; the next move comes soon.
      return 0;
    }
  }

  #node(): Kafka['nodes'][number] {
    const node = this.#kafka.nodes[this.#prng.below(this.#kafka.nodes.length)];
    if (node === undefined) throw new Error('a cluster without nodes');
    return node;
  }

  async #freeze(): Promise<number> {
    const node = this.#node();
    node.signal('SIGSTOP');
    await pauseMs(500 + this.#prng.below(2_500));
    node.signal('SIGCONT');
    return 1;
  }

  async #kill(): Promise<number> {
    const node = this.#node();
    await node.crash();
    await node.start();
    return 1;
  }

  /** Resolves when the time is over and every broker is up. */
  async during({ forMs, troubles }: PhasePlan, interrupted: AbortSignal): Promise<void> {
    const all = [
      ...(troubles.includes('leaders') ? [this.#every(MOVE_EVERY_MS, 'leader moves', () => this.#moveLeaders())] : []),
      ...(troubles.includes('freezes') ? [this.#every(FREEZE_EVERY_MS, 'freezes', () => this.#freeze())] : []),
      ...(troubles.includes('kills') ? [this.#every(KILL_EVERY_MS, 'kills', () => this.#kill())] : []),
    ];
    await pauseMs(forMs, undefined, { signal: interrupted }).catch(() => undefined);
    this.#over = true;
    await Promise.all(all);
    await this.#kafka.start();
  }
}

/** Every stored value, as often as it is stored. */
const readAll = async (kafka: Kafka, topic: string): Promise<readonly string[]> => {
  const values: string[] = [];
  const consumer = await startConsumer({
    ...optionsOf(kafka, `reader-${topic}`),
    groupId: `reader-${topic}`,
    topics: [topic],
    ingest: ({ messages }) => {
      values.push(...messages.map(({ value }) => value?.toString() ?? ''));
      return Promise.resolve();
    },
    onFatal: () => undefined,
  });
  try {
    await waitUntil(`${topic} read to its end`, async () => (await consumer.lag()).sum === 0, { timeoutMs: READ_WITHIN_MS, everyMs: 200 });
  } finally {
    await consumer.stop();
  }
  return values;
};

const tallyOf = (sender: EffectRunner, load: Load, values: readonly string[]): Tally => {
  const stored = new Set(values);
  return {
    sender: sender.name,
    acknowledged: load.acknowledged.size,
    stored: stored.size,
    lost: [...load.acknowledged].filter((value) => !stored.has(value)).length,
    storedTwice: values.length - stored.size,
    rejected: load.rejected,
  };
};

const performPhase = async (kafka: Kafka, plan: PhasePlan, index: number, seed: number, { say, interrupted }: Told): Promise<Phase> => {
  say(`${plan.name}, ${plan.forMs / 1_000} s ...`);
  const senders = await sendersOf(kafka, index);
  const loads = senders.map((sender) => new Load(sender));
  const topics = senders.map(({ topic }) => topic);
  const disturber = new Disturber(kafka, topics, createPrng(seed).fork(plan.name));
  await disturber.during(plan, interrupted);
  await Promise.all(loads.map((load) => load.stop()));
  const tallies: Tally[] = [];
  for (const [at, sender] of senders.entries()) {
    const load = loads[at];
    if (load !== undefined) tallies.push(tallyOf(sender, load, await readAll(kafka, sender.topic)));
  }
  return { name: plan.name, happened: disturber.happened, tallies };
};

/** About two and a half minutes. Throws when the cluster itself cannot be driven. */
export const compareWithStock = async (seed: number, told: Told): Promise<readonly Phase[]> => {
  told.say('Kafka, three nodes ...');
  const kafka = await startKafka({ nodes: 3 });
  try {
    const phases: Phase[] = [];
    for (const [index, plan] of PHASES.entries())
      if (!told.interrupted.aborted) phases.push(await performPhase(kafka, plan, index, seed, told));
    return phases;
  } finally {
    await kafka.stop();
  }
};

export const comparisonLines = (phases: readonly Phase[]): readonly string[] => [
  `  ${['sender', 'acknowledged', 'stored', 'LOST', 'stored twice', 'rejected'].map((name, at) => (at === 0 ? name.padEnd(22) : name.padStart(14))).join('')}`,
  ...phases.flatMap(({ name, happened, tallies }) => [
    `${name} (${Object.entries(happened)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ')})`,
    ...tallies.map(
      (one) =>
        `  ${one.sender.padEnd(22)}${[one.acknowledged, one.stored, one.lost, one.storedTwice, one.rejected].map((count) => String(count).padStart(14)).join('')}`,
    ),
  ]),
];

/** Ours has lost nothing, and has been disturbed while it sent something. */
export const isOursWhole = (phases: readonly Phase[]): boolean =>
  phases.length === PHASES.length &&
  phases.every(
    ({ tallies, happened }) =>
      Object.values(happened).some((count) => count > 0) &&
      tallies.some(({ sender, acknowledged, lost }) => sender === 'our wrapper' && acknowledged > 0 && lost === 0),
  );
