/** What happens to whom, and when. Pure: the same seed gives the same plan. */
import { engineServiceNames } from '../../contracts/internal/services.js';
import { createPrng, type Prng } from '../simulators/shared/prng.js';
import type { Cut } from './proxy.js';

/** Those that money passes through, all on the engine, run as two instances each. */
export const COPIES = engineServiceNames.flatMap((name) => [`${name}-1`, `${name}-2`] as const);
export type Copy = (typeof COPIES)[number];
/** Everything that is killed and frozen. Nodes of Kafka are numbered from 1. */
export type Victim = Copy | 'gateway' | 'operator' | 'postgres' | `kafka-${number}`;

/** Lines of TCP between us and what we need; `webhooks` come in. */
export const LINES = ['postgres', 'kafka', 'investsuite', 'broker', 'bank', 'webhooks'] as const;
export type LineName = (typeof LINES)[number];

/** `copy`: only this instance's own line; null: everybody's. */
export type Weather = { readonly line: LineName; readonly copy: Copy | null; readonly forMs: number } & (
  | { readonly how: 'cut'; readonly by: Cut }
  | { readonly how: 'black-hole' | 'refuse' }
  | { readonly how: 'delay'; readonly delayMs: number }
  | { readonly how: 'half-answer'; readonly bytes: number }
);
/** `atMs` counts from the start, the other times are durations. */
export type Disturbance = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly victim: Victim; readonly downMs: number }
  | { readonly kind: 'freeze'; readonly victim: Victim; readonly forMs: number }
  /** Frozen, and its connections to Postgres are gone when it goes on: others have taken over what it was doing. */
  | { readonly kind: 'freeze-and-cut'; readonly victim: Copy; readonly forMs: number }
  | { readonly kind: 'weather'; readonly weather: Weather }
  | { readonly kind: 'move-leaders'; readonly onto: number }
);

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly kafkaNodes: number;
  /** Default 1: a kill every 2.5 s. With 0.5 everything comes twice as fast. */
  readonly pace?: number;
}

/** Between two kills: 2.5 s on average. */
const KILL_EVERY_MS = [1_500, 3_500] as const;
/** Between two others. */
const OTHER_EVERY_MS = [1_200, 4_200] as const;
const DOWN_MS = [50, 1_200] as const;
const SHORT_MS = [150, 1_500] as const;
/** Longer than a request may take, and than a session at Kafka lasts, in this run. */
export const LONG_FREEZE_MS = [6_500, 8_000] as const;
/** Longer than a request may take. */
const LONG_SILENCE_MS = [2_500, 4_000] as const;
/** Bytes that a line held back must not arrive after the longest life of a request is over. */
const DELAY_MS = [50, 700] as const;

const between = (prng: Prng, [from, to]: readonly [number, number]): number => from + prng.below(to - from);
const oneOf = <T>(prng: Prng, items: readonly [T, ...T[]]): T => items[prng.below(items.length)] ?? items[0];
const shuffled = <T>(prng: Prng, items: readonly T[]): readonly T[] =>
  items
    .map((item) => ({ item, at: prng.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

const kafkaNames = (nodes: number): readonly Victim[] => Array.from({ length: nodes }, (_, index) => `kafka-${index + 1}` as const);
export const victimsOf = (kafkaNodes: number): readonly Victim[] => [
  'gateway',
  'operator',
  'postgres',
  ...COPIES,
  ...kafkaNames(kafkaNodes),
];

const anyCopy = (prng: Prng): Copy => oneOf(prng, COPIES as unknown as readonly [Copy, ...Copy[]]);
const anyNode = (prng: Prng, nodes: number): Victim => `kafka-${1 + prng.below(nodes)}`;

/** By weight: of ten kills six hit a copy that has money in progress. */
const anyVictim = (prng: Prng, nodes: number): Victim => {
  const drawn = prng.below(100);
  if (drawn < 62) return anyCopy(prng);
  if (drawn < 70) return 'gateway';
  if (drawn < 74) return 'operator';
  return drawn < 87 ? 'postgres' : anyNode(prng, nodes);
};

/** Every victim once, in any order; what is left by weight. */
const killsOf = (prng: Prng, { kills, kafkaNodes, pace = 1 }: ChaosOptions): readonly Disturbance[] => {
  const forced = shuffled(prng, victimsOf(kafkaNodes));
  let atMs = 0;
  return Array.from({ length: kills }, (_, index): Disturbance => {
    atMs += Math.round(between(prng, KILL_EVERY_MS) * pace);
    return {
      kind: 'kill',
      atMs,
      victim: forced[index] ?? anyVictim(prng, kafkaNodes),
      downMs: between(prng, DOWN_MS),
    };
  });
};

const freeze = (prng: Prng, atMs: number, nodes: number): Disturbance => {
  const forMs = prng.below(4) === 0 ? between(prng, LONG_FREEZE_MS) : between(prng, SHORT_MS);
  return { kind: 'freeze', atMs, victim: anyVictim(prng, nodes), forMs };
};

const badWeather = (prng: Prng): Weather => {
  const line = oneOf(prng, LINES);
  // Kafka and the webhooks have one line for all.
  const copy = line === 'kafka' || line === 'webhooks' || prng.below(2) === 0 ? null : anyCopy(prng);
  const forMs = between(prng, SHORT_MS);
  switch (prng.below(8)) {
    case 0:
      return { line, copy, how: 'black-hole', forMs: prng.below(3) === 0 ? between(prng, LONG_SILENCE_MS) : forMs };
    case 1:
      return { line, copy, how: 'delay', delayMs: between(prng, DELAY_MS), forMs };
    case 2:
      return { line, copy, how: 'half-answer', bytes: prng.below(200), forMs };
    case 3:
      return { line, copy, how: 'refuse', forMs };
    default:
      return { line, copy, how: 'cut', by: oneOf<Cut>(prng, ['reset', 'end', 'half']), forMs };
  }
};

const other = (prng: Prng, atMs: number, nodes: number): Disturbance => {
  const drawn = prng.below(100);
  if (nodes > 1 && drawn < 20) return { kind: 'move-leaders', atMs, onto: prng.below(1_000) };
  if (drawn < 40) return freeze(prng, atMs, nodes);
  if (drawn < 52)
    return {
      kind: 'freeze-and-cut',
      atMs,
      victim: anyCopy(prng),
      forMs: between(prng, [800, 5_000]),
    };
  return { kind: 'weather', atMs, weather: badWeather(prng) };
};

/** In the order of time. */
export const planChaos = (options: ChaosOptions): readonly Disturbance[] => {
  const root = createPrng(options.seed);
  const kills = killsOf(root.fork('kills'), options);
  const endMs = kills.at(-1)?.atMs ?? 0;
  const prng = root.fork('others');
  const others: Disturbance[] = [];
  const wait = (): number => Math.round(between(prng, OTHER_EVERY_MS) * (options.pace ?? 1));
  for (let atMs = wait(); atMs < endMs; atMs += wait()) others.push(other(prng, atMs, options.kafkaNodes));
  return [...kills, ...others].sort((a, b) => a.atMs - b.atMs);
};
