import { z } from 'zod';
import { messageSettings } from '../../../../contracts/internal/tenant.js';
import { investSuiteSettings } from '../../../../shared/adapters/investsuite/configured.js';
import { commonConfig, investSuiteConfig } from '../../../../shared/runtime/process/config.js';
import { timingSettings } from '../../../../shared/runtime/process/timing.js';
import { sampleSettings } from './tenant.js';

export const config = commonConfig.extend(investSuiteConfig);
/** What it reads of the tenant's file. */
export const tenant = z.object({ ...sampleSettings, ...timingSettings, ...messageSettings, ...investSuiteSettings });
