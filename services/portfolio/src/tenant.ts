/** What the tenant chooses for the portfolio object. Each default is the careful one. */
import { z } from 'zod';
import { waitMs } from '../../../contracts/internal/tenant.js';

const HOUR_MS = 3_600_000;

export const portfolioSettings = {
  onVersionGap: z.enum(['restore', 'hold']).default('hold').meta({
    description:
      'our write has overwritten a newer divest request: ask a person, or write back what an event has announced. Whoever can send such an event can then raise a level',
  }),
  onUnexplainedVersionGap: z.enum(['review', 'go-on']).default('review').meta({
    description:
      'somebody wrote between our read and our write, our level still stands, and no event explains: ask a person, or go on with a note',
  }),
  awaitWishAfterMs: waitMs(5_000, 'how long a version gap waits for the event that explains it'),
  awaitCounterpartAfterMs: waitMs(60_000, 'holdings that would be negative wait for the other change so long'),
  reviewAfterMs: waitMs(
    72 * HOUR_MS,
    'a review that no new level has closed is over after so long, whoever has looked; its alarm goes off after one hour',
    2 * HOUR_MS,
  ),
} as const;
