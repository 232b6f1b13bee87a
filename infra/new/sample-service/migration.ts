import type { Knex } from 'knex';
import { addEngineSchema } from '../../../migrations/add-engine-schema.js';

export const up = (knex: Knex): Promise<void> => addEngineSchema(knex, 'sample');
