import { describe, expect, it } from '@jest/globals';
import { decimal } from '../../../../shared/kernel/decimal.js';
import {
  change,
  EUR,
  EVERYTHING,
  gapOf,
  holdings as map,
  level,
  NOTHING,
  openExchange,
  paid,
  paidAll,
  portfolioOf as state,
  seenPortfolio as read,
  writingOf as writing,
} from '../../../../test/builders/portfolio.js';
import { journeyFacts } from '../../../../test/builders/journey-facts.js';
import type { Change } from './change.js';
import type { Exchange } from './exchange.js';
import { hasEffect, movedBy, sameMap, writable } from './holdings.js';
import { announcedAfter, compareLevels, levelText, lowered, loweredByAll } from './levels.js';
import type { ToPortfolio } from './messages.js';
import { portfolioFlow } from './portfolio.flow.js';
import {
  alsoForwardLevel,
  forwardLevel,
  goOnUnderReview,
  levelWhileReading,
  levelWhileWriting,
  lostRequestEnded,
  MAX_DONE,
  MAX_PENDING,
  noteEnd,
  notRestored,
  notWritten,
  portfolioRead,
  restored,
  restoreLevel,
  stillFoundOut,
  written,
} from './portfolio.rules.js';
import { portfolioState, type PortfolioInput, type PortfolioState } from './portfolio.js';

const facts = journeyFacts({ id: 'pf-1', subject: 'P1' });
/** Paid 500 of 500 that were asked for, and written nothing as what is left. */
const inWriting = (over: Partial<PortfolioState> = {}): PortfolioState =>
  state({ status: 'WritingPortfolio', pending: [paid('w1', '500')], writing: writing(), ...over });
const requested = (one: Change) => ({ type: 'ChangeRequested', change: one }) as const;
const announced = (one: ReturnType<typeof level>) => ({ type: 'LevelAnnounced', level: one }) as const;
const told = (input: object) => ({ sends: 'lost-request', subject: 'P1', input });

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
    expect(portfolioFlow.opens.ChangeRequested(requested(paid('w1', '5')), facts)).toMatchObject({
      open: { status: 'ReadingPortfolio', portfolioId: 'P1', pending: [{ changeId: 'w1' }] },
    });
    expect(portfolioFlow.opens.ChangeRequested(requested(change('c1', {}, { cashSettled: true })), facts)).toEqual({
      open: expect.objectContaining({ status: 'Idle', pending: [], done: ['c1'] }),
      emits: [
        {
          event: 'portfolio.changed',
          data: { changeId: 'c1', portfolioId: 'P1', because: 'order-settled', divestAmountLeft: null, divestAmountBefore: null },
        },
        { event: 'portfolio.cash-settled', data: { portfolioId: 'P1', changeId: 'c1' } },
      ],
    });
    expect(portfolioFlow.opens.LevelAnnounced(announced(NOTHING), facts)).toHaveProperty('ignored');
    expect(portfolioFlow.opens.ReviewGoesOn({ type: 'ReviewGoesOn', handled: 1 }, facts)).toHaveProperty('impossible');
  });
  it('is one write for all that waits, computed from one read', () => {
    const pending = [change('s', { A: '-4', $EUR: '400' }, { cashSettled: true }), paid('w', '500')];
    const step = portfolioRead(state({ pending }), read({ divestAmount: level('800') }));
    expect(step).toMatchObject({
      to: 'WritingPortfolio',
      set: {
        announced: [],
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
      emits: [{ data: { changeId: 'e', divestAmountLeft: null } }, { data: { changeId: 'l', divestAmountLeft: '0' } }],
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
    for (const treatment of [
      { kind: 'theirs', rule: 'x' },
      { kind: 'unclear', why: 'two rules' },
    ] as const)
      expect(portfolioRead(state(), read({ treatment }))).toHaveProperty('hold');
  });
  it('stops the lane beyond the limit rather than losing one', () => {
    const pending = Array.from({ length: MAX_PENDING }, (_, n) => change(`c${n}`, { A: '1' }));
    const cell = portfolioFlow.rows.WritingPortfolio.on.ChangeRequested;
    expect(() => typeof cell === 'function' && cell(state({ pending }), requested(change('one more', { A: '1' })), facts)).toThrow(
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
      set: { writing: null, pending: [{ changeId: 'later' }] },
      emits: [
        { event: 'portfolio.changed', data: { changeId: 'w1', because: 'withdrawal-paid', divestAmountLeft: '300' } },
        { event: 'portfolio.changed', data: { changeId: 's', divestAmountLeft: null } },
        { event: 'portfolio.cash-settled', data: { changeId: 's' } },
      ],
    });
    const kept = 'set' in step ? (step.set.done ?? []) : [];
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([MAX_DONE, 'old2', 's']);
  });
  it('rests, whoever else wrote, where no level was written', () => {
    expect(written(inWriting(), { versionAfter: 8 })).toMatchObject({ to: 'Idle', set: { reason: null, pending: [] } });
    expect(written(inWriting({ writing: writing({}, null) }), { versionAfter: 12 })).toMatchObject({ to: 'Idle' });
    expect(() => written(state(), { versionAfter: 8 })).toThrow('without a plan');
  });
  it('is computed anew when the portfolio moved on, and held when InvestSuite refuses', () => {
    for (const step of [
      notWritten(inWriting(), 'changed-meanwhile', 'other-side'),
      notWritten(inWriting(), 'seen in the console', 'person'),
    ])
      expect(step).toEqual({
        to: 'ReadingPortfolio',
        set: { writing: null, announcedWhileReading: null, announced: [] },
      });
    expect(notWritten(inWriting(), 'invalid', 'other-side')).toHaveProperty('hold');
  });
});

