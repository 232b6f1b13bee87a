import { isoOf } from '../../../../shared/kernel/instant.js';
/** The rows of stops. A stop is written before anything else: nothing may keep it waiting, not even the log. */
import type { Pool } from 'pg';
import { stopActOf } from '../../../../shared/runtime/stopping/postgres-stops.js';
import type { StopAct } from '../../../../shared/runtime/stopping/stop-acts.js';
import { standing, stopsOf, whyNotCounted, type PersonAt } from '../../../../shared/runtime/stopping/stop-rules.js';
import type { NewResume, NewStop, Signature, Stopping, StopsShown } from '../decide/stops.js';
import { iso, rowsOf } from './rows.js';

const MOST_REFUSED = 100;

type AskRow = {
  readonly act_id: string;
  readonly scope: string;
  readonly ends: readonly string[];
  readonly why: string;
  readonly made_by: string;
  readonly signature: string;
  readonly at: Date;
};
const resumeOf = ({ act_id: actId, scope, ends, why, made_by: name, signature }: AskRow): NewResume => ({
  ...{ actId, scope, ends, why },
  by: { name, signature },
});

const acts = async (pool: Pool): Promise<readonly StopAct[]> => {
  const rows = await rowsOf<Parameters<typeof stopActOf>[0]>(
    pool,
    `select seq, act_id, does, scope, ends, why, made_by, signature, approved_by, approval, (extract(epoch from at) * 1000)::bigint as at_ms
     from public.stop_act order by seq`,
    [],
  );
  return rows.map(stopActOf);
};

export type StopStoreOptions = { readonly pool: Pool; readonly personAt: PersonAt };

export const stopStore = ({ pool, personAt }: StopStoreOptions): Stopping => {
  /** The database writes the lines itself, from the rows. What was done stands already, whatever becomes of its line: a later call writes it. */
  const note = async (): Promise<void> => {
    await pool.query('select operator.note_stops()');
  };

  const shown = async (): Promise<StopsShown> => {
    const judged = (await acts(pool)).map((act) => ({ act, problem: whyNotCounted(act, personAt) }));
    const counted = judged.filter(({ problem }) => problem === null).map(({ act }) => act);
    const stands = standing(stopsOf(counted));
    const asks = await rowsOf<AskRow>(pool, 'select * from operator.resume_ask order by at, act_id', []);
    const isOpen = ({ scope, ends }: AskRow): boolean => stands.some((stop) => stop.scope === scope && ends.includes(stop.actId));
    return {
      standing: stands.map(({ actId, scope, why, by, atMs }) => ({ actId, scope, why, by: by.name, since: isoOf(atMs) })),
      waiting: asks
        .filter(isOpen)
        .map(({ act_id: actId, scope, ends, why, made_by: by, at }) => ({ actId, scope, ends, why, by, at: iso(at) })),
      refused: judged
        .flatMap(({ act: { seq, does, scope, atMs }, problem }) =>
          problem === null ? [] : [{ seq, does, scope, at: isoOf(atMs), problem }],
        )
        .slice(-MOST_REFUSED),
    };
  };

  return {
    shown,
    stop: async ({ actId, scope, why, by }: NewStop) => {
      await pool.query(`insert into public.stop_act (act_id, does, scope, why, made_by, signature) values ($1, 'stops', $2, $3, $4, $5)`, [
        ...[actId, scope, why, by.name, by.signature],
      ]);
      await note();
    },
    ask: async ({ actId, scope, ends, why, by }) => {
      await pool.query('insert into operator.resume_ask (act_id, scope, ends, why, made_by, signature) values ($1, $2, $3, $4, $5, $6)', [
        ...[actId, scope, ends, why, by.name, by.signature],
      ]);
      await note();
    },
    asked: async (actId) => {
      const [row] = await rowsOf<AskRow>(pool, 'select * from operator.resume_ask where act_id = $1', [actId]);
      return row === undefined ? null : resumeOf(row);
    },
    resume: async ({ actId, scope, ends, why, by }: NewResume, approvedBy: Signature) => {
      await pool.query(
        `insert into public.stop_act (act_id, does, scope, ends, why, made_by, signature, approved_by, approval)
         values ($1, 'resumes', $2, $3, $4, $5, $6, $7, $8)`,
        [actId, scope, ends, why, by.name, by.signature, approvedBy.name, approvedBy.signature],
      );
      await note();
    },
  };
};
