import { personalMembersOfFlow } from '../../../contracts/internal/personal.js';
import type { z } from 'zod';
import { portfolioProblems, portfolioRulesOf } from '../../../contracts/internal/portfolio-rules.js';
import { brokerProblems, configuredBroker } from '../../../shared/adapters/broker/configured.js';
import { configuredCoreBanking, coreBankingProblems } from '../../../shared/adapters/core-banking/configured.js';
import { fromFirstRelease } from '../../../shared/adapters/first-release.js';
import { configuredInvestSuite } from '../../../shared/adapters/investsuite/configured.js';
import { portsOf } from '../../../shared/adapters/ports.js';
import type { BrokerPort } from '../../../shared/ports/broker.js';
import type { CoreBankingPort } from '../../../shared/ports/core-banking.js';
import type { InvestSuitePort } from '../../../shared/ports/investsuite.js';
import { ConfigurationError, type Check, type Settings } from '../../../shared/runtime/process/config.js';
import { bind, translated, type Binding, type ServiceDefinition } from '../../../shared/runtime/engine/definition.js';
import type { ServiceTools } from '../../../shared/runtime/process/service.js';
import { timingOf } from '../../../shared/runtime/process/timing.js';
import type { config, tenant as tenantSchema } from './config.js';
import { cashStatusEvents } from './consume/cash-status.js';
import { payoutRequestedEvents } from './consume/payout-requested.js';
import { transferStatusEvents } from './consume/transfer-status.js';
import { payoutFlow } from './decide/payout.flow.js';
import { payoutPolicy } from './decide/payout.policy.js';
import { payoutUpgrades } from './decide/payout.upgrades.js';
import type { KnownCashOutsPort } from './decide/cash-outs.js';
import type { LimitsPort } from './decide/limits.js';
import { payoutState } from './decide/payout.js';
import { approveCashOut } from './effect/approve-cash-out.js';
import { cashOutsStand } from './effect/cash-outs-stand.js';
import { clearSuspense } from './effect/clear-suspense.js';
import { createCashOut } from './effect/create-cash-out.js';
import { freeLimits } from './effect/free-limits.js';
import { isIban, payCounterAccount } from './effect/pay-counter-account.js';
import { readCashOut } from './effect/read-cash-out.js';
import { readCounterAccount } from './effect/read-counter-account.js';
import { moveRestBack } from './effect/move-rest-back.js';
import { readOwner, readRequest } from './effect/read-owner.js';
import { reserveLimits } from './effect/reserve-limits.js';
import { postgresKnownCashOuts } from './store/known-cash-outs.store.js';
import { postgresLimits } from './store/limits.store.js';
import { readWithdrawable } from './effect/read-withdrawable.js';

export type Ports = {
  readonly investSuite: InvestSuitePort;
  readonly broker: BrokerPort;
  readonly coreBanking: CoreBankingPort;
  readonly limits: LimitsPort;
  /** What our own tables know. */
  readonly knownCashOuts: KnownCashOutsPort;
};
type Tenant = z.output<typeof tenantSchema>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Nothing is paid without an account to pay from. */
const accountProblems = ({ houseAccountIban }: Tenant): readonly string[] =>
  houseAccountIban !== undefined && isIban(houseAccountIban)
    ? []
    : ['TENANT_FILE houseAccountIban must be an IBAN without spaces: the account that is paid from'];

export const check: Check<Tenant> = (tenant, values) => [
  ...accountProblems(tenant),
  ...portfolioProblems(tenant),
  ...brokerProblems(values),
  ...coreBankingProblems(values),
];

/**
 * The flow with its effects behind ports: what a simulation runs too.
 * @throws ConfigurationError without a house account to pay from.
 */
export const payoutBinding = (ports: Ports, tenant: Tenant, nowMs: () => number): Binding => {
  const { investSuite, broker, coreBanking, limits, knownCashOuts } = ports;
  const { houseAccountIban } = tenant;
  const problems = accountProblems(tenant);
  if (houseAccountIban === undefined || problems.length > 0) throw new ConfigurationError(problems);
  const timing = timingOf(tenant);
  const rules = portfolioRulesOf(tenant);
  const sources = { investSuite, coreBanking, rules };
  const choices = { houseAccountIban, remittanceInformation: tenant.remittanceInformation };
  const compare = cashOutsStand(
    { broker, investSuite, known: knownCashOuts, nowMs },
    {
      lookBackMs: tenant.lookBackForCashOutsDays * DAY_MS,
      apartMs: tenant.payoutsApartMs,
      accounts: tenant.accountsWithOtherCashOuts,
    },
  );
  const pay = payCounterAccount(coreBanking, sources, compare, choices, timing, nowMs);
  return bind({
    flow: payoutFlow,
    idPrefix: 'po',
    personal: personalMembersOfFlow('payout'),
    state: payoutState,
    policy: {
      schema: payoutPolicy,
      now: { coolOffMs: tenant.counterAccountCoolOffHours * HOUR_MS, onMismatch: tenant.onCounterAccountMismatch },
    },
    upgrades: payoutUpgrades,
    oneJourneyPer: 'subject',
    effects: {
      ReadOwner: readOwner(investSuite, rules, timing),
      ReadCounterAccount: readCounterAccount(coreBanking, timing, nowMs),
      CreateCashOut: createCashOut(broker, sources, compare, timing),
      ApproveCashOut: approveCashOut(broker, sources, compare, timing),
      ReserveLimits: reserveLimits(limits, tenant, timing, nowMs),
      FreeLimits: freeLimits(limits, timing),
      ReadCashOut: readCashOut(broker, timing),
      PayCounterAccount: pay,
      ReadRequest: readRequest(investSuite, coreBanking, rules, timing, nowMs),
      PayCounterAccountAnew: pay,
      MoveRestBack: moveRestBack(broker, timing),
      ReadWithdrawable: readWithdrawable(broker, timing, nowMs),
      ClearSuspense: clearSuspense({ coreBanking, broker }, timing, nowMs),
    },
    shows: ({ amount, currency: code }) => ({ amount, currency: code }),
    intervalsMs: { counterAccount: tenant.lookAgainAtCounterAccountAfterMs },
  });
};

export const payoutConsumes = translated(fromFirstRelease, [payoutRequestedEvents, transferStatusEvents, cashStatusEvents]);

export const wire = (settings: Settings<typeof config, typeof tenantSchema>, tools: ServiceTools): ServiceDefinition => {
  const { tenant } = settings;
  const outside = portsOf(settings, tools, {
    investSuite: configuredInvestSuite,
    broker: configuredBroker,
    coreBanking: configuredCoreBanking,
  });
  const ports: Ports = { ...outside, limits: postgresLimits(tools.pool), knownCashOuts: postgresKnownCashOuts(tools.pool) };
  return { name: 'payout', bindings: [payoutBinding(ports, tenant, Date.now)], consumes: payoutConsumes };
};
