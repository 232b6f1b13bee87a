import type { InvestSuitePort } from '../../ports/investsuite.js';
import type { HttpLogEntry } from '../http/http.js';
import { outsideSettings, type OutsideTenant } from '../tenant.js';
import { createInvestSuite } from './adapter.js';

/** What the tenant chooses about InvestSuite. */
export const investSuiteSettings = outsideSettings;

export { investSuiteEvents } from './events.js';

/** The names under which the environment and the tenant say where InvestSuite is. */
export type InvestSuiteSettings = {
  readonly INVESTSUITE_BASE_URL: string;
  readonly INVESTSUITE_ACCESS_KEY_ID: string;
  readonly INVESTSUITE_SECRET_ACCESS_KEY: string;
  readonly tenant: OutsideTenant;
};

export const configuredInvestSuite = (settings: InvestSuiteSettings, log: (entry: HttpLogEntry) => void): InvestSuitePort =>
  createInvestSuite({
    baseUrl: settings.INVESTSUITE_BASE_URL,
    accessKeyId: settings.INVESTSUITE_ACCESS_KEY_ID,
    secretAccessKey: settings.INVESTSUITE_SECRET_ACCESS_KEY,
    longestLifeMs: settings.tenant.requestLongestLifeMs,
    log,
  });
