import type { Knex } from 'knex';

/** Names of their time, on purpose: what ran once must make the same for ever. */
const ENGINE_SCHEMAS = ['withdrawal', 'payout', 'rebalancing', 'portfolio'];

/** What one commit says has an order of its own: rows of one moment are said again as they were said first. */
export const outboxOrder = (schema: string): string => `
  alter table ${schema}.outbox add column seq bigint generated always as identity;
  drop index ${schema}.outbox_open;
  create index outbox_open on ${schema}.outbox (seq) where sent_at is null;
`;

export const up = async (knex: Knex): Promise<void> => {
  for (const schema of ENGINE_SCHEMAS) await knex.raw(outboxOrder(schema));
};
