import { describe, expect, it } from '@jest/globals';
import type { DivestAmount } from '../../../../shared/kernel/money.js';
import { factsUnder, factsWith } from '../../../../test/builders/journey-facts.js';
import {
  EVERYTHING,
  gapOf,
  level,
  lostRequestOf as state,
  NOTHING,
  paid,
  seenPortfolio as read,
} from '../../../../test/builders/portfolio.js';
import { lostRequestFlow } from './lost-request.flow.js';
import {
  anotherGap,
  handedOver,
  heard,
  levelAfterGap,
  levelInReview,
  levelStands,
  levelWhileRead,
  notRestored,
  opened,
  restored,
  unexplained,
} from './lost-request.rules.js';
import { lostRequestState, type LostRequest, type LostRequestInput, type LostRequestPolicy } from './lost-request.js';
import type { GapFound, HandedOver } from './messages.js';

const CAREFUL: LostRequestPolicy = { onVersionGap: 'restore', onUnexplainedGap: 'review' };
const GOES_ON: LostRequestPolicy = { ...CAREFUL, onUnexplainedGap: 'go-on' };
const HOLDS: LostRequestPolicy = { ...CAREFUL, onVersionGap: 'hold' };
const identity = { id: 'lr-1', subject: 'P1' };
const facts = factsWith(CAREFUL, identity);

const found = (over: Partial<GapFound> = {}): GapFound => ({
  type: 'GapFound',
  number: 1,
  gap: gapOf(),
  others: 1,
  announced: [],
  announcedWhileReading: null,
  review: null,
  ...over,
});
const forwarded = (one: DivestAmount, over: Partial<{ number: number; levelWritten: DivestAmount | null }> = {}) =>
  ({ type: 'LevelForwarded', number: 2, level: one, levelWritten: null, ...over }) as const;
const answer = (input: object) => ({ sends: 'portfolio', subject: 'P1', input });
const reviewGoesOn = (handled: number) => [answer({ type: 'ReviewGoesOn', handled })];
const beingFoundOut = (handled: number) => [answer({ type: 'BeingFoundOut', handled })];
const after = (before: LostRequest, step: object): LostRequest => ({
  ...before,
  ...('set' in step ? (step.set as Partial<LostRequest>) : {}),
  ...('to' in step ? { status: step.to as LostRequest['status'] } : {}),
});
const openedWith = (over: Partial<GapFound> = {}, journey = facts): LostRequest => {
  const opening = opened(found(over), journey);
  if (!('open' in opening)) throw new Error('not opened');
  return lostRequestState.parse(JSON.parse(JSON.stringify(opening.open)));
};

