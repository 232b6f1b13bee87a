import { z } from 'zod';
import { tlsSettings } from '../../../../contracts/tls-settings.js';
import type { InstrumentId } from '../../../kernel/ids.js';
import { currency } from '../../../kernel/money.js';
import { address, configurable, secret } from '../../choice.js';
import type { BrokerTenant } from '../tenant.js';
import { createDriveWealth } from './adapter.js';
import { driveWealthEvents } from './events.js';
import type { InstrumentWords } from './mapping.js';

const instrumentsOf = ({ instruments }: BrokerTenant): ReadonlyMap<InstrumentId, InstrumentWords> =>
  new Map(
    Object.entries(instruments).map(([isin, { symbol, instrumentId }]) => [
      isin as InstrumentId,
      { ...(symbol === undefined ? {} : { symbol }), ...(instrumentId === undefined ? {} : { instrumentId }) },
    ]),
  );

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
      longestLifeMs: tenant.requestLongestLifeMs,
      redemptionType: tenant.cashOutType,
      bankAccountId: tenant.bankAccountId,
      settlementProfileId: tenant.settlementProfileId,
      sendClientOrderId: tenant.sendClientOrderId,
      listOffset: tenant.listOffset,
      instruments: instrumentsOf(tenant),
      ...(tenant.purchaseSettlementMs === undefined ? {} : { purchaseSettlementMs: tenant.purchaseSettlementMs }),
      ...(tenant.brokerClockSkewMs === undefined ? {} : { clockSkewMs: tenant.brokerClockSkewMs }),
      ...(tenant.currencies[0] === undefined ? {} : { currency: currency(tenant.currencies[0]) }),
      log,
    }),
  driveWealthEvents,
);
