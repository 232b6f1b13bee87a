/** Every adapter, one line each: its name, the simulator it is judged over, and how it is made. */
import { createDriveWealth } from '../../shared/adapters/broker/drivewealth/adapter.js';
import { createPaymentsApi } from '../../shared/adapters/core-banking/payments-api/adapter.js';
import type { BrokerKit } from './broker.conformance.js';
import type { CoreBankingKit } from './core-banking.conformance.js';
import { driveWealthKit } from './drivewealth.kit.js';
import { paymentsApiKit } from './payments-api.kit.js';

export const brokerAdapters: Readonly<Record<string, () => Promise<BrokerKit>>> = {
  drivewealth: () => driveWealthKit(createDriveWealth),
  'drivewealth, which sends our key as clientOrderID': () => driveWealthKit((at) => createDriveWealth({ ...at, sendClientOrderId: true })),
};

export const coreBankingAdapters: Readonly<Record<string, () => Promise<CoreBankingKit>>> = {
  'payments-api': () => paymentsApiKit(createPaymentsApi),
};
