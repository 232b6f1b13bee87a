import { describe, expect, it } from '@jest/globals';
import { Bug } from './bug.js';
import type { EffectRecord, LifeEvent, LifeRules } from './effect-life.js';
import { go, hold, ignored, impossible, type EffectKind, type Flow } from './flow.js';
import {
  openJourney,
  step,
  type AnyFlow,
  type JourneyRecord,
  type Trigger,
  type RulesOf,
  type StepContext,
  type StepResult,
} from './step.js';

type State = { readonly status: 'Reading' | 'Paying' | 'Announcing' | 'Waiting' | 'Done'; readonly amount: string };
type Input = { readonly type: 'Requested'; readonly amount: string } | { readonly type: 'Cancelled' } | { readonly type: 'Noted' };
type Effects = {
  readonly Read: { readonly kind: 'read'; readonly result: string; readonly reason: 'gone' | 'odd' };
  readonly Pay: { readonly kind: 'once'; readonly result: string; readonly reason: string };
  readonly Announce: { readonly kind: 'by-key'; readonly result: null; readonly reason: string };
};
type Said = { readonly event: 'paid'; readonly data: { readonly amount: string } };

const to = go<State>;
const toy: Flow<State, Input, Effects, Said> = {
  name: 'toy',
  ownedBy: 'nobody',
  opens: {
    Requested: (input, { subject }) => ({
      open: { status: 'Reading', amount: `${input.amount} for ${subject}` },
      emits: [{ event: 'paid', data: { amount: '0' } }],
    }),
    Cancelled: () => ignored('nothing is open'),
    Noted: () => impossible('nothing to note'),
  },
  rows: {
    Reading: {
      does: 'Read',
      whenUnknown: 'send-again',
      applied: (_s, result) => (result === 'odd' ? { hold: 'odd', set: { amount: 'odd' } } : { to: 'Paying', set: { amount: result } }),
      rejected: (_s, reason, by) => (reason === 'odd' ? { stay: true } : by === 'person' ? { to: 'Done' } : { hold: reason }),
      on: {
        Requested: (_s, input) => ({ to: 'Reading', set: { amount: input.amount } }),
        Cancelled: to('Done'),
        Noted: impossible('nobody notes'),
      },
    },
    Paying: {
      does: 'Pay',
      whenUnknown: 'inquire',
      applied: (_s, result) =>
        result === 'stay'
          ? { stay: true }
          : result === 'hold'
            ? { hold: 'odd' }
            : { to: 'Announcing', emits: [{ event: 'paid', data: { amount: result } }] },
      rejected: (_s, reason, by) => (by === 'person' ? { to: 'Done' } : { hold: `refused: ${reason}` }),
      on: {
        Requested: (_s, input) => ({ stay: true, set: { amount: input.amount } }),
        Cancelled: hold('cancelled while it is paid'),
        Noted: ignored('being paid'),
      },
    },
    Announcing: {
      does: 'Announce',
      whenUnknown: 'send-again',
      applied: to('Done'),
      rejected: to('Waiting'),
      on: { Requested: ignored('too late'), Cancelled: ignored('too late'), Noted: ignored('too late') },
    },
    Waiting: {
      waitsFor: 'cash',
      overdueAfterHours: 1,
      looksAgain: { after: 'cash', then: to('Reading') },
      on: {
        Requested: to('Paying'),
        Cancelled: hold('a person looks'),
        Noted: (s) => ({ stay: true, set: { amount: `${s.amount}!` }, emits: [{ event: 'paid', data: { amount: '1' } }] }),
      },
    },
    Done: { ends: 'it is paid', on: { Requested: to('Waiting'), Cancelled: ignored('it has ended'), Noted: impossible('it has ended') } },
  },
};
const flow = toy as unknown as AnyFlow;
const KINDS: Readonly<Record<string, EffectKind>> = { Read: 'read', Pay: 'once', Announce: 'by-key' };
const life = (whenUnknown: LifeRules['whenUnknown']): LifeRules => ({
  whenUnknown,
  ability: { repeatable: 'after-inquiry', longestLifeMs: 1_000, afterAbsence: 'new-key' },
  firstWaitMs: 10,
  longestWaitMs: 100,
  patienceMs: 10_000,
});
const rulesOf: RulesOf = (name, row) => ({
  kind: KINDS[name] ?? 'read',
  perJourney: name === 'Pay' ? 'one' : 'many',
  life: life(row.whenUnknown),
});
const NOW = 5_000;

