import { currency } from '../../../kernel/money.js';
import type { BrokerPort } from '../../../ports/broker.js';
import type { HttpLogEntry } from '../../http/http.js';
import { createDriveWealth, type DriveWealthOptions } from './adapter.js';

/** The names under which the environment and the tenant say where DriveWealth is. */
export type DriveWealthSettings = {
  readonly DRIVEWEALTH_BASE_URL: string;
  readonly DRIVEWEALTH_APP_KEY: string;
  readonly DRIVEWEALTH_CLIENT_ID: string;
  readonly DRIVEWEALTH_CLIENT_SECRET: string;
  readonly tenant: {
    readonly requestLongestLifeMs: number;
    readonly cashOutType: NonNullable<DriveWealthOptions['redemptionType']>;
    readonly currencies: readonly string[];
    readonly sendClientOrderId: boolean;
  };
};

export const configuredDriveWealth = (settings: DriveWealthSettings, log: (entry: HttpLogEntry) => void): BrokerPort => {
  const { requestLongestLifeMs, cashOutType, currencies, sendClientOrderId } = settings.tenant;
  return createDriveWealth({
    baseUrl: settings.DRIVEWEALTH_BASE_URL,
    appKey: settings.DRIVEWEALTH_APP_KEY,
    clientId: settings.DRIVEWEALTH_CLIENT_ID,
    clientSecret: settings.DRIVEWEALTH_CLIENT_SECRET,
    longestLifeMs: requestLongestLifeMs,
    redemptionType: cashOutType,
    sendClientOrderId,
    ...(currencies[0] === undefined ? {} : { currency: currency(currencies[0]) }),
    log,
  });
};