describe('a gap was found', () => {
  it('waits a little for an announcement that is on its way, and says so', () => {
    expect(opened(found({ number: 4 }), facts)).toEqual({
      open: state({ handled: 4, reason: 'another writer was there while the divest amount was written' }),
      emits: beingFoundOut(4),
    });
  });
  it('a higher level that was announced since is to be written back, less what was paid', () => {
    expect(opened(found({ announced: [level('800')] }), facts)).toMatchObject({
      open: { status: 'Restoring', restoring: { expected: NOTHING, level: level('300') }, explainedBy: level('800'), announced: [] },
      emits: [answer({ type: 'RestoreRequested', handled: 1, expected: NOTHING, level: level('300') })],
    });
    expect(openedWith({ announced: [EVERYTHING] })).toMatchObject({ restoring: { level: EVERYTHING } });
  });
  it('a lower one goes to a person, unless it changes nothing', () => {
    const raised = gapOf({ levelRead: level('800'), levelWritten: level('300') });
    expect(opened(found({ gap: raised, announced: [level('600')] }), facts)).toMatchObject({
      open: { status: 'AwaitingReview', review: expect.stringContaining('a lower level was announced'), gap: null },
      emits: reviewGoesOn(1),
    });
    expect(openedWith({ announced: [level('400')] })).toMatchObject({
      status: 'AwaitingAnnouncement',
      reason: expect.stringContaining('changes nothing'),
      explainedBy: level('400'),
    });
  });
  it('two versions of others go to a person, with what was announced: announcements do not tell which level is the newer one', () => {
    expect(openedWith({ others: 2, announced: [level('800')] })).toMatchObject({
      status: 'AwaitingReview',
      review: expect.stringMatching(/, 2 times, and 800 was announced$/),
    });
    expect(openedWith({ others: 2 }).review).toMatch(/, 2 times$/);
    // Versions that rise by themselves tell nothing.
    expect(openedWith({ others: 2, announced: [level('800')] }, factsWith(GOES_ON, identity))).toMatchObject({
      status: 'Restoring',
      restoring: { level: level('300') },
    });
  });
  it('two levels that were announced go to a person: one may be from long before our read (simulation, seed 18319)', () => {
    expect(openedWith({ announced: [level('800'), level('900')] })).toMatchObject({
      status: 'AwaitingReview',
      review: expect.stringMatching(/, and 900 was announced, after another level$/),
      announced: [],
    });
  });
  it('a level announced while the portfolio was read may be in what was read: only a person can tell', () => {
    expect(openedWith({ announcedWhileReading: level('800') }).review).toMatch(/a higher level was announced while it was read$/);
    for (const known of ['500', '400'])
      expect(openedWith({ announcedWhileReading: level(known) })).toMatchObject({ status: 'AwaitingAnnouncement' });
  });
  it('always goes to a person where the tenant wants that, or has wanted it when this began', () => {
    for (const policy of [
      { frozen: HOLDS, now: CAREFUL },
      { frozen: CAREFUL, now: HOLDS },
    ])
      expect(openedWith({ announced: [level('800')] }, factsUnder(policy, identity))).toMatchObject({ status: 'AwaitingReview' });
    const asked = factsUnder({ frozen: GOES_ON, now: CAREFUL }, identity);
    expect(openedWith({ others: 2 }, asked)).toMatchObject({ status: 'AwaitingReview' });
  });
  it('under review: what was to review before stays there', () => {
    const under = state({ status: 'AwaitingReview', gap: null, review: 'why', handled: 3, ours: level('90') });
    expect(heard(anotherGap)(under, found({ number: 4 }), facts)).toMatchObject({
      to: 'AwaitingAnnouncement',
      set: { handled: 4, gap: gapOf(), ours: NOTHING },
      emits: beingFoundOut(4),
    });
    expect(heard(anotherGap)(under, found({ number: 4, others: 2 }), facts)).toMatchObject({
      to: 'AwaitingReview',
      set: { review: expect.stringMatching(/^why; another writer was there/), gap: null },
      emits: reviewGoesOn(4),
    });
    // Of the first release, and told together with the gap.
    expect(openedWith({ review: 'why', others: 2 }).review).toMatch(/^why; another writer was there/);
  });
});

