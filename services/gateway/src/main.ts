import { startHttpService } from '../../../shared/runtime/http/http-service.js';
import { config } from './config.js';
import { wire } from './wire.js';

startHttpService({ name: 'gateway', config, wire }, process.env);
