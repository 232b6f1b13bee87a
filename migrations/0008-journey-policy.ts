import type { Knex } from 'knex';
import { forEachEngineSchema } from './engine-schemas.js';

/**
 * A journey keeps the tenant's choices of the moment it was opened, and that moment is written by whoever opened it: what memory knows and
 * what the database says are the same. A step writes the choices again, in the form of the version it writes. Null where a journey was opened
 * before: today's choices count for it.
 */
export const journeyPolicy = (schema: string): string => `
  alter table ${schema}.journey add column policy jsonb;
  drop type ${schema}.created_row;
  create type ${schema}.created_row as (id text, flow text, subject text, portfolio_id text, status text, state jsonb, state_version integer, policy jsonb, opened_ms double precision, effect_id text, held text, waits_for text, owned_by text, amount text, currency text, ended boolean, waits boolean, due_ms double precision, overdue_ms double precision);
  drop type ${schema}.moved_row;
  create type ${schema}.moved_row as (id text, version integer, status text, state jsonb, state_version integer, policy jsonb, effect_id text, held text, waits_for text, amount text, currency text, ended boolean, waits boolean, due_ms double precision, overdue_ms double precision);
`;

export const up = (knex: Knex): Promise<void> => forEachEngineSchema(knex, journeyPolicy);
