import { startService } from '../../../shared/runtime/service.js';
import { config } from './config.js';
import { wire } from './wire.js';

startService({ name: 'rebalancing', config, wire }, process.env);
