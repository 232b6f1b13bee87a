import { startService } from '../../../shared/runtime/process/service.js';
import { config, tenant } from './config.js';
import { check, wire } from './wire.js';

startService({ name: 'portfolio', config, tenant, check, wire }, process.env);
