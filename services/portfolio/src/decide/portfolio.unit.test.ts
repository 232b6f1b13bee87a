import { describe, expect, it } from '@jest/globals';
import { decimal, type Decimal } from '../../../../shared/kernel/decimal.js';
import type { InstrumentId, PortfolioId } from '../../../../shared/kernel/ids.js';
import { currency, type DivestAmount } from '../../../../shared/kernel/money.js';
import { journeyFacts } from '../../../../test/builders/journey-facts.js';
import { hasEffect, movedBy, sameMap, writable } from './holdings.js';
import { compareLevels, levelText, lowered, loweredByAll } from './levels.js';
import { portfolioFlow } from './portfolio.flow.js';
import {
  levelStands,
  MAX_DONE,
  MAX_PENDING,
  notWritten,
  portfolioRead,
  unexplained,
  wishWhileLevelIsRead,
  written,
} from './portfolio.rules.js';
import { portfolioState, type Change, type Holdings, type PortfolioRead, type PortfolioState, type Writing } from './portfolio.js';

const journey = journeyFacts();

const EUR = currency('EUR');
const NOTHING: DivestAmount = { kind: 'nothing' };
const EVERYTHING: DivestAmount = { kind: 'everything' };
const level = (amount: string): DivestAmount => ({ kind: 'amount', amount: decimal(amount) });
const map = (lines: Record<string, string>): Holdings => lines as Record<InstrumentId, Decimal>;
const change = (changeId: string, deltas: Record<string, string> = {}, over: Partial<Change> = {}): Change => ({
  changeId,
  because: 'order-settled',
  deltas: Object.entries(deltas).map(([instrument, quantity]) => ({ instrument: instrument as InstrumentId, quantity: decimal(quantity) })),
  lowerDivestBy: null,
  cashSettled: false,
  ...over,
});
const paid = (changeId: string, amount: string): Change =>
  change(changeId, { $EUR: `-${amount}` }, { because: 'withdrawal-paid', lowerDivestBy: { kind: 'amount', amount: decimal(amount) } });
const paidAll = (changeId: string, amount: string): Change =>
  change(changeId, { $EUR: `-${amount}` }, { because: 'withdrawal-paid', lowerDivestBy: { kind: 'everything' } });

const state = (over: Partial<PortfolioState> = {}): PortfolioState => ({
  status: 'ReadingPortfolio',
  portfolioId: 'P1' as PortfolioId,
  pending: [],
  writing: null,
  written: [],
  seenWhileReading: null,
  seenSince: null,
  seenSeveral: false,
  explainedBy: null,
  restoring: null,
  levelWritten: null,
  versionWritten: null,
  review: null,
  reason: null,
  done: [],
  ...over,
});
const read = (over: Partial<PortfolioRead> = {}): PortfolioRead => ({
  baseCurrency: EUR,
  realMoney: true,
  deleted: false,
  divestAmount: NOTHING,
  holdings: map({ $EUR: '1000', A: '4' }),
  version: 7,
  configJson: '{}',
  onVersionGap: 'restore',
  onUnexplainedGap: 'review',
  ...over,
});
const writing = (over: Partial<Writing> = {}, divestAmount: DivestAmount | null = NOTHING): Writing => ({
  changeIds: ['w1'],
  levelRead: level('500'),
  baseCurrency: EUR,
  onVersionGap: 'restore',
  onUnexplainedGap: 'review',
  write: { baseVersion: 7, holdingsBefore: map({}), holdings: map({}), configJson: '{}', divestAmount },
  ...over,
});
/** Paid 500 of a wish of 500, and written nothing as what is left. */
const inWriting = (over: Partial<PortfolioState> = {}): PortfolioState =>
  state({ status: 'WritingPortfolio', pending: [paid('w1', '500')], writing: writing(), ...over });
const requested = (one: Change) => ({ type: 'ChangeRequested', change: one }) as const;
const wish = (one: DivestAmount) => ({ type: 'WishSeen', level: one }) as const;

