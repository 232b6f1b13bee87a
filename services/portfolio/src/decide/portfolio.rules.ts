/** What follows for one portfolio object. Pure. */
import type { Treatment } from '../../../../contracts/internal/portfolio-rules.js';
import { Bug } from '../../../../shared/kernel/bug.js';
import {
  ignored,
  type Ignored,
  type JourneyFacts,
  type Move,
  type Opening,
  type RefusedBy,
  type Stay,
  type Step,
} from '../../../../shared/kernel/flow.js';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { DivestAmount } from '../../../../shared/kernel/money.js';
import type { Change } from './change.js';
import { isAnswer, isOfOpenOne, isOpen, NOTHING_SENT, sendGap, sendNext, sendOutcome, withLevel, type Sent } from './exchange.js';
import { hasEffect, movedBy, sameMap, writable } from './holdings.js';
import { announcedAfter, levelText, loweredByAll, sameLevel } from './levels.js';
import type { BeingFoundOut, LostRequestEnded, RestoreRequested, ReviewGoesOn } from './messages.js';
import type { ChangeRequested, LevelAnnounced, PortfolioRead, PortfolioEmits, PortfolioState, Writing } from './portfolio.js';

type Next = Step<PortfolioState, PortfolioEmits>;
type Kept = Stay<PortfolioState, PortfolioEmits>;
type Moved = Move<PortfolioState, PortfolioEmits>;

/** Changes that may wait for one portfolio; more is a fault, and the lane stops. */
export const MAX_PENDING = 100;
/** Changes remembered as done. A repeat comes within days, and a portfolio has a few changes a day. */
export const MAX_DONE = 200;

/** The level before the write and after it; told only to whoever asked for it to be lowered. */
type Levels = { readonly before: DivestAmount; readonly left: DivestAmount };
const saysDone = (portfolioId: PortfolioId, changes: readonly Change[], levels: Levels | null): readonly PortfolioEmits[] =>
  changes.flatMap(({ changeId, because, lowerDivestBy, cashSettled }): readonly PortfolioEmits[] => {
    const told = lowerDivestBy === null ? null : levels;
    const divestAmountLeft = told === null ? null : levelText(told.left);
    const divestAmountBefore = told === null ? null : levelText(told.before);
    const changed: PortfolioEmits = {
      event: 'portfolio.changed',
      data: { changeId, portfolioId, because, divestAmountLeft, divestAmountBefore },
    };
    return cashSettled ? [changed, { event: 'portfolio.cash-settled', data: { portfolioId, changeId } }] : [changed];
  });

const remembered = (done: readonly string[], changes: readonly Change[]): readonly string[] =>
  [...done, ...changes.map((change) => change.changeId)].slice(-MAX_DONE);

export const opened = ({ change }: ChangeRequested, { subject }: JourneyFacts): Opening<PortfolioState, PortfolioEmits> => {
  const portfolioId = subject as PortfolioId;
  const state: PortfolioState = {
    status: 'ReadingPortfolio',
    portfolioId,
    pending: [change],
    writing: null,
    announcedWhileReading: null,
    announced: [],
    restoring: null,
    exchange: NOTHING_SENT,
    reason: null,
    done: [],
  };
  if (hasEffect(change)) return { open: state };
  return { open: { ...state, status: 'Idle', pending: [], done: [change.changeId] }, emits: saysDone(portfolioId, [change], null) };
};

const isKnown = (state: PortfolioState, change: Change): boolean =>
  state.done.includes(change.changeId) || state.pending.some((waiting) => waiting.changeId === change.changeId);

const appended = (state: PortfolioState, change: Change): readonly Change[] => {
  if (state.pending.length >= MAX_PENDING) throw new Bug(`more than ${MAX_PENDING} changes wait for one portfolio`);
  return [...state.pending, change];
};

/** Something is going on: the change waits its turn. */
export const addChange = (state: PortfolioState, { change }: ChangeRequested): Kept =>
  isKnown(state, change) ? { stay: true } : { stay: true, set: { pending: appended(state, change) } };

const fresh: Partial<PortfolioState> = { writing: null, announcedWhileReading: null, announced: [] };

