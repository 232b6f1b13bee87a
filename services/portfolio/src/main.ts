import { startService } from '../../../shared/runtime/process/service.js';
import { config, tenant } from './config.js';
import { wire } from './wire.js';

startService({ name: 'portfolio', config, tenant, wire }, process.env);
