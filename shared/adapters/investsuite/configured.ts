import type { InvestSuitePort } from '../../ports/investsuite.js';
import type { Outside } from '../http/http.js';
import { createInvestSuite } from './adapter.js';
import { investSuiteSettings, type InvestSuiteTenant } from './tenant.js';

export { investSuiteSettings };

export { investSuiteEvents } from './events.js';

/** The names under which the environment and the tenant say where InvestSuite is. */
export type InvestSuiteSettings = {
  readonly INVESTSUITE_BASE_URL: string;
  readonly INVESTSUITE_ACCESS_KEY_ID: string;
  readonly INVESTSUITE_SECRET_ACCESS_KEY: string;
  readonly tenant: InvestSuiteTenant;
};

export const configuredInvestSuite = (settings: InvestSuiteSettings, { log, tls }: Outside): InvestSuitePort =>
  createInvestSuite({
    baseUrl: settings.INVESTSUITE_BASE_URL,
    accessKeyId: settings.INVESTSUITE_ACCESS_KEY_ID,
    secretAccessKey: settings.INVESTSUITE_SECRET_ACCESS_KEY,
    tls: tls('INVESTSUITE'),
    canListTransactions: settings.tenant.canListTransactions,
    quoteIdempotencyKey: settings.tenant.quoteIdempotencyKey,
    optimizationSegments: settings.tenant.optimizationSegments,
    settingsOfTheirs: settings.tenant.settingsOfTheirs,
    longestLifeMs: settings.tenant.requestLongestLifeMs,
    log,
  });
