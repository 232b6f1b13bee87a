import type { z } from 'zod';
import { createInvestSuite } from '../../../shared/adapters/investsuite/adapter.js';
import type { InvestSuitePort } from '../../../shared/ports/investsuite.js';
import type { CommonConfig } from '../../../shared/runtime/config.js';
import { bind, type Binding, type ServiceDefinition, type Timing } from '../../../shared/runtime/engine/definition.js';
import type { ServiceTools } from '../../../shared/runtime/service.js';
import type { config } from './config.js';
import { changeRequested } from './consume/change-requested.js';
import { wishSeen } from './consume/wish-seen.js';
import { portfolioFlow } from './decide/portfolio.flow.js';
import { portfolioState } from './decide/portfolio.js';
import { readPortfolio } from './effect/read-portfolio.js';
import { restoreDivestAmount } from './effect/restore-divest-amount.js';
import { writePortfolio } from './effect/write-portfolio.js';

export type Ports = { readonly investSuite: InvestSuitePort };
type Tenant = CommonConfig['tenant'];

/** The flow with its effects behind ports: what a simulation runs too. */
export const portfolioBinding = ({ investSuite }: Ports, tenant: Tenant): Binding => {
  const timing: Timing = { timeoutMs: tenant.requestTimeoutMs, firstWaitMs: tenant.firstWaitMs, longestWaitMs: tenant.longestWaitMs, patienceMs: tenant.patienceMs };
  return bind({
    flow: portfolioFlow,
    idPrefix: 'pf',
    state: portfolioState,
    stateVersion: 1,
    oneJourneyPer: 'subject',
    effects: {
      ReadPortfolio: readPortfolio(investSuite, timing, tenant.onVersionGap),
      WritePortfolio: writePortfolio(investSuite, timing),
      RestoreDivestAmount: restoreDivestAmount(investSuite, timing),
    },
    shows: () => null,
    intervalsMs: { wish: tenant.awaitWishAfterMs, counterpart: tenant.awaitCounterpartAfterMs, review: tenant.reviewAfterMs },
  });
};

export const portfolioConsumes: ServiceDefinition['consumes'] = [changeRequested, wishSeen];

export const wire = (settings: z.output<typeof config> & CommonConfig, { log }: ServiceTools): ServiceDefinition => {
  const investSuite = createInvestSuite({
    baseUrl: settings.INVESTSUITE_BASE_URL,
    accessKeyId: settings.INVESTSUITE_ACCESS_KEY_ID,
    secretAccessKey: settings.INVESTSUITE_SECRET_ACCESS_KEY,
    longestLifeMs: settings.tenant.requestLongestLifeMs,
    log: (entry) => log.debug(entry, 'asked'),
  });
  return { name: 'portfolio', bindings: [portfolioBinding({ investSuite }, settings.tenant)], consumes: portfolioConsumes };
};