describe('somebody else wrote between our read and our write', () => {
  const gap = (over: Partial<PortfolioState>, versionAfter = 9) => written(inWriting(over), { versionAfter });
  it('lost-request is told of all that is known, and nothing is written until it has answered', () => {
    const step = gap({ announced: [level('800'), level('900')], announcedWhileReading: level('700') }, 10);
    expect(step).toMatchObject({
      to: 'AwaitingLostRequest',
      set: { pending: [], done: ['w1'], writing: null, announced: [], exchange: { sent: 1, answered: 0, openSince: 1 } },
    });
    expect('emits' in step && step.emits.slice(1)).toEqual([
      told({
        type: 'GapFound',
        number: 1,
        gap: gapOf({ versionWritten: 10 }),
        others: 2,
        announced: [level('800'), level('900')],
        announcedWhileReading: level('700'),
        review: null,
      }),
    ]);
    // What was asked for is done all the same.
    expect('emits' in step && step.emits[0]).toMatchObject({ event: 'portfolio.changed', data: { changeId: 'w1', divestAmountLeft: '0' } });
  });
  it('a lost request that is open under review is told of the next gap under its number', () => {
    const exchange = openExchange({ waiting: [level('1')], levelWritten: level('2') });
    expect(gap({ exchange })).toMatchObject({
      to: 'AwaitingLostRequest',
      set: { exchange: { sent: 6, answered: 5, openSince: 6, waiting: [], levelWritten: null } },
      emits: [{}, { input: { type: 'GapFound', number: 6 } }],
    });
  });
});

