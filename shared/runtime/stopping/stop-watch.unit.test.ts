import { describe, expect, it } from '@jest/globals';
import { person, personAtOf, resumeBy, stopBy, type Person } from '../../../test/builders/people.js';
import type { Log } from '../process/log.js';
import type { StopAct } from './stop-acts.js';
import { HOLDS_EVERYWHERE_AFTER_MS, LEASE_MS, READ_EVERY_MS, StopWatch } from './stop-watch.js';

const [anna, ben] = [person('anna'), person('ben')];
const pays = { system: 'core-banking', operation: 'PayCounterAccount', portfolioId: 'P1', changes: true };
const asks = { ...pays, changes: false };

/** A table, a clock and a log that do what the test says. */
const watching = (people: readonly Person[] = [anna, ben]) => {
  const rows: StopAct[] = [];
  const logged: string[] = [];
  const asked: string[] = [];
  const world = { nowMs: 0, isAway: false, connections: 0, ended: 0, people };
  let next: { readonly atMs: number; readonly run: () => void } | null = null;
  const line = (fields: { alarm?: string }, words: string): void => void logged.push(fields.alarm ?? words);
  const watch = new StopWatch({
    service: 'payout',
    connect: () => {
      world.connections++;
      return world.isAway
        ? Promise.reject(new Error('away'))
        : Promise.resolve({
            read: (since) => {
              asked.push(since);
              return world.isAway ? Promise.reject(new Error('away')) : Promise.resolve({ acts: [...rows], until: String(asked.length) });
            },
            end: () => {
              world.ended++;
              return Promise.resolve();
            },
          });
    },
    personAt: (name, atMs) => personAtOf(world.people)(name, atMs),
    clock: {
      monotonicMs: () => world.nowMs,
      after: (waitMs, run) => {
        next = { atMs: world.nowMs + waitMs, run };
        return () => {
          next = null;
        };
      },
    },
    log: { info: line, warn: line, error: line } as unknown as Log,
  });
  const pass = async (forMs: number): Promise<void> => {
    const untilMs = world.nowMs + forMs;
    while (next !== null && next.atMs <= untilMs) {
      const { atMs, run } = next;
      world.nowMs = atMs;
      next = null;
      run();
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
    world.nowMs = untilMs;
  };
  return { watch, rows, logged, asked, world, pass };
};

describe('the watch over the stops', () => {
  it('lets nothing leave before it has read them once, and lets questions go [A9]', async () => {
    const { watch } = watching();
    expect([watch.whyStopped(pays)?.evidence, watch.whyStopped(asks)]).toEqual([
      `stopped: whether a stop stands could not be read within ${String(LEASE_MS)} ms`,
      null,
    ]);
    expect(watch.whyStopped({ ...pays, system: 'people' })).toBeNull();
    await watch.start();
    expect(watch.whyStopped(pays)).toBeNull();
    await watch.stop();
  });
  it('knows of a stop a quarter of a second after it was written, and of its end [A9]', async () => {
    const { watch, rows, pass } = watching();
    await watch.start();
    const stop = stopBy(anna);
    rows.push(stop);
    await pass(READ_EVERY_MS);
    expect(watch.whyStopped(pays)).toEqual({ evidence: 'stopped: all, since 2026-03-04T10:00:00Z, by anna', retryAfterMs: 5_000 });
    expect([watch.isStopping(), watch.standing.length, watch.whyStopped(asks)]).toEqual([true, 1, null]);
    rows.push(resumeBy(anna, ben, stop, { atMs: stop.atMs + 60_000 }));
    await pass(READ_EVERY_MS);
    expect([watch.whyStopped(pays), watch.isStopping()]).toEqual([null, false]);
    expect(watch.stoppedMs(pays, 0, stop.atMs + 90_000)).toBe(60_000);
    await watch.stop();
  });
  it('lets nothing leave once the last good read began too long ago, so that a stop holds within a second [A9]', async () => {
    const { watch, world, pass } = watching();
    await watch.start();
    world.isAway = true;
    await pass(LEASE_MS);
    expect([watch.isKnown, watch.whyStopped(pays)]).toEqual([true, null]);
    await pass(1);
    expect(watch.isKnown).toBe(false);
    expect(watch.whyStopped(pays)?.evidence).toMatch(/^stopped: whether/);
    expect(LEASE_MS + READ_EVERY_MS).toBeLessThanOrEqual(HOLDS_EVERYWHERE_AFTER_MS);
    world.isAway = false;
    await pass(READ_EVERY_MS);
    expect([watch.isKnown, watch.whyStopped(pays)]).toEqual([true, null]);
    await watch.stop();
  });
  it('counts the lease from the beginning of a read, however long it takes [A9]', async () => {
    const { watch, world } = watching();
    await watch.start();
    world.nowMs = LEASE_MS + 1;
    expect(watch.whyStopped(pays)).not.toBeNull();
    await watch.stop();
  });
  it('keeps a stop that it has read while the table is away, and reads all again on a new connection [A9]', async () => {
    const { watch, rows, asked, world, pass } = watching();
    rows.push(stopBy(anna));
    await watch.start();
    await pass(READ_EVERY_MS);
    world.isAway = true;
    await pass(10 * READ_EVERY_MS);
    expect(watch.whyStopped(pays)?.evidence).toMatch(/^stopped: all/);
    world.isAway = false;
    rows.length = 0;
    await pass(2 * READ_EVERY_MS);
    expect(asked[0]).toBe('0');
    expect(asked.filter((since) => since === '0')).toHaveLength(2);
    expect(watch.whyStopped(pays)?.evidence).toMatch(/^stopped: all/);
    await watch.stop();
    expect(world.ended).toBe(2);
  });
  it('does not count a forged stop nor a forged resume, and calls somebody once [A9]', async () => {
    const { watch, rows, logged, pass } = watching();
    const stop = stopBy(anna, { scope: 'portfolio:P1' });
    rows.push(stop, { ...stopBy(anna), scope: 'system:broker', seq: '2' }, { ...resumeBy(anna, ben, stop), approvedBy: null, seq: '3' });
    await watch.start();
    await pass(10 * READ_EVERY_MS);
    expect(watch.standing.map(({ scope }) => scope)).toEqual(['portfolio:P1']);
    expect([watch.refused, logged.filter((line) => line === 'stop-act-refused').length]).toEqual([2, 2]);
    await watch.stop();
  });
  it('judges a row again whose key comes later than the row [A9]', async () => {
    const { watch, rows, world, pass } = watching([]);
    rows.push(stopBy(anna));
    await watch.start();
    expect([watch.refused, watch.isStopping()]).toEqual([1, false]);
    world.people = [anna];
    await pass(5 * READ_EVERY_MS);
    expect([watch.refused, watch.isStopping()]).toEqual([0, true]);
    await watch.stop();
  });
});
