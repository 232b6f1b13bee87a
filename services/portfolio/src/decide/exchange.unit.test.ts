import { describe, expect, it } from '@jest/globals';
import type { DivestAmount } from '../../../../shared/kernel/money.js';
import type { Outcome } from '../../../../shared/kernel/outcome.js';
import { EVERYTHING, gapOf, holdings, level, NOTHING, openExchange, paid, seenPortfolio } from '../../../../test/builders/portfolio.js';
import { PortfolioPair, type Choices } from '../../../../test/support/portfolio-pair.js';
import { isAnswer, isOfOpenOne, isOpen, NOTHING_SENT, sendGap, sendNext, sendOutcome, withLevel } from './exchange.js';

describe('messages to lost-request', () => {
  it('go one at a time, and are counted for ever', () => {
    const found = { gap: gapOf(), others: 1, announced: [], announcedWhileReading: null };
    const first = sendGap(NOTHING_SENT, found);
    expect(first.exchange).toEqual({ ...NOTHING_SENT, sent: 1, openSince: 1 });
    const waiting = withLevel(withLevel(first.exchange, level('800')), level('900'));
    expect(sendNext(waiting)).toEqual({ exchange: waiting, messages: [] });
    const answered = sendNext({ ...waiting, answered: 1, levelWritten: level('3') });
    expect(answered.messages).toEqual([{ type: 'LevelForwarded', number: 2, level: level('800'), levelWritten: level('3') }]);
    expect(answered.exchange).toMatchObject({ sent: 2, answered: 1, waiting: [level('900')] });
    expect(sendOutcome({ ...waiting, answered: 1 }, { type: 'LevelNotRestored' }).messages).toEqual([
      { type: 'LevelNotRestored', number: 2 },
    ]);
    expect([isOpen(NOTHING_SENT), isOpen(first.exchange)]).toEqual([false, true]);
  });
  it('are answered by what has handled the newest of them; an end counts from the newest gap on', () => {
    const exchange = openExchange({ sent: 6, openSince: 4 });
    expect([5, 6].map((handled) => isAnswer(exchange, handled))).toEqual([false, true]);
    expect([3, 4, 6].map((handled) => isOfOpenOne(exchange, handled))).toEqual([false, true, true]);
    expect(isOfOpenOne(NOTHING_SENT, 0)).toBe(false);
  });
});

/** A small generator, so that every walk can be walked again. */
const dice = (seed: number) => {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { chance: (share: number): boolean => next() < share, pick: <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)] as T };
};
type Dice = ReturnType<typeof dice>;

const LEVELS: readonly DivestAmount[] = [NOTHING, level('300'), level('500'), level('800'), level('950'), EVERYTHING];
const SEARCHING: ReadonlySet<string> = new Set(['AwaitingAnnouncement', 'ReadingLevel', 'Restoring']);

/** What is true after every step, in whatever order messages are handled. */
const judge = (pair: PortfolioPair): void => {
  const { portfolio, lostRequest, isLostRequestOpen, messages } = pair;
  const isBlocked = portfolio.status === 'AwaitingLostRequest' || portfolio.status === 'RestoringLevel';
  const searches = isLostRequestOpen && SEARCHING.has(lostRequest?.status ?? '');
  const isAsked = messages.some(({ input }) => input.type === 'GapFound' || input.type === 'RestoreRequested');
  if ((searches || isAsked) && !isBlocked) throw new Error(`${portfolio.status} goes on meanwhile: ${pair.path.join(', ')}`);
  if (portfolio.status === 'RestoringLevel' && (!isLostRequestOpen || lostRequest?.status !== 'Restoring'))
    throw new Error(`a level is restored that nobody asks for: ${pair.path.join(', ')}`);
};

type Walk = { readonly pair: PortfolioPair; readonly roll: Dice; version: number; changes: number; standing: DivestAmount };

const answer = (walk: Walk, flow: 'portfolio' | 'lost-request'): void => {
  const { pair, roll } = walk;
  const name = pair.effectOf(flow)?.name;
  if (name === undefined) return;
  const refused: Outcome<unknown, string> = { kind: 'rejected', reason: name === 'ReadPortfolio' ? 'not-found' : 'changed-meanwhile' };
  if (name === 'ReadPortfolio') {
    const seen = seenPortfolio({ divestAmount: walk.standing, version: walk.version, holdings: holdings({ $EUR: '90000' }) });
    pair.answer(flow, flow === 'lost-request' && roll.chance(0.05) ? refused : { kind: 'applied', result: seen });
    return;
  }
  if (roll.chance(0.15)) {
    pair.answer(flow, refused);
    return;
  }
  const { writing, restoring } = pair.portfolio;
  walk.version += roll.pick([1, 1, 2, 2, 3]);
  walk.standing = (name === 'WritePortfolio' ? writing?.write.divestAmount : restoring?.level) ?? walk.standing;
  pair.answer(flow, { kind: 'applied', result: { versionAfter: walk.version } });
};

