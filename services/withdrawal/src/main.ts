import { startService } from '../../../shared/runtime/process/service.js';
import { config } from './config.js';
import { check, wire } from './wire.js';

startService({ name: 'withdrawal', config, check, wire }, process.env);