describe('a level is announced', () => {
  it('while the portfolio is read or written: it is remembered, but for what we have read or written ourselves', () => {
    expect(levelWhileReading(state(), announced(level('800')))).toEqual({ stay: true, set: { announcedWhileReading: level('800') } });
    const seen = (before: PortfolioState, one: string) => levelWhileWriting(before, announced(level(one)));
    expect(seen(inWriting(), '800')).toEqual({ stay: true, set: { announced: [level('800')] } });
    expect(seen(inWriting(), '500')).toHaveProperty('ignored');
    expect(levelWhileWriting(inWriting(), announced(NOTHING))).toHaveProperty('ignored');
    // Taken back: the level that we have read, behind another.
    expect(seen(inWriting({ announced: [level('800')] }), '500')).toEqual({
      stay: true,
      set: { announced: [level('800'), level('500')] },
    });
  });
  it('and is nothing new when it is announced again; a long list forgets its oldest', () => {
    const once = announcedAfter([], level('800'));
    expect(announcedAfter(once, level('800'))).toBe(once);
    const many = Array.from({ length: 25 }, (_, n) => level(String(n + 1))).reduce(announcedAfter, []);
    expect([many.length, many[0], many.at(-1)]).toEqual([20, level('6'), level('25')]);
  });
  it('under review, wherever nothing is being written: lost-request looks at it, and the portfolio waits', () => {
    const exchange = openExchange({ levelWritten: level('70') });
    for (const answer of [forwardLevel, levelWhileReading])
      expect(answer(state({ exchange, announcedWhileReading: level('1') }), announced(level('800')))).toEqual({
        to: 'AwaitingLostRequest',
        set: {
          writing: null,
          announcedWhileReading: null,
          announced: [],
          restoring: null,
          reason: 'a level was announced, and a divest request may be lost',
          exchange: openExchange({ sent: 6, levelWritten: level('70') }),
        },
        emits: [told({ type: 'LevelForwarded', number: 6, level: level('800'), levelWritten: level('70') })],
      });
    expect(forwardLevel(state(), announced(level('800')))).toHaveProperty('ignored');
  });
  it('while it is written under review: lost-request looks at it once it is written, and knows which level is ours', () => {
    const raised = { writing: writing({ levelRead: level('800') }, level('300')), exchange: openExchange() };
    expect(written(inWriting({ ...raised, announced: [level('950')] }), { versionAfter: 8 })).toMatchObject({
      to: 'AwaitingLostRequest',
      emits: [{}, told({ type: 'LevelForwarded', number: 6, level: level('950'), levelWritten: level('300') })],
    });
    expect(written(inWriting(raised), { versionAfter: 8 })).toMatchObject({
      to: 'Idle',
      set: { exchange: { sent: 5, levelWritten: level('300') } },
    });
    expect(written(inWriting({ ...raised, writing: writing({}, null) }), { versionAfter: 8 })).toMatchObject({
      set: { exchange: { levelWritten: null } },
    });
  });
  it('while lost-request has not answered yet: it waits its turn, one message at a time', () => {
    const asked = state({ status: 'AwaitingLostRequest', exchange: openExchange({ sent: 6 }) });
    const waits = alsoForwardLevel(asked, announced(level('800')));
    expect(waits).toMatchObject({ stay: true, set: { exchange: { sent: 6, waiting: [level('800')] } }, emits: [] });
    const both = { ...asked, exchange: { ...asked.exchange, waiting: [level('800'), level('900')] } };
    expect(stillFoundOut(both, { type: 'BeingFoundOut', handled: 6 })).toMatchObject({
      set: { exchange: { sent: 7, answered: 6, waiting: [level('900')] } },
      emits: [told({ type: 'LevelForwarded', number: 7, level: level('800'), levelWritten: null })],
    });
    // People look already, but what was announced meanwhile is looked at first.
    expect(goOnUnderReview(both, { type: 'ReviewGoesOn', handled: 6 })).toMatchObject({ stay: true, emits: [{ input: { number: 7 } }] });
    const free = { ...asked, exchange: openExchange() };
    expect(alsoForwardLevel(free, announced(level('800')))).toMatchObject({ emits: [{ input: { number: 6 } }] });
  });
});

