import type { Knex } from 'knex';
import { forEachEngineSchema } from './engine-schemas.js';

/** Services that answer HTTP only; the others have the engine's tables. Names of their time, on purpose. */
const HTTP_SCHEMAS = ['gateway', 'operator'];

/** One row that a service writes to see whether the database takes writes. Nothing reads it. */
export const writeCheck = (schema: string): string => `
  create table ${schema}.write_check (
    only_row boolean primary key check (only_row),
    at       timestamptz not null
  );
  grant select, insert, update on ${schema}.write_check to cmw_${schema};
`;

export const up = async (knex: Knex): Promise<void> => {
  await forEachEngineSchema(knex, writeCheck);
  for (const schema of HTTP_SCHEMAS) await knex.raw(writeCheck(schema));
};
