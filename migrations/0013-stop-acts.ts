import type { Knex } from 'knex';
import { forEachEngineSchema } from './engine-schemas.js';

/** Every service reads what people have stopped. */
export const readsStops = (schema: string): string => `grant select on public.stop_act to cmw_${schema};`;

/**
 * What people have stopped, and let go again. A row is never changed and never goes: whoever reads it checks its signatures, and a resume
 * names the stops that it ends. `written_by` finds the rows that a reader has not seen: a smaller number may become visible later.
 * No row is unique by its act: a forged row must not keep a true one out. A row that is written twice changes nothing.
 */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create table public.stop_act (
      seq         bigint generated always as identity primary key,
      act_id      text not null,
      does        text not null,
      scope       text not null,
      ends        text[] not null default '{}',
      why         text not null,
      made_by     text not null,
      signature   text not null,
      approved_by text,
      approval    text,
      at          timestamptz not null default now(),
      written_by  xid8 not null default pg_current_xact_id(),
      constraint does_one_of_two check (does in ('stops', 'resumes')),
      constraint of_a_bounded_length check (length(act_id) between 1 and 64 and length(scope) between 1 and 220 and length(why) between 1 and 900
        and cardinality(ends) <= 100 and length(array_to_string(ends, ',')) <= 6500 and length(made_by) <= 64 and length(signature) <= 100
        and length(approved_by) <= 64 and length(approval) <= 100),
      constraint a_resume_ends_something check ((does = 'resumes') = (cardinality(ends) > 0)),
      constraint a_resume_has_two_people check (does = 'stops' or (approved_by is not null and approval is not null and approved_by <> made_by))
    );
    create index stop_act_written on public.stop_act (written_by);
    create function public.stop_act_is_append_only() returns trigger language plpgsql as
      $$ begin raise exception 'stops are append-only'; end $$;
    create trigger stop_act_is_append_only before update or delete on public.stop_act for each row execute function public.stop_act_is_append_only();
    create trigger stop_act_is_never_emptied before truncate on public.stop_act for each statement execute function public.stop_act_is_append_only();
    grant select on public.stop_act to cmw_gateway, cmw_operator;
    grant insert (act_id, does, scope, ends, why, made_by, signature, approved_by, approval) on public.stop_act to cmw_operator;

    -- What one person asks for, until another one has approved it: then it is a row of public.stop_act.
    create table operator.resume_ask (
      act_id    text primary key,
      scope     text not null,
      ends      text[] not null,
      why       text not null,
      made_by   text not null,
      signature text not null,
      at        timestamptz not null default now()
    );
    grant select, insert on operator.resume_ask to cmw_operator;
  `);
  await forEachEngineSchema(knex, readsStops);
};
