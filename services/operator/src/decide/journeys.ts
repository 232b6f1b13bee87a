/** What people see of a journey in a list. */
import type { JourneyRow } from './operator.js';

export type ListedJourney = {
  readonly id: string;
  readonly journey: string;
  readonly portfolioId: string;
  readonly status: string;
  readonly waitsFor?: string;
  /** Why it waits, or why it was refused. Everything that is open has one. */
  readonly reason?: string;
  readonly ownedBy: string;
  readonly since: string;
  readonly overdueAt?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly ended: boolean;
  readonly service: string;
};

const UNSETTLED = new Set(['parked', 'unknown', 'accepted']);

/** The most urgent thing first: what waits for people, then what the outside said, then what the flow waits for. */
export const reasonOf = (row: JourneyRow): string | null => {
  if (row.ended) return row.stateReason ?? row.lastNote;
  const { effect } = row;
  const effectNote =
    effect !== null && effect.note !== null && UNSETTLED.has(effect.status) ? `${effect.name} is ${effect.status}: ${effect.note}` : null;
  if (row.held !== null) return row.held;
  if (effect?.status === 'parked') return effectNote ?? `${effect.name} waits for people: nobody knows whether it has happened`;
  if (row.laneBlocked !== null) return `a message of this portfolio waits for people: ${row.laneBlocked}`;
  return row.stateReason ?? effectNote ?? row.waitsFor ?? row.lastNote ?? 'it is being worked on';
};

export const listed = (row: JourneyRow): ListedJourney => {
  const reason = reasonOf(row);
  return {
    id: row.id,
    journey: row.flow,
    portfolioId: row.portfolioId,
    status: row.status,
    ...(row.waitsFor === null ? {} : { waitsFor: row.waitsFor }),
    ...(reason === null ? {} : { reason }),
    ownedBy: row.ownedBy,
    since: row.since,
    ...(row.overdueAt === null || row.ended ? {} : { overdueAt: row.overdueAt }),
    ...(row.amount === null ? {} : { amount: row.amount }),
    ...(row.currency === null ? {} : { currency: row.currency }),
    ended: row.ended,
    service: row.service,
  };
};
