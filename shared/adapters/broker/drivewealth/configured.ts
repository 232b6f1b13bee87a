import { z } from 'zod';
import { currency } from '../../../kernel/money.js';
import { address, configurable, secret } from '../../choice.js';
import type { BrokerTenant } from '../tenant.js';
import { createDriveWealth } from './adapter.js';
import { driveWealthEvents } from './events.js';

/** The names under which the environment says where DriveWealth is, and how it is made of them. */
export const driveWealth = configurable(
  {
    DRIVEWEALTH_BASE_URL: address.meta({ description: 'DriveWealth back-office API' }),
    DRIVEWEALTH_APP_KEY: secret.meta({ secret: true, description: 'header dw-client-app-key' }),
    DRIVEWEALTH_CLIENT_ID: z.string().min(1).meta({ description: 'DriveWealth login' }),
    DRIVEWEALTH_CLIENT_SECRET: secret.meta({ secret: true, description: 'DriveWealth login' }),
  },
  (values, { requestLongestLifeMs, cashOutType, currencies, sendClientOrderId, listOffset }: BrokerTenant, log) =>
    createDriveWealth({
      baseUrl: values.DRIVEWEALTH_BASE_URL,
      appKey: values.DRIVEWEALTH_APP_KEY,
      clientId: values.DRIVEWEALTH_CLIENT_ID,
      clientSecret: values.DRIVEWEALTH_CLIENT_SECRET,
      longestLifeMs: requestLongestLifeMs,
      redemptionType: cashOutType,
      sendClientOrderId,
      listOffset,
      ...(currencies[0] === undefined ? {} : { currency: currency(currencies[0]) }),
      log,
    }),
  driveWealthEvents,
);
