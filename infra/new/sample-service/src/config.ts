import { z } from 'zod';
import { portfolioRuleSettings } from '../../../../contracts/internal/portfolio-rules.js';
import { messageSettings } from '../../../../contracts/internal/tenant.js';
import { investSuiteSettings } from '../../../../shared/adapters/investsuite/configured.js';
import { commonConfig, investSuiteConfig } from '../../../../shared/runtime/process/config.js';
import { timingSettings } from '../../../../shared/runtime/process/timing.js';

export const config = commonConfig.extend(investSuiteConfig);
/** What it reads of the tenant's file. */
export const tenant = z.object({ ...portfolioRuleSettings, ...timingSettings, ...messageSettings, ...investSuiteSettings });