/** Nothing is going on: start, or answer at once where nothing is to be written. A write for nothing starts the optimiser. */
export const takeChange = (state: PortfolioState, { change }: ChangeRequested): Next => {
  if (isKnown(state, change)) return { stay: true };
  if (hasEffect(change)) return { to: 'ReadingPortfolio', set: { pending: appended(state, change), ...fresh } };
  return { stay: true, set: { done: remembered(state.done, [change]) }, emits: saysDone(state.portfolioId, [change], null) };
};

export const readAgain = (): Moved => ({ to: 'ReadingPortfolio', set: fresh });

const saysOf = ({ portfolioId }: PortfolioState, { messages }: Sent): readonly PortfolioEmits[] =>
  messages.map((input) => ({ sends: 'lost-request', subject: portfolioId, input }));

/** Nothing is written until our newest message is answered: what stands at InvestSuite is being looked at. */
const awaitLostRequest = (state: PortfolioState, reason: string | null, sent: Sent): Moved => ({
  to: 'AwaitingLostRequest',
  set: { ...fresh, restoring: null, reason, exchange: sent.exchange },
  emits: saysOf(state, sent),
});

/** Where the journey rests, or what it does next. */
const onwards = (state: PortfolioState, note: string | null): Moved => {
  const { exchange, pending } = state;
  if (exchange.handOver !== null) return awaitLostRequest(state, note, sendNext(exchange));
  return { to: pending.length > 0 ? 'ReadingPortfolio' : 'Idle', set: { ...fresh, restoring: null, reason: note, exchange } };
};

const planOf = (changes: readonly Change[], seen: PortfolioRead): Writing => {
  const level = loweredByAll(seen.divestAmount, changes, seen.baseCurrency);
  return {
    changeIds: changes.map((change) => change.changeId),
    levelRead: seen.divestAmount,
    baseCurrency: seen.baseCurrency,
    write: {
      baseVersion: seen.version,
      holdingsBefore: seen.holdings,
      holdings: movedBy(seen.holdings, changes),
      configJson: seen.configJson,
      divestAmount: sameLevel(level, seen.divestAmount) ? null : level,
    },
  };
};

const finished = (state: PortfolioState, changes: readonly Change[]): PortfolioState => ({
  ...state,
  pending: state.pending.filter((change) => !changes.includes(change)),
  done: remembered(state.done, changes),
});

const whyNotOurs = (treatment: Exclude<Treatment, { kind: 'ours' }>): string =>
  treatment.kind === 'theirs' ? 'InvestSuite talks to its broker' : treatment.why;

/** One write for all that waits. */
export const portfolioRead = (state: PortfolioState, seen: PortfolioRead): Next => {
  if (state.exchange.handOver !== null) return onwards(state, state.reason);
  if (seen.treatment.kind !== 'ours')
    return { hold: `changes of ours wait for a portfolio that is not ours to write: ${whyNotOurs(seen.treatment)}` };
  if (seen.deleted) return { hold: 'the portfolio is deleted, and changes wait for it' };
  if (!seen.realMoney) return { hold: 'a change of real money is asked for a portfolio of paper money' };
  const changes = writable(seen.holdings, state.pending);
  if (changes.length === 0) return { to: 'AwaitingCounterpart', set: { reason: 'holdings would fall below zero' } };
  const writing = planOf(changes, seen);
  if (writing.write.divestAmount !== null || !sameMap(seen.holdings, writing.write.holdings)) {
    return { to: 'WritingPortfolio', set: { writing, announced: [] } };
  }
  const after = finished(state, changes);
  const move = onwards(after, null);
  return {
    ...move,
    set: { pending: after.pending, done: after.done, ...move.set },
    emits: saysDone(state.portfolioId, changes, { before: seen.divestAmount, left: seen.divestAmount }),
  };
};

/** A lost request of the first release can be looked at all the same: `lost-request` reads for itself. */
export const notRead = (state: PortfolioState): Next =>
  state.exchange.handOver === null ? { hold: 'InvestSuite does not let us read it' } : onwards(state, state.reason);

