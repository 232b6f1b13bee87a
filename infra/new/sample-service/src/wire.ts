import type { z } from 'zod';
import { portfolioProblems, portfolioRulesOf } from '../../../../contracts/internal/portfolio-rules.js';
import { fromFirstRelease } from '../../../../shared/adapters/first-release.js';
import { configuredInvestSuite } from '../../../../shared/adapters/investsuite/configured.js';
import { portsOf } from '../../../../shared/adapters/ports.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import { bind, noPolicy, translated, type Binding, type ServiceDefinition } from '../../../../shared/runtime/engine/definition.js';
import type { Check, Settings } from '../../../../shared/runtime/process/config.js';
import type { ServiceTools } from '../../../../shared/runtime/process/service.js';
import { timingOf } from '../../../../shared/runtime/process/timing.js';
import type { config, tenant as tenantSchema } from './config.js';
import { portfolioStatusEvents } from './consume/portfolio-status-changed.js';
import { sampleFlow } from './decide/sample.flow.js';
import { sampleState } from './decide/sample.js';
import { readPortfolio } from './effect/read-portfolio.js';

export type Ports = { readonly investSuite: InvestSuitePort };
type Tenant = z.output<typeof tenantSchema>;

/** The flow with its effects behind ports: what a simulation runs too. */
export const sampleBinding = ({ investSuite }: Ports, tenant: Tenant): Binding => {
  const timing = timingOf(tenant);
  return bind({
    flow: sampleFlow,
    idPrefix: 'sample-prefix',
    personal: [],
    state: sampleState,
    policy: noPolicy,
    upgrades: [],
    oneJourneyPer: 'event',
    effects: { ReadPortfolio: readPortfolio(investSuite, portfolioRulesOf(tenant), timing) },
    shows: () => null,
    intervalsMs: {},
  });
};

export const sampleConsumes = translated(fromFirstRelease, [portfolioStatusEvents]);

export const check: Check<Tenant> = (tenant) => portfolioProblems(tenant);

export const wire = (settings: Settings<typeof config, typeof tenantSchema>, tools: ServiceTools): ServiceDefinition => {
  const ports: Ports = portsOf(settings, tools, { investSuite: configuredInvestSuite });
  return { name: 'sample', bindings: [sampleBinding(ports, settings.tenant)], consumes: sampleConsumes };
};
