/** What the tenant chooses for the portfolio object. */
import { z } from 'zod';
import type { JourneyFacts } from '../../../../shared/kernel/flow.js';

export const portfolioPolicy = z.object({
  /**
   * Somebody else wrote between our read and our write, and a newer wish may be gone. `restore`: a higher level that was
   * announced since is written back; what is not clear goes to a person. `hold`: always to a person.
   */
  onVersionGap: z.enum(['restore', 'hold']),
  /** No event tells what the other writer wrote, and our level still stands. `review`: a person asks the customer. `go-on`: a note. */
  onUnexplainedGap: z.enum(['review', 'go-on']),
});
export type PortfolioPolicy = Readonly<z.output<typeof portfolioPolicy>>;
export type PortfolioFacts = JourneyFacts<PortfolioPolicy>;

/** A portfolio's journey never ends: what was chosen when it was opened, years ago, says nothing about the write of today. */
export const choices = ({ policy }: PortfolioFacts): PortfolioPolicy => policy.now;
