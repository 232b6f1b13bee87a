import { describe, expect, it } from '@jest/globals';
import { createLog } from '../../process/log.js';
import type { Engine } from '../steps/step-loop.js';
import type { Item } from '../steps/lanes.js';
import type { OutboxPublisher } from '../outbox/outbox-publisher.js';
import type { EngineStore, OpenInboxRow } from '../store/store.js';
import { Sweep } from './sweep.js';

const EVERY_MS = 1_000;

/** Time that only goes on when it is told to, from one timer to the next. */
class ByHand {
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];
  readonly monotonicMs = (): number => this.#nowMs;
  readonly after = (waitMs: number, run: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + waitMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };
  async pass(forMs: number): Promise<void> {
    const untilMs = this.#nowMs + forMs;
    for (;;) {
      const next = this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#nowMs = next.atMs;
      this.#timers = this.#timers.filter((one) => one !== next);
      next.run();
      // What a sweep awaits is answered at once here: after one turn it is through.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = untilMs;
  }
}

/** A store of which only the inbox has anything. */
const standIn = (waiting: number) => {
  const people = { stop: false };
  const clock = new ByHand();
  const inbox = Array.from({ length: waiting }, (_, index) => `e${String(index)}`);
  const inMemory = new Set<string>();
  const asked: { readonly what: string; readonly atMs: number }[] = [];
  const noting =
    <T>(what: string, answer: T) =>
    (): Promise<T> => {
      asked.push({ what, atMs: clock.monotonicMs() });
      return Promise.resolve(answer);
    };
  const store = {
    unsentOutbox: noting('unsent', []),
    openDecidedLanes: noting('lanes', undefined),
    openInbox: (_graceMs: number, limit: number) => {
      asked.push({ what: 'inbox', atMs: clock.monotonicMs() });
      return Promise.resolve(inbox.slice(0, limit).map((eventId) => ({ eventId }) as OpenInboxRow));
    },
    dueJourneys: noting('journeys', []),
    orphanedEffects: noting('orphans', []),
    dueEffects: noting('effects', []),
    putOffOverdue: noting('put off', undefined),
    newlyOverdue: noting('overdue', []),
    dropHandled: noting('drop', 0),
  } as unknown as EngineStore;
  const sweep = new Sweep({
    store,
    engine: {
      waitsBecause: null,
      leftToNewer: { notToList: () => [] },
      refreshBlocked: () => Promise.resolve(),
      notInMemory: async (look: () => Promise<readonly OpenInboxRow[]>) => (await look()).filter(({ eventId }) => !inMemory.has(eventId)),
      enqueue: (item: Item) => {
        if (item.kind === 'input') inMemory.add(item.eventId);
      },
    } as unknown as Engine,
    outboxPublisher: { isBehind: false, publishMissed: (look: () => Promise<unknown>) => look() } as unknown as OutboxPublisher,
    inboxWriter: { again: (row) => Promise.resolve({ kind: 'input', eventId: row.eventId } as Item) },
    readable: {},
    stops: { isStopping: () => people.stop },
    log: createLog('sweep', 'silent'),
    clock,
    random: () => 0.5,
    ownerId: () => 1,
    everyMs: EVERY_MS,
    graceMs: 5_000,
  });
  const count = (what: string): number => asked.filter((one) => one.what === what).length;
  /** All that was taken up is stepped. */
  const handle = (): void => {
    const left = inbox.filter((eventId) => !inMemory.has(eventId));
    inbox.splice(0, inbox.length, ...left);
    inMemory.clear();
  };
  return { clock, sweep, inbox, inMemory, count, handle, people };
};

describe('the sweep', () => {
  it('gives what people have stopped more time before it calls it overdue, and nothing else [A9]', async () => {
    const { clock, sweep, count, people } = standIn(0);
    sweep.start();
    await clock.pass(35_000);
    expect([count('put off'), count('overdue')]).toEqual([0, 2]);
    people.stop = true;
    await clock.pass(30_000);
    expect([count('put off'), count('overdue')]).toEqual([1, 3]);
    await sweep.stop();
  });
  it('takes up what a previous run has left page after page, without waiting for its second, and looks for the rest once a second', async () => {
    const { clock, sweep, inbox, inMemory, count, handle } = standIn(2_200);
    sweep.start();
    const pages: number[] = [];
    for (let n = 0; n < 5; n++) {
      await clock.pass(n === 0 ? 1 : 50);
      pages.push(inMemory.size);
      handle();
    }
    expect(pages).toEqual([500, 500, 500, 500, 200]);
    expect(inbox).toEqual([]);
    expect([count('inbox'), count('orphans'), count('journeys'), count('effects'), count('unsent')]).toEqual([5, 1, 1, 1, 1]);
    // That was the last page: from here on it keeps to its second, also when whole pages wait again.
    inbox.push(...Array.from({ length: 1_000 }, (_, index) => `later${String(index)}`));
    await clock.pass(500);
    expect(count('inbox')).toBe(5);
    await clock.pass(3 * EVERY_MS);
    expect([count('inbox'), count('orphans')]).toEqual([8, 4]);
    await sweep.stop();
  });

  it('keeps to its second while a whole page is in memory already: asking again brings nothing', async () => {
    const { clock, sweep, inMemory, count } = standIn(2_200);
    sweep.start();
    await clock.pass(10 * EVERY_MS);
    // One page, once more in a hurry and in vain, then each second.
    expect(inMemory.size).toBe(500);
    expect(count('inbox')).toBeLessThanOrEqual(12);
    await sweep.stop();
  });

  it('does all of it each second although pages are waiting', async () => {
    const { clock, sweep, inbox, count, handle } = standIn(50_000);
    sweep.start();
    await clock.pass(1);
    handle();
    for (let n = 0; n < 60; n++) {
      await clock.pass(50);
      handle();
    }
    // Three seconds of hurrying.
    expect(inbox.length).toBeLessThan(25_000);
    expect(count('inbox')).toBeGreaterThan(50);
    expect([count('orphans'), count('effects')]).toEqual([4, 4]);
    await sweep.stop();
  });

  it('looks for what is overdue at once, and then every 30 seconds, not each second', async () => {
    const { clock, sweep, count } = standIn(0);
    sweep.start();
    await clock.pass(1);
    expect(count('overdue')).toBe(1);
    await clock.pass(29_000);
    expect([count('overdue'), count('inbox') >= 29]).toEqual([1, true]);
    await clock.pass(2_000);
    expect(count('overdue')).toBe(2);
    await clock.pass(60_000);
    expect(count('overdue')).toBe(4);
    await sweep.stop();
  });
});
