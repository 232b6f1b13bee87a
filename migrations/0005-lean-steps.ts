import type { Knex } from 'knex';

/** Names of their time, on purpose: what ran once must make the same for ever. */
const ENGINE_SCHEMAS = ['withdrawal', 'payout', 'rebalancing', 'portfolio'];

/** The rows that a step writes, one parameter for each kind: shared/runtime/engine/store/step-statement.ts names the same columns in the same order. */
const rowTypes = (schema: string): string => `
  create type ${schema}.created_row as (id text, flow text, subject text, portfolio_id text, status text, state jsonb, state_version integer, effect_id text, held text, waits_for text, owned_by text, amount text, currency text, ended boolean, waits boolean, due_ms double precision, overdue_ms double precision);
  create type ${schema}.moved_row as (id text, version integer, status text, state jsonb, state_version integer, effect_id text, held text, waits_for text, amount text, currency text, ended boolean, waits boolean, due_ms double precision, overdue_ms double precision);
  create type ${schema}.planned_row as (id text, journey_id text, name text, kind text, owner integer, request jsonb, reference text, at_ms double precision);
  create type ${schema}.closed_row as (id text, status text, generation integer, owner integer, attempt integer, reference text, request jsonb, first_ms double precision, last_ms double precision, due_ms double precision, result jsonb, note text, proof text);
  create type ${schema}.checked_row as (id text, version integer);
  create type ${schema}.postponed_row as (id text, was text, generation integer, status text, attempt integer, reference text, due_ms double precision, note text);
  create type ${schema}.said_row as (event_id text, topic text, key text, headers text, value text);
  create type ${schema}.told_row as (event_id text, content_hash text, portfolio_id text, value text);
  create type ${schema}.history_row as (journey_id text, version integer, occasion text, source text, status text, effect_id text, said text, note text);
  create type ${schema}.seen_row as (event_id text, note text);
  create type ${schema}.quarantined_row as (event_id text, portfolio_id text, topic text, "partition" integer, "offset" bigint, key text, headers text, value text, error_class text, reason text);
  create type ${schema}.blocked_row as (portfolio_id text, event_id text, reason text);
`;

/**
 * What a step costs is rows, bytes and index entries. Ids are compared byte by byte, whatever the locale of the database.
 * Without an index that names the status, an effect is closed in place: no new entry in any index. Who looks for effects of
 * owners that are gone goes through the open journeys; who looks for the effects of a journey takes the range of its id.
 */
const lean = (schema: string): string => `
  drop index ${schema}.effect_sending;
  drop index ${schema}.effect_journey;
  alter table ${schema}.inbox alter column event_id type text collate "C", alter column portfolio_id type text collate "C";
  alter table ${schema}.journey alter column id type text collate "C", alter column flow type text collate "C",
    alter column subject type text collate "C", alter column portfolio_id type text collate "C", alter column effect_id type text collate "C";
  alter table ${schema}.effect alter column id type text collate "C", alter column journey_id type text collate "C", alter column reference type text collate "C";
  alter table ${schema}.history alter column journey_id type text collate "C", alter column effect_id type text collate "C";
  alter table ${schema}.outbox alter column event_id type text collate "C";
  alter table ${schema}.blocked_lane alter column portfolio_id type text collate "C", alter column event_id type text collate "C";
  alter table ${schema}.quarantine alter column event_id type text collate "C", alter column portfolio_id type text collate "C";
  alter table ${schema}.earlier_request alter column effect_id type text collate "C", alter column reference type text collate "C";
`;

export const leanSteps = (schema: string): string => lean(schema) + rowTypes(schema);

export const up = async (knex: Knex): Promise<void> => {
  for (const schema of ENGINE_SCHEMAS) await knex.raw(leanSteps(schema));
};
