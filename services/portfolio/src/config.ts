import { commonConfig, investSuiteConfig } from '../../../shared/runtime/config.js';

export const config = commonConfig.extend({ ...investSuiteConfig });
