/** One attack: what somebody tries with what they have got hold of, what holds it off, and what it would reach. */
import type { GuardName } from './guards.js';
import type { Stage } from './stage.js';

/** An attack that is under way. */
export type Aim = {
  /** What it has reached by now, in words, by the books of those it was aimed at; null while it has reached nothing. */
  readonly reached: () => Promise<string | null>;
  /** Whose journeys an operator would look at. */
  readonly portfolioId?: string;
  /** Lines that an operator sees, besides those of the running services. */
  readonly seen?: () => readonly string[];
  /** Undoes what would be in the way of the next attack. */
  readonly after?: () => Promise<void>;
};

export type Attack = {
  readonly name: string;
  /** Row of test/faults.md. */
  readonly mark: string;
  /** What the attacker holds. */
  readonly as: string;
  /** Each of them alone holds it off; without all of them it succeeds. Empty: it is held off by what cannot be taken out. */
  readonly guards: readonly GuardName[];
  /** What an operator sees of it, besides what the guards leave. */
  readonly trace?: RegExp;
  readonly begin: (stage: Stage) => Promise<Aim>;
};

export type Outcome =
  /** `trace`: the line that an operator sees. */
  | { readonly end: 'refused'; readonly trace: string }
  /** It has reached nothing, and nobody sees that it was tried. */
  | { readonly end: 'unseen' }
  | { readonly end: 'succeeded'; readonly reached: string };
