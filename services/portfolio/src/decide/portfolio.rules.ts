/** What follows for one portfolio object. Pure. */
import { Bug } from '../../../../shared/kernel/bug.js';
import {
  ignored,
  type JourneyFacts,
  type Move,
  type Opening,
  type RefusedBy,
  type Stay,
  type Step,
} from '../../../../shared/kernel/flow.js';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { DivestAmount } from '../../../../shared/kernel/money.js';
import { hasEffect, movedBy, sameMap, writable } from './holdings.js';
import { compareLevels, levelText, loweredByAll, sameLevel } from './levels.js';
import { choices, type PortfolioFacts, type PortfolioPolicy } from './portfolio.policy.js';
import type { Change, ChangeRequested, PortfolioRead, PortfolioSaid, PortfolioState, WishSeen, Writing } from './portfolio.js';

type Next = Step<PortfolioState, PortfolioSaid>;
type Kept = Stay<PortfolioState, PortfolioSaid>;
type Moved = Move<PortfolioState, PortfolioSaid>;

/** Changes that may wait for one portfolio; more is a fault, and the lane stops. */
export const MAX_PENDING = 100;
/** Changes remembered as done. A repeat comes within days, and a portfolio has a few changes a day. */
export const MAX_DONE = 200;

/** `left`: the level after the write; told only to whoever asked for it to be lowered. */
const saysDone = (portfolioId: PortfolioId, changes: readonly Change[], left: DivestAmount | null): readonly PortfolioSaid[] =>
  changes.flatMap(({ changeId, because, lowerDivestBy, cashSettled }): readonly PortfolioSaid[] => {
    const divestAmountLeft = lowerDivestBy === null || left === null ? null : levelText(left);
    const changed: PortfolioSaid = { event: 'portfolio.changed', data: { changeId, portfolioId, because, divestAmountLeft } };
    return cashSettled ? [changed, { event: 'portfolio.cash-settled', data: { portfolioId, changeId } }] : [changed];
  });

const remembered = (done: readonly string[], changes: readonly Change[]): readonly string[] =>
  [...done, ...changes.map((change) => change.changeId)].slice(-MAX_DONE);

export const opened = ({ change }: ChangeRequested, journey: JourneyFacts): Opening<PortfolioState, PortfolioSaid> => {
  const portfolioId = journey.portfolioId as PortfolioId;
  const state: PortfolioState = {
    status: 'ReadingPortfolio',
    portfolioId,
    pending: [change],
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
  };
  if (hasEffect(change)) return { open: state };
  return { open: { ...state, status: 'Idle', pending: [], done: [change.changeId] }, says: saysDone(portfolioId, [change], null) };
};

export const notOpened = (): Opening<PortfolioState, PortfolioSaid> => ignored('nothing is being written');

const isKnown = (state: PortfolioState, change: Change): boolean =>
  state.done.includes(change.changeId) || state.pending.some((waiting) => waiting.changeId === change.changeId);

const appended = (state: PortfolioState, change: Change): readonly Change[] => {
  if (state.pending.length >= MAX_PENDING) throw new Bug(`more than ${MAX_PENDING} changes wait for one portfolio`);
  return [...state.pending, change];
};

/** Something is going on: the change waits its turn. */
export const addChange = (state: PortfolioState, { change }: ChangeRequested): Kept =>
  isKnown(state, change) ? { stay: true } : { stay: true, set: { pending: appended(state, change) } };

const fresh = { writing: null, seenWhileReading: null, seenSince: null, seenSeveral: false, explainedBy: null } as const;

/** Nothing is going on: start, or answer at once where nothing is to be written. A write for nothing starts the optimiser. */
export const takeChange = (state: PortfolioState, { change }: ChangeRequested): Next => {
  if (isKnown(state, change)) return { stay: true };
  if (hasEffect(change)) return { to: 'ReadingPortfolio', set: { pending: appended(state, change), ...fresh } };
  return { stay: true, set: { done: remembered(state.done, [change]) }, says: saysDone(state.portfolioId, [change], null) };
};

export const readAgain = (): Moved => ({ to: 'ReadingPortfolio', set: fresh });

