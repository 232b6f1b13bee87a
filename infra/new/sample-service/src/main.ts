import { startService } from '../../../../shared/runtime/process/service.js';
import { config } from './config.js';
import { wire } from './wire.js';

startService({ name: 'sample' as never, config, wire }, process.env);
