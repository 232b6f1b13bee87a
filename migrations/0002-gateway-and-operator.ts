import type { Knex } from 'knex';

export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    -- One row per webhook that was forwarded; the same webhook-id again does nothing more.
    create table gateway.webhook (
      source      text not null,
      webhook_id  text not null,
      body_hash   text not null,
      received_at timestamptz not null default now(),
      primary key (source, webhook_id)
    );
    -- Bodies that were signed well and could not be read: nothing is lost.
    create table gateway.quarantine (
      event_id    text primary key,
      source      text not null,
      webhook_id  text,
      error_class text not null,
      reason      text not null,
      body        bytea not null,
      first_seen  timestamptz not null default now(),
      resolved_at timestamptz,
      resolution  text
    );
    grant usage on schema gateway to cmw_gateway, cmw_operator;
    grant select, insert on all tables in schema gateway to cmw_gateway;
    grant update on gateway.quarantine to cmw_gateway;
    grant select on all tables in schema gateway to cmw_operator;
  `);
  await knex.raw(`
    -- What people ask for. An act that moves money is carried out only when a second person has approved it.
    create table operator.act (
      id          bigint generated always as identity primary key,
      kind        text not null,
      target      text not null,
      details     jsonb not null,
      why         text not null check (length(why) > 0),
      made_by     text not null,
      made_at     timestamptz not null default now(),
      needs_second boolean not null,
      approved_by text,
      approved_at timestamptz,
      carried_out_at timestamptz,
      constraint two_different_people check (approved_by is null or approved_by <> made_by)
    );
    create unique index act_open on operator.act (kind, target) where carried_out_at is null;
    -- Append-only; each line carries the hash of the one before.
    create table operator.audit (
      seq      bigint primary key,
      at       timestamptz not null,
      who      text not null,
      what     text not null,
      target   text not null,
      details  jsonb not null,
      previous text not null,
      hash     text not null unique
    );
    create function operator.audit_is_append_only() returns trigger language plpgsql as
      $$ begin raise exception 'the audit log is append-only'; end $$;
    create trigger audit_is_append_only before update or delete on operator.audit for each row execute function operator.audit_is_append_only();
    grant usage on schema operator to cmw_operator;
    grant select, insert on all tables in schema operator to cmw_operator;
    grant update on operator.act to cmw_operator;
  `);
};