/** Where the journey rests, or what it does next. */
const onwards = (state: PortfolioState, note: string | null): Moved => {
  const set = { written: [], restoring: null, ...fresh };
  if (state.pending.length > 0) return { to: 'ReadingPortfolio', set: { reason: note, ...set } };
  return state.review === null
    ? { to: 'Idle', set: { reason: note, ...set } }
    : { to: 'AwaitingReview', set: { reason: state.review, ...set } };
};

const withSet = (move: Moved, set: Partial<PortfolioState>, says: readonly PortfolioSaid[]): Moved => ({
  ...move,
  set: { ...set, ...move.set },
  says,
});

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

/** One write for all that waits. */
export const portfolioRead = (state: PortfolioState, seen: PortfolioRead): Next => {
  if (seen.deleted) return { hold: 'the portfolio is deleted, and changes wait for it' };
  if (!seen.realMoney) return { hold: 'a change of real money is asked for a portfolio of paper money' };
  const changes = writable(seen.holdings, state.pending);
  if (changes.length === 0) return { to: 'AwaitingCounterpart', set: { reason: 'holdings would fall below zero' } };
  const writing = planOf(changes, seen);
  if (writing.write.divestAmount !== null || !sameMap(seen.holdings, writing.write.holdings)) {
    return { to: 'WritingPortfolio', set: { writing, seenSince: null } };
  }
  const after = finished(state, changes);
  return withSet(
    onwards(after, null),
    { pending: after.pending, done: after.done },
    saysDone(state.portfolioId, changes, seen.divestAmount),
  );
};

const finished = (state: PortfolioState, changes: readonly Change[]): PortfolioState => ({
  ...state,
  pending: state.pending.filter((change) => !changes.includes(change)),
  done: remembered(state.done, changes),
  written: changes,
});

const plan = (state: PortfolioState): Writing => {
  if (state.writing === null) throw new Bug('a portfolio is written without a plan');
  return state.writing;
};

/** The level that stands at InvestSuite since our write. */
const levelAfter = ({ levelRead, write }: Writing): DivestAmount => write.divestAmount ?? levelRead;

/** Our own write coming back, or the level we have read: neither is a newer wish. */
const isEcho = (writing: Writing, level: DivestAmount): boolean =>
  sameLevel(level, writing.levelRead) || sameLevel(level, levelAfter(writing));

const isOurs = ({ levelWritten }: PortfolioState, level: DivestAmount): boolean => levelWritten !== null && sameLevel(level, levelWritten);

export const wishWhileReading = (_state: PortfolioState, { level }: WishSeen): Kept => ({ stay: true, set: { seenWhileReading: level } });

/** The level that we have read, announced behind another one: an old event, or the customer has taken that other wish back. */
const isTakenBack = (state: PortfolioState, level: DivestAmount): boolean =>
  state.seenSince !== null && sameLevel(level, plan(state).levelRead) && !sameLevel(level, levelAfter(plan(state)));

/** The newest one, and whether there were others. */
const announced = ({ seenSince, seenSeveral }: PortfolioState, level: DivestAmount): Pick<PortfolioState, 'seenSince' | 'seenSeveral'> => ({
  seenSince: level,
  seenSeveral: seenSeveral || (seenSince !== null && !sameLevel(seenSince, level)),
});

export const wishWhileWriting = (state: PortfolioState, { level }: WishSeen): Kept =>
  isEcho(plan(state), level) && !isTakenBack(state, level) ? { stay: true } : { stay: true, set: announced(state, level) };

/** A review names so much of what happened; the rest is in the history. */
const LONGEST_REVIEW = 300;

/** What was there to review already stays there. */
const joined = (review: string | null, more: string): string =>
  review === null ? more : review.includes(more) || review.length > LONGEST_REVIEW ? review : `${review}; ${more}`;

const putToReview = (state: PortfolioState, why: string): Moved => {
  const review = joined(state.review, why);
  return withSet(onwards({ ...state, review }, review), { review }, []);
};

/**
 * A wish came after our read and was overwritten. Written back is what we would have written, had we read it. Only
 * upwards: a lower level may be an old event as well as a change of mind, and only a person can ask the customer.
 */