const plan = (state: PortfolioState): Writing => {
  if (state.writing === null) throw new Bug('a portfolio is written without a plan');
  return state.writing;
};

/** The level that stands at InvestSuite since our write. */
const levelAfter = ({ levelRead, write }: Writing): DivestAmount => write.divestAmount ?? levelRead;

const UNDER_WAY = 'a level was announced, and a divest request may be lost';

/** While a lost request is open, it hears of every level. Nothing is written meanwhile, so that what it reads is not changed by us. */
export const forwardLevel = (state: PortfolioState, { level }: LevelAnnounced): Moved | Ignored =>
  isOpen(state.exchange)
    ? awaitLostRequest(state, UNDER_WAY, sendNext(withLevel(state.exchange, level)))
    : ignored('nothing is being written');

export const levelWhileReading = (state: PortfolioState, input: LevelAnnounced): Next | Ignored =>
  isOpen(state.exchange) ? forwardLevel(state, input) : { stay: true, set: { announcedWhileReading: input.level } };

/** Our own write coming back, or the level we have read: neither is a newer divest request. */
const isEcho = (writing: Writing, level: DivestAmount): boolean =>
  sameLevel(level, writing.levelRead) || sameLevel(level, levelAfter(writing));

/** The level that we have read, announced behind another one: an old event, or the customer has taken that other request back. */
const isTakenBack = ({ announced }: PortfolioState, writing: Writing, level: DivestAmount): boolean =>
  announced.length > 0 && sameLevel(level, writing.levelRead) && !sameLevel(level, levelAfter(writing));

export const levelWhileWriting = (state: PortfolioState, { level }: LevelAnnounced): Kept | Ignored => {
  const writing = plan(state);
  if (isEcho(writing, level) && !isTakenBack(state, writing, level)) return ignored('the level that we have read or written');
  return { stay: true, set: { announced: announcedAfter(state.announced, level) } };
};

/** Where a lost request is open, the level that we have written says nothing new to it, and what was announced is looked at. */
const noGap = (state: PortfolioState, divestAmount: DivestAmount | null): Moved => {
  if (!isOpen(state.exchange)) return onwards(state, null);
  const exchange = divestAmount === null ? state.exchange : { ...state.exchange, levelWritten: divestAmount };
  const waiting = state.announced.reduce(withLevel, exchange);
  return state.announced.length === 0 ? onwards({ ...state, exchange }, null) : awaitLostRequest(state, UNDER_WAY, sendNext(waiting));
};

/** A newer divest request may have been overwritten by ours. `lost-request` finds out, and a level is restored only through us. */
const gapFound = (state: PortfolioState, writing: Writing, changes: readonly Change[], versionAfter: number): Moved => {
  const { announced, announcedWhileReading, exchange } = state;
  const { levelRead, baseCurrency, write } = writing;
  const gap = { levelRead, levelWritten: levelAfter(writing), baseCurrency, written: changes, versionWritten: versionAfter };
  const others = versionAfter - write.baseVersion - 1;
  const sent = sendGap(exchange, { gap, others, announced, announcedWhileReading });
  return awaitLostRequest(state, 'another writer was there while the divest amount was written', sent);
};

/** A version more than one above the base: somebody else wrote between. It matters only where a level was written. */
export const written = (before: PortfolioState, { versionAfter }: { readonly versionAfter: number }): Next => {
  const writing = plan(before);
  const changes = before.pending.filter((change) => writing.changeIds.includes(change.changeId));
  const state = finished(before, changes);
  const { divestAmount, baseVersion } = writing.write;
  const isGap = divestAmount !== null && versionAfter > baseVersion + 1;
  const move = isGap ? gapFound(state, writing, changes, versionAfter) : noGap(state, divestAmount);
  return {
    ...move,
    set: { pending: state.pending, done: state.done, ...move.set },
    emits: [...saysDone(state.portfolioId, changes, { before: writing.levelRead, left: levelAfter(writing) }), ...(move.emits ?? [])],
  };
};

