/** How a withdrawal that was paid is booked at InvestSuite: the withdrawal service writes it, and the payout service looks for it. */
import { createHash } from 'node:crypto';

/** Longest external id that InvestSuite takes. Source: its public API documentation, "external id". */
const LONGEST_EXTERNAL_ID = 64;

/**
 * `<portfolio id>/W<30 hex digits>`: one per withdrawal, whatever the generation of the request, so that a second one is
 * found by it. Cut to a bare hash where the portfolio id is longer than InvestSuite's own are.
 */
export const externalIdOf = (portfolioId: string, withdrawalId: string): string => {
  const digest = createHash('sha256').update(`cash-withdrawal:${portfolioId}:${withdrawalId}`).digest('hex');
  const readable = `${portfolioId}/W${digest.slice(0, 30)}`;
  return readable.length <= LONGEST_EXTERNAL_ID ? readable : `W${digest.slice(0, LONGEST_EXTERNAL_ID - 1)}`;
};