describe('an announcement comes', () => {
  it('the first one explains the gap; what is known already does not', () => {
    expect(heard(levelAfterGap)(state(), forwarded(level('800')), facts)).toMatchObject({
      to: 'Restoring',
      set: { handled: 2 },
      emits: [answer({ type: 'RestoreRequested', handled: 2, expected: NOTHING, level: level('300') })],
    });
    const holds = factsUnder({ frozen: CAREFUL, now: { ...CAREFUL, onVersionGap: 'hold' as const } }, identity);
    expect(heard(levelAfterGap)(state(), forwarded(level('800')), holds)).toMatchObject({ to: 'AwaitingReview' });
    for (const known of [level('500'), NOTHING])
      expect(heard(levelAfterGap)(state(), forwarded(known), facts)).toEqual({ stay: true, set: { handled: 2 }, emits: beingFoundOut(2) });
  });
  it('one more is looked up', () => {
    const explained = state({ explainedBy: level('800'), ours: level('300') });
    expect(heard(levelAfterGap)(explained, forwarded(level('950')), facts)).toMatchObject({
      to: 'ReadingLevel',
      set: { announced: [level('950')] },
      emits: beingFoundOut(2),
    });
    // The same once more, what we have written, and what we have read.
    for (const known of ['800', '300', '500']) expect(levelAfterGap(explained, forwarded(level(known)), facts)).toEqual({ stay: true });
  });
  it('from before the newest message that was handled, it is passed over', () => {
    expect(heard(levelAfterGap)(state({ handled: 2 }), forwarded(level('800')), facts)).toHaveProperty('ignored');
  });
  it('while the level is read', () => {
    const reading = state({ status: 'ReadingLevel' });
    expect(levelWhileRead(reading, forwarded(level('800')), facts)).toMatchObject({ to: 'Restoring' });
    const lost = { ...reading, restoring: { expected: NOTHING, level: level('300') } };
    expect(levelWhileRead(lost, forwarded(level('90')), facts)).toEqual({ stay: true, set: { announced: [level('90')] } });
    const under = { ...reading, gap: null, review: 'why', announced: [level('800')] };
    expect(levelWhileRead(under, forwarded(level('900')), facts)).toEqual({ stay: true, set: { announced: [level('800'), level('900')] } });
    expect(levelWhileRead(under, forwarded(NOTHING), facts)).toEqual({ stay: true });
  });
  it('under review it is looked at, unless it is our own', () => {
    const under = state({ status: 'AwaitingReview', gap: null, review: 'why', ours: level('90') });
    expect(heard(levelInReview)(under, forwarded(level('800')), facts)).toMatchObject({
      to: 'ReadingLevel',
      set: { announced: [level('800')], ours: level('90') },
      emits: beingFoundOut(2),
    });
    expect(heard(levelInReview)(under, forwarded(level('90')), facts)).toMatchObject({ stay: true, emits: reviewGoesOn(2) });
    // A write that went on has lowered it since.
    expect(levelInReview(under, forwarded(level('40'), { levelWritten: level('40') }))).toMatchObject({
      stay: true,
      set: { ours: level('40') },
    });
    expect(levelInReview(under, forwarded(level('90'), { levelWritten: level('40') }))).toMatchObject({ to: 'ReadingLevel' });
  });
});

describe('the level that stands is read', () => {
  const inGap = state({ status: 'ReadingLevel' });
  it('no announcement came and our level stands: what was asked for is for a person to find out', () => {
    for (const step of [levelStands(inGap, read({ version: 9 }), facts), unexplained(inGap)])
      expect(step).toMatchObject({
        to: 'AwaitingReview',
        set: { review: expect.stringMatching(/nothing tells what was asked for$/), gap: null },
        emits: reviewGoesOn(1),
      });
  });
  it('no announcement came, and another level was set since: the app may have added to ours', () => {
    const step = levelStands(inGap, read({ divestAmount: level('800') }), facts);
    expect(step).toMatchObject({
      to: 'AwaitingReview',
      set: { review: expect.stringMatching(/; 800 was set since$/), ours: level('800') },
    });
    // Its own announcement, coming late, closes nothing.
    expect(levelInReview(after(inGap, step), forwarded(level('800')))).toMatchObject({ stay: true });
  });
  it('no announcement came, and the tenant does not want to be asked, neither now nor when this began', () => {
    expect(levelStands(inGap, read(), factsWith(GOES_ON, identity))).toMatchObject({
      to: 'Settled',
      set: { reason: expect.stringContaining('no other level') },
      emits: [answer({ type: 'LostRequestEnded', handled: 1, note: 'another writer was there; no other level was announced' })],
    });
    const asked = factsUnder({ frozen: CAREFUL, now: GOES_ON }, identity);
    expect(levelStands(inGap, read(), asked)).toMatchObject({ to: 'AwaitingReview' });
  });
  it('a request that we have overwritten and could not restore is for a person, whatever the tenant wants', () => {
    const lost = { ...inGap, restoring: { expected: NOTHING, level: level('300') } };
    expect(levelStands(lost, read({ divestAmount: level('90') }), factsWith(GOES_ON, identity))).toMatchObject({
      to: 'AwaitingReview',
      set: { review: 'we have overwritten a divest request of 300, and 90 was set since', restoring: null, ours: level('90') },
    });
  });
  it('under review an old announcement that comes late closes nothing; a level that stands does', () => {
    const late = { ...inGap, gap: null, review: 'why', announced: [level('800')] };
    const told = 'why; 800 was announced since and does not stand';
    expect(levelStands(late, read(), factsWith(GOES_ON, identity))).toMatchObject({
      to: 'AwaitingReview',
      set: { review: told, reason: told },
    });
    expect(unexplained({ ...late, review: told })).toMatchObject({ set: { review: told } });
    expect(unexplained({ ...late, announced: [] })).toMatchObject({ set: { review: 'why' } });
    expect(unexplained({ ...late, review: 'x'.repeat(400) })).toMatchObject({ set: { review: 'x'.repeat(400) } });
    expect(levelStands(late, read({ divestAmount: level('800') }), facts)).toMatchObject({
      to: 'Reviewed',
      set: { reason: 'why' },
      emits: [answer({ type: 'LostRequestEnded', handled: 1, note: 'why' })],
    });
  });
});