const deliverAny = ({ pair, roll }: Walk): void => {
  if (pair.messages.length > 0) pair.deliver(roll.pick(pair.messages.map((_message, index) => index)));
};

const act = (walk: Walk): void => {
  const { pair, roll } = walk;
  const what = roll.pick([
    'deliver',
    'deliver',
    'deliver',
    'portfolio',
    'portfolio',
    'lost-request',
    'announce',
    'announce',
    'change',
    'look',
  ]);
  if (what === 'deliver') deliverAny(walk);
  else if (what === 'announce') {
    const announced = roll.pick(LEVELS);
    if (roll.chance(0.6)) walk.standing = announced;
    pair.give({ type: 'LevelAnnounced', level: announced });
  } else if (what === 'change' && walk.changes < 40)
    pair.give({ type: 'ChangeRequested', change: paid(`w${String(++walk.changes)}`, roll.pick(['100', '500'])) });
  else if (what === 'look') {
    const status = pair.isLostRequestOpen ? pair.lostRequest?.status : undefined;
    if (status === 'AwaitingAnnouncement' || (status === 'AwaitingReview' && roll.chance(0.1))) pair.lookAgain('lost-request');
  } else if (what === 'portfolio' || what === 'lost-request') answer(walk, what);
};

/** Everything that is under way comes to its end. */
const settle = (walk: Walk): void => {
  const { pair } = walk;
  for (let round = 0; round < 1_000; round++) {
    judge(pair);
    if (pair.messages.length > 0) deliverAny(walk);
    else if (pair.effectOf('lost-request') !== null && pair.isLostRequestOpen) answer(walk, 'lost-request');
    else if (pair.effectOf('portfolio') !== null) answer(walk, 'portfolio');
    else if (pair.isLostRequestOpen && pair.lostRequest?.status === 'AwaitingAnnouncement') pair.lookAgain('lost-request');
    else return;
  }
  throw new Error(`does not come to rest: ${pair.path.slice(-20).join(', ')}`);
};

describe('the two journeys of a portfolio', () => {
  const WALKS = 500;
  const walk = (seed: number, choices: Choices): PortfolioPair => {
    const pair = new PortfolioPair(choices);
    pair.give({ type: 'ChangeRequested', change: paid('w0', '100') });
    const one: Walk = { pair, roll: dice(seed), version: 7, changes: 0, standing: level('800') };
    for (let n = 0; n < 60; n++) {
      act(one);
      judge(pair);
    }
    settle(one);
    return pair;
  };
  it.each([
    ['restore, and review', { onVersionGap: 'restore', onUnexplainedVersionGap: 'review' }],
    ['restore, and go on', { onVersionGap: 'restore', onUnexplainedVersionGap: 'go-on' }],
    ['hold', { onVersionGap: 'hold', onUnexplainedVersionGap: 'review' }],
  ] as const)(
    'never wait for each other for ever, and never write while one looks, in whatever order messages are handled: %s',
    (_name, choices) => {
      const met = new Set<string>();
      for (let seed = 1; seed <= WALKS; seed++) {
        const pair = walk(seed, choices);
        for (const step of pair.path) met.add(step);
        const { portfolio, lostRequest, isLostRequestOpen } = pair;
        expect({ seed, held: pair.held, status: portfolio.status, pending: portfolio.pending.length }).toEqual({
          seed,
          held: null,
          status: 'Idle',
          pending: 0,
        });
        if (isLostRequestOpen) expect({ seed, status: lostRequest?.status }).toEqual({ seed, status: 'AwaitingReview' });
        expect({ seed, isOpen: isOpen(portfolio.exchange) }).toEqual({ seed, isOpen: isLostRequestOpen });
        expect(pair.events.filter((event) => event === 'portfolio.changed')).toHaveLength(portfolio.done.length);
      }
      // Each status was met, or nothing was tried.
      const statusesOf = (flow: string): readonly string[] =>
        [...met]
          .filter((step) => step.startsWith(`${flow} `))
          .map((step) => step.slice(flow.length + 1))
          .sort();
      const writes = ['AwaitingLostRequest', 'Idle', 'ReadingPortfolio', 'WritingPortfolio'];
      const reviews = ['AwaitingReview', 'ReadingLevel', 'Reviewed'];
      const restores = choices.onVersionGap === 'restore';
      expect(statusesOf('portfolio')).toEqual(restores ? [...writes, 'RestoringLevel'].sort() : writes);
      expect(statusesOf('lost-request')).toEqual(restores ? [...reviews, 'AwaitingAnnouncement', 'Restoring', 'Settled'].sort() : reviews);
    },
  );
});
