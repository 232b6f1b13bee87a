import type { z } from 'zod';
import { portfolioProblems, portfolioRulesOf } from '../../../contracts/internal/portfolio-rules.js';
import { brokerProblems, configuredBroker } from '../../../shared/adapters/broker/configured.js';
import { fromFirstRelease } from '../../../shared/adapters/first-release.js';
import { configuredInvestSuite } from '../../../shared/adapters/investsuite/configured.js';
import { portsOf } from '../../../shared/adapters/ports.js';
import type { BrokerPort } from '../../../shared/ports/broker.js';
import type { InvestSuitePort } from '../../../shared/ports/investsuite.js';
import type { Check, Settings } from '../../../shared/runtime/process/config.js';
import { bind, translated, type Binding, type ServiceDefinition } from '../../../shared/runtime/engine/definition.js';
import type { ServiceTools } from '../../../shared/runtime/process/service.js';
import { timingOf } from '../../../shared/runtime/process/timing.js';
import type { config, tenant as tenantSchema } from './config.js';
import { cashSettledEvents } from './consume/cash-settled.js';
import { divestAmountEvents } from './consume/divest-amount-updated.js';
import { payoutFinishedEvents } from './consume/payout-finished.js';
import { portfolioChangedEvents } from './consume/portfolio-changed.js';
import { withdrawalFlow } from './decide/withdrawal.flow.js';
import { withdrawalPolicy } from './decide/withdrawal.policy.js';
import { shownMoney } from './decide/withdrawal.rules.js';
import { withdrawalUpgrades } from './decide/withdrawal.upgrades.js';
import { withdrawalState } from './decide/withdrawal.js';
import { announceWithdrawal } from './effect/announce-withdrawal.js';
import { checkCash } from './effect/check-cash.js';
import { findPendingWithdrawals } from './effect/find-pending-withdrawals.js';
import { readPortfolio } from './effect/read-portfolio.js';
import { recordTransaction } from './effect/record-transaction.js';
import { seeCalledOffLate } from './effect/see-called-off-late.js';

export type Ports = { readonly investSuite: InvestSuitePort; readonly broker: BrokerPort };
type Tenant = z.output<typeof tenantSchema>;

/** The flow with its effects behind ports: what a simulation runs too. */
export const withdrawalBinding = ({ investSuite, broker }: Ports, tenant: Tenant): Binding => {
  const timing = timingOf(tenant);
  return bind({
    flow: withdrawalFlow,
    idPrefix: 'wd',
    personal: [],
    state: withdrawalState,
    policy: {
      schema: withdrawalPolicy,
      now: { payWhileOrdersAreOpen: tenant.payWhileOrdersAreOpen },
    },
    upgrades: withdrawalUpgrades,
    oneJourneyPer: 'event',
    effects: {
      ReadPortfolio: readPortfolio(investSuite, portfolioRulesOf(tenant), timing),
      CheckCash: checkCash(broker, timing),
      RecordTransaction: recordTransaction(investSuite, timing),
      AnnounceWithdrawal: announceWithdrawal(investSuite, timing),
      SeeCalledOffLate: seeCalledOffLate(timing),
    },
    shows: shownMoney,
    intervalsMs: { cash: tenant.lookAgainForCashAfterMs, rule: tenant.lookAgainForRuleAfterMs },
  });
};

export const withdrawalConsumes = translated(fromFirstRelease, [
  divestAmountEvents,
  cashSettledEvents,
  payoutFinishedEvents,
  portfolioChangedEvents,
]);

export const check: Check<Tenant> = (tenant, values) => [...portfolioProblems(tenant), ...brokerProblems(values)];

export const wire = (settings: Settings<typeof config, typeof tenantSchema>, tools: ServiceTools): ServiceDefinition => {
  const { tenant } = settings;
  const ports: Ports = portsOf(settings, tools, { investSuite: configuredInvestSuite, broker: configuredBroker });
  const { pendingWithdrawalsSchedule: schedule } = tenant;
  return {
    name: 'withdrawal',
    bindings: [withdrawalBinding(ports, tenant)],
    consumes: withdrawalConsumes,
    jobs: schedule === null ? [] : [findPendingWithdrawals(ports.investSuite, schedule)],
  };
};
