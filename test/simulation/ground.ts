import type { Broken } from './breaks.js';
import type { Faults } from './faults.js';
import type { Plan } from './plan.js';
import type { Random } from './random.js';
import type { Scheduler } from './scheduler.js';

/** What everything in one history stands on. */
export type Ground = {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  /** The rule that is broken on purpose, or null. */
  readonly broken: Broken | null;
  /** A line of the story; the text is only made when somebody reads it. */
  readonly tell: (who: string, what: () => string) => void;
  /** The product did what it never may: known before the books are read. */
  readonly accuse: (what: string) => void;
};
