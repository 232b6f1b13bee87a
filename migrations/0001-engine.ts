import type { Knex } from 'knex';
import { engineTables } from './engine-tables.js';

/** Services that run on the engine. */
export const ENGINE_SCHEMAS = ['withdrawal', 'payout', 'rebalancing', 'portfolio'] as const;
/** Every schema has a role of its own; a service sees no other schema. */
export const SCHEMAS = [...ENGINE_SCHEMAS, 'gateway', 'operator'] as const;

const roleOf = (schema: string): string => `cmw_${schema}`;

/** Roles belong to the whole server: another database, or another run at the same time, may have made them. */
const createRole = (role: string): string => `
do $$ begin
  create role ${role} nologin;
exception when duplicate_object or unique_violation then null;
end $$;
grant ${role} to current_user;
`;

export const up = async (knex: Knex): Promise<void> => {
  for (const schema of SCHEMAS) {
    await knex.raw(createRole(roleOf(schema)));
    await knex.raw(`create schema ${schema}`);
  }
  for (const schema of ENGINE_SCHEMAS) {
    await knex.raw(engineTables(schema));
    const role = roleOf(schema);
    await knex.raw(`
      grant usage on schema ${schema} to ${role};
      grant select, insert on all tables in schema ${schema} to ${role};
      grant update on ${schema}.inbox, ${schema}.journey, ${schema}.effect, ${schema}.outbox, ${schema}.quarantine, ${schema}.blocked_lane to ${role};
      grant delete on ${schema}.blocked_lane, ${schema}.inbox, ${schema}.outbox to ${role};
      grant usage on sequence ${schema}.owner_id to ${role};
      grant execute on function ${schema}.expect_all to ${role};
      -- People look through the operator's role; it can change nothing here.
      grant usage on schema ${schema} to cmw_operator;
      grant select on all tables in schema ${schema} to cmw_operator;
    `);
  }
};
