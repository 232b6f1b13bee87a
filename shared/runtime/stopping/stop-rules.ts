/** Which stops stand, and what they stop. Pure. */
import { isoOf } from '../../kernel/instant.js';
import { whyNotSigned } from '../signing/signed-act.js';
import type { Operator } from '../signing/operators-file.js';
import { parseScope, stopText, type StopAct } from './stop-acts.js';

/** A request that is about to leave. */
export type Leaving = {
  readonly service: string;
  readonly system: string;
  /** Name of the effect. */
  readonly operation: string;
  readonly portfolioId: string;
  /** False for what only asks: a read, or the question what became of a request. */
  readonly changes: boolean;
};

/** Systems of our own: what people do, and our own tables. Nothing leaves, so nothing is stopped. */
export const OWN_SYSTEMS: readonly string[] = ['people', 'limits'];

/** A person as of this time, in ms since the epoch. Null for one who is not known, or whose time was over then. */
export type PersonAt = (name: string, atMs: number) => Operator | null;

/**
 * Why a row does not count; null when the people it needs have signed it. A person is judged by the time of the act, so that nobody's
 * stop ends because that person has left.
 */
export const whyNotCounted = (act: StopAct, personAt: PersonAt): string | null => {
  if (parseScope(act.scope) === null) return 'its scope cannot be understood';
  return whyNotSigned(stopText(act), act.by, act.approvedBy, {
    named: (name) => personAt(name, act.atMs),
    needsSecond: act.does === 'resumes',
  });
};

const ended = (stop: StopAct, act: StopAct): boolean => act.does === 'resumes' && act.scope === stop.scope && act.ends.includes(stop.actId);

/** A stop, with the time at which it ended: in ms since the epoch, null while it stands. */
export type Stop = { readonly act: StopAct; readonly endedAtMs: number | null };

/**
 * The stops of rows that count. A stop stands until a resume names it, so the order of the rows says nothing. A row that is
 * written a second time changes nothing: a stop that was ended stays ended, and a resume ends no other one.
 */
export const stopsOf = (counted: readonly StopAct[]): readonly Stop[] => {
  const stops = new Map<string, Stop>();
  for (const act of counted) {
    if (act.does !== 'stops') continue;
    const ends = counted.filter((one) => ended(act, one)).map(({ atMs }) => atMs);
    const key = `${act.scope} ${act.actId}`;
    // Of a row that was written again the first one says since when.
    if (!stops.has(key)) stops.set(key, { act, endedAtMs: ends.length === 0 ? null : Math.min(...ends) });
  }
  return [...stops.values()];
};

export const standing = (stops: readonly Stop[]): readonly StopAct[] =>
  stops.filter(({ endedAtMs }) => endedAtMs === null).map(({ act }) => act);

/**
 * Every scope stops what changes something outside. Only the stop of a system stops questions, too. After any other stop we still want
 * to know what has become of the requests that had left before.
 */
export const covers = (scopeText: string, leaving: Leaving): boolean => {
  const scope = parseScope(scopeText);
  if (scope === null || OWN_SYSTEMS.includes(leaving.system)) return false;
  if (scope.kind === 'system') return scope.name === leaving.system;
  if (!leaving.changes) return false;
  switch (scope.kind) {
    case 'all':
      return true;
    case 'service':
      return scope.name === leaving.service;
    case 'operation':
      return scope.name === leaving.operation;
    case 'portfolio':
      return scope.name === leaving.portfolioId;
  }
};

/** The first stop that covers it, in the order of the rows; null when it may leave. */
export const stopOf = (standingStops: readonly StopAct[], leaving: Leaving): StopAct | null =>
  standingStops.find(({ scope }) => covers(scope, leaving)) ?? null;

/** How long between two times such a request was stopped, in ms: times of several stops count once. */
export const stoppedMs = (stops: readonly Stop[], leaving: Leaving, fromMs: number, untilMs: number): number => {
  const times = stops
    .filter(({ act }) => covers(act.scope, leaving))
    .map(({ act, endedAtMs }) => ({ from: Math.max(fromMs, act.atMs), until: Math.min(untilMs, endedAtMs ?? untilMs) }))
    .sort((a, b) => a.from - b.from);
  let total = 0;
  let countedUntil = fromMs;
  for (const { from, until } of times) {
    total += Math.max(0, until - Math.max(from, countedUntil));
    countedUntil = Math.max(countedUntil, until);
  }
  return total;
};

/** For evidence and for people: `stopped: SCOPE, since TIME, by NAME`. */
export const stopInWords = ({ scope, atMs, by }: StopAct): string =>
  `${STOPPED}${scope}, since ${isoOf(atMs).replace(/\.\d{3}Z$/, 'Z')}, by ${by.name}`;

/** Opens the note of every effect that waits for the end of a stop. */
export const STOPPED = 'stopped: ';
