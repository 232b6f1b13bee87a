import { commonConfig, investSuiteConfig } from '../../../../shared/runtime/process/config.js';

export const config = commonConfig.extend(investSuiteConfig);
