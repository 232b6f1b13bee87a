/** Carries a plan out, at its times. What hits the same one waits for its turn; different ones may be down at the same time. */
import { setTimeout as pauseMs } from 'node:timers/promises';
import type { Disturbance, LineName, Victim, Weather } from './chaos.js';
import type { Line } from './proxy.js';
import type { Recoveries } from './recovery.js';
import type { NamedLine } from './stack.js';
import type { Mortals } from './victims.js';

export interface ExecutorOptions {
  readonly mortals: Mortals;
  readonly lines: readonly NamedLine[];
  readonly recoveries: Recoveries;
  readonly moveLeaders: (onto: number) => Promise<number>;
  readonly say: (line: string) => void;
  readonly interrupted: AbortSignal;
}

/** How often each kind really happened. */
export interface Happened {
  readonly kills: Readonly<Record<string, number>>;
  readonly others: Readonly<Record<string, number>>;
}

const NOT_BEFORE_MS = 5;

const befall = (line: Line, weather: Weather): void => {
  switch (weather.how) {
    case 'cut':
      line.cut(weather.by);
      return;
    case 'black-hole':
      line.swallow();
      return;
    case 'refuse':
      line.refuse();
      return;
    case 'delay':
      line.delay(weather.delayMs);
      return;
    case 'half-answer':
      line.cutAnswersAfter(weather.bytes);
  }
};

export class Executor {
  readonly #o: ExecutorOptions;
  readonly #turns = new Map<string, Promise<void>>();
  readonly #kills = new Map<string, number>();
  readonly #others = new Map<string, number>();
  #failed: Error | null = null;

  constructor(options: ExecutorOptions) {
    this.#o = options;
  }

  get killed(): number {
    return [...this.#kills.values()].reduce((sum, count) => sum + count, 0);
  }
  get happened(): Happened {
    return {
      kills: Object.fromEntries(this.#kills),
      others: Object.fromEntries(this.#others),
    };
  }

  #inTurn(whom: string, act: () => Promise<void>): void {
    const before = this.#turns.get(whom) ?? Promise.resolve();
    const turn = before.then(act).catch((error: unknown) => {
      this.#failed ??= error instanceof Error ? error : new Error(String(error));
    });
    this.#turns.set(whom, turn);
  }

  /** Resolves when all has happened and everybody is up again, every line is whole. Throws when somebody did not come back. */
  async carryOut(plan: readonly Disturbance[]): Promise<void> {
    const startedAtMs = Date.now();
    for (const one of plan) {
      const waitMs = startedAtMs + one.atMs - Date.now();
      if (waitMs > NOT_BEFORE_MS) await pauseMs(waitMs, undefined, { signal: this.#o.interrupted }).catch(() => undefined);
      if (this.#o.interrupted.aborted || this.#failed !== null) break;
      this.#start(one);
    }
    await Promise.all(this.#turns.values());
    for (const { line } of this.#o.lines) line.heal();
    if (this.#failed !== null) throw this.#failed;
  }

  #start(one: Disturbance): void {
    switch (one.kind) {
      case 'kill':
        this.#inTurn(one.victim, () => this.#kill(one.victim, one.downMs));
        return;
      case 'freeze':
        this.#inTurn(one.victim, () => this.#freeze(one.victim, one.forMs, one.kind, () => undefined));
        return;
      case 'freeze-and-cut':
        this.#inTurn(one.victim, () =>
          this.#freeze(one.victim, one.forMs, one.kind, () => {
            for (const { line } of this.#chosen('postgres', one.victim, one.atMs)) line.cut('half');
          }),
        );
        return;
      case 'move-leaders':
        this.#inTurn('leaders', async () => {
          const moved = await this.#o.moveLeaders(one.onto);
          this.#count('leaders moved', moved);
        });
        return;
      case 'weather':
        this.#weather(one.weather, one.atMs);
    }
  }

  #weather(weather: Weather, atMs: number): void {
    for (const { line, name, owner } of this.#chosen(weather.line, weather.copy, atMs))
      this.#inTurn(`line ${name} ${owner ?? ''} ${line.port}`, async () => {
        befall(line, weather);
        await pauseMs(weather.forMs);
        line.heal();
      });
    this.#count(weather.how === 'cut' ? `${weather.line}: cut (${weather.by})` : `${weather.line}: ${weather.how}`);
  }

  /** Lines that nobody owns are one per node: one of them is meant. A copy that does not use this system has no such line. */
  #chosen(name: LineName, owner: Victim | null, atMs: number): readonly NamedLine[] {
    const named = this.#o.lines.filter((line) => line.name === name);
    const shared = named.filter((line) => line.owner === null);
    if (shared.length > 0) return shared.filter((_, index) => index === atMs % shared.length);
    return owner === null ? named : named.filter((line) => line.owner === owner);
  }

  #count(what: string, times = 1): void {
    if (times > 0) this.#others.set(what, (this.#others.get(what) ?? 0) + times);
  }

  async #kill(victim: Victim, downMs: number): Promise<void> {
    const { mortals, recoveries, say } = this.#o;
    const mortal = mortals.of(victim);
    const inFlight = await recoveries.inFlight();
    await mortal.kill();
    const killedAtMs = Date.now();
    this.#kills.set(victim, (this.#kills.get(victim) ?? 0) + 1);
    const revive = async (): Promise<{
      readonly startedAtMs: number;
      readonly readyAtMs: number;
    }> => {
      await pauseMs(downMs);
      const startedAtMs = Date.now();
      await mortal.revive();
      return { startedAtMs, readyAtMs: Date.now() };
    };
    const revived = revive();
    recoveries.watch({ victim, killedAtMs, revived, inFlight });
    const { readyAtMs } = await revived;
    say(`killed ${victim}, ${inFlight ?? '?'} in flight; ready again after ${readyAtMs - killedAtMs} ms`);
  }

  async #freeze(victim: Victim, forMs: number, kind: string, meanwhile: () => void): Promise<void> {
    const mortal = this.#o.mortals.of(victim);
    await mortal.freeze();
    try {
      meanwhile();
      await pauseMs(forMs);
    } finally {
      await mortal.thaw();
    }
    this.#count(`${kind}${forMs >= 6_000 ? ' (longer than a session)' : ''}: ${victim.replace(/-\d+$/, '')}`);
  }
}
