import type { Knex } from 'knex';
import { engineTables } from './0001-engine-tables.js';

/** Names of their time, on purpose: what ran once must make the same for ever. Services that come later have migrations of their own. */
const ENGINE_SCHEMAS = ['withdrawal', 'payout', 'rebalancing', 'portfolio'];
const SCHEMAS = [...ENGINE_SCHEMAS, 'gateway', 'operator'];

/** Every schema has a role of its own; a service sees no other schema. */
const roleOf = (schema: string): string => `cmw_${schema}`;

/** Roles belong to the whole server: another database, or another run at the same time, may have made them. */
export const schemaWithRole = (schema: string): string => `
do $$ begin
  create role ${roleOf(schema)} nologin;
exception when duplicate_object or unique_violation then null;
end $$;
grant ${roleOf(schema)} to current_user;
create schema ${schema};
`;

const engineGrants = (schema: string): string => `
  grant usage on schema ${schema} to ${roleOf(schema)};
  grant select, insert on all tables in schema ${schema} to ${roleOf(schema)};
  grant update on ${schema}.inbox, ${schema}.journey, ${schema}.effect, ${schema}.outbox, ${schema}.quarantine, ${schema}.blocked_lane to ${roleOf(schema)};
  grant delete on ${schema}.blocked_lane, ${schema}.inbox, ${schema}.outbox to ${roleOf(schema)};
  grant usage on sequence ${schema}.owner_id to ${roleOf(schema)};
  grant execute on function ${schema}.expect_all to ${roleOf(schema)};
  -- People look through the operator's role; it can change nothing here.
  grant usage on schema ${schema} to cmw_operator;
  grant select on all tables in schema ${schema} to cmw_operator;
`;

export const engineOfTheFirstDay = (schema: string): string => engineTables(schema) + engineGrants(schema);

export const up = async (knex: Knex): Promise<void> => {
  for (const schema of SCHEMAS) await knex.raw(schemaWithRole(schema));
  for (const schema of ENGINE_SCHEMAS) await knex.raw(engineOfTheFirstDay(schema));
};