describe('lost-request answers', () => {
  const waiting = (over: Partial<PortfolioState> = {}, exchange: Partial<Exchange> = {}): PortfolioState =>
    state({ status: 'AwaitingLostRequest', exchange: openExchange({ sent: 6, ...exchange }), ...over });
  it('a level is to be restored: only the answer to our newest message is carried out', () => {
    const input = { type: 'RestoreRequested', expected: NOTHING, level: level('300') } as const;
    expect(restoreLevel(waiting(), { ...input, handled: 6 })).toMatchObject({
      to: 'RestoringLevel',
      set: { restoring: { expected: NOTHING, level: level('300') }, exchange: { sent: 6, answered: 6 } },
    });
    expect(restoreLevel(waiting(), { ...input, handled: 5 })).toHaveProperty('ignored');
    const restoring = waiting({ status: 'RestoringLevel', restoring: { expected: NOTHING, level: level('300') } }, { answered: 6 });
    expect(restored(restoring, { versionAfter: 10 })).toMatchObject({
      to: 'AwaitingLostRequest',
      set: { restoring: null, exchange: { sent: 7 } },
      emits: [told({ type: 'LevelRestored', number: 7, versionAfter: 10 })],
    });
    for (const step of [notRestored(restoring, 'changed-meanwhile', 'other-side'), notRestored(restoring, 'invalid', 'person')])
      expect(step).toMatchObject({ to: 'AwaitingLostRequest', emits: [told({ type: 'LevelNotRestored', number: 7 })] });
    expect(notRestored(restoring, 'invalid', 'other-side')).toHaveProperty('hold');
  });
  it('people look at it: the portfolio goes on, unless it has asked again meanwhile', () => {
    const input = { type: 'ReviewGoesOn', handled: 6 } as const;
    expect(goOnUnderReview(waiting(), input)).toMatchObject({ to: 'Idle', set: { exchange: { answered: 6, openSince: 3 } } });
    expect(goOnUnderReview(waiting({ pending: [change('n', { A: '1' })] }), input)).toMatchObject({ to: 'ReadingPortfolio' });
    expect(goOnUnderReview(waiting({}, { sent: 7 }), input)).toHaveProperty('ignored');
    expect(stillFoundOut(waiting({}, { sent: 7 }), { type: 'BeingFoundOut', handled: 6 })).toHaveProperty('ignored');
  });
  it('it is over: that counts, unless a newer gap was found since', () => {
    const over = (handled: number) => ({ type: 'LostRequestEnded', handled, note: 'nothing was lost' }) as const;
    // Message 6 crosses the end and finds nothing open, so nobody will answer it.
    expect(lostRequestEnded(waiting({}, { waiting: [level('800')], levelWritten: level('1') }), over(5))).toMatchObject({
      to: 'Idle',
      set: { reason: 'nothing was lost', exchange: { openSince: null, waiting: [], levelWritten: null } },
    });
    expect(noteEnd(state({ exchange: openExchange() }), over(3))).toMatchObject({ stay: true, set: { exchange: { openSince: null } } });
    for (const answer of [lostRequestEnded, noteEnd]) {
      expect(answer(waiting({}, { openSince: 6 }), over(5))).toHaveProperty('ignored');
      expect(answer(waiting({}, { openSince: null }), over(6))).toHaveProperty('ignored');
    }
  });
});

