import type { CoreBankingPort } from '../../../ports/core-banking.js';
import type { HttpLogEntry } from '../../http/http.js';
import { createPaymentsApi } from './adapter.js';

/** The names under which the environment and the tenant say where the bank's payments API is. */
export type PaymentsApiSettings = {
  readonly CORE_BANKING_BASE_URL: string;
  readonly CORE_BANKING_TOKEN: string;
  readonly tenant: { readonly requestLongestLifeMs: number };
};

export const configuredPaymentsApi = (settings: PaymentsApiSettings, log: (entry: HttpLogEntry) => void): CoreBankingPort =>
  createPaymentsApi({
    baseUrl: settings.CORE_BANKING_BASE_URL,
    token: settings.CORE_BANKING_TOKEN,
    longestLifeMs: settings.tenant.requestLongestLifeMs,
    log,
  });