describe('the divest amount', () => {
  it('has everything above every amount and nothing at zero', () => {
    expect([
      compareLevels(EVERYTHING, level('1')),
      compareLevels(level('1'), EVERYTHING),
      compareLevels(EVERYTHING, EVERYTHING),
      compareLevels(NOTHING, level('0')),
      compareLevels(level('2'), NOTHING),
    ]).toEqual([1, -1, 0, 0, 1]);
    expect([levelText(EVERYTHING), levelText(NOTHING), levelText(level('3.5'))]).toEqual(['everything', '0', '3.5']);
  });
  it('is lowered by what was paid, never below zero', () => {
    expect(lowered(level('800'), paid('w', '500'), EUR)).toEqual(level('300'));
    expect(lowered(level('300'), paid('w', '500'), EUR)).toEqual(NOTHING);
    expect(lowered(NOTHING, paid('w', '500'), EUR)).toEqual(NOTHING);
    expect(lowered(level('300'), change('c', { $EUR: '-5' }), EUR)).toEqual(level('300'));
  });
  it('stays everything until everything was paid', () => {
    expect(lowered(EVERYTHING, paid('w', '500'), EUR)).toEqual(EVERYTHING);
    expect(lowered(EVERYTHING, paidAll('w', '500'), EUR)).toEqual(NOTHING);
    expect(lowered(level('800'), paidAll('w', '500'), EUR)).toEqual(level('300'));
    expect(lowered(level('800'), change('c', { $USD: '-500', $EUR: '5' }, { lowerDivestBy: { kind: 'everything' } }), EUR)).toEqual(
      level('800'),
    );
    expect(loweredByAll(level('800'), [paid('a', '500'), paid('b', '100')], EUR)).toEqual(level('200'));
  });
});

