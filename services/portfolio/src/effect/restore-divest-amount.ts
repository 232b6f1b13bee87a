import { Bug } from '../../../../shared/kernel/bug.js';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { DivestAmount } from '../../../../shared/kernel/money.js';
import type { InvestSuitePort, InvestSuiteRefusal } from '../../../../shared/ports/investsuite.js';
import type { Timing, WriteEffect } from '../../../../shared/runtime/engine/definition.js';
import type { PortfolioState } from '../decide/portfolio.js';

export type Restoration = { readonly portfolioId: PortfolioId; readonly expected: DivestAmount; readonly level: DivestAmount };

/**
 * Writes back a wish that our own write has overwritten. It is written only while our level still stands there, so
 * sending it again never overwrites yet another wish.
 */
export const restoreDivestAmount = (
  investSuite: InvestSuitePort,
  timing: Timing,
): WriteEffect<PortfolioState, Restoration, { readonly versionAfter: number }, InvestSuiteRefusal, 'by-key'> => ({
  kind: 'by-key',
  perJourney: 'many',
  system: 'investsuite',
  timing,
  ability: investSuite.abilities.writePortfolio,
  request: ({ portfolioId, restoring }) => {
    if (restoring === null) throw new Bug('there is no wish to restore');
    return { portfolioId, ...restoring };
  },
  send: (request, sending) => investSuite.writeDivestAmount(request.portfolioId, request.expected, request.level, sending),
  inquire: () => Promise.resolve({ found: 'no-answer', evidence: 'not inquired about: it is sent again' }),
  resultFromPerson: () => ({ versionAfter: 0 }),
});
