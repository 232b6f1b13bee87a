import { brokerConfig } from '../../../shared/adapters/broker/configured.js';
import { commonConfig, investSuiteConfig } from '../../../shared/runtime/process/config.js';

export const config = commonConfig.extend({ ...investSuiteConfig, ...brokerConfig });