describe('a level was restored', () => {
  const restoring = state({
    status: 'Restoring',
    handled: 1,
    explainedBy: level('800'),
    restoring: { expected: NOTHING, level: level('300') },
  });
  const done = (versionAfter: number) => ({ type: 'LevelRestored', number: 2, versionAfter }) as const;
  it('it stays watchful, and is settled when no other was announced', () => {
    const step = heard(restored)(restoring, done(10), facts);
    expect(step).toMatchObject({
      to: 'AwaitingAnnouncement',
      set: { handled: 2, ours: level('300'), restoring: null },
      emits: beingFoundOut(2),
    });
    const watchful = after(restoring, step);
    const stands = (divestAmount: DivestAmount, announced: readonly DivestAmount[] = []) =>
      levelStands({ ...watchful, announced }, read({ divestAmount }), factsWith(GOES_ON, identity));
    expect(stands(level('300'))).toMatchObject({ to: 'Settled', set: { reason: expect.stringContaining('was restored') } });
    // A new request stands. An old one that was erased does not: then the one that was restored was not the newest.
    expect(stands(level('950'), [level('950')])).toMatchObject({ to: 'Settled' });
    expect(stands(level('950'), [level('900'), level('950')])).toMatchObject({ to: 'AwaitingReview' });
    expect(stands(level('300'), [level('950')])).toMatchObject({
      to: 'AwaitingReview',
      set: { review: 'we have overwritten a divest request of 800 or of 950, and 300 stands' },
    });
    // What people look at already is not settled by that.
    expect(levelStands({ ...watchful, review: 'why' }, read({ divestAmount: level('300') }), facts)).toMatchObject({
      to: 'AwaitingReview',
      set: { review: 'why' },
    });
  });
  it('or not: the level that stands is read', () => {
    expect(heard(notRestored)(restoring, { type: 'LevelNotRestored', number: 2 }, facts)).toMatchObject({
      to: 'ReadingLevel',
      emits: beingFoundOut(2),
    });
  });
  it('people are asked when somebody wrote meanwhile, except where versions rise by themselves', () => {
    expect(restored(restoring, done(11), facts)).toMatchObject({
      to: 'AwaitingReview',
      set: { review: expect.stringContaining('while a divest request was restored'), ours: level('300') },
    });
    expect(restored(restoring, done(11), factsWith(GOES_ON, identity))).toMatchObject({ to: 'AwaitingAnnouncement' });
    // A person's word carries no version.
    expect(restored({ ...restoring, gap: gapOf({ versionWritten: null }) }, done(0), facts)).toMatchObject({ to: 'AwaitingAnnouncement' });
  });
});