type Moved = Extract<StepResult, { kind: 'moved' }>;
const moved = (stepResult: StepResult): Moved => {
  if (stepResult.kind !== 'moved') throw new Error(`did not move: ${JSON.stringify(stepResult)}`);
  return stepResult;
};
const effectIn = (status: State['status'], change: Partial<EffectRecord> = {}): EffectRecord | null => {
  const name = { Reading: 'Read', Paying: 'Pay', Announcing: 'Announce', Waiting: null, Done: null }[status];
  if (name === null) return null;
  return {
    id: name === 'Pay' ? 'j:Pay' : `j:${name}:3`,
    name,
    kind: KINDS[name] ?? 'read',
    status: 'sending',
    generation: 1,
    attempt: 1,
    reference: null,
    plannedAtMs: NOW,
    firstSentAtMs: NOW,
    lastSentAtMs: NOW,
    dueAtMs: null,
    note: null,
    ...change,
  };
};
const journey = (status: State['status'], change: Partial<EffectRecord> = {}): JourneyRecord => ({
  id: 'j',
  flow: 'toy',
  subject: 's',
  portfolioId: 'p',
  openedAtMs: NOW,
  policy: null,
  version: 3,
  state: { status, amount: '10' } as State,
  ended: status === 'Done',
  held: null,
  effect: effectIn(status, change),
});
const at = (nowMs: number): StepContext => ({ rulesOf, policy: null, nowMs });
const take = (from: JourneyRecord, trigger: Trigger): StepResult => step(flow, from, trigger, at(NOW + 1));
const give = (from: JourneyRecord, input: Input): StepResult => take(from, { kind: 'input', input });
const tell = (from: JourneyRecord, event: LifeEvent): StepResult =>
  take(from, { kind: 'effect', effectId: from.effect?.id ?? 'none', event });
const answer = (from: JourneyRecord, outcome: Extract<LifeEvent, { type: 'Answered' }>['outcome']): StepResult => {
  if (from.effect === null) throw new Error('nothing to answer');
  return tell(from, { type: 'Answered', outcome, of: from.effect });
};

describe('opening a journey', () => {
  const identity = { id: 'j', subject: 's', portfolioId: 'p' };
  it('begins at version 1, with the effect of its row being sent', () => {
    expect(openJourney(flow, identity, { type: 'Requested', amount: '5' } as Input, at(NOW))).toEqual({
      kind: 'moved',
      planned: true,
      closing: null,
      result: null,
      note: null,
      emits: [{ event: 'paid', data: { amount: '0' } }],
      journey: { ...journey('Reading', { id: 'j:Read:1' }), version: 1, state: { status: 'Reading', amount: '5 for s' } },
    });
  });
  it('may open in a row that does not act, and needs not say anything', () => {
    const opens = { ...flow.opens, Requested: () => ({ open: { status: 'Done' } }) };
    expect(openJourney({ ...flow, opens }, identity, { type: 'Requested' }, at(NOW))).toMatchObject({
      planned: false,
      emits: [],
      journey: { ended: true, effect: null, version: 1 },
    });
  });
  it('is ignored or impossible when the flow says so', () => {
    expect(openJourney(flow, identity, { type: 'Cancelled' }, at(NOW))).toEqual({ kind: 'ignored', note: 'nothing is open' });
    expect(openJourney(flow, identity, { type: 'Noted' }, at(NOW))).toEqual({ kind: 'impossible', why: 'nothing to note' });
    expect(() => openJourney(flow, identity, { type: 'Raised' }, at(NOW))).toThrow(new Bug('flow toy has no input Raised'));
  });
});

