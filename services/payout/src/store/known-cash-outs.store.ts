/**
 * What our own tables know of the cash-outs of a portfolio: read from the requests themselves, which are written before they leave. So no
 * cash-out of ours is ever at the broker and not here, unless the database is an earlier one or another one.
 */
import type { Pool } from 'pg';
import { evidenceOfSendAgain } from '../../../../shared/kernel/effect-life.js';
import { effectKey } from '../../../../shared/runtime/engine/identity.js';
import type { EarlierPayout, KnownCashOuts, KnownCashOutsPort } from '../decide/cash-outs.js';
import { askOwnTables } from './ask-own-tables.js';

/** A request of a payout, as far as it says what is known of cash-outs. */
export type PayoutRequestRow = {
  readonly id: string;
  readonly name: string;
  readonly generation: number;
  /** Of a cash-out that was created: the broker's id. */
  readonly cashOutId: string | null;
  /** Why it was sent under its present key. */
  readonly proof: string | null;
};

/** Requests that people may have sent again because they know a cash-out. */
export const REQUEST_NAMES = ['CreateCashOut', 'ApproveCashOut', 'PayCounterAccount', 'PayCounterAccountAnew'] as const;

export const knownOf = (rows: readonly PayoutRequestRow[]): KnownCashOuts => {
  const created = rows.filter(({ name }) => name === 'CreateCashOut');
  return {
    keys: created.flatMap(({ id, generation }) => Array.from({ length: generation }, (_, earlier) => effectKey(id, earlier + 1))),
    cashOutIds: created.flatMap(({ cashOutId }) => (cashOutId === null ? [] : [cashOutId])),
    named: rows.map(({ proof }) => (proof === null ? null : evidenceOfSendAgain(proof))).filter((text) => text !== null),
  };
};

// Each request is one for ever in its journey, so its id is that of the journey and its name; `offset 0` has it looked up by that.
const OF_PORTFOLIO = `
  select e.id, e.name, e.generation, e.result ->> 'cashOutId' as "cashOutId", e.proof
  from journey j
    cross join unnest($2::text[]) as wanted(name)
    cross join lateral (select * from effect where id = j.id || ':' || wanted.name offset 0) e
  where j.portfolio_id = $1 and j.flow = 'payout'`;

/** Older ones are booked, or long with people. Newest first, so that the bound drops the oldest. */
const EARLIER = `
  select j.subject as "withdrawalId", (j.ended or j.status = 'Returned') as "isOver", (extract(epoch from j.since) * 1000)::bigint::text as "sinceMs"
  from journey j left join journey own on own.id = $2
  where j.portfolio_id = $1 and j.flow = 'payout' and j.id <> $2 and j.status not in ('Refused', 'MovedBack')
    and j.since > now() - interval '90 days'
    and (own.id is null or (j.opened_at, j.id) < (own.opened_at, own.id))
  order by j.opened_at desc limit 50`;

type EarlierRow = { readonly withdrawalId: string; readonly isOver: boolean; readonly sinceMs: string };

export const postgresKnownCashOuts = (pool: Pick<Pool, 'query'>): KnownCashOutsPort => {
  const asked = askOwnTables(pool);
  return {
    of: (portfolioId) => asked<PayoutRequestRow, KnownCashOuts>(OF_PORTFOLIO, [portfolioId, REQUEST_NAMES], knownOf),
    earlierThan: (portfolioId, payoutId) =>
      asked<EarlierRow, readonly EarlierPayout[]>(EARLIER, [portfolioId, payoutId], (rows) =>
        rows.map(({ withdrawalId, isOver, sinceMs }) => ({ withdrawalId, isOver, sinceMs: Number(sinceMs) })),
      ),
  };
};
