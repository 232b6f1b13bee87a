import { commonConfig, coreBankingConfig, driveWealthConfig, investSuiteConfig } from '../../../shared/runtime/config.js';

export const config = commonConfig.extend({ ...investSuiteConfig, ...driveWealthConfig, ...coreBankingConfig });