describe('a lost request of the first release', () => {
  const left = (over: Partial<HandedOver>): HandedOver => ({
    type: 'HandedOver',
    number: 1,
    status: 'AwaitingAnnouncement',
    gap: gapOf(),
    announced: [],
    explainedBy: null,
    restoring: null,
    ours: NOTHING,
    review: null,
    reason: null,
    outcome: null,
    ...over,
  });
  const restoring = { status: 'Restoring', explainedBy: level('800'), restoring: { expected: NOTHING, level: level('300') } } as const;
  it('stands where it stood, and goes on from there', () => {
    expect(handedOver(left({}), facts)).toMatchObject({ open: { status: 'AwaitingAnnouncement', gap: gapOf() }, emits: beingFoundOut(1) });
    expect(handedOver(left({ status: 'AwaitingReview', gap: null, review: 'why' }), facts)).toMatchObject({
      open: { status: 'AwaitingReview', review: 'why' },
      emits: reviewGoesOn(1),
    });
    expect(handedOver(left({ ...restoring, outcome: { type: 'LevelRestored', versionAfter: 10 } }), facts)).toMatchObject({
      open: { status: 'AwaitingAnnouncement', ours: level('300'), restoring: null },
    });
    // Another level was announced while it was restored: simulation, seed 66745.
    const meanwhile = { ...restoring, announced: [level('950')], outcome: { type: 'LevelRestored', versionAfter: 10 } } as const;
    expect(handedOver(left(meanwhile), facts)).toMatchObject({ open: { status: 'ReadingLevel', announced: [level('950')] } });
    expect(handedOver(left({ ...restoring, outcome: { type: 'LevelNotRestored' } }), facts)).toMatchObject({
      open: { status: 'ReadingLevel', restoring: restoring.restoring },
    });
  });
});

describe('every status answers every input', () => {
  const inputs: readonly LostRequestInput[] = [
    found({ number: 2 }),
    forwarded(level('800')),
    { type: 'LevelRestored', number: 2, versionAfter: 10 },
    { type: 'LevelNotRestored', number: 2 },
  ];
  const cell = (status: LostRequest['status'], input: LostRequestInput): string => {
    const rule = lostRequestFlow.rows[status].on[input.type] as unknown;
    if (typeof rule !== 'function') return Object.keys(rule as object)[0] ?? '';
    const under = status === 'AwaitingReview' ? { gap: null, review: 'why' } : {};
    const step = (rule as (s: LostRequest, i: unknown, f: unknown) => { to?: string })(state({ status, ...under }), input, facts);
    return step.to ?? 'stay';
  };
  it.each([
    ['AwaitingAnnouncement', 'impossible', 'Restoring', 'impossible', 'impossible'],
    ['ReadingLevel', 'impossible', 'Restoring', 'impossible', 'impossible'],
    ['Restoring', 'impossible', 'stay', 'AwaitingAnnouncement', 'ReadingLevel'],
    ['AwaitingReview', 'AwaitingAnnouncement', 'ReadingLevel', 'impossible', 'impossible'],
    ['Settled', 'ignored', 'ignored', 'ignored', 'ignored'],
    ['Reviewed', 'ignored', 'ignored', 'ignored', 'ignored'],
  ] as const)('%s', (status, ...answers) => {
    expect(inputs.map((input) => cell(status, input))).toEqual(answers);
    expect(lostRequestFlow.rows[status].on.HandedOver).toHaveProperty(answers[0] === 'ignored' ? 'ignored' : 'impossible');
  });
  it('opens for a gap only', () => {
    const { opens } = lostRequestFlow;
    expect(Object.keys(lostRequestFlow.rows)).toHaveLength(6);
    expect(opens.LevelForwarded(forwarded(level('800')), facts)).toHaveProperty('ignored');
    expect(opens.LevelRestored({ type: 'LevelRestored', number: 2, versionAfter: 10 }, facts)).toHaveProperty('impossible');
    expect(opens.LevelNotRestored({ type: 'LevelNotRestored', number: 2 }, facts)).toHaveProperty('impossible');
  });
  it('looks again by itself, and says that a review is over', () => {
    const then = (status: 'AwaitingAnnouncement' | 'AwaitingReview', over: Partial<LostRequest> = {}): unknown => {
      const row = lostRequestFlow.rows[status];
      return 'looksAgain' in row ? row.looksAgain.then(state({ status, ...over }), facts) : null;
    };
    expect(then('AwaitingAnnouncement')).toEqual({ to: 'ReadingLevel' });
    expect(then('AwaitingReview', { gap: null, review: 'why' })).toMatchObject({
      to: 'Reviewed',
      emits: [answer({ type: 'LostRequestEnded', handled: 1, note: 'why' })],
    });
  });
  it('does nothing without a gap', () => {
    expect(() => levelAfterGap(state({ gap: null }), forwarded(level('800')), facts)).toThrow('without a gap');
    expect(paid('w1', '500')).toEqual(gapOf().written[0]);
  });
});
