/** What follows where a write of ours may have overwritten a divest request. Pure. */
import { Bug } from '../../../../shared/kernel/bug.js';
import {
  ignored,
  named,
  type Ignored,
  type JourneyFacts,
  type Move,
  type Opening,
  type Policies,
  type Stay,
} from '../../../../shared/kernel/flow.js';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { DivestAmount } from '../../../../shared/kernel/money.js';
import { announcedAfter, compareLevels, levelText, loweredByAll, sameLevel } from './levels.js';
import type { LostRequest, LostRequestPolicy, LostRequestSaid } from './lost-request.js';
import type { Gap, GapFound, HandedOver, LevelForwarded, LevelRestored, ToLostRequest, ToPortfolio } from './messages.js';
import type { PortfolioRead } from './portfolio.js';

type Kept = Stay<LostRequest, LostRequestSaid>;
type Taken = Moved | Kept;
type Moved = Move<LostRequest, LostRequestSaid>;
type Facts = JourneyFacts<LostRequestPolicy>;
type Rule<I> = (state: LostRequest, input: I, journey: Facts) => Taken;

/** The tenant's choices as guards: of then and now the stricter ones count. */
const strictest = ({ frozen, now }: Policies<LostRequestPolicy>): LostRequestPolicy => ({
  onVersionGap: frozen.onVersionGap === 'hold' || now.onVersionGap === 'hold' ? 'hold' : 'restore',
  onUnexplainedGap: frozen.onUnexplainedGap === 'review' || now.onUnexplainedGap === 'review' ? 'review' : 'go-on',
});

const toPortfolio = ({ portfolioId }: LostRequest, input: ToPortfolio): LostRequestSaid => ({
  sends: 'portfolio',
  subject: portfolioId,
  input,
});

/** Every message has an answer: the portfolio waits for it. */
const answering = <T extends Taken>(state: LostRequest, taken: T): T =>
  taken.emits === undefined ? { ...taken, emits: [toPortfolio(state, { type: 'BeingFoundOut', handled: state.handled })] } : taken;

/** A message that is handled after a later one is about something that is over. */
export const heard = <I extends ToLostRequest>(rule: Rule<I>) =>
  named(rule.name, (state: LostRequest, input: I, journey: Facts): Taken | Ignored => {
    const { number: handled } = input;
    if (handled <= state.handled) return ignored('a later message was handled already');
    const now = { ...state, handled };
    const taken = answering(now, rule(now, input, journey));
    return { ...taken, set: { handled, ...taken.set } };
  });

const over = { gap: null, announced: [], explainedBy: null, restoring: null } as const;

const ended = (state: LostRequest, to: 'Settled' | 'Reviewed', note: string | null): Moved => ({
  to,
  set: { ...over, reason: note },
  emits: [toPortfolio(state, { type: 'LostRequestEnded', handled: state.handled, note })],
});

const goesOn = (state: LostRequest): LostRequestSaid => toPortfolio(state, { type: 'ReviewGoesOn', handled: state.handled });

const underReview = (state: LostRequest, review: string): Moved => ({
  to: 'AwaitingReview',
  set: { ...over, review, reason: review },
  emits: [goesOn(state)],
});

/** Nothing of this gap is open any more. What people look at already, they still look at. */
const settled = (state: LostRequest, note: string | null): Moved =>
  state.review === null ? ended(state, 'Settled', note) : underReview(state, state.review);

/** A review names so much of what happened; the rest is in the history. */
const LONGEST_REVIEW = 300;

/** What was there to review already stays there. */
const joined = (review: string | null, more: string): string =>
  review === null ? more : review.includes(more) || review.length > LONGEST_REVIEW ? review : `${review}; ${more}`;

const putToReview = (state: LostRequest, why: string): Moved => underReview(state, joined(state.review, why));

const gapOf = ({ gap }: LostRequest): Gap => {
  if (gap === null) throw new Bug('a lost request is looked for without a gap');
  return gap;
};

const ANOTHER_WRITER = 'another writer was there while the divest amount was written';

/**
 * A level was announced after our read and was overwritten. Written back is what we would have written, had we read it. Only
 * upwards: a lower level may be an old event as well as a change of mind, and only a person can ask the customer.
 */
