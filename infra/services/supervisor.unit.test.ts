import { describe, expect, it } from '@jest/globals';
import type { Exit } from '../sandbox/tied-child.js';
import { EXIT_CONFIG, Supervisor, type Running } from './supervisor.js';

interface Fake extends Running {
  readonly name: string;
  readonly end: (exit: Exit) => void;
  readonly signals: NodeJS.Signals[];
}

const crashed: Exit = { code: 1, signal: null };
const killed: Exit = { code: null, signal: 'SIGTERM' };

const setUp = (names: readonly string[], more: { readonly obeys?: boolean; readonly graceMs?: number } = {}) => {
  const started: Fake[] = [];
  const waits: number[] = [];
  const said: string[] = [];
  const clock = { nowMs: 0 };
  const start = (name: string): Fake => {
    let end: (exit: Exit) => void = () => undefined;
    const signals: NodeJS.Signals[] = [];
    const exited = new Promise<Exit>((resolve) => (end = resolve));
    const kill = (signal: NodeJS.Signals): void => {
      signals.push(signal);
      if (more.obeys !== false || signal === 'SIGKILL') end({ code: null, signal });
    };
    const fake = { name, exited, kill, end, signals };
    started.push(fake);
    return fake;
  };
  const supervisor = new Supervisor({
    names,
    start,
    nowMs: () => clock.nowMs,
    say: (name, line) => said.push(`${name}: ${line}`),
    ...(more.graceMs === undefined ? {} : { graceMs: more.graceMs }),
    pause: async (waitMs) => {
      waits.push(waitMs);
    },
  });
  return { supervisor, started, waits, said, clock };
};

/** Lets everything happen that waits for nothing but its turn. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

describe('the supervisor', () => {
  it('starts each service once and ends with 0 when it is told to', async () => {
    const { supervisor, started } = setUp(['a', 'b']);
    const run = supervisor.run();
    await settle();
    expect(started.map(({ name }) => name)).toEqual(['a', 'b']);
    supervisor.stop();
    expect(await run).toBe(0);
    expect(started.map(({ signals }) => signals)).toEqual([['SIGTERM'], ['SIGTERM']]);
  });

  it('starts a crashed one again, ever more slowly up to half a minute, and leaves the others alone', async () => {
    const { supervisor, started, waits, said } = setUp(['a', 'b']);
    const run = supervisor.run();
    for (let crash = 0; crash < 9; crash++) {
      started
        .filter(({ name }) => name === 'a')
        .at(-1)
        ?.end(crash === 0 ? killed : crashed);
      await settle();
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(said[0]).toBe('a: ended with SIGTERM; started again in 500 ms');
    expect(started.filter(({ name }) => name === 'b')).toHaveLength(1);
    supervisor.stop();
    expect(await run).toBe(0);
  });

  it('forgets the crashes of a service that ran for a minute', async () => {
    const { supervisor, started, waits, clock } = setUp(['a']);
    const run = supervisor.run();
    for (const ranMs of [0, 59_999, 60_000]) {
      clock.nowMs += ranMs;
      started.at(-1)?.end(crashed);
      await settle();
    }
    expect(waits).toEqual([500, 1_000, 500]);
    supervisor.stop();
    await run;
  });

  it('does not start wrong configuration again: all end, with the same code', async () => {
    const { supervisor, started } = setUp(['a', 'b']);
    const run = supervisor.run();
    started[0]?.end({ code: EXIT_CONFIG, signal: null });
    expect(await run).toBe(EXIT_CONFIG);
    expect(started).toHaveLength(2);
    expect(started[1]?.signals).toEqual(['SIGTERM']);
  });

  it('kills what does not end within the grace', async () => {
    const { supervisor, started } = setUp(['a'], { obeys: false, graceMs: 10 });
    const run = supervisor.run();
    await settle();
    supervisor.stop();
    expect(await run).toBe(0);
    expect(started[0]?.signals).toEqual(['SIGTERM', 'SIGKILL']);
  });
});
