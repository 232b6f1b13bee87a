/** The nouns of one divest request that a write of ours may have overwritten. */
import { z } from 'zod';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import { storedGap, storedRestoration, type ToLostRequest, type ToPortfolio } from './messages.js';
import type { PortfolioEffects } from './portfolio.js';
import { storedLevel, storedText } from './stored.js';

export const lostRequestPolicy = z.object({
  /**
   * Somebody else wrote between our read and our write, and a newer divest request may be gone. `restore`: a higher level that was
   * announced since is written back; what is not clear goes to a person. `hold`: always to a person.
   */
  onVersionGap: z.enum(['restore', 'hold']),
  /** No announcement tells what the other writer wrote, and our level still stands. `review`: a person asks the customer. `go-on`: a note. */
  onUnexplainedGap: z.enum(['review', 'go-on']),
});
export type LostRequestPolicy = Readonly<z.infer<typeof lostRequestPolicy>>;

export const lostRequestState = z.object({
  status: z.enum(['AwaitingAnnouncement', 'ReadingLevel', 'Restoring', 'AwaitingReview', 'Settled', 'Reviewed']),
  portfolioId: storedText<PortfolioId>(),
  /** The number of the newest message of `portfolio` that was handled. */
  handled: z.number().int(),
  /** The gap that is being found out; null once that is over, and people look at it. */
  gap: storedGap.nullable(),
  /** What was announced and is not looked at yet, oldest first. */
  announced: z.array(storedLevel).readonly(),
  /** The level that we take for the one our write has overwritten. */
  explainedBy: storedLevel.nullable(),
  restoring: storedRestoration.nullable(),
  /** The level that we have written last, or that stood when a review began: its announcement says nothing new. */
  ours: storedLevel,
  /** Why a person should look. */
  review: z.string().nullable(),
  /** Why it waits now, or how it ended. */
  reason: z.string().nullable(),
});
export type LostRequest = Readonly<z.infer<typeof lostRequestState>>;

export type LostRequestInput = ToLostRequest;
export type LostRequestEffects = Pick<PortfolioEffects, 'ReadPortfolio'>;
export type LostRequestSaid = { readonly sends: 'portfolio'; readonly subject: string; readonly input: ToPortfolio };