const requestErased = (state: LostRequest, announced: DivestAmount, { policy }: Facts): Moved => {
  const { levelRead, levelWritten: expected, written, baseCurrency } = gapOf(state);
  const level = loweredByAll(announced, written, baseCurrency);
  const explained = { explainedBy: announced, announced: [] };
  if (sameLevel(level, expected))
    return {
      to: 'AwaitingAnnouncement',
      set: { ...explained, reason: 'another writer was there; the level announced since changes nothing' },
    };
  if (compareLevels(announced, levelRead) < 0)
    return putToReview(state, 'another writer was there, and a lower level was announced: it may be old, or overwritten by us');
  // The tenant may have chosen since to write nothing back.
  if (strictest(policy).onVersionGap === 'hold') return putToReview(state, `${ANOTHER_WRITER}, and ${levelText(announced)} was announced`);
  return {
    to: 'Restoring',
    set: { ...explained, restoring: { expected, level } },
    emits: [toPortfolio(state, { type: 'RestoreRequested', handled: state.handled, expected, level })],
  };
};

/** Of two levels, announcements do not tell which is the newer one: one of them may be from long before our read. */
const afterGap = (state: LostRequest, { others, announcedWhileReading }: GapFound, journey: Facts): Moved => {
  const { onVersionGap, onUnexplainedGap } = strictest(journey.policy);
  const newest = state.announced.at(-1);
  const several = state.announced.length > 1;
  const told = newest === undefined ? '' : `, and ${levelText(newest)} was announced${several ? ', after another level' : ''}`;
  if (onVersionGap === 'hold' || several) return putToReview(state, `${ANOTHER_WRITER}${told}`);
  if (others > 1 && onUnexplainedGap === 'review') return putToReview(state, `${ANOTHER_WRITER}, ${String(others)} times${told}`);
  if (newest !== undefined) return requestErased(state, newest, journey);
  const uncertain = announcedWhileReading !== null && compareLevels(announcedWhileReading, gapOf(state).levelRead) > 0;
  if (uncertain) return putToReview(state, `${ANOTHER_WRITER}, and a higher level was announced while it was read`);
  return { to: 'AwaitingAnnouncement', set: { reason: ANOTHER_WRITER } };
};

const openedBy = (state: LostRequest, move: Moved): Opening<LostRequest, LostRequestSaid> => {
  const { to, set, emits } = answering(state, move);
  return { open: { ...state, ...set, status: to }, ...(emits === undefined ? {} : { emits }) };
};

export const opened = (found: GapFound, journey: Facts): Opening<LostRequest, LostRequestSaid> => {
  const { number, gap, announced, review } = found;
  const state: LostRequest = {
    status: 'AwaitingAnnouncement',
    portfolioId: journey.subject as PortfolioId,
    handled: number,
    ...over,
    gap,
    announced,
    ours: gap.levelWritten,
    review,
    reason: review,
  };
  return openedBy(state, afterGap(state, found, journey));
};

/** It stands where it stood in the first release, and goes on from there. */
export const handedOver = (
  { type: _type, number, outcome, ...found }: HandedOver,
  journey: Facts,
): Opening<LostRequest, LostRequestSaid> => {
  const state: LostRequest = { ...found, portfolioId: journey.subject as PortfolioId, handled: number };
  if (outcome !== null)
    return openedBy(state, outcome.type === 'LevelRestored' ? restored(state, { number, ...outcome }, journey) : notRestored());
  return openedBy(
    state,
    state.review !== null && state.status === 'AwaitingReview' ? underReview(state, state.review) : { to: state.status },
  );
};

/** A write that went on under review has found a gap, too. */
export const anotherGap = (state: LostRequest, found: GapFound, journey: Facts): Moved => {
  const begun = { gap: found.gap, announced: found.announced, ours: found.gap.levelWritten };
  const move = afterGap({ ...state, ...begun }, found, journey);
  return { ...move, set: { ...begun, ...move.set } };
};

const isOurs = ({ ours }: LostRequest, level: DivestAmount): boolean => sameLevel(level, ours);

/** Our own write coming back, what we have read, or what explains the gap already. */
const isKnown = (state: LostRequest, level: DivestAmount): boolean => {
  const { levelRead, levelWritten } = gapOf(state);
  return [levelRead, levelWritten, state.ours, ...(state.explainedBy === null ? [] : [state.explainedBy])].some((known) =>
    sameLevel(level, known),
  );
};

/**
 * The first one explains the gap. One more may be a new divest request, which then stands, or the one that was overwritten, coming
 * after an old one that we have taken for it: a read tells which.
 */
export const levelAfterGap = (state: LostRequest, { level }: LevelForwarded, journey: Facts): Taken => {
  if (isKnown(state, level)) return { stay: true };
  if (state.explainedBy === null) return requestErased(state, level, journey);
  return { to: 'ReadingLevel', set: { announced: announcedAfter(state.announced, level) } };
};