describe('every status answers every input', () => {
  const fresh = requested(change('n', { A: '1' }));
  const settledOnly = requested(change('n', {}, { cashSettled: true }));
  const again = requested(change('old', { A: '1' }));
  const raised = announced(level('800'));
  const answers: readonly ToPortfolio[] = [
    { type: 'BeingFoundOut', handled: 6 },
    { type: 'RestoreRequested', handled: 6, expected: NOTHING, level: level('1') },
    { type: 'ReviewGoesOn', handled: 6 },
    { type: 'LostRequestEnded', handled: 6, note: null },
  ];
  type Answer = { to?: string; set?: Partial<PortfolioState>; emits?: readonly { event?: string; input?: { type: string } }[] };
  const cell = (status: PortfolioState['status'], input: PortfolioInput, open = true): string => {
    const answer = portfolioFlow.rows[status].on[input.type] as unknown;
    if (typeof answer !== 'function') return Object.keys(answer as object)[0] ?? '';
    const exchange = openExchange({ sent: 6, answered: status === 'AwaitingLostRequest' || status === 'RestoringLevel' ? 5 : 6 });
    const before = inWriting({ status, done: ['old'], ...(open ? { exchange } : {}) });
    const step = (answer as (s: PortfolioState, i: unknown, f: unknown) => Answer)(before, input, facts);
    if ('ignored' in step) return 'ignored';
    const emits = (step.emits ?? []).map((said) => said.event ?? said.input?.type);
    const sets = step.to === undefined && step.set !== undefined ? Object.keys(step.set) : [];
    return [step.to ?? 'stay', ...emits, ...sets].join(' ');
  };
  it.each([
    ['Idle', 'ReadingPortfolio', 'stay portfolio.changed portfolio.cash-settled done', 'stay', 'ignored'],
    ['ReadingPortfolio', 'stay pending', 'stay pending', 'stay', 'stay announcedWhileReading'],
    ['WritingPortfolio', 'stay pending', 'stay pending', 'stay', 'stay announced'],
    ['AwaitingCounterpart', 'ReadingPortfolio', 'stay portfolio.changed portfolio.cash-settled done', 'stay', 'ignored'],
  ] as const)('%s, and no lost request is open', (status, onChange, onSettled, onRepeat, onLevel) => {
    expect([fresh, settledOnly, again, raised].map((input) => cell(status, input, false))).toEqual([
      onChange,
      onSettled,
      onRepeat,
      onLevel,
    ]);
  });
  const forwards = 'AwaitingLostRequest LevelForwarded';
  it.each([
    ['Idle', 'ReadingPortfolio', forwards, ['ignored', 'impossible', 'ignored', 'stay exchange']],
    ['ReadingPortfolio', 'stay pending', forwards, ['ignored', 'impossible', 'ignored', 'stay exchange']],
    ['WritingPortfolio', 'stay pending', 'stay announced', ['ignored', 'impossible', 'ignored', 'stay exchange']],
    ['AwaitingCounterpart', 'ReadingPortfolio', forwards, ['ignored', 'impossible', 'ignored', 'stay exchange']],
    ['AwaitingLostRequest', 'stay pending', 'stay exchange', ['stay exchange', 'RestoringLevel', 'ReadingPortfolio', 'ReadingPortfolio']],
    ['RestoringLevel', 'stay pending', 'stay exchange', ['ignored', 'impossible', 'ignored', 'ignored']],
  ] as const)('%s, and one is open', (status, onChange, onLevel, onAnswers) => {
    expect([cell(status, fresh), cell(status, again), cell(status, raised)]).toEqual([onChange, 'stay', onLevel]);
    expect(answers.map((input) => cell(status, input))).toEqual(onAnswers);
  });
  it('has a row for each of them above, and never alarms for resting', () => {
    expect(Object.keys(portfolioFlow.rows)).toHaveLength(6);
    const { Idle } = portfolioFlow.rows;
    expect('overdueAfterHours' in Idle && Idle.overdueAfterHours).toBeGreaterThan(24 * 365 * 50);
  });
  it('does not take a change twice that waits already', () => {
    const { on } = portfolioFlow.rows.ReadingPortfolio;
    expect(
      typeof on.ChangeRequested === 'function' &&
        on.ChangeRequested(state({ pending: [change('w', { A: '1' })] }), requested(change('w', { A: '1' })), facts),
    ).toEqual({ stay: true });
  });
  it('looks again by itself', () => {
    const then = (status: 'AwaitingCounterpart' | 'AwaitingLostRequest'): unknown => {
      const row = portfolioFlow.rows[status];
      return 'looksAgain' in row ? row.looksAgain.then(state({ status }), facts) : null;
    };
    expect(then('AwaitingCounterpart')).toMatchObject({ to: 'ReadingPortfolio' });
    expect(then('AwaitingLostRequest')).toEqual({ stay: true });
    const { ReadingPortfolio } = portfolioFlow.rows;
    expect('rejected' in ReadingPortfolio && ReadingPortfolio.rejected(state(), 'not-found', 'other-side', facts)).toHaveProperty('hold');
  });
});