const wishErased = (state: PortfolioState, wish: DivestAmount): Moved => {
  const writing = plan(state);
  const expected = levelAfter(writing);
  const level = loweredByAll(wish, state.written, writing.baseCurrency);
  const explained = { explainedBy: wish, seenSince: null, seenSeveral: false };
  if (sameLevel(level, expected))
    return { to: 'AwaitingWish', set: { ...explained, reason: 'another writer was there; the wish announced since changes nothing' } };
  if (compareLevels(wish, writing.levelRead) < 0)
    return putToReview(state, 'another writer was there, and a lower wish was announced: it may be old, or overwritten by us');
  return { to: 'RestoringWish', set: { ...explained, restoring: { expected, level } } };
};

/**
 * `others`: how many versions of other writers lie between our read and our write. Of two wishes, events do not tell which is the newer one:
 * one of them may be from long before our read.
 */
const afterGap = (state: PortfolioState, others: number, { onVersionGap, onUnexplainedGap }: PortfolioPolicy): Moved => {
  const { levelRead } = plan(state);
  const { seenSince, seenSeveral, seenWhileReading } = state;
  const review = 'another writer was there while the divest amount was written';
  const told = seenSince === null ? '' : `, and ${levelText(seenSince)} was announced${seenSeveral ? ', after another wish' : ''}`;
  if (onVersionGap === 'hold' || seenSeveral) return putToReview(state, `${review}${told}`);
  if (others > 1 && onUnexplainedGap === 'review') return putToReview(state, `${review}, ${String(others)} times${told}`);
  if (seenSince !== null) return wishErased(state, seenSince);
  const uncertain = seenWhileReading !== null && compareLevels(seenWhileReading, levelRead) > 0;
  if (uncertain) return putToReview(state, `${review}, and a higher wish was announced while it was read`);
  return { to: 'AwaitingWish', set: { reason: review } };
};

/** A version more than one above the base: somebody else wrote between. It matters only where a level was written. */
export const written = (before: PortfolioState, result: { readonly versionAfter: number }, journey: PortfolioFacts): Next => {
  const writing = plan(before);
  const changes = before.pending.filter((change) => writing.changeIds.includes(change.changeId));
  const state = finished(before, changes);
  const { divestAmount, baseVersion } = writing.write;
  const others = divestAmount === null ? 0 : result.versionAfter - baseVersion - 1;
  const next = others > 0 ? afterGap(state, others, choices(journey)) : onwards(state, null);
  const levelWritten = divestAmount ?? before.levelWritten;
  return withSet(
    next,
    { pending: state.pending, done: state.done, written: state.written, levelWritten, versionWritten: result.versionAfter },
    saysDone(state.portfolioId, changes, levelAfter(writing)),
  );
};

/** A fresh read decides again; a person who says that it was not written means the same. */
export const notWritten = (_state: PortfolioState, reason: string, by: RefusedBy): Next =>
  by === 'person' || reason === 'changed-meanwhile' ? readAgain() : { hold: `InvestSuite refused the portfolio: ${reason}` };

/**
 * The first one explains the gap. One more may be a new wish, which then stands, or the one that was overwritten, coming
 * after an old one that we have taken for it: a read tells which.
 */
export const wishAfterGap = (state: PortfolioState, { level }: WishSeen): Next => {
  if (isKnownWish(state, level)) return { stay: true };
  return state.explainedBy === null ? wishErased(state, level) : { to: 'ReadingLevel', set: announced(state, level) };
};

const isKnownWish = (state: PortfolioState, level: DivestAmount): boolean =>
  isEcho(plan(state), level) || isOurs(state, level) || (state.explainedBy !== null && sameLevel(level, state.explainedBy));

/** Looked up once what is going on is over. */
export const noteWish = (state: PortfolioState, { level }: WishSeen): Kept =>
  isKnownWish(state, level) ? { stay: true } : { stay: true, set: announced(state, level) };

const UNEXPLAINED = 'another writer was there while the divest amount was written, and nothing tells what was wished for';

