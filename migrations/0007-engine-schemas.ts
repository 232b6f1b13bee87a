import type { Knex } from 'knex';

/** Names of their time, on purpose: what ran once must make the same for ever. */
const ENGINE_SCHEMAS = ['withdrawal', 'payout', 'rebalancing', 'portfolio'];

/** Which schemas hold the engine's tables is known to the database itself: a later change of these tables goes over all that exist here. */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create table public.engine_schema (
      name     text primary key,
      added_at timestamptz not null default now()
    );
    grant select on public.engine_schema to cmw_operator;
  `);
  for (const schema of ENGINE_SCHEMAS) await knex.raw('insert into public.engine_schema (name) values (?)', [schema]);
};