describe('a rule', () => {
  const opened = { id: 'j', subject: 's', portfolioId: 'p', openedAtMs: NOW };
  const heard: unknown[] = [];
  const hears = (...given: readonly unknown[]): { readonly to: string } => {
    heard.push(given.at(-1));
    return { to: 'Done' };
  };
  const curious = {
    ...flow,
    rows: {
      ...flow.rows,
      Reading: { ...flow.rows['Reading'], applied: hears, rejected: hears, on: { Noted: hears } },
      Waiting: { ...flow.rows['Waiting'], looksAgain: { after: 'cash', then: hears } },
    },
  } as unknown as AnyFlow;
  const today = { rulesOf, policy: { limit: '7' }, nowMs: NOW + 1 };
  const answered = (outcome: Extract<LifeEvent, { type: 'Answered' }>['outcome']): Trigger => ({
    kind: 'effect',
    effectId: 'j:Read:3',
    event: { type: 'Answered', outcome, of: { generation: 1, lastSentAtMs: NOW } },
  });
  it('knows its journey, the choices it was opened under and those of today, whatever it is asked', () => {
    const reading = { ...journey('Reading'), policy: { limit: '5' } };
    heard.length = 0;
    step(curious, reading, { kind: 'input', input: { type: 'Noted' } }, today);
    step(curious, reading, answered({ kind: 'applied', result: 'x' }), today);
    step(curious, reading, answered({ kind: 'rejected', reason: 'gone' }), today);
    step(curious, { ...journey('Waiting'), policy: { limit: '5' } }, { kind: 'look-again' }, today);
    expect(heard).toEqual(Array(4).fill({ ...opened, policy: { frozen: { limit: '5' }, now: { limit: '7' } } }));
  });
  it('of a journey from before choices were kept counts those of today', () => {
    heard.length = 0;
    step(curious, journey('Reading'), { kind: 'input', input: { type: 'Noted' } }, today);
    expect(heard).toEqual([{ ...opened, policy: { frozen: { limit: '7' }, now: { limit: '7' } } }]);
  });
  it('opens under the choices of today, which stay with the journey', () => {
    heard.length = 0;
    const opens = { Requested: (_input: unknown, facts: unknown) => (hears(facts), { open: { status: 'Done' } }) };
    const stepResult = openJourney({ ...flow, opens }, { id: 'j', subject: 's', portfolioId: 'p' }, { type: 'Requested' }, today);
    expect(heard).toEqual([{ ...opened, openedAtMs: NOW + 1, policy: { frozen: { limit: '7' }, now: { limit: '7' } } }]);
    expect(stepResult).toMatchObject({ journey: { openedAtMs: NOW + 1, policy: { limit: '7' } } });
  });
});

