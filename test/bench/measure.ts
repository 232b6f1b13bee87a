/**
 * What every bench is and says, and how it is measured: figures with their goal and their floor, processor time by kind of process,
 * quantiles, and rounds in which the product and its floors take turns, so that a noisy machine hits all of them alike.
 */
import { readFileSync, readdirSync } from 'node:fs';
import type { Kafka } from '../../infra/sandbox/kafka/launcher.js';
import type { Postgres } from '../../infra/sandbox/postgres.js';

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** Something that does less than the product, measured in the same run. Its name says what it is and what it does not do. */
export type Floor = { readonly name: string; readonly value: number; readonly unit: string };

export type Figure = {
  readonly name: string;
  readonly value: number;
  /** For example `events/s`, `ms`, `%`. The goal is in the same unit. */
  readonly unit: string;
  readonly goal?: Goal;
  readonly floor?: Floor;
  /** What a reader must know to read the figure right: one short sentence. */
  readonly note?: string;
};

export type BenchResult = { readonly figures: readonly Figure[]; readonly notes?: readonly string[] };

export type Bench = {
  readonly name: string;
  /** One line for --list. */
  readonly does: string;
  readonly run: (context: BenchContext) => Promise<BenchResult>;
};

export type BenchContext = {
  /** Shorter rounds and fewer of them: to see that a bench works, not for figures. */
  readonly quick: boolean;
  /** A server of this bench alone, started when it is first asked for. */
  readonly postgres: () => Promise<Postgres>;
  readonly kafka: () => Promise<Kafka>;
  /** Address of a migrated database of its own. It goes with its server when the bench is over. */
  readonly freshDatabase: () => Promise<string>;
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** Where we are; on a terminal the line is replaced by the next. */
  readonly progress: (what: string) => void;
  /** Runs when the bench is over, in reverse order, however it ends. */
  readonly atEnd: (clean: () => Promise<void>) => void;
};

/** Which processes belong to a kind (`services`, `postgres`); asked at every reading, because backends come and go. */
export type ProcessKinds = Readonly<Record<string, () => readonly number[]>>;
/** Processor time by kind, ms. A kind that cannot be read (no /proc) is absent; `bench` is this process itself. */
export type CpuMs = Readonly<Record<string, number>>;

/** Of Linux on every platform that Node runs on: sysconf(_SC_CLK_TCK). */
const TICKS_PER_SECOND = 100;

type Stat = { readonly ownMs: number; readonly ofDeadChildrenMs: number };

/** utime, stime, cutime, cstime of proc(5). Null where there is no such process or no /proc. */
const readStat = (pid: number): Stat | null => {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The second field is the command in brackets and may hold anything, so the rest is counted from the last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = (from: number): number => Number(fields[from]) + Number(fields[from + 1]);
  return { ownMs: (ticks(11) * 1_000) / TICKS_PER_SECOND, ofDeadChildrenMs: (ticks(13) * 1_000) / TICKS_PER_SECOND };
};

const livingChildren = (pid: number): number[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
};

/** The process, its living children and those that have ended: what a postmaster and its backends have cost. */
const treeMs = (pid: number): number | null => {
  const own = readStat(pid);
  if (own === null) return null;
  const children = livingChildren(pid).map((child) => readStat(child)?.ownMs ?? 0);
  return children.reduce((sum, ms) => sum + ms, own.ownMs + own.ofDeadChildrenMs);
};

const ownCpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Processor time since the process began; of two readings the difference counts. */
export const readCpu = (kinds: ProcessKinds): CpuMs => {
  const read: Record<string, number> = { bench: ownCpuMs() };
  for (const [kind, pids] of Object.entries(kinds)) {
    const times = pids().map(treeMs);
    if (times.length > 0 && times.every((ms) => ms !== null)) read[kind] = times.reduce((sum, ms) => sum + ms, 0);
  }
  return read;
};

/** Starts a stopwatch of processor time; the answer tells what each kind has spent since. */
export const startCpu = (kinds: ProcessKinds): (() => CpuMs) => {
  const before = readCpu(kinds);
  return () =>
    Object.fromEntries(
      Object.entries(readCpu(kinds)).flatMap(([kind, ms]) => {
        const from = before[kind];
        return from === undefined ? [] : [[kind, ms - from]];
      }),
    );
};

/** The kinds of the two servers, for `startCpu`. */
export const serverKinds = (servers: { readonly postgres?: Postgres; readonly kafka?: Kafka }): ProcessKinds => {
  const { postgres, kafka } = servers;
  return {
    ...(postgres === undefined ? {} : { postgres: () => [postgres.pid] }),
    ...(kafka === undefined ? {} : { kafka: () => kafka.pids }),
  };
};

/** The smallest sample that at least this share of them does not exceed. NaN without samples. */
export const quantile = (samples: readonly number[], share: number): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};

export const median = (samples: readonly number[]): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

/** What one round of one contestant has measured, by name of its own choosing. */
export type Round = Readonly<Record<string, number>>;
export type Contestants<N extends string, R extends Round> = Readonly<Record<N, (round: number) => Promise<R>>>;
/** The median over the rounds, and every round. */
export type Measured<R extends Round> = { readonly median: R; readonly rounds: readonly R[] };

/** Every contestant once per round, each second round in reverse order. */
export const takeTurns = async <N extends string, R extends Round>(
  rounds: number,
  contestants: Contestants<N, R>,
  onTurn: (name: N, round: number) => void = () => undefined,
): Promise<Readonly<Record<N, Measured<R>>>> => {
  const names = Object.keys(contestants) as N[];
  const measured = new Map<N, R[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      onTurn(name, round);
      measured.get(name)?.push(await contestants[name](round));
    }
  const summed = (all: readonly R[]): Measured<R> => ({
    rounds: all,
    median: Object.fromEntries(Object.keys(all[0] ?? {}).map((key) => [key, median(all.map((one) => one[key] ?? Number.NaN))])) as R,
  });
  return Object.fromEntries(names.map((name) => [name, summed(measured.get(name) ?? [])])) as Record<N, Measured<R>>;
};

/** null when the figure has no goal. */
export const isReached = ({ value, goal }: Figure): boolean | null => {
  if (goal === undefined) return null;
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
};

export const perSecond = (count: number, durationMs: number): number => (count * 1_000) / durationMs;
