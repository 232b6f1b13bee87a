import { z } from 'zod';
import { portfolioRuleSettings } from '../../../contracts/internal/portfolio-rules.js';
import { messageSettings } from '../../../contracts/internal/tenant.js';
import { brokerConfig, brokerSettings } from '../../../shared/adapters/broker/configured.js';
import { investSuiteSettings } from '../../../shared/adapters/investsuite/configured.js';
import { commonConfig, investSuiteConfig } from '../../../shared/runtime/process/config.js';
import { timingSettings } from '../../../shared/runtime/process/timing.js';
import { rebalancingSettings } from './tenant.js';

export const config = commonConfig.extend({ ...investSuiteConfig, ...brokerConfig });
/** What it reads of the tenant's file. */
export const tenant = z.object({
  ...rebalancingSettings,
  ...portfolioRuleSettings,
  ...timingSettings,
  ...messageSettings,
  ...investSuiteSettings,
  ...brokerSettings,
});
