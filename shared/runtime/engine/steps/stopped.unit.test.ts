import { describe, expect, it } from '@jest/globals';
import type { EffectStatus } from '../../../kernel/effect-life.js';
import { bindingOver, World, type State } from '../../../../test/support/parcel-flow.js';
import type { Leaving } from '../../stopping/stop-rules.js';
import type { StopSource } from '../../stopping/stop-source.js';
import { Catalogue } from '../catalogue.js';
import type { StoredEffect, StoredJourney } from '../store/store.js';
import { decide } from './decide.js';
import type { Item } from './lanes.js';

const HOUR_MS = 3_600_000;
const NOW_MS = 10 * HOUR_MS;
const catalogue = new Catalogue({ name: 'payout', bindings: [bindingOver(new World(), 1, 'Done')], consumes: [] });
const PAYING: State = { status: 'Paying', wanted: 's', notes: 0 };
const STOPPED = { evidence: 'stopped: all, since 2026-03-04T10:00:00Z, by anna', retryAfterMs: 5_000 };

const paying = (status: EffectStatus, change: Partial<StoredEffect> = {}): StoredJourney => ({
  ...{ id: 'pa-1', flow: 'parcel', subject: 's', portfolioId: 'P1', openedAtMs: 0, policy: null, version: 4, ended: false, held: null },
  state: PAYING,
  effect: {
    ...{ id: 'pa-1:Pay', name: 'Pay', kind: 'once', status, generation: 2, attempt: 3, reference: 'r', plannedAtMs: NOW_MS - 8 * HOUR_MS },
    ...{
      firstSentAtMs: NOW_MS - HOUR_MS,
      lastSentAtMs: NOW_MS - 1_000,
      dueAtMs: NOW_MS,
      note: 'refused',
      request: { frozen: 'as it was' },
    },
    owner: null,
    ...change,
  },
});
const due: Item = { kind: 'due-effect', lane: 'P1', journeyId: 'pa-1', effectId: 'pa-1:Pay', tries: 0 };
const stopping = (stoppedMs = 0, stopsQuestions = false) => {
  const asked: Omit<Leaving, 'service'>[] = [];
  const stops: StopSource = {
    whyStopped: (leaving) => {
      asked.push(leaving);
      return leaving.changes || stopsQuestions ? STOPPED : null;
    },
    stoppedMs: () => stoppedMs,
    isStopping: () => true,
  };
  return { asked, stops };
};

describe('an effect that people have stopped', () => {
  it('waits as it is: no send is written, its key and request stay, nobody is called [A9]', () => {
    const journey = paying('planned');
    const { asked, stops } = stopping();
    const { stepResult } = decide(catalogue, due, journey, { stops, nowMs: NOW_MS });
    expect(stepResult).toEqual({ kind: 'postponed', effect: { ...journey.effect, dueAtMs: NOW_MS + 5_000, note: STOPPED.evidence } });
    expect(asked).toEqual([{ system: 'shop', operation: 'Pay', portfolioId: 'P1', changes: true }]);
  });
  it('is asked about, unless its whole system is stopped [A9]', () => {
    const ask = (stopsQuestions: boolean) =>
      decide(catalogue, due, paying('unknown'), { stops: stopping(0, stopsQuestions).stops, nowMs: NOW_MS }).stepResult;
    expect(ask(false)).toEqual({ kind: 'work', move: 'inquire' });
    expect(ask(true)).toMatchObject({ kind: 'postponed', effect: { status: 'unknown', note: STOPPED.evidence } });
  });
  it('stays with people when it was with them before [A9]', () => {
    const { stepResult } = decide(catalogue, due, paying('parked'), { stops: stopping(0, true).stops, nowMs: NOW_MS });
    expect(stepResult).toEqual({ kind: 'ignored', note: STOPPED.evidence });
  });
  it('keeps its patience for as long as it was stopped [A9]', () => {
    const answer = (stoppedMs: number) => {
      const journey = paying('sending', { firstSentAtMs: NOW_MS, lastSentAtMs: NOW_MS });
      const of = { generation: 2, lastSentAtMs: NOW_MS };
      const event = { type: 'Answered', outcome: { kind: 'unknown', evidence: 'timeout' }, of } as const;
      const item: Item = { kind: 'effect', lane: 'P1', journeyId: 'pa-1', effectId: 'pa-1:Pay', event, eventId: null, tries: 0 };
      const { stepResult } = decide(catalogue, item, journey, { stops: stopping(stoppedMs).stops, nowMs: NOW_MS });
      return stepResult.kind === 'moved' ? stepResult.journey.effect?.status : stepResult.kind;
    };
    expect([answer(0), answer(8 * HOUR_MS)]).toEqual(['parked', 'unknown']);
  });
});
