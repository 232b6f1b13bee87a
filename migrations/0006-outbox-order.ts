import type { Knex } from 'knex';
import { ENGINE_SCHEMAS } from './0001-engine.js';

/** What one commit says has an order of its own: rows of one moment are said again as they were said first. */
export const up = async (knex: Knex): Promise<void> => {
  for (const schema of ENGINE_SCHEMAS)
    await knex.raw(`
      alter table ${schema}.outbox add column seq bigint generated always as identity;
      drop index ${schema}.outbox_open;
      create index outbox_open on ${schema}.outbox (seq) where sent_at is null;
    `);
};