describe('an input', () => {
  it('is ignored or impossible for a stated reason, and changes nothing', () => {
    expect(give(journey('Paying'), { type: 'Noted' })).toEqual({ kind: 'ignored', note: 'being paid' });
    expect(give(journey('Reading'), { type: 'Noted' })).toEqual({ kind: 'impossible', why: 'nobody notes' });
  });
  it('is noted while a payment is on its way, which goes on', () => {
    expect(moved(give(journey('Paying'), { type: 'Requested', amount: '99' }))).toEqual({
      kind: 'moved',
      planned: false,
      closing: null,
      result: null,
      emits: [],
      note: null,
      journey: { ...journey('Paying'), version: 4, state: { status: 'Paying', amount: '99' } },
    });
  });
  it('stays and says in a row that waits', () => {
    expect(moved(give(journey('Waiting'), { type: 'Noted' }))).toMatchObject({
      emits: [{ data: { amount: '1' } }],
      journey: { version: 4, state: { status: 'Waiting', amount: '10!' } },
    });
  });
  it('holds: what is being sent is parked, nothing is planned', () => {
    const held = moved(give(journey('Paying'), { type: 'Cancelled' }));
    expect(held).toMatchObject({
      planned: false,
      closing: { status: 'parked', note: 'cancelled while it is paid' },
      note: 'cancelled while it is paid',
      journey: { version: 4, held: 'cancelled while it is paid', state: { status: 'Paying' } },
    });
    expect(held.journey.effect).toEqual(held.closing);
    expect(give(journey('Waiting'), { type: 'Cancelled' })).toMatchObject({
      closing: null,
      journey: { held: 'a person looks', effect: null },
    });
  });
  it('overtakes a question, and asks afresh under another id', () => {
    expect(moved(give(journey('Reading'), { type: 'Requested', amount: '7' }))).toMatchObject({
      planned: true,
      closing: { id: 'j:Read:3', status: 'rejected', dueAtMs: null, note: 'overtaken by another input' },
      journey: {
        version: 4,
        held: null,
        state: { amount: '7' },
        effect: { id: 'j:Read:4', status: 'sending', attempt: 1, plannedAtMs: NOW + 1 },
      },
    });
    expect(give(journey('Reading'), { type: 'Cancelled' })).toMatchObject({
      planned: false,
      closing: { status: 'rejected' },
      journey: { ended: true, effect: null },
    });
  });
  it('plans what a journey does once under one id for ever', () => {
    expect(give(journey('Waiting'), { type: 'Requested', amount: '1' })).toMatchObject({
      planned: true,
      closing: null,
      journey: { effect: { id: 'j:Pay', kind: 'once' } },
    });
  });
  it('may open what had ended', () => {
    expect(give(journey('Done'), { type: 'Requested', amount: '1' })).toMatchObject({
      journey: { ended: false, state: { status: 'Waiting' } },
    });
  });
  it.each(['sending', 'planned', 'unknown', 'accepted', 'parked'] as const)(
    'cannot lead away from a payment that is %s, even where the types were got around',
    (status) => {
      const rows = { ...flow.rows, Paying: { ...flow.rows['Paying'], on: { Requested: to('Done') } } } as unknown as AnyFlow['rows'];
      expect(() =>
        step({ ...flow, rows }, journey('Paying', { status }), { kind: 'input', input: { type: 'Requested' } }, at(NOW)),
      ).toThrow('leads away from Pay');
      expect(
        step({ ...flow, rows }, journey('Paying', { status: 'applied' }), { kind: 'input', input: { type: 'Requested' } }, at(NOW)),
      ).toMatchObject({ closing: { status: 'applied' } });
    },
  );
  it('that no row knows is a bug', () => {
    expect(() => take(journey('Waiting'), { kind: 'input', input: { type: 'Raised' } })).toThrow(new Bug('flow toy has no input Raised'));
    expect(() => take({ ...journey('Waiting'), state: { status: 'Gone' } }, { kind: 'look-again' })).toThrow(
      new Bug('flow toy has no row Gone'),
    );
  });
});

