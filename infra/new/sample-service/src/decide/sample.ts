import { z } from 'zod';
import type { Treatment } from '../../../../../contracts/internal/portfolio-rules.js';

export const sampleStatuses = ['ReadingPortfolio', 'Active', 'NotActive', 'NotOurs', 'NotRead'] as const;

/** One look at one portfolio, because its status has changed. */
export const sampleState = z.object({
  status: z.enum(sampleStatuses),
  portfolioId: z.string(),
  /** For people: why the journey is on hold, or ended as it did. */
  reason: z.string().nullable(),
});
export type Sample = Readonly<z.output<typeof sampleState>>;

export type SampleInput = { readonly type: 'PortfolioStatusChanged' };

/** A portfolio as InvestSuite shows it now, and whose it is by the tenant's rules. */
export type PortfolioRead = {
  readonly treatment: Treatment;
  readonly active: boolean;
  readonly archived: boolean;
  readonly deleted: boolean;
};

export type SampleEffects = {
  ReadPortfolio: { kind: 'read'; result: PortfolioRead; reason: 'not-found' | 'forbidden' };
};
