import { Bug } from '../../../../shared/kernel/bug.js';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import type { DivestAmount } from '../../../../shared/kernel/money.js';
import type { Inquiry, Sending } from '../../../../shared/kernel/outcome.js';
import type { InvestSuitePort, InvestSuiteRefusal } from '../../../../shared/ports/investsuite.js';
import type { Timing, WriteEffect } from '../../../../shared/runtime/engine/definition.js';
import { sameLevel } from '../decide/levels.js';
import type { PortfolioState } from '../decide/portfolio.js';

export type Restoration = { readonly portfolioId: PortfolioId; readonly expected: DivestAmount; readonly level: DivestAmount };

type Found = Inquiry<{ readonly versionAfter: number }, InvestSuiteRefusal>;

/**
 * The level that stands there says whether ours was written. A newer level is no refusal: our request may still be on its
 * way and would overwrite it. So it is only absent, which is believed after the longest life. Then the next send sees the newer level.
 */
const find = async (investSuite: InvestSuitePort, request: Restoration, sending: Sending): Promise<Found> => {
  const answer = await investSuite.readPortfolio(request.portfolioId, sending.signal);
  if (answer.kind !== 'applied') return { found: 'no-answer', evidence: `the portfolio could not be read: ${answer.kind}` };
  const { divestAmount, version } = answer.result;
  return sameLevel(divestAmount, request.level) ? { found: 'applied', result: { versionAfter: version } } : { found: 'absent' };
};

/**
 * Writes back a divest request that our own write has overwritten. It is written only while our level still stands there, so
 * it never overwrites yet another one.
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
    if (restoring === null) throw new Bug('there is no level to restore');
    return { portfolioId, ...restoring };
  },
  send: (request, sending) => investSuite.writeDivestAmount(request.portfolioId, request.expected, request.level, sending),
  inquire: (request, sending) => find(investSuite, request, sending),
  resultFromPerson: () => ({ versionAfter: 0 }),
});
