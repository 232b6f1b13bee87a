import type { z } from 'zod';
import { createDriveWealth } from '../../../shared/adapters/broker/drivewealth/adapter.js';
import { createInvestSuite } from '../../../shared/adapters/investsuite/adapter.js';
import { currency } from '../../../shared/kernel/money.js';
import type { BrokerPort } from '../../../shared/ports/broker.js';
import type { InvestSuitePort } from '../../../shared/ports/investsuite.js';
import type { CommonConfig } from '../../../shared/runtime/config.js';
import { bind, type Binding, type ServiceDefinition, type Timing } from '../../../shared/runtime/engine/definition.js';
import type { ServiceTools } from '../../../shared/runtime/service.js';
import type { config } from './config.js';
import { cashSettledEvents } from './consume/cash-settled.js';
import { divestAmountEvents } from './consume/divest-amount-updated.js';
import { payoutFinishedEvents } from './consume/payout-finished.js';
import { portfolioChangedEvents } from './consume/portfolio-changed.js';
import { withdrawalFlow } from './decide/withdrawal.flow.js';
import { shownMoney } from './decide/withdrawal.rules.js';
import { withdrawalState } from './decide/withdrawal.js';
import { announceWithdrawal } from './effect/announce-withdrawal.js';
import { checkCash } from './effect/check-cash.js';
import { findPendingWithdrawals } from './effect/find-pending-withdrawals.js';
import { readPortfolio } from './effect/read-portfolio.js';
import { recordTransaction } from './effect/record-transaction.js';

export type Ports = { readonly investSuite: InvestSuitePort; readonly broker: BrokerPort };
type Tenant = CommonConfig['tenant'];

/** The flow with its effects behind ports: what a simulation runs too. */
export const withdrawalBinding = ({ investSuite, broker }: Ports, tenant: Tenant): Binding => {
  const timing: Timing = {
    timeoutMs: tenant.requestTimeoutMs,
    firstWaitMs: tenant.firstWaitMs,
    longestWaitMs: tenant.longestWaitMs,
    patienceMs: tenant.patienceMs,
  };
  return bind({
    flow: withdrawalFlow,
    idPrefix: 'wd',
    state: withdrawalState,
    stateVersion: 1,
    oneJourneyPer: 'event',
    effects: {
      ReadPortfolio: readPortfolio(investSuite, tenant, timing),
      CheckCash: checkCash(broker, tenant, timing),
      RecordTransaction: recordTransaction(investSuite, timing),
      AnnounceWithdrawal: announceWithdrawal(investSuite, timing),
    },
    shows: shownMoney,
    intervalsMs: { cash: tenant.lookAgainForCashAfterMs },
  });
};

export const withdrawalConsumes: ServiceDefinition['consumes'] = [
  divestAmountEvents,
  cashSettledEvents,
  payoutFinishedEvents,
  portfolioChangedEvents,
];

export const wire = (settings: z.output<typeof config> & CommonConfig, { log }: ServiceTools): ServiceDefinition => {
  const { tenant } = settings;
  const ports: Ports = {
    investSuite: createInvestSuite({
      baseUrl: settings.INVESTSUITE_BASE_URL,
      accessKeyId: settings.INVESTSUITE_ACCESS_KEY_ID,
      secretAccessKey: settings.INVESTSUITE_SECRET_ACCESS_KEY,
      longestLifeMs: tenant.requestLongestLifeMs,
      log: (entry) => log.debug(entry, 'asked'),
    }),
    broker: createDriveWealth({
      baseUrl: settings.DRIVEWEALTH_BASE_URL,
      appKey: settings.DRIVEWEALTH_APP_KEY,
      clientId: settings.DRIVEWEALTH_CLIENT_ID,
      clientSecret: settings.DRIVEWEALTH_CLIENT_SECRET,
      longestLifeMs: tenant.requestLongestLifeMs,
      ...(tenant.currencies[0] === undefined ? {} : { currency: currency(tenant.currencies[0]) }),
      log: (entry) => log.debug(entry, 'asked'),
    }),
  };
  const { pendingWithdrawalsSchedule: schedule } = tenant;
  return {
    name: 'withdrawal',
    bindings: [withdrawalBinding(ports, tenant)],
    consumes: withdrawalConsumes,
    jobs: schedule === null ? [] : [findPendingWithdrawals(ports.investSuite, schedule)],
  };
};