/** For people: what was announced under review, where it does not stand. */
export const unexplained = (state: PortfolioState): Moved => {
  const { review, seenSince } = state;
  if (review === null) return putToReview(state, UNEXPLAINED);
  return putToReview(state, seenSince === null ? review : `${levelText(seenSince)} was announced since and does not stand`);
};

/** A person looks; until then the level that stands now says nothing new. */
const reviewFrom = (state: PortfolioState, seen: PortfolioRead, why: string): Moved =>
  withSet(putToReview(state, why), { levelWritten: seen.divestAmount }, []);

/**
 * Which level stands tells whether somebody has set one after us, never what it was counted from: the app adds to what it
 * shows, and that was ours. So a wish that may lie under it is for a person, who asks the customer.
 */
const gapLookedAt = (state: PortfolioState, seen: PortfolioRead, { onUnexplainedGap }: PortfolioPolicy): Next => {
  const { explainedBy, seenSince, seenSeveral, restoring } = state;
  const now = levelText(seen.divestAmount);
  if (restoring !== null)
    return reviewFrom(state, seen, `we have overwritten a wish of ${levelText(restoring.level)}, and ${now} was set since`);
  if (explainedBy !== null) {
    if (seenSince === null || (!seenSeveral && sameLevel(seen.divestAmount, seenSince))) return onwards(state, state.reason);
    return reviewFrom(
      state,
      seen,
      `we have overwritten a wish of ${levelText(explainedBy)} or of ${levelText(seenSince)}, and ${now} stands`,
    );
  }
  if (onUnexplainedGap === 'go-on') return onwards(state, 'another writer was there; no other wish was announced');
  return reviewFrom(state, seen, isOurs(state, seen.divestAmount) ? UNEXPLAINED : `${UNEXPLAINED}; ${now} was set since`);
};

/** After a gap, or under review. */
export const levelStands = (state: PortfolioState, seen: PortfolioRead, journey: PortfolioFacts): Next => {
  if (state.writing !== null) return gapLookedAt(state, seen, choices(journey));
  return isOurs(state, seen.divestAmount) ? unexplained(state) : reviewed(state);
};

export const wishWhileLevelIsRead = (state: PortfolioState, input: WishSeen): Next => {
  const { writing, restoring, explainedBy } = state;
  if (writing === null) return isOurs(state, input.level) ? { stay: true } : { stay: true, set: announced(state, input.level) };
  return restoring === null && explainedBy === null ? wishAfterGap(state, input) : noteWish(state, input);
};

/** It stays watchful for a while: an old event may have been taken for the wish that our write had overwritten. */
export const restored = (state: PortfolioState, { versionAfter }: { readonly versionAfter: number }, journey: PortfolioFacts): Next => {
  const { restoring, versionWritten, seenSince } = state;
  const set = { restoring: null, levelWritten: restoring?.level ?? null };
  const others = versionWritten === null ? 0 : versionAfter - versionWritten - 1;
  if (others > 0 && choices(journey).onUnexplainedGap === 'review')
    return withSet(putToReview(state, 'another writer was there while a wish was restored'), set, []);
  const reason = 'a wish that our write had overwritten was restored';
  return { to: seenSince === null ? 'AwaitingWish' : 'ReadingLevel', set: { ...set, reason } };
};

/**
 * Another level stands there now: whether it counts the wish that we have overwritten, only the customer knows. A person who says that it was
 * not written says no more than that: the wish is still not where it was, and somebody must see it.
 */
export const notRestored = (_state: PortfolioState, reason: string, by: RefusedBy): Next =>
  by === 'person' || reason === 'changed-meanwhile'
    ? { to: 'ReadingLevel' }
    : { hold: `a wish was overwritten, and InvestSuite refused to take it back: ${reason}` };

/** Somebody has looked, or the time for it is over; the overdue alarm has been going since its first hour. */
export const reviewed = (state: PortfolioState): Moved => withSet(onwards({ ...state, review: null }, null), { review: null }, []);

/** Said anew, or an old event that comes late: which one, only a read can tell. Our own write coming back says nothing. */
export const wishInReview = (state: PortfolioState, { level }: WishSeen): Next =>
  isOurs(state, level) ? { stay: true } : { to: 'ReadingLevel', set: { seenSince: level } };
