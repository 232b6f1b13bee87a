/** What many histories had in them. */
import { FAULT_NAMES, type FaultName } from './faults.js';
import type { Verdict } from './history.js';
import type { Scope } from './plan.js';

export type Tally = {
  histories: number;
  turns: number;
  restarts: number;
  payments: number;
  journeys: number;
  decisions: number;
  faults: number;
  lastedMs: number;
  readonly scopes: Record<Scope, number>;
  /** How often each fault struck, and in how many histories. */
  readonly strokes: Record<FaultName, number>;
  readonly historiesWith: Record<FaultName, number>;
};

const none = (): Record<FaultName, number> => Object.fromEntries(FAULT_NAMES.map((name) => [name, 0])) as Record<FaultName, number>;

export const emptyTally = (): Tally => ({
  ...{ histories: 0, turns: 0, restarts: 0, payments: 0, journeys: 0, decisions: 0, faults: 0, lastedMs: 0 },
  scopes: { payout: 0, whole: 0, portfolio: 0 },
  strokes: none(),
  historiesWith: none(),
});

export const count = (tally: Tally, verdict: Verdict): void => {
  tally.histories++;
  tally.turns += verdict.turns;
  tally.restarts += verdict.restarts;
  tally.payments += verdict.payments;
  tally.journeys += verdict.journeys;
  tally.decisions += verdict.decisions;
  tally.faults += verdict.strokes.length;
  tally.lastedMs += verdict.lastedMs;
  tally.scopes[verdict.scope]++;
  const seen = new Set<FaultName>();
  for (const { fault } of verdict.strokes) {
    tally.strokes[fault]++;
    seen.add(fault);
  }
  for (const fault of seen) tally.historiesWith[fault]++;
};

export const add = (into: Tally, more: Tally): void => {
  for (const key of ['histories', 'turns', 'restarts', 'payments', 'journeys', 'decisions', 'faults', 'lastedMs'] as const)
    into[key] += more[key];
  for (const scope of ['payout', 'whole', 'portfolio'] as const) into.scopes[scope] += more.scopes[scope];
  for (const name of FAULT_NAMES) {
    into.strokes[name] += more.strokes[name];
    into.historiesWith[name] += more.historiesWith[name];
  }
};

/** Kinds of faults that never struck: a run without them proves nothing about them. */
export const missing = (tally: Tally): readonly FaultName[] => FAULT_NAMES.filter((name) => tally.strokes[name] === 0);