/** A fresh read decides again; a person who says that it was not written means the same. */
export const notWritten = (_state: PortfolioState, reason: string, by: RefusedBy): Next =>
  by === 'person' || reason === 'changed-meanwhile' ? readAgain() : { hold: `InvestSuite refused the portfolio: ${reason}` };

/** What may be sent now. */
const sendWaiting = (state: PortfolioState, set: Partial<PortfolioState> = {}): Kept => {
  const sent = sendNext(set.exchange ?? state.exchange);
  return { stay: true, set: { ...set, exchange: sent.exchange }, emits: saysOf(state, sent) };
};

/** The change waits until the lost request is found out. One of the first release is sent now: it may be under review for days. */
export const queueChange = (state: PortfolioState, input: ChangeRequested): Kept => {
  const kept = addChange(state, input);
  return state.exchange.handOver === null ? kept : sendWaiting(state, kept.set);
};

export const alsoForwardLevel = (state: PortfolioState, { level }: LevelAnnounced): Kept =>
  sendWaiting(state, { exchange: withLevel(state.exchange, level) });

/** While a level is restored nothing is sent. */
export const keepLevel = (state: PortfolioState, { level }: LevelAnnounced): Kept => ({
  stay: true,
  set: { exchange: withLevel(state.exchange, level) },
});

/** A journey of the first release comes here at the due time that it was stored with. For any other there is nothing to look at. */
export const handOver = (state: PortfolioState): Kept => (state.exchange.handOver === null ? { stay: true } : sendWaiting(state));

const answeredBy = (state: PortfolioState, handled: number): PortfolioState => ({
  ...state,
  exchange: { ...state.exchange, answered: handled },
});

const anotherAnswer = ignored('our newest message is not answered by that');

export const stillFoundOut = (state: PortfolioState, { handled }: BeingFoundOut): Kept | Ignored =>
  isAnswer(state.exchange, handled) ? sendWaiting(answeredBy(state, handled)) : anotherAnswer;

export const restoreLevel = (state: PortfolioState, { expected, level, handled }: RestoreRequested): Next | Ignored =>
  isAnswer(state.exchange, handled)
    ? { to: 'RestoringLevel', set: { restoring: { expected, level }, exchange: answeredBy(state, handled).exchange } }
    : anotherAnswer;

export const goOnUnderReview = (state: PortfolioState, { handled }: ReviewGoesOn): Next | Ignored => {
  if (!isAnswer(state.exchange, handled)) return anotherAnswer;
  const now = answeredBy(state, handled);
  return now.exchange.waiting.length > 0 ? sendWaiting(now) : onwards(now, 'people look at a divest request that may be lost');
};

const nothingOpen = (state: PortfolioState): PortfolioState => ({
  ...state,
  exchange: { ...state.exchange, openSince: null, waiting: [], levelWritten: null },
});
const ofAnEarlierOne = ignored('of a lost request before the one that is open');

export const lostRequestEnded = (state: PortfolioState, { handled, note }: LostRequestEnded): Next | Ignored =>
  isOfOpenOne(state.exchange, handled) ? onwards(nothingOpen(state), note) : ofAnEarlierOne;

/** The same, where the journey does not wait for it. */
export const noteEnd = (state: PortfolioState, { handled }: LostRequestEnded): Kept | Ignored =>
  isOfOpenOne(state.exchange, handled) ? { stay: true, set: { exchange: nothingOpen(state).exchange } } : ofAnEarlierOne;

export const restored = (state: PortfolioState, { versionAfter }: { readonly versionAfter: number }): Next =>
  awaitLostRequest(
    state,
    'a divest request that our write had overwritten was restored',
    sendOutcome(state.exchange, { type: 'LevelRestored', versionAfter }),
  );

/** Another level stands there now. A person who says that it was not written says no more than that, and `lost-request` looks again. */
export const notRestored = (state: PortfolioState, reason: string, by: RefusedBy): Next =>
  by === 'person' || reason === 'changed-meanwhile'
    ? awaitLostRequest(
        state,
        'a divest request was overwritten, and is not restored',
        sendOutcome(state.exchange, { type: 'LevelNotRestored' }),
      )
    : { hold: `a divest request was overwritten, and InvestSuite refused to take it back: ${reason}` };
