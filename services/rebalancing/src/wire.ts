import type { z } from 'zod';
import { portfolioProblems, portfolioRulesOf } from '../../../contracts/internal/portfolio-rules.js';
import { brokerProblems, configuredBroker } from '../../../shared/adapters/broker/configured.js';
import { fromFirstRelease } from '../../../shared/adapters/first-release.js';
import { configuredInvestSuite } from '../../../shared/adapters/investsuite/configured.js';
import { portsOf } from '../../../shared/adapters/ports.js';
import type { BrokerPort } from '../../../shared/ports/broker.js';
import type { InvestSuitePort } from '../../../shared/ports/investsuite.js';
import type { Check, Settings } from '../../../shared/runtime/process/config.js';
import { bind, noPolicy, translated, type Binding, type ServiceDefinition } from '../../../shared/runtime/engine/definition.js';
import type { ServiceTools } from '../../../shared/runtime/process/service.js';
import { timingOf } from '../../../shared/runtime/process/timing.js';
import type { config, tenant as tenantSchema } from './config.js';
import { brokerOrderStatus } from './consume/broker-order-status.js';
import { optimisationStatus } from './consume/optimisation-status.js';
import { ownerChoice } from './consume/owner-choice.js';
import { correctionFlow } from './decide/correction.flow.js';
import { correctionState } from './decide/correction.js';
import { optimisationFlow } from './decide/optimisation.flow.js';
import { optimisationPolicy, type OptimisationPolicy } from './decide/optimisation.policy.js';
import { volumeOf } from './decide/optimisation.rules.js';
import { optimisationUpgrades } from './decide/optimisation.upgrades.js';
import { optimisationState } from './decide/optimisation.js';
import { orderFlow } from './decide/order.flow.js';
import { orderState } from './decide/order.js';
import { worthOf } from './decide/order.rules.js';
import { checkPrices } from './effect/check-prices.js';
import { confirmSettlement } from './effect/confirm-settlement.js';
import { followOrder } from './effect/follow-order.js';
import { findAccount, settleCorrection } from './effect/people-correct.js';
import { placeOrder } from './effect/place-order.js';
import { readCorrections } from './effect/read-corrections.js';
import { readOptimization } from './effect/read-optimization.js';
import { readPortfolio } from './effect/read-portfolio.js';
import { recordExecution } from './effect/record-execution.js';
import { recordNotExecuted } from './effect/record-not-executed.js';
import { recordPlaced } from './effect/record-placed.js';
import { recordSettlement } from './effect/record-settlement.js';

export type Ports = { readonly investSuite: InvestSuitePort; readonly broker: BrokerPort };
type Tenant = z.output<typeof tenantSchema>;

const policyOf = ({ priceDriftLimit, holdingsMoveAt, buysWhenSalesFellShort }: Tenant): OptimisationPolicy => ({
  priceDriftLimit,
  holdingsMoveAt,
  buysWhenSalesFellShort,
});

/** The flow with its effects behind ports: what a simulation runs too. */
export const optimisationBinding = ({ investSuite, broker }: Ports, tenant: Tenant): Binding => {
  const timing = timingOf(tenant);
  return bind({
    flow: optimisationFlow,
    idPrefix: 'op',
    personal: [],
    state: optimisationState,
    policy: { schema: optimisationPolicy, now: policyOf(tenant) },
    upgrades: optimisationUpgrades,
    oneJourneyPer: (input) => input.optimizationId,
    effects: {
      ReadOptimization: readOptimization(investSuite, timing),
      ReadPortfolio: readPortfolio(investSuite, portfolioRulesOf(tenant), timing),
      CheckPrices: checkPrices(broker, timing),
    },
    shows: volumeOf,
    intervalsMs: { ownerChoice: tenant.lookAgainForOwnerChoiceAfterMs },
  });
};

export const orderBinding = ({ investSuite, broker }: Ports, tenant: Tenant): Binding => {
  const timing = timingOf(tenant);
  return bind({
    flow: orderFlow,
    idPrefix: 'or',
    personal: [],
    state: orderState,
    policy: noPolicy,
    upgrades: [],
    oneJourneyPer: 'subject',
    effects: {
      PlaceOrder: placeOrder(broker, { investSuite, rules: portfolioRulesOf(tenant) }, timing),
      RecordPlaced: recordPlaced(investSuite, timing),
      RecordNotExecuted: recordNotExecuted(investSuite, timing),
      FollowOrder: followOrder(broker, timing, tenant.lookAtOrderAfterMs),
      RecordExecution: recordExecution(investSuite, timing),
      ConfirmSettlement: confirmSettlement(broker, timing, tenant.lookAtSettlementAfterMs),
      RecordSettlement: recordSettlement(investSuite, timing),
    },
    shows: worthOf,
    intervalsMs: {},
  });
};

export const correctionBinding = ({ broker }: Pick<Ports, 'broker'>, tenant: Tenant): Binding => {
  const timing = timingOf(tenant);
  return bind({
    flow: correctionFlow,
    idPrefix: 'co',
    personal: [],
    state: correctionState,
    policy: noPolicy,
    upgrades: [],
    oneJourneyPer: 'event',
    effects: {
      FindAccount: findAccount(timing),
      ReadCorrections: readCorrections(broker, timing, tenant.correctionsLookBackMs),
      SettleCorrection: settleCorrection(timing),
    },
    shows: () => null,
    intervalsMs: { correction: tenant.lookAgainForCorrectionAfterMs },
  });
};

export const rebalancingConsumes = translated(fromFirstRelease, [optimisationStatus, ownerChoice, brokerOrderStatus]);

export const check: Check<Tenant> = (tenant, values) => [...portfolioProblems(tenant), ...brokerProblems(values)];

export const wire = (settings: Settings<typeof config, typeof tenantSchema>, tools: ServiceTools): ServiceDefinition => {
  const { tenant } = settings;
  const ports: Ports = portsOf(settings, tools, { investSuite: configuredInvestSuite, broker: configuredBroker });
  return {
    name: 'rebalancing',
    bindings: [optimisationBinding(ports, tenant), orderBinding(ports, tenant), correctionBinding(ports, tenant)],
    consumes: rebalancingConsumes,
  };
};