describe('holdings', () => {
  it('move by all changes at once; a security that is gone leaves the map, cash stays', () => {
    expect(
      movedBy(map({ $EUR: '10', A: '4', B: '1' }), [change('1', { A: '-4', $EUR: '350.25' }), change('2', { C: '0.5', $EUR: '-360.25' })]),
    ).toEqual({ $EUR: '0', B: '1', C: '0.5' });
  });
  it('are the same with and without a line of nothing', () => {
    expect(sameMap(map({ $EUR: '0', A: '1' }), map({ A: '1' }))).toBe(true);
    expect(sameMap(map({ A: '1' }), map({ A: '2' }))).toBe(false);
  });
  it('take what adds up, in whatever order it came', () => {
    const sell = change('s', { A: '-4', $EUR: '400' });
    const buy = change('b', { B: '4', $EUR: '-390' });
    expect(writable(map({ A: '4' }), [buy, sell])).toEqual([buy, sell]);
    expect(writable(map({ A: '4' }), [buy])).toEqual([]);
    const big = change('x', { $EUR: '-9999' });
    expect(writable(map({ A: '4' }), [big, buy, sell])).toEqual([sell, buy]);
    expect(writable(map({ $EUR: '-5' }), [change('d', { $EUR: '1' })])).toHaveLength(1);
  });
  it('know a change that moves nothing', () => {
    expect([change('a'), change('b', { A: '0' }), change('c', { A: '1' }), paid('d', '1')].map(hasEffect)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});

describe('a change is asked for', () => {
  it('opens the journey by reading, or is answered at once when it moves nothing', () => {
    expect(portfolioFlow.opens.ChangeRequested(requested(paid('w1', '5')), journey)).toMatchObject({
      open: { status: 'ReadingPortfolio', portfolioId: 'P1', pending: [{ changeId: 'w1' }] },
    });
    expect(portfolioFlow.opens.ChangeRequested(requested(change('c1', {}, { cashSettled: true })), journey)).toEqual({
      open: expect.objectContaining({ status: 'Idle', pending: [], done: ['c1'] }),
      says: [
        { event: 'portfolio.changed', data: { changeId: 'c1', portfolioId: 'P1', because: 'order-settled', divestAmountLeft: null } },
        { event: 'portfolio.cash-settled', data: { portfolioId: 'P1', changeId: 'c1' } },
      ],
    });
    expect(portfolioFlow.opens.WishSeen(wish(NOTHING), journey)).toHaveProperty('ignored');
  });
  it('is one write for all that waits, computed from one read', () => {
    const pending = [change('s', { A: '-4', $EUR: '400' }, { cashSettled: true }), paid('w', '500')];
    const step = portfolioRead(state({ pending }), read({ divestAmount: level('800') }));
    expect(step).toMatchObject({
      to: 'WritingPortfolio',
      set: {
        seenSince: null,
        writing: {
          changeIds: ['s', 'w'],
          levelRead: level('800'),
          write: {
            baseVersion: 7,
            holdingsBefore: { $EUR: '1000', A: '4' },
            holdings: { $EUR: '900' },
            configJson: '{}',
            divestAmount: level('300'),
          },
        },
      },
    });
    const set = 'set' in step ? step.set : {};
    expect(
      portfolioState.safeParse(JSON.parse(JSON.stringify({ ...state({ pending }), ...set, status: 'WritingPortfolio' }))).success,
    ).toBe(true);
    expect(
      portfolioState.safeParse({ ...state(), writing: { ...writing(), write: { ...writing().write, holdings: { A: '1.0' } } } }).success,
    ).toBe(false);
  });
  it('leaves the level out of a write that does not lower it', () => {
    expect(portfolioRead(state({ pending: [change('s', { $EUR: '5' })] }), read({ divestAmount: level('800') }))).toMatchObject({
      set: { writing: { write: { divestAmount: null } } },
    });
    expect(portfolioRead(state({ pending: [paid('w', '5')] }), read({ divestAmount: EVERYTHING }))).toMatchObject({
      set: { writing: { write: { divestAmount: null } } },
    });
  });
  it('writes nothing where nothing would change', () => {
    const pending = [change('e', { A: '0' }), change('l', {}, { lowerDivestBy: { kind: 'amount', amount: decimal('5') } })];
    expect(portfolioRead(state({ pending }), read())).toMatchObject({
      to: 'Idle',
      set: { pending: [], done: ['e', 'l'] },
      says: [{ data: { changeId: 'e', divestAmountLeft: null } }, { data: { changeId: 'l', divestAmountLeft: '0' } }],
    });
  });
  it('writes what adds up and waits for the rest', () => {
    const sell = change('s', { A: '-1', $EUR: '10' });
    const short = change('x', { $EUR: '-9999' });
    expect(portfolioRead(state({ pending: [short, sell] }), read())).toMatchObject({
      to: 'WritingPortfolio',
      set: { writing: { changeIds: ['s'] } },
    });
    expect(portfolioRead(state({ pending: [short] }), read())).toMatchObject({ to: 'AwaitingCounterpart' });
    expect(written(inWriting({ pending: [short, paid('w1', '500')] }), { versionAfter: 8 })).toMatchObject({
      to: 'ReadingPortfolio',
      set: { pending: [{ changeId: 'x' }], done: ['w1'] },
    });
  });
  it('is held for a portfolio that is gone or on paper', () => {
    expect(portfolioRead(state(), read({ deleted: true }))).toHaveProperty('hold');
    expect(portfolioRead(state(), read({ realMoney: false }))).toHaveProperty('hold');
  });
  it('stops the lane beyond the limit rather than losing one', () => {
    const pending = Array.from({ length: MAX_PENDING }, (_, n) => change(`c${n}`, { A: '1' }));
    const cell = portfolioFlow.rows.WritingPortfolio.on.ChangeRequested;
    expect(() => typeof cell === 'function' && cell(state({ pending }), requested(change('one more', { A: '1' })), journey)).toThrow(
      'more than 100 changes',
    );
  });
});

describe('a write was made', () => {
  it('tells whoever asked, with the level that is left', () => {
    const done = Array.from({ length: MAX_DONE }, (_, n) => `old${n}`);
    const pending = [paid('w1', '500'), change('s', { $EUR: '5' }, { cashSettled: true }), change('later', { A: '1' })];
    const step = written(inWriting({ pending, done, writing: writing({ changeIds: ['w1', 's'] }, level('300')) }), { versionAfter: 8 });
    expect(step).toMatchObject({
      to: 'ReadingPortfolio',
      set: { writing: null, written: [], pending: [{ changeId: 'later' }], levelWritten: level('300') },
      says: [
        { event: 'portfolio.changed', data: { changeId: 'w1', because: 'withdrawal-paid', divestAmountLeft: '300' } },
        { event: 'portfolio.changed', data: { changeId: 's', divestAmountLeft: null } },
        { event: 'portfolio.cash-settled', data: { changeId: 's' } },
      ],
    });
    const kept = 'set' in step ? (step.set.done ?? []) : [];
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([MAX_DONE, 'old2', 's']);
  });
  it('rests, or keeps asking for review', () => {
    expect(written(inWriting(), { versionAfter: 8 })).toMatchObject({ to: 'Idle', set: { reason: null, pending: [] } });
    expect(written(inWriting({ review: 'why' }), { versionAfter: 8 })).toMatchObject({ to: 'AwaitingReview', set: { reason: 'why' } });
    expect(written(inWriting({ writing: writing({}, null), levelWritten: level('9') }), { versionAfter: 12 })).toMatchObject({
      to: 'Idle',
      set: { levelWritten: level('9') },
    });
    expect(() => written(state(), { versionAfter: 8 })).toThrow('without a plan');
  });
  it('is computed anew when the portfolio moved on, and held when InvestSuite refuses', () => {
    for (const step of [
      notWritten(inWriting(), 'changed-meanwhile', 'other-side'),
      notWritten(inWriting(), 'seen in the console', 'person'),
    ])
      expect(step).toEqual({
        to: 'ReadingPortfolio',
        set: { writing: null, seenWhileReading: null, seenSince: null, seenSeveral: false, explainedBy: null },
      });
    expect(notWritten(inWriting(), 'invalid', 'other-side')).toHaveProperty('hold');
  });
});

describe('somebody else wrote between our read and our write', () => {
  const gap = (over: Partial<PortfolioState>) => written(inWriting(over), { versionAfter: 9 });
  it('a higher wish that came since is written back, less what was paid', () => {
    expect(gap({ seenSince: level('800') })).toMatchObject({
      to: 'RestoringWish',
      set: { restoring: { expected: NOTHING, level: level('300') }, pending: [], done: ['w1'] },
      says: [{ event: 'portfolio.changed' }],
    });
    expect(gap({ seenSince: EVERYTHING })).toMatchObject({ to: 'RestoringWish', set: { restoring: { level: EVERYTHING } } });
  });
  it('a lower one goes to a person, unless it changes nothing', () => {
    const raised = { writing: writing({ levelRead: level('800') }, level('300')) };
    expect(gap({ ...raised, seenSince: level('600') })).toMatchObject({
      to: 'AwaitingReview',
      set: { review: expect.stringContaining('lower wish') },
      says: [{}],
    });
    expect(gap({ seenSince: level('400') })).toMatchObject({
      to: 'AwaitingWish',
      set: { reason: expect.stringContaining('changes nothing'), explainedBy: level('400') },
    });
  });
  it('two versions of others go to a person, with what was announced: events do not tell which wish is the newer one', () => {
    const twice = (over: Partial<PortfolioState>) => written(inWriting(over), { versionAfter: 10 });
    expect(twice({ seenSince: level('800') })).toMatchObject({
      to: 'AwaitingReview',
      set: { review: expect.stringMatching(/, 2 times, and 800 was announced$/), versionWritten: 10 },
      says: [{ event: 'portfolio.changed' }],
    });
    expect(twice({})).toMatchObject({ to: 'AwaitingReview', set: { review: expect.stringMatching(/, 2 times$/) } });
    // Versions that rise by themselves tell nothing.
    const tells = { writing: writing({ onUnexplainedGap: 'go-on' }), seenSince: level('800') };
    expect(twice(tells)).toMatchObject({ to: 'RestoringWish', set: { restoring: { level: level('300') }, explainedBy: level('800') } });
  });
  it('two wishes that were announced go to a person: one may be from long before our read (simulation, seed 18319)', () => {
    const { on } = portfolioFlow.rows.WritingPortfolio;
    const seen = (before: PortfolioState, one: string): PortfolioState => {
      const step = typeof on.WishSeen === 'function' && on.WishSeen(before, wish(level(one)), journey);
      return { ...before, ...(step !== false && 'set' in step ? step.set : {}) };
    };
    const once = seen(seen(inWriting(), '800'), '800');
    expect(once).toMatchObject({ seenSince: level('800'), seenSeveral: false });
    const twice = seen(once, '900');
    expect(written(twice, { versionAfter: 9 })).toMatchObject({
      to: 'AwaitingReview',
      set: { review: expect.stringMatching(/, and 900 was announced, after another wish$/), seenSeveral: false },
    });
    // Taken back: the level that we have read, behind another.
    expect(seen(once, '500')).toMatchObject({ seenSince: level('500'), seenSeveral: true });
    expect(seen(inWriting(), '500')).toMatchObject({ seenSince: null, seenSeveral: false });
    // No gap, nothing erased.
    expect(written(twice, { versionAfter: 8 })).toMatchObject({ to: 'Idle' });
  });
  it('a wish seen while reading may be in what was read: only a person can tell', () => {
    expect(gap({ seenWhileReading: level('800') })).toMatchObject({
      to: 'AwaitingReview',
      set: { review: expect.stringContaining('while it was read') },
    });
    expect(gap({ seenWhileReading: level('500') })).toMatchObject({ to: 'AwaitingWish' });
    expect(gap({ seenWhileReading: level('400') })).toMatchObject({ to: 'AwaitingWish' });
  });
  it('waits a little for an event that is on its way', () => {
    const waiting = gap({});
    expect(waiting).toMatchObject({ to: 'AwaitingWish', set: { written: [{ changeId: 'w1' }] } });
    const kept = waiting as { set: Partial<PortfolioState> };
    expect(kept.set.writing).toBeUndefined();
  });
  it('always goes to a person where the tenant wants that', () => {
    expect(gap({ seenSince: level('800'), writing: writing({ onVersionGap: 'hold' }) })).toMatchObject({ to: 'AwaitingReview' });
    expect(gap({ pending: [paid('w1', '500'), change('n', { A: '1' })], writing: writing({ onVersionGap: 'hold' }) })).toMatchObject({
      to: 'ReadingPortfolio',
      set: { review: expect.any(String), pending: [{ changeId: 'n' }] },
    });
  });
  const inGap = state({ status: 'ReadingLevel', writing: writing(), written: [paid('w1', '500')], levelWritten: NOTHING });
  it('no event came and our level stands: what was wished for is for a person to find out', () => {
    expect(levelStands(inGap, read({ version: 9 }))).toMatchObject({
      to: 'AwaitingReview',
      set: { review: expect.stringContaining('nothing tells what was wished for'), writing: null, written: [] },
    });
    expect(unexplained(inGap)).toMatchObject({ to: 'AwaitingReview' });
    expect(levelStands({ ...inGap, pending: [change('n', { A: '1' })] }, read())).toMatchObject({
      to: 'ReadingPortfolio',
      set: { review: expect.any(String) },
    });
  });
  it('no event came, and another level was set since: the app may have added to ours', () => {
    const step = levelStands(inGap, read({ divestAmount: level('800') }));
    expect(step).toMatchObject({
      to: 'AwaitingReview',
      set: { review: expect.stringMatching(/; 800 was set since$/), levelWritten: level('800') },
    });
    // Its own event, coming late, closes nothing.
    const under = { ...inGap, ...('set' in step ? step.set : {}), status: 'AwaitingReview' } as PortfolioState;
    const cell = portfolioFlow.rows.AwaitingReview.on.WishSeen;
    expect(typeof cell === 'function' && cell(under, wish(level('800')), journey)).toEqual({ stay: true });
  });
  it('a wish we have overwritten and could not restore is for a person, whatever the tenant wants', () => {
    const lost = { ...inGap, restoring: { expected: NOTHING, level: level('300') } };
    expect(levelStands(lost, read({ divestAmount: level('90'), onUnexplainedGap: 'go-on' }))).toMatchObject({
      to: 'AwaitingReview',
      set: { review: 'we have overwritten a wish of 300, and 90 was set since', restoring: null, levelWritten: level('90') },
    });
    expect(wishWhileLevelIsRead(lost, wish(level('90')))).toEqual({ stay: true, set: { seenSince: level('90'), seenSeveral: false } });
  });
  it('no event came, and the tenant does not want to be asked', () => {
    expect(levelStands(inGap, read({ onUnexplainedGap: 'go-on' }))).toMatchObject({
      to: 'Idle',
      set: { reason: expect.stringContaining('no other wish') },
    });
  });
  it('under review an old event that comes late closes nothing; a level that stands does', () => {
    const late = { ...inGap, writing: null, written: [], review: 'why', seenSince: level('800') };
    const told = 'why; 800 was announced since and does not stand';
    expect(levelStands(late, read({ onUnexplainedGap: 'go-on' }))).toMatchObject({
      to: 'AwaitingReview',
      set: { review: told, reason: told },
    });
    expect(unexplained({ ...late, review: told })).toMatchObject({ set: { review: told } });
    expect(unexplained({ ...late, seenSince: null })).toMatchObject({ set: { review: 'why' } });
    expect(unexplained({ ...late, review: 'x'.repeat(400) })).toMatchObject({ set: { review: 'x'.repeat(400) } });
    expect(levelStands(late, read({ divestAmount: level('800') }))).toMatchObject({ to: 'Idle', set: { review: null } });
    expect(levelStands({ ...late, levelWritten: null }, read())).toMatchObject({ to: 'Idle', set: { review: null } });
    expect(wishWhileLevelIsRead(late, wish(level('900')))).toEqual({ stay: true, set: { seenSince: level('900'), seenSeveral: true } });
    expect(wishWhileLevelIsRead(late, wish(NOTHING))).toEqual({ stay: true });
  });
  const rowOf = portfolioFlow.rows.RestoringWish as Extract<(typeof portfolioFlow.rows)['RestoringWish'], { does: 'RestoreDivestAmount' }>;
  const restoring = state({
    status: 'RestoringWish',
    restoring: { expected: NOTHING, level: level('300') },
    writing: writing(),
    written: [paid('w1', '500')],
    explainedBy: level('800'),
    levelWritten: NOTHING,
    versionWritten: 9,
  });
  it('keeps clear of a newer level when it restores', () => {
    expect(rowOf.rejected(restoring, 'changed-meanwhile', 'other-side', journey)).toEqual({ to: 'ReadingLevel' });
    // Said by a person too, it means that the wish does not stand: simulation, seed 51391.
    expect(rowOf.rejected(restoring, 'invalid', 'person', journey)).toEqual({ to: 'ReadingLevel' });
    expect(rowOf.rejected(restoring, 'invalid', 'other-side', journey)).toHaveProperty('hold');
  });
  it('stays watchful once a wish was restored, and rests when no other was announced', () => {
    const step = rowOf.applied(restoring, { versionAfter: 10 }, journey);
    expect(step).toMatchObject({ to: 'AwaitingWish', set: { levelWritten: level('300'), restoring: null } });
    const watchful = { ...restoring, ...('set' in step ? step.set : {}), status: 'AwaitingWish' } as PortfolioState;
    const { on } = portfolioFlow.rows.AwaitingWish;
    const seen = (one: DivestAmount) => typeof on.WishSeen === 'function' && on.WishSeen(watchful, wish(one), journey);
    // The same once more, what we have written, and what we have read.
    for (const known of ['800', '300', '500']) expect(seen(level(known))).toEqual({ stay: true });
    expect(seen(level('950'))).toEqual({ to: 'ReadingLevel', set: { seenSince: level('950'), seenSeveral: false } });
    expect(levelStands(watchful, read({ divestAmount: level('300') }))).toMatchObject({
      to: 'Idle',
      set: { explainedBy: null, writing: null, written: [] },
    });
    // A new wish stands. An old one that was erased does not: then the one that was restored was not the newest.
    const announced = { ...watchful, seenSince: level('950') };
    expect(levelStands(announced, read({ divestAmount: level('950') }))).toMatchObject({ to: 'Idle' });
    const several = { ...announced, seenSeveral: true };
    expect(levelStands(several, read({ divestAmount: level('950') }))).toMatchObject({ to: 'AwaitingReview' });
    expect(levelStands(announced, read({ divestAmount: level('300'), onUnexplainedGap: 'go-on' }))).toMatchObject({
      to: 'AwaitingReview',
      set: { review: 'we have overwritten a wish of 800 or of 950, and 300 stands' },
    });
    expect(wishWhileLevelIsRead(watchful, wish(level('950')))).toMatchObject({ stay: true, set: { seenSince: level('950') } });
    expect(wishWhileLevelIsRead(watchful, wish(level('800')))).toEqual({ stay: true });
  });
  it('looks at once after another wish that was announced while one was restored: simulation, seed 66745', () => {
    const { on } = rowOf;
    const seen = (one: DivestAmount) => typeof on.WishSeen === 'function' && on.WishSeen(restoring, wish(one), journey);
    expect(seen(level('800'))).toEqual({ stay: true });
    expect(seen(level('950'))).toEqual({ stay: true, set: { seenSince: level('950'), seenSeveral: false } });
    expect(rowOf.applied({ ...restoring, seenSince: level('950') }, { versionAfter: 10 }, journey)).toMatchObject({ to: 'ReadingLevel' });
  });
  it('asks people when somebody wrote while a wish was restored, except where versions rise by themselves', () => {
    expect(rowOf.applied(restoring, { versionAfter: 11 }, journey)).toMatchObject({
      to: 'AwaitingReview',
      set: { review: expect.stringContaining('while a wish was restored'), levelWritten: level('300') },
    });
    const rises = { ...restoring, writing: writing({ onUnexplainedGap: 'go-on' }) };
    expect(rowOf.applied(rises, { versionAfter: 11 }, journey)).toMatchObject({ to: 'AwaitingWish' });
    // A person's word carries no version.
    expect(rowOf.applied({ ...restoring, versionWritten: null }, { versionAfter: 0 }, journey)).toMatchObject({ to: 'AwaitingWish' });
  });
  it('keeps what was to review before', () => {
    const step = written(inWriting({ review: 'why' }), { versionAfter: 10 });
    expect(step).toMatchObject({ to: 'AwaitingReview', set: { review: expect.stringMatching(/^why; another writer was there/) } });
  });
});

describe('every status answers every input', () => {
  const fresh = requested(change('n', { A: '1' }));
  const settledOnly = requested(change('n', {}, { cashSettled: true }));
  const again = requested(change('old', { A: '1' }));
  const raised = wish(level('800'));
  const echo = wish(NOTHING);
  const cell = (status: PortfolioState['status'], input: typeof fresh | typeof raised): string => {
    const answer = portfolioFlow.rows[status].on[input.type] as unknown;
    if (typeof answer !== 'function') return Object.keys(answer as object)[0] ?? '';
    const before = inWriting({
      status,
      done: ['old'],
      levelWritten: NOTHING,
      written: [paid('w1', '500')],
      ...(status === 'AwaitingReview' ? { review: 'why', pending: [] } : {}),
    });
    const step = (answer as (s: PortfolioState, i: unknown) => { to?: string; set?: Partial<PortfolioState>; says?: unknown[] })(
      before,
      input,
    );
    return `${step.to ?? 'stay'}${step.says !== undefined && step.says.length > 0 ? ' says' : ''}${step.to === undefined && step.set !== undefined ? ` ${Object.keys(step.set).join()}` : ''}`;
  };
  it.each([
    ['Idle', 'ReadingPortfolio', 'stay says done', 'stay', 'ignored', 'ignored'],
    ['ReadingPortfolio', 'stay pending', 'stay pending', 'stay', 'stay seenWhileReading', 'stay seenWhileReading'],
    ['WritingPortfolio', 'stay pending', 'stay pending', 'stay', 'stay seenSince,seenSeveral', 'stay'],
    ['AwaitingWish', 'stay pending', 'stay pending', 'stay', 'RestoringWish', 'stay'],
    ['ReadingLevel', 'stay pending', 'stay pending', 'stay', 'RestoringWish', 'stay'],
    ['RestoringWish', 'stay pending', 'stay pending', 'stay', 'stay seenSince,seenSeveral', 'stay'],
    ['AwaitingReview', 'ReadingPortfolio', 'stay says done', 'stay', 'ReadingLevel', 'stay'],
    ['AwaitingCounterpart', 'ReadingPortfolio', 'stay says done', 'stay', 'ignored', 'ignored'],
  ] as const)('%s', (status, onChange, onSettled, onRepeat, onWish, onEcho) => {
    expect([cell(status, fresh), cell(status, settledOnly), cell(status, again), cell(status, raised), cell(status, echo)]).toEqual([
      onChange,
      onSettled,
      onRepeat,
      onWish,
      onEcho,
    ]);
  });
  it('has a row for each of them above, and never alarms for resting', () => {
    expect(Object.keys(portfolioFlow.rows)).toHaveLength(8);
    const { Idle } = portfolioFlow.rows;
    expect('overdueAfterHours' in Idle && Idle.overdueAfterHours).toBeGreaterThan(24 * 365 * 50);
  });
  it('does not take a change twice that waits already', () => {
    const { on } = portfolioFlow.rows.ReadingPortfolio;
    expect(
      typeof on.ChangeRequested === 'function' &&
        on.ChangeRequested(state({ pending: [change('w', { A: '1' })] }), requested(change('w', { A: '1' })), journey),
    ).toEqual({ stay: true });
  });
  it('looks again by itself', () => {
    const then = (status: 'AwaitingWish' | 'AwaitingReview' | 'AwaitingCounterpart', over: Partial<PortfolioState> = {}): unknown => {
      const row = portfolioFlow.rows[status];
      return 'looksAgain' in row ? row.looksAgain.then(state({ status, ...over }), journey) : null;
    };
    expect(then('AwaitingWish')).toEqual({ to: 'ReadingLevel' });
    expect(then('AwaitingReview', { review: 'why' })).toMatchObject({ to: 'Idle', set: { review: null } });
    expect(then('AwaitingCounterpart')).toMatchObject({ to: 'ReadingPortfolio' });
    const { ReadingPortfolio } = portfolioFlow.rows;
    expect('rejected' in ReadingPortfolio && ReadingPortfolio.rejected(state(), 'not-found', 'other-side', journey)).toHaveProperty('hold');
  });
  it('is looked at for any wish where no level of ours was ever written', () => {
    const cellOfReview = portfolioFlow.rows.AwaitingReview.on.WishSeen;
    expect(typeof cellOfReview === 'function' && cellOfReview(state({ review: 'why' }), echo, journey)).toMatchObject({
      to: 'ReadingLevel',
    });
  });
});
