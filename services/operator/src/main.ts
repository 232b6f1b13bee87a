import { engineSchemaNames } from '../../../contracts/internal/services.js';
import { startHttpService } from '../../../shared/runtime/http/http-service.js';
import { check, config } from './config.js';
import { wire } from './wire.js';

startHttpService({ name: 'operator', config, check, reads: engineSchemaNames, wire }, process.env);
