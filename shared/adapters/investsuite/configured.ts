import type { InvestSuitePort } from '../../ports/investsuite.js';
import type { Outside } from '../http/http.js';
import { createInvestSuite, type InvestSuiteOptions } from './adapter.js';
import type { ClientOptions } from './client.js';
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

/** Every choice of the adapter there is: one that is left out here does not compile. */
type Choices = Required<Omit<InvestSuiteOptions, keyof ClientOptions>>;
const choicesOf = (tenant: InvestSuiteTenant): Choices => ({
  canListTransactions: tenant.canListTransactions,
  quoteIdempotencyKey: tenant.quoteIdempotencyKey,
  optimizationSegments: tenant.optimizationSegments,
  settingsOfTheirs: tenant.settingsOfTheirs,
  longestLifeMs: tenant.requestLongestLifeMs,
});

export const configuredInvestSuite = (settings: InvestSuiteSettings, { log, tls }: Outside): InvestSuitePort =>
  createInvestSuite({
    ...choicesOf(settings.tenant),
    baseUrl: settings.INVESTSUITE_BASE_URL,
    accessKeyId: settings.INVESTSUITE_ACCESS_KEY_ID,
    secretAccessKey: settings.INVESTSUITE_SECRET_ACCESS_KEY,
    tls: tls('INVESTSUITE'),
    log,
  });
