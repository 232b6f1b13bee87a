import type { Knex } from 'knex';
import { forEachEngineSchema } from './engine-schemas.js';

/**
 * What people decided, as each service took it up. An act belongs to one event for ever: sent again under another id it does nothing.
 * A decision that was refused stands here with its reason, for people to see; it takes no act away from those who did sign it.
 */
export const decisionsOfPeople = (schema: string): string => `
  create table ${schema}.decision (
    event_id text primary key,
    -- Null where the decision could not be read.
    act_id   text,
    taken_at timestamptz not null default now(),
    refused  text,
    constraint of_an_act_or_refused check (refused is not null or act_id is not null)
  );
  create unique index decision_act on ${schema}.decision (act_id) where refused is null;
  create index decision_refused on ${schema}.decision (taken_at) where refused is not null;
  grant select, insert on ${schema}.decision to cmw_${schema};
  grant select on ${schema}.decision to cmw_operator;
`;

export const up = (knex: Knex): Promise<void> => forEachEngineSchema(knex, decisionsOfPeople);
