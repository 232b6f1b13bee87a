/**
 * What our own tables know of the cash-outs of a portfolio: read from the requests themselves, which are written before they leave. So no
 * cash-out of ours is ever at the broker and not here, unless the database is an earlier one or another one.
 */
import type { Pool } from 'pg';
import { evidenceOfSendAgain } from '../../../../shared/kernel/effect-life.js';
import { effectKey } from '../../../../shared/runtime/engine/identity.js';
import { isAway } from '../../../../shared/runtime/postgres/database.js';
import type { KnownCashOuts, KnownCashOutsPort } from '../decide/cash-outs.js';

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

export const postgresKnownCashOuts = (pool: Pick<Pool, 'query'>): KnownCashOutsPort => ({
  of: async (portfolioId) => {
    try {
      return { answer: knownOf((await pool.query<PayoutRequestRow>(OF_PORTFOLIO, [portfolioId, REQUEST_NAMES])).rows) };
    } catch (error) {
      if (isAway(error)) return { away: `the database did not answer: ${error instanceof Error ? error.message : 'unknown'}` };
      throw error;
    }
  },
});
