import type { Knex } from 'knex';

/**
 * Messages with lower offsets were written before services signed what they send, and are read without a signature. Without a row nothing
 * unsigned is read. Every service reads it, and only the owner of the table writes it. That is done once, between the last stop of the
 * earlier build and the first start of this one.
 */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create table public.unsigned_until (
      topic       text not null,
      "partition" integer not null,
      "offset"    bigint not null check ("offset" >= 0),
      recorded_at timestamptz not null default now(),
      primary key (topic, "partition")
    );
    grant select on public.unsigned_until to public;
  `);
};
