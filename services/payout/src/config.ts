import { z } from 'zod';
import { portfolioRuleSettings } from '../../../contracts/internal/portfolio-rules.js';
import { messageSettings } from '../../../contracts/internal/tenant.js';
import { brokerConfig, brokerSettings } from '../../../shared/adapters/broker/configured.js';
import { coreBankingConfig, coreBankingSettings } from '../../../shared/adapters/core-banking/configured.js';
import { investSuiteSettings } from '../../../shared/adapters/investsuite/configured.js';
import { commonConfig, investSuiteConfig } from '../../../shared/runtime/process/config.js';
import { timingSettings } from '../../../shared/runtime/process/timing.js';
import { payoutSettings } from './tenant.js';

export const config = commonConfig.extend({ ...investSuiteConfig, ...brokerConfig, ...coreBankingConfig });
/** What it reads of the tenant's file. */
export const tenant = z.object({
  ...payoutSettings,
  ...portfolioRuleSettings,
  ...timingSettings,
  ...messageSettings,
  ...investSuiteSettings,
  ...brokerSettings,
  ...coreBankingSettings,
});
