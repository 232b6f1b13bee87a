/** The limits in Postgres: each call is one statement, and the functions of migration 0017 do what belongs together. */
import type { Pool } from 'pg';
import { parseDecimal, type Decimal } from '../../../../shared/kernel/decimal.js';
import type { Exceeded, LimitName, LimitsPort } from '../decide/limits.js';
import { askOwnTables } from './ask-own-tables.js';

const RESERVE =
  'select limits.reserve($1, $2, $3, $4, $5::text::numeric, $6::date, $7, $8::text::numeric, $9::text::numeric, $10::text::numeric, $11, $12) as said';

type Said = {
  readonly reserved: boolean;
  readonly over?: readonly { readonly limit: LimitName; readonly allowed: string | null; readonly used: string }[];
};

/** Canonical: Postgres writes `250.00` for a sum of `250` and `0.00`. @throws RangeError when it is no amount. */
const figure = (text: string): Decimal => {
  const parsed = parseDecimal(text);
  if (parsed === null) throw new RangeError('the database has answered something that is no amount');
  return parsed;
};
const exceededOf = ({ limit, allowed, used }: NonNullable<Said['over']>[number]): Exceeded => ({
  limit,
  allowed: allowed === null ? null : figure(allowed),
  used: figure(used),
});

export const postgresLimits = (pool: Pick<Pool, 'query'>): LimitsPort => {
  const asked = askOwnTables(pool);
  return {
    reserve: (key, day, { payoutId, portfolioId, currency, amount, beyond }, limits) => {
      const { perPayment, perPortfolioAndDay, perDay, paymentsPerHour, currencyWithoutLimit } = limits;
      const amounts = [perPayment, perPortfolioAndDay, perDay].map((one) => one[currency] ?? null);
      const values = [
        key,
        payoutId,
        portfolioId,
        currency,
        amount,
        day,
        beyond,
        ...amounts,
        paymentsPerHour,
        currencyWithoutLimit === 'pay',
      ];
      return asked<{ said: Said }, ReturnType<typeof reservedOf>>(RESERVE, values, ([row]) => reservedOf(row?.said));
    },
    isReserved: (key) =>
      asked<{ known: boolean }, boolean>(
        'select exists (select 1 from limits.reservation where key = $1) as known',
        [key],
        ([row]) => row?.known === true,
      ),
    free: (payoutId) => asked('select limits.free($1)', [payoutId], () => null),
  };
};

const reservedOf = (said: Said | undefined) =>
  said?.reserved === true ? ({ reserved: true } as const) : { reserved: false as const, over: (said?.over ?? []).map(exceededOf) };
