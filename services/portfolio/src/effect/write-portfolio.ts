import { Bug } from '../../../../shared/kernel/bug.js';
import type { InvestSuitePort, InvestSuiteRefusal, PortfolioWrite } from '../../../../shared/ports/investsuite.js';
import type { Timing, WriteEffect } from '../../../../shared/runtime/engine/definition.js';
import type { PortfolioState } from '../decide/portfolio.js';

/** A version that a person's answer is taken for: one above the base would hide a gap, so a gap is assumed. */
const ASSUMED_GAP = 2;

/**
 * Writes holdings and divest amount in one PATCH. A journey writes many times, so this is no `once` effect. Still a
 * repeat does no harm. Each write carries the version it was computed from, and is refused when that has moved on. Our own
 * write, had it taken effect, would have moved it. An unknown outcome is found out by reading: only we write holdings.
 */
export const writePortfolio = (
  investSuite: InvestSuitePort,
  timing: Timing,
): WriteEffect<PortfolioState, PortfolioWrite, { readonly versionAfter: number }, InvestSuiteRefusal, 'by-key'> => ({
  kind: 'by-key',
  perJourney: 'many',
  system: 'investsuite',
  timing,
  ability: investSuite.abilities.writePortfolio,
  request: ({ portfolioId, writing }) => {
    if (writing === null) throw new Bug('a portfolio is to be written without a plan');
    return { portfolioId, ...writing.write };
  },
  send: (request, sending) => investSuite.writePortfolio(request, sending),
  inquire: (request, sending) => investSuite.findPortfolioWrite(request, sending),
  resultFromPerson: (request) => ({ versionAfter: request.baseVersion + ASSUMED_GAP }),
});