describe('an outcome', () => {
  it('applied leads on: result, next effect and events in one step', () => {
    expect(moved(answer(journey('Paying'), { kind: 'applied', result: '10' }))).toMatchObject({
      closing: { id: 'j:Pay', status: 'applied' },
      result: '10',
      planned: true,
      emits: [{ event: 'paid', data: { amount: '10' } }],
      journey: { version: 4, held: null, ended: false, effect: { id: 'j:Announce:4', status: 'sending' } },
    });
    expect(answer(journey('Announcing'), { kind: 'applied', result: null })).toMatchObject({
      planned: false,
      closing: { status: 'applied' },
      journey: { ended: true, effect: null },
    });
  });
  it('rejected leads on, or holds until a person has answered', () => {
    expect(answer(journey('Announcing'), { kind: 'rejected', reason: 'no' })).toMatchObject({
      result: null,
      closing: { status: 'rejected', note: 'no' },
      journey: { state: { status: 'Waiting' } },
    });
    const held = moved(answer(journey('Paying'), { kind: 'rejected', reason: 'no' }));
    expect(held).toMatchObject({
      result: null,
      closing: { status: 'parked', note: 'refused: no', lastSentAtMs: null },
      journey: { held: 'refused: no', effect: { status: 'parked', lastSentAtMs: null }, state: { status: 'Paying' } },
    });
    expect(tell(held.journey, { type: 'PersonSaid', said: 'rejected', generation: 1, result: null, evidence: 'e' })).toMatchObject({
      journey: { held: null, ended: true },
    });
    expect(tell(held.journey, { type: 'PersonSaid', said: 'applied', generation: 1, result: '10', evidence: 'e' })).toMatchObject({
      result: '10',
      journey: { held: null, state: { status: 'Announcing' } },
    });
    expect(
      tell(held.journey, {
        type: 'PersonSaid',
        said: 'send-again',
        generation: 1,
        result: null,
        evidence: 'e',
        asked: { inquiry: { found: 'rejected', reason: 'no' }, askedAtMs: NOW },
      }),
    ).toMatchObject({
      planned: false,
      closing: { status: 'planned', generation: 2 },
      note: 'a person said send-again: e',
      journey: { version: 5, held: null, effect: { status: 'planned', generation: 2 } },
    });
  });
  it('of a question may hold, and the word of a person on it is a step of history that ends the hold', () => {
    const held = moved(answer(journey('Reading'), { kind: 'applied', result: 'odd' }));
    expect(held.journey).toMatchObject({ held: 'odd', state: { amount: 'odd' }, effect: { status: 'parked' } });
    expect(
      moved(tell(held.journey, { type: 'PersonSaid', said: 'applied', generation: 1, result: null, evidence: 'mended' })),
    ).toMatchObject({
      note: 'a person said applied: mended',
      closing: { status: 'planned' },
      journey: { version: 5, held: null, effect: { status: 'planned', dueAtMs: NOW + 1 } },
    });
    expect(tell(held.journey, { type: 'PersonSaid', said: 'rejected', generation: 1, result: null, evidence: 'gone' })).toMatchObject({
      journey: { ended: true, held: null },
    });
  });
  it('cannot stay', () => {
    expect(() => answer(journey('Paying'), { kind: 'applied', result: 'stay' })).toThrow('an outcome cannot stay');
    expect(() => answer(journey('Reading'), { kind: 'rejected', reason: 'odd' })).toThrow('an outcome cannot stay');
  });
  it('of a request that has happened cannot be held as if nobody knew', () => {
    expect(() => answer(journey('Paying'), { kind: 'applied', result: 'hold' })).toThrow('what has happened cannot be held');
  });
});

