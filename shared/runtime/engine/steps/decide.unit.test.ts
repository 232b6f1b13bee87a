import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { go, ignored, type Flow } from '../../../kernel/flow.js';
import { Catalogue } from '../catalogue.js';
import { bind, noPolicy } from '../definition.js';
import type { StoredJourney } from '../store/store.js';
import { NOTHING_STOPPED } from '../../stopping/stop-source.js';
import { decide } from './decide.js';
import type { Item } from './lanes.js';

type State = { readonly status: 'Waiting' | 'Reviewed' | 'Done'; readonly known?: boolean };
type Input = { readonly type: 'Told' };
const to = go<State>;
/** Two statuses that wait, one for seconds and the next one for days. */
const flow: Flow<State, Input, object, never, null> = {
  name: 'toy',
  ownedBy: 'nobody',
  opens: { Told: () => ({ open: { status: 'Waiting' } }) },
  rows: {
    Waiting: {
      waitsFor: 'news',
      overdueAfterHours: 1,
      looksAgain: { after: 'seconds', then: to('Reviewed') },
      on: { Told: (state) => (state.known === true ? ignored('known already') : { stay: true, set: { known: true } }) },
    },
    Reviewed: {
      waitsFor: 'a person',
      overdueAfterHours: 1,
      looksAgain: { after: 'days', then: to('Done') },
      on: { Told: ignored('under review') },
    },
    Done: { ends: 'over', on: { Told: ignored('over') } },
  },
};
const binding = bind({
  flow,
  idPrefix: 'ty',
  personal: [],
  state: z.object({ status: z.enum(['Waiting', 'Reviewed', 'Done']), known: z.boolean().optional() }) as unknown as z.ZodType<State>,
  policy: noPolicy,
  upgrades: [],
  oneJourneyPer: 'subject',
  effects: {},
  shows: () => null,
  intervalsMs: { seconds: 1_000, days: 86_400_000 },
});
const catalogue = new Catalogue({ name: 'test', bindings: [binding], consumes: [] });
const at = (version: number, state: State): StoredJourney => ({
  id: 'ty-1',
  flow: 'toy',
  subject: 's',
  portfolioId: 'P',
  openedAtMs: 0,
  policy: null,
  version,
  state,
  ended: false,
  held: null,
  effect: null,
});
const look = (version: number): Item => ({ kind: 'look-again', lane: 'P', journeyId: 'ty-1', version, tries: 0 });
const told: Item = {
  kind: 'input',
  lane: 'P',
  eventId: 'e',
  source: null,
  to: { flow: 'toy', subject: 's' },
  input: { type: 'Told' },
  original: null,
  tries: 0,
};
const stepOf = (item: Item, journey: StoredJourney) => decide(catalogue, item, journey, { stops: NOTHING_STOPPED, nowMs: 5 }).stepResult;

describe('the decision about one item', () => {
  it('looks again only in the version whose interval is over', () => {
    expect(stepOf(look(3), at(3, { status: 'Waiting' }))).toMatchObject({ kind: 'moved', journey: { state: { status: 'Reviewed' } } });
    // Another instance has looked meanwhile. The review that began then has days of its own.
    expect(stepOf(look(3), at(4, { status: 'Reviewed' }))).toEqual({ kind: 'ignored', note: 'it has moved on since it was due' });
    expect(stepOf(look(4), at(3, { status: 'Waiting' }))).toMatchObject({ kind: 'ignored' });
  });
  it('takes no step where a rule finds by the state that there is nothing to do', () => {
    expect(stepOf(told, at(3, { status: 'Waiting' }))).toMatchObject({ kind: 'moved', journey: { version: 4, state: { known: true } } });
    expect(stepOf(told, at(3, { status: 'Waiting', known: true }))).toEqual({ kind: 'ignored', note: 'known already' });
  });
});
