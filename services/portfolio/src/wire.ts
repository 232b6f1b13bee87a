import type { z } from 'zod';
import { fromFirstRelease } from '../../../shared/adapters/first-release.js';
import { configuredInvestSuite } from '../../../shared/adapters/investsuite/configured.js';
import type { InvestSuitePort } from '../../../shared/ports/investsuite.js';
import type { CommonConfig } from '../../../shared/runtime/process/config.js';
import { bind, translated, type Binding, type ServiceDefinition } from '../../../shared/runtime/engine/definition.js';
import type { ServiceTools } from '../../../shared/runtime/process/service.js';
import { timingOf } from '../../../shared/runtime/process/tenant.js';
import type { config } from './config.js';
import { changeRequested } from './consume/change-requested.js';
import { wishSeen } from './consume/wish-seen.js';
import { portfolioFlow } from './decide/portfolio.flow.js';
import { portfolioPolicy } from './decide/portfolio.policy.js';
import { portfolioState } from './decide/portfolio.js';
import { readPortfolio } from './effect/read-portfolio.js';
import { restoreDivestAmount } from './effect/restore-divest-amount.js';
import { writePortfolio } from './effect/write-portfolio.js';

export type Ports = { readonly investSuite: InvestSuitePort };
type Tenant = CommonConfig['tenant'];

/** The flow with its effects behind ports: what a simulation runs too. */
export const portfolioBinding = ({ investSuite }: Ports, tenant: Tenant): Binding => {
  const timing = timingOf(tenant);
  return bind({
    flow: portfolioFlow,
    idPrefix: 'pf',
    state: portfolioState,
    policy: {
      schema: portfolioPolicy,
      now: { onVersionGap: tenant.onVersionGap, onUnexplainedGap: tenant.onUnexplainedVersionGap },
    },
    upgrades: [],
    oneJourneyPer: 'subject',
    effects: {
      ReadPortfolio: readPortfolio(investSuite, timing),
      WritePortfolio: writePortfolio(investSuite, timing),
      RestoreDivestAmount: restoreDivestAmount(investSuite, timing),
    },
    shows: () => null,
    intervalsMs: { wish: tenant.awaitWishAfterMs, counterpart: tenant.awaitCounterpartAfterMs, review: tenant.reviewAfterMs },
  });
};

export const portfolioConsumes = translated(fromFirstRelease, [changeRequested, wishSeen]);

export const wire = (settings: z.output<typeof config> & CommonConfig, { log }: ServiceTools): ServiceDefinition => {
  const { tenant } = settings;
  const asked = (entry: object): void => {
    log.debug(entry, 'asked');
  };
  const ports: Ports = {
    investSuite: configuredInvestSuite(settings, asked),
  };
  return { name: 'portfolio', bindings: [portfolioBinding(ports, tenant)], consumes: portfolioConsumes };
};
