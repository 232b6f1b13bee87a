/** What the middleware says of itself. The verdict uses it for one thing only: who waits for a person, and why. */
export interface Journey {
  readonly id: string;
  /** Name of the flow. */
  readonly journey: string;
  readonly portfolioId: string;
  readonly status: string;
  readonly waitsFor?: string | undefined;
  readonly reason?: string | undefined;
  readonly ended: boolean;
}
/** A request whose outcome only people may tell. */
export interface ParkedEffect {
  readonly effectId: string;
  readonly service: string;
  readonly journeyId: string;
  readonly portfolioId: string;
  readonly effect: string;
  readonly note: string | null;
}
export interface DeadLetter {
  readonly eventId: string;
  readonly service: string;
  readonly portfolioId: string | null;
  readonly reason: string;
  /** How many messages of the same portfolio wait behind it. */
  readonly waiting: string;
}
export interface Facts {
  /** Open ones. */
  readonly journeys: readonly Journey[];
  readonly parked: readonly ParkedEffect[];
  readonly deadLetters: readonly DeadLetter[];
}

export const NOTHING_SAID: Facts = { journeys: [], parked: [], deadLetters: [] };

/** Statuses in which a journey waits for people without a request of its own being in doubt. */
const AWAITS_PERSON: ReadonlySet<string> = new Set(['payout/Returned', 'lost-request/AwaitingReview']);
/** A portfolio's journey rests for years and never ends. */
export const isAtRest = ({ journey, status, ended }: Pick<Journey, 'journey' | 'status' | 'ended'>): boolean =>
  ended || (journey === 'portfolio' && status === 'Idle');

export interface Waiting {
  readonly for: string;
  readonly reason: string;
}

/** Whom and what this portfolio waits for, when it is people; null when nobody has to do anything. */
export const waitsForPeople = (facts: Facts, portfolioId: string): Waiting | null => {
  const open = facts.journeys.filter((one) => one.portfolioId === portfolioId && !isAtRest(one));
  for (const one of open) {
    const parked = facts.parked.find(({ journeyId }) => journeyId === one.id);
    if (parked !== undefined) return { for: `an answer to ${parked.effect}`, reason: one.reason ?? parked.note ?? '' };
    if (AWAITS_PERSON.has(`${one.journey}/${one.status}`)) return { for: one.waitsFor ?? 'an operator', reason: one.reason ?? '' };
  }
  const letter = facts.deadLetters.find((one) => one.portfolioId === portfolioId);
  return letter === undefined ? null : { for: `a dead letter of ${letter.service} to be run again or dropped`, reason: letter.reason };
};
