import type { z } from 'zod';
import { portfolioProblems, portfolioRulesOf } from '../../../contracts/internal/portfolio-rules.js';
import { fromFirstRelease } from '../../../shared/adapters/first-release.js';
import { configuredInvestSuite } from '../../../shared/adapters/investsuite/configured.js';
import { portsOf } from '../../../shared/adapters/ports.js';
import type { InvestSuitePort } from '../../../shared/ports/investsuite.js';
import type { Check, Settings } from '../../../shared/runtime/process/config.js';
import { bind, noPolicy, translated, type Binding, type ServiceDefinition } from '../../../shared/runtime/engine/definition.js';
import type { ServiceTools } from '../../../shared/runtime/process/service.js';
import { timingOf } from '../../../shared/runtime/process/timing.js';
import type { config, tenant as tenantSchema } from './config.js';
import { changeRequested } from './consume/change-requested.js';
import { levelAnnounced } from './consume/level-announced.js';
import { lostRequestFlow } from './decide/lost-request.flow.js';
import { lostRequestPolicy, lostRequestState } from './decide/lost-request.js';
import { portfolioFlow } from './decide/portfolio.flow.js';
import { portfolioState } from './decide/portfolio.js';
import { portfolioUpgrades } from './decide/portfolio.upgrades.js';
import { readPortfolio } from './effect/read-portfolio.js';
import { restoreDivestAmount } from './effect/restore-divest-amount.js';
import { writePortfolio } from './effect/write-portfolio.js';

export type Ports = { readonly investSuite: InvestSuitePort };
type Tenant = z.output<typeof tenantSchema>;

/** The flows with their effects behind ports: what a simulation runs too. */
export const portfolioBinding = ({ investSuite }: Ports, tenant: Tenant): Binding => {
  const timing = timingOf(tenant);
  return bind({
    flow: portfolioFlow,
    idPrefix: 'pf',
    personal: [],
    state: portfolioState,
    policy: noPolicy,
    upgrades: portfolioUpgrades,
    oneJourneyPer: 'subject',
    effects: {
      ReadPortfolio: readPortfolio(investSuite, portfolioRulesOf(tenant), timing),
      WritePortfolio: writePortfolio(investSuite, timing),
      RestoreDivestAmount: restoreDivestAmount(investSuite, timing),
    },
    shows: () => null,
    intervalsMs: { counterpart: tenant.awaitCounterpartAfterMs, review: tenant.reviewAfterMs },
  });
};

export const lostRequestBinding = ({ investSuite }: Ports, tenant: Tenant): Binding =>
  bind({
    flow: lostRequestFlow,
    idPrefix: 'lr',
    personal: [],
    state: lostRequestState,
    policy: { schema: lostRequestPolicy, now: { onVersionGap: tenant.onVersionGap, onUnexplainedGap: tenant.onUnexplainedVersionGap } },
    upgrades: [],
    oneJourneyPer: 'event',
    effects: { ReadPortfolio: readPortfolio(investSuite, portfolioRulesOf(tenant), timingOf(tenant)) },
    shows: () => null,
    intervalsMs: { announcement: tenant.awaitWishAfterMs, review: tenant.reviewAfterMs },
  });

export const portfolioConsumes = translated(fromFirstRelease, [changeRequested, levelAnnounced]);

export const check: Check<Tenant> = (tenant) => portfolioProblems(tenant);

export const wire = (settings: Settings<typeof config, typeof tenantSchema>, tools: ServiceTools): ServiceDefinition => {
  const { tenant } = settings;
  const ports: Ports = portsOf(settings, tools, { investSuite: configuredInvestSuite });
  return { name: 'portfolio', bindings: [portfolioBinding(ports, tenant), lostRequestBinding(ports, tenant)], consumes: portfolioConsumes };
};
