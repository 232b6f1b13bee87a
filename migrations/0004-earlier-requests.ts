import type { Knex } from 'knex';

/** Names of their time, on purpose: what ran once must make the same for ever. */
const ENGINE_SCHEMAS = ['withdrawal', 'payout', 'rebalancing', 'portfolio'];

/** A request that was given up for a new key keeps its name: the other side may still speak of it, and can still be asked about it. */
export const earlierRequests = (schema: string): string => `
  create table ${schema}.earlier_request (
    effect_id     text not null,
    generation    integer not null,
    reference     text,
    request       jsonb not null,
    first_sent_at timestamptz,
    last_sent_at  timestamptz,
    primary key (effect_id, generation)
  );
  create index earlier_request_reference on ${schema}.earlier_request (reference) where reference is not null;
  grant select, insert on ${schema}.earlier_request to cmw_${schema};
  grant select on ${schema}.earlier_request to cmw_operator;
`;

export const up = async (knex: Knex): Promise<void> => {
  for (const schema of ENGINE_SCHEMAS) await knex.raw(earlierRequests(schema));
};
