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

    -- Lines about stops, from the rows themselves: the role that asks for them says nothing in them. Whatever has no line yet gets one.
    create function operator.note_stops() returns void language plpgsql security definer set search_path = pg_catalog as $$
    declare
      one record;
    begin
      for one in select r.act_id, r.scope, r.why, r.made_by, r.ends from operator.resume_ask r
        where not exists (select from operator.audit a where a.details ->> 'resumeAsked' = r.act_id) order by r.at, r.act_id loop
        perform operator.write_line(one.made_by, 'asked to resume', one.scope,
          jsonb_build_object('resumeAsked', one.act_id, 'ends', array_to_string(one.ends, ','), 'why', one.why));
      end loop;
      for one in select s.seq, s.act_id, s.does, s.scope, s.why, s.made_by, s.approved_by, s.ends from public.stop_act s
        where not exists (select from operator.audit a where a.details ->> 'stopRow' = s.seq::text) order by s.seq loop
        perform operator.write_line(coalesce(one.approved_by, one.made_by), case one.does when 'stops' then 'stopped' else 'approved to resume' end, one.scope,
          jsonb_build_object('stopRow', one.seq::text, 'stopAct', one.act_id, 'askedBy', one.made_by, 'ends', array_to_string(one.ends, ','), 'why', one.why));
      end loop;
    end $$;
    revoke all on function operator.note_stops from public;
    grant execute on function operator.note_stops to cmw_operator;
  `);
  await forEachEngineSchema(knex, readsStops);
};
