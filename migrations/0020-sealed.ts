import type { Knex } from 'knex';
import { forEachEngineSchema } from './engine-schemas.js';

/**
 * A service makes data keys and reads them. It can neither change nor drop one: only the owner of the database forgets a key. What is personal in
 * requests of before is forgotten with the rest of its journey.
 */
export const readsDataKeys = (schema: string): string => `
  grant select, insert on public.data_key to cmw_${schema};
  grant select, insert on public.seal_key to cmw_${schema};
  grant update (request) on ${schema}.earlier_request to cmw_${schema};
`;

const RESTORED = `
  -- A head on Kafka names a line that this log has never had: the database is older than the log was. The line that says so stays for ever.
  create function operator.note_restored(lost_to bigint) returns void language plpgsql security definer set search_path = pg_catalog as $$
  declare
    last_seq bigint;
  begin
    perform pg_advisory_xact_lock(7215003);
    select coalesce(max(seq), 0) into last_seq from operator.audit;
    if lost_to > last_seq then
      perform operator.write_line('operator-service', 'noticed: the database was restored', 'audit',
        jsonb_build_object('restoredAfter', last_seq::text, 'lostTo', lost_to::text));
    end if;
  end $$;
  revoke all on function operator.note_restored from public;
  grant execute on function operator.note_restored to cmw_operator;
`;

/**
 * `data_key`: the keys that personal members of stored rows are sealed with, by portfolio, each wrapped by a key of SEAL_KEYS_FILE
 * (`wrapped_by`). Whoever forgets all keys of a portfolio has erased what is personal about its customer. A key whose `closing_at` is set
 * seals nothing new. A portfolio may have several: two services may make one at the same time.
 *
 * `seal_key`: each key of SEAL_KEYS_FILE that was ever used here, with a mark of it. So another key under the same id is noticed at once.
 */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create table public.data_key (
      id           text collate "C" primary key,
      portfolio_id text collate "C" not null,
      wrapped_by   text not null,
      wrapped      text not null,
      made_at      timestamptz not null default now(),
      closing_at   timestamptz
    );
    create index data_key_portfolio on public.data_key (portfolio_id);
    create table public.seal_key (
      id         text collate "C" primary key,
      mark       text not null,
      first_seen timestamptz not null default now()
    );
    grant select, insert on public.data_key to cmw_operator;
    grant select, insert on public.seal_key to cmw_operator, cmw_gateway;
  `);
  await forEachEngineSchema(knex, readsDataKeys);
  await knex.raw(RESTORED);
};
