import type { Knex } from 'knex';

/** What acts need besides: a job that groups them, a way back before they are carried out, and what became of them. */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create sequence operator.job_id;
    alter table operator.act
      add column job bigint,
      add column withdrawn_by text,
      add column withdrawn_at timestamptz,
      -- Why it can never be carried out.
      add column failed text;
    create index act_job on operator.act (job) where job is not null;
    -- One open wish per thing. An act that was taken back or has failed makes room for another one.
    drop index operator.act_open;
    create unique index act_open on operator.act (kind, target) where carried_out_at is null and withdrawn_at is null and failed is null;
    create index act_ready on operator.act (id)
      where carried_out_at is null and withdrawn_at is null and failed is null and (not needs_second or approved_by is not null);
    alter table operator.act add constraint approved_when_needed check (carried_out_at is null or not needs_second or approved_by is not null);
    grant usage on sequence operator.job_id to cmw_operator;
    -- The gateway's kept bodies belong to no lane; people close them here.
    grant update (resolved_at, resolution) on gateway.quarantine to cmw_operator;
  `);
};