describe('an effect that goes on', () => {
  it('postpones a question without a line of history', () => {
    expect(answer(journey('Reading'), { kind: 'accepted', reference: null })).toMatchObject({
      kind: 'postponed',
      effect: { status: 'accepted', dueAtMs: NOW + 11 },
    });
    expect(answer(journey('Reading'), { kind: 'unknown', evidence: 'timeout' })).toMatchObject({
      kind: 'postponed',
      effect: { status: 'planned' },
    });
    expect(tell(journey('Reading'), { type: 'Orphaned' })).toMatchObject({ kind: 'postponed', effect: { status: 'planned' } });
  });
  it('writes every change of a request that may change something', () => {
    expect(answer(journey('Paying'), { kind: 'unknown', evidence: 'timeout' })).toMatchObject({
      kind: 'moved',
      note: 'timeout',
      planned: false,
      closing: { status: 'unknown' },
      journey: { version: 4, held: null, effect: { status: 'unknown' } },
    });
    expect(tell(journey('Paying', { status: 'planned' }), { type: 'Sending' })).toMatchObject({
      kind: 'moved',
      closing: { status: 'sending', attempt: 2 },
      journey: { effect: { status: 'sending' } },
    });
  });
  it('waits on in the same status without one', () => {
    const unknown = journey('Paying', { status: 'unknown' });
    const noAnswer: LifeEvent = {
      type: 'Inquired',
      inquiry: { found: 'no-answer', evidence: 'away' },
      askedAtMs: NOW,
      of: { generation: 1, lastSentAtMs: NOW },
    };
    expect(tell(unknown, noAnswer)).toMatchObject({ kind: 'postponed', effect: { status: 'unknown', attempt: 2 } });
    expect(tell(unknown, { ...noAnswer, inquiry: { found: 'absent' }, askedAtMs: NOW + 1_000 })).toMatchObject({
      kind: 'moved',
      closing: { status: 'planned', generation: 2 },
    });
  });
  it('holds the journey while only people may answer', () => {
    const parked = moved(
      tell(journey('Paying', { status: 'unknown' }), {
        type: 'Inquired',
        inquiry: { found: 'ambiguous', evidence: 'two of them' },
        askedAtMs: NOW,
        of: { generation: 1, lastSentAtMs: NOW },
      }),
    );
    expect(parked.journey).toMatchObject({ held: 'two of them', effect: { status: 'parked' } });
    expect(answer(parked.journey, { kind: 'applied', result: '10' })).toMatchObject({
      kind: 'moved',
      journey: { version: 5, held: expect.stringContaining('the answer came: applied'), effect: { status: 'parked' } },
    });
  });
  it('ignores what is about an effect that is no longer the present one, or of no use to it', () => {
    expect(take(journey('Paying'), { kind: 'effect', effectId: 'j:Read:2', event: { type: 'Orphaned' } })).toEqual({
      kind: 'ignored',
      note: 'an answer to an effect that was overtaken',
    });
    expect(tell(journey('Waiting'), { type: 'Orphaned' })).toMatchObject({ kind: 'ignored' });
    expect(tell(journey('Paying', { status: 'unknown' }), { type: 'Orphaned' })).toEqual({
      kind: 'ignored',
      note: 'an effect that is unknown has no use for Orphaned',
    });
  });
  it('in a row that does not act is a bug', () => {
    expect(() => tell({ ...journey('Waiting'), effect: effectIn('Paying') }, { type: 'Orphaned' })).toThrow('which does not act');
  });
});

describe('looking again', () => {
  it('takes the step of a row that waits', () => {
    expect(take(journey('Waiting'), { kind: 'look-again' })).toMatchObject({
      kind: 'moved',
      note: 'looked again',
      planned: true,
      journey: { version: 4, state: { status: 'Reading' }, effect: { id: 'j:Read:4' } },
    });
  });
  it('is ignored once there is nothing to look at', () => {
    for (const status of ['Paying', 'Done'] as const)
      expect(take(journey(status), { kind: 'look-again' })).toEqual({ kind: 'ignored', note: 'nothing to look at any more' });
    const rows = { ...flow.rows, Waiting: { waitsFor: 'cash', overdueAfterHours: 1, on: {} } } as unknown as AnyFlow['rows'];
    expect(step({ ...flow, rows }, journey('Waiting'), { kind: 'look-again' }, at(NOW))).toMatchObject({ kind: 'ignored' });
  });
});

describe('what people must know', () => {
  it('is held up to them and written down, and leads nowhere', () => {
    const before = journey('Announcing');
    expect(step(flow, before, { kind: 'noticed', note: 'n' }, at(NOW))).toEqual({
      kind: 'moved',
      journey: { ...before, version: before.version + 1, held: 'n' },
      closing: null,
      result: null,
      planned: false,
      emits: [],
      note: 'n',
    });
  });
});
