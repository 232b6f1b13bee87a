import { z } from 'zod';
import { tlsSettings } from '../../../../contracts/tls-settings.js';
import type { InstrumentId } from '../../../kernel/ids.js';
import { currency } from '../../../kernel/money.js';
import { address, configurable, secret } from '../../choice.js';
import type { BrokerTenant } from '../tenant.js';
import { createDriveWealth, type DriveWealthOptions } from './adapter.js';
import type { ClientOptions } from './client.js';
import { driveWealthEvents } from './events.js';
import type { InstrumentWords } from './mapping.js';

const instrumentsOf = ({ instruments }: BrokerTenant): ReadonlyMap<InstrumentId, InstrumentWords> =>
  new Map(
    Object.entries(instruments).map(([isin, { symbol, instrumentId }]) => [
      isin as InstrumentId,
      { ...(symbol === undefined ? {} : { symbol }), ...(instrumentId === undefined ? {} : { instrumentId }) },
    ]),
  );

/** Every choice of the adapter there is: one that is left out here does not compile. */
type Choices = Required<Omit<DriveWealthOptions, keyof ClientOptions>>;
const choicesOf = (tenant: BrokerTenant): Choices => ({
  currency: tenant.currencies[0] === undefined ? undefined : currency(tenant.currencies[0]),
  redemptionType: tenant.cashOutType,
  bankAccountId: tenant.bankAccountId,
  settlementProfileId: tenant.settlementProfileId,
  instruments: instrumentsOf(tenant),
  clockSkewMs: tenant.brokerClockSkewMs,
  purchaseSettlementMs: tenant.purchaseSettlementMs,
  sendClientOrderId: tenant.sendClientOrderId,
  listOffset: tenant.listOffset,
  longestLifeMs: tenant.requestLongestLifeMs,
});

/** The names under which the environment says where DriveWealth is, and how it is made of them. */
export const driveWealth = configurable(
  {
    DRIVEWEALTH_BASE_URL: address.meta({ description: 'DriveWealth back-office API' }),
    ...tlsSettings('DRIVEWEALTH', 'DriveWealth'),
    DRIVEWEALTH_APP_KEY: secret.meta({ secret: true, description: 'header dw-client-app-key' }),
    DRIVEWEALTH_CLIENT_ID: z.string().min(1).meta({ description: 'DriveWealth login' }),
    DRIVEWEALTH_CLIENT_SECRET: secret.meta({ secret: true, description: 'DriveWealth login' }),
  },
  (values, tenant: BrokerTenant, { log, tls }) =>
    createDriveWealth({
      baseUrl: values.DRIVEWEALTH_BASE_URL,
      appKey: values.DRIVEWEALTH_APP_KEY,
      clientId: values.DRIVEWEALTH_CLIENT_ID,
      clientSecret: values.DRIVEWEALTH_CLIENT_SECRET,
      tls: tls('DRIVEWEALTH'),
      ...choicesOf(tenant),
      log,
    }),
  driveWealthEvents,
);