/** Looked up once what is going on is over. */
export const noteLevel = (state: LostRequest, { level }: LevelForwarded): Kept =>
  isKnown(state, level) ? { stay: true } : { stay: true, set: { announced: announcedAfter(state.announced, level) } };

export const levelWhileRead = (state: LostRequest, input: LevelForwarded, journey: Facts): Taken => {
  const { gap, restoring, explainedBy, announced } = state;
  if (gap !== null) return restoring === null && explainedBy === null ? levelAfterGap(state, input, journey) : noteLevel(state, input);
  return isOurs(state, input.level) ? { stay: true } : { stay: true, set: { announced: announcedAfter(announced, input.level) } };
};

/** Said anew, or an old event that comes late: which one, only a read can tell. Our own write coming back says nothing. */
export const levelInReview = (state: LostRequest, { level, levelWritten }: LevelForwarded): Taken => {
  const ours = levelWritten ?? state.ours;
  if (sameLevel(level, ours)) return { stay: true, set: { ours }, emits: [goesOn(state)] };
  return { to: 'ReadingLevel', set: { ours, announced: [level] } };
};

const UNEXPLAINED = `${ANOTHER_WRITER}, and nothing tells what was asked for`;

/** For people: what was announced under review, where it does not stand. */
export const unexplained = (state: LostRequest): Moved => {
  const { review } = state;
  const newest = state.announced.at(-1);
  if (review === null) return putToReview(state, UNEXPLAINED);
  return putToReview(state, newest === undefined ? review : `${levelText(newest)} was announced since and does not stand`);
};

/** A person looks; until then the level that stands now says nothing new. */
const reviewFrom = (state: LostRequest, { divestAmount }: PortfolioRead, why: string): Moved => {
  const move = putToReview(state, why);
  return { ...move, set: { ...move.set, ours: divestAmount } };
};

/**
 * Which level stands tells whether somebody has set one after us, never what it was counted from: the app adds to what it
 * shows, and that was ours. So a divest request that may lie under it is for a person, who asks the customer.
 */
const gapLookedAt = (state: LostRequest, seen: PortfolioRead, { policy }: Facts): Moved => {
  const { explainedBy, announced, restoring } = state;
  const now = levelText(seen.divestAmount);
  if (restoring !== null)
    return reviewFrom(state, seen, `we have overwritten a divest request of ${levelText(restoring.level)}, and ${now} was set since`);
  if (explainedBy !== null) {
    const newest = announced.at(-1);
    if (newest === undefined || (announced.length === 1 && sameLevel(seen.divestAmount, newest))) return settled(state, state.reason);
    const either = `${levelText(explainedBy)} or of ${levelText(newest)}`;
    return reviewFrom(state, seen, `we have overwritten a divest request of ${either}, and ${now} stands`);
  }
  if (strictest(policy).onUnexplainedGap === 'go-on') return settled(state, 'another writer was there; no other level was announced');
  return reviewFrom(state, seen, isOurs(state, seen.divestAmount) ? UNEXPLAINED : `${UNEXPLAINED}; ${now} was set since`);
};

/** After a gap, or under review. */
export const levelStands = (state: LostRequest, seen: PortfolioRead, journey: Facts): Moved => {
  if (state.gap !== null) return gapLookedAt(state, seen, journey);
  return isOurs(state, seen.divestAmount) ? unexplained(state) : reviewed(state);
};

/** It stays watchful for a while: an old event may have been taken for the divest request that our write had overwritten. */
export const restored = (state: LostRequest, { versionAfter }: LevelRestored, { policy }: Facts): Moved => {
  const { restoring, gap, announced } = state;
  const set = { restoring: null, ...(restoring === null ? {} : { ours: restoring.level }) };
  const versionWritten = gap?.versionWritten ?? null;
  const others = versionWritten === null ? 0 : versionAfter - versionWritten - 1;
  if (others > 0 && strictest(policy).onUnexplainedGap === 'review') {
    const move = putToReview(state, 'another writer was there while a divest request was restored');
    return { ...move, set: { ...move.set, ...set } };
  }
  const reason = 'a divest request that our write had overwritten was restored';
  return { to: announced.length === 0 ? 'AwaitingAnnouncement' : 'ReadingLevel', set: { ...set, reason } };
};

/** Whether the level that stands now counts the divest request that we have overwritten, only the customer knows: somebody must see it. */
export const notRestored = (): Moved => ({ to: 'ReadingLevel' });

/** Somebody has looked, or the time for it is over; the overdue alarm has been going since its first hour. */
export const reviewed = (state: LostRequest): Moved => ended(state, 'Reviewed', state.review);
