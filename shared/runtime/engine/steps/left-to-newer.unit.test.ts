import { describe, expect, it } from '@jest/globals';
import { createLog } from '../../process/log.js';
import { Catalogue } from '../catalogue.js';
import type { EffectsInProgress } from '../effects/effects-in-progress.js';
import type { LoadedJourney } from '../store/store.js';
import type { Item } from './lanes.js';
import { LeftToNewer } from './left-to-newer.js';

const standIn = () => {
  let nowMs = 0;
  const released: Item[] = [];
  const left = new LeftToNewer({
    catalogue: new Catalogue({ name: 'payout', bindings: [], consumes: [] }),
    store: { ingest: () => Promise.reject(new Error('nothing is handed over')) },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    log: createLog('test', 'silent'),
    ownerId: () => 1,
    effects: { isInProgress: () => false } as unknown as EffectsInProgress,
    release: (item) => {
      released.push(item);
    },
  });
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { left, released, pass };
};
const events = (from: number, count: number): string[] => Array.from({ length: count }, (_, n) => `e${String(from + n)}`);

describe('what is left to a newer instance', () => {
  it('is not listed for 30 seconds, and then a hundred at a time, so that most of a page is for the rest', () => {
    const { left, pass } = standIn();
    for (const eventId of events(0, 250)) left.leaveEvent(eventId);
    pass(20_000);
    for (const eventId of events(250, 50)) left.leaveEvent(eventId);
    expect(left.notToList()).toEqual(events(0, 300));
    pass(10_000);
    expect(left.notToList()).toEqual(events(100, 200));
    // One of them is met again and left again; the others were handled meanwhile.
    left.leaveEvent('e7');
    expect(left.notToList()).toEqual([...events(200, 100), 'e7']);
    expect(left.notToList()).toEqual([...events(250, 50), 'e7']);
    expect(left.notToList()).toEqual([...events(250, 50), 'e7']);
    pass(30_000);
    expect(left.notToList()).toEqual([]);
    expect(left.size).toBe(0);
  });

  it('is one journey, by its id and while it is open by its address, for 30 seconds; but what only this process knows is always judged', async () => {
    const { left, released, pass } = standIn();
    const journey = { id: 'j', flow: 'toy', subject: 's', portfolioId: 'p', stateVersion: 2, ended: false, effect: null } as LoadedJourney;
    const at = { lane: 'p', journeyId: 'j', tries: 0 };
    const due: Item = { ...at, kind: 'due-effect', effectId: 'x' };
    const event: Item = { ...at, kind: 'input', eventId: 'e', source: null, to: { journeyId: 'j' }, input: { type: 'I' }, original: null };
    expect([due, event].map((item) => left.isLeft(item))).toEqual([false, false]);
    await left.leave([{ item: event, journey }], [journey]);
    expect(released).toEqual([event]);
    expect(left.notToList()).toEqual(['e']);
    const orphaned: Item = { ...at, kind: 'effect', effectId: 'x', eventId: null, event: { type: 'Orphaned' } };
    const of = { generation: 1, lastSentAtMs: 1 };
    const answer: Item = { ...orphaned, event: { type: 'Answered', outcome: { kind: 'unknown', evidence: '' }, of } };
    expect([due, event, orphaned].map((item) => left.isLeft(item))).toEqual([true, true, true]);
    expect([answer, { ...due, isNotified: true }].map((item) => left.isLeft(item))).toEqual([false, false]);
    pass(30_000);
    expect([due, event, orphaned].map((item) => left.isLeft(item))).toEqual([false, false, false]);
    // Of a flow that is not known here, nothing needs to be looked up.
    expect(left.isLeft({ ...event, to: { flow: 'toy', subject: 's' } })).toBe(true);
  });
});
