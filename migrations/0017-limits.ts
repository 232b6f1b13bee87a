import type { Knex } from 'knex';

const TABLES = `
  create schema limits;
  create table limits.reservation (
    key          text primary key,
    payout_id    text not null,
    portfolio_id text not null check (portfolio_id <> ''),
    currency     text not null check (currency ~ '^[A-Z]{3}$'),
    amount       numeric not null check (amount > 0),
    day          date not null,
    beyond       boolean not null,
    reserved_at  timestamptz not null,
    freed_at     timestamptz
  );
  create index reservation_of_the_hour on limits.reservation (reserved_at) where freed_at is null;
  create index reservation_of_a_payout on limits.reservation (payout_id);
  create table limits.total (
    portfolio_id text not null,
    currency     text not null,
    day          date not null,
    amount       numeric not null check (amount >= 0),
    primary key (portfolio_id, currency, day)
  );
`;

const RESERVE = `
  create function limits.reserve(p_key text, p_payout_id text, p_portfolio_id text, p_currency text, p_amount numeric, p_day date, p_beyond boolean,
    p_per_payment numeric, p_per_portfolio_and_day numeric, p_per_day numeric, p_payments_per_hour integer, p_unlimited_without boolean) returns jsonb
    language plpgsql security definer set search_path = pg_catalog as $$
  declare
    v_known    limits.reservation;
    v_now      timestamptz;
    v_day      numeric;
    v_of_one   numeric;
    v_payments bigint;
    v_over     jsonb := '[]';
  begin
    insert into limits.total as t (portfolio_id, currency, day, amount)
      select w.portfolio_id, w.currency, w.day, 0
      from (values ('', '', date '0001-01-01'), ('', p_currency, p_day), (p_portfolio_id, p_currency, p_day)) as w (portfolio_id, currency, day)
      order by w.portfolio_id collate "C", w.currency collate "C", w.day
      on conflict (portfolio_id, currency, day) do update set amount = t.amount;
    select * into v_known from limits.reservation where key = p_key or (payout_id = p_payout_id and freed_at is null) order by key <> p_key limit 1;
    if found then
      if (v_known.payout_id, v_known.portfolio_id, v_known.currency) is distinct from (p_payout_id, p_portfolio_id, p_currency) or p_amount > v_known.amount then
        raise exception 'something else is reserved';
      end if;
      return jsonb_build_object('reserved', true);
    end if;
    v_now := clock_timestamp();
    select amount into v_day from limits.total where portfolio_id = '' and currency = p_currency and day = p_day;
    select amount into v_of_one from limits.total where portfolio_id = p_portfolio_id and currency = p_currency and day = p_day;
    select count(*) into v_payments from limits.reservation where freed_at is null and reserved_at > v_now - interval '1 hour';
    if not p_beyond then
      select coalesce(jsonb_agg(jsonb_build_object('limit', l.name, 'allowed', l.allowed::text, 'used', l.used::text) order by l.place), '[]') into v_over
      from (values
        (1, 'perPayment', p_per_payment, 0::numeric, p_amount),
        (2, 'perPortfolioAndDay', p_per_portfolio_and_day, v_of_one, p_amount),
        (3, 'perDay', p_per_day, v_day, p_amount),
        (4, 'paymentsPerHour', p_payments_per_hour::numeric, v_payments::numeric, 1::numeric)
      ) as l (place, name, allowed, used, asked)
      where case when l.allowed is null then not p_unlimited_without else l.used + l.asked > l.allowed end;
    end if;
    if jsonb_array_length(v_over) > 0 then
      return jsonb_build_object('reserved', false, 'over', v_over);
    end if;
    insert into limits.reservation (key, payout_id, portfolio_id, currency, amount, day, beyond, reserved_at)
      values (p_key, p_payout_id, p_portfolio_id, p_currency, p_amount, p_day, p_beyond, v_now);
    update limits.total set amount = amount + p_amount where portfolio_id in ('', p_portfolio_id) and currency = p_currency and day = p_day;
    return jsonb_build_object('reserved', true);
  end $$;
`;

const FREE = `
  -- Of a payout of which it is known that nothing was paid. Said twice it changes nothing.
  create function limits.free(p_payout_id text) returns integer language plpgsql security definer set search_path = pg_catalog as $$
  declare
    v_freed limits.reservation;
    v_count integer := 0;
  begin
    perform 1 from (
      select t.portfolio_id from limits.total t join (
        select '' as portfolio_id, '' as currency, date '0001-01-01' as day
        union select '', r.currency, r.day from limits.reservation r where r.payout_id = p_payout_id
        union select r.portfolio_id, r.currency, r.day from limits.reservation r where r.payout_id = p_payout_id
      ) w on t.portfolio_id = w.portfolio_id and t.currency = w.currency and t.day = w.day
      order by t.portfolio_id collate "C", t.currency collate "C", t.day for update of t) as locked;
    for v_freed in update limits.reservation set freed_at = clock_timestamp() where payout_id = p_payout_id and freed_at is null returning * loop
      update limits.total set amount = amount - v_freed.amount
        where portfolio_id in ('', v_freed.portfolio_id) and currency = v_freed.currency and day = v_freed.day;
      v_count := v_count + 1;
    end loop;
    return v_count;
  end $$;
`;

const RIGHTS = `
  revoke all on function limits.reserve, limits.free from public;
  grant usage on schema limits to cmw_payout, cmw_operator;
  grant select on limits.reservation, limits.total to cmw_payout, cmw_operator;
  grant execute on function limits.reserve, limits.free to cmw_payout;
`;

/**
 * What has been promised to customers, held against the tenant's limits. Only the two functions write here: the payout service may call
 * them and look, and can change no row by itself. Both lock the rows of totals in one order, so that reservations wait for one
 * another and never in a circle.
 *
 * A reservation is found by the key of its effect, or by its payout while it stands: said twice it is made once. A total is a sum of reservations that were not freed.
 * The row without a portfolio, currency and day is locked first: it stands for the payments of an hour.
 */
export const up = async (knex: Knex): Promise<void> => {
  for (const text of [TABLES, RESERVE, FREE, RIGHTS]) await knex.raw(text);
};
