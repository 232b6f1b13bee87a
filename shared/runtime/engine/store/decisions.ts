/** What a service keeps of the decisions of people: see migrations/0011-decisions-of-people.ts. */
import type { QueryResultRow } from 'pg';
import type { EngineStore } from './store.js';

type Query = <R extends QueryResultRow>(text: string, values: unknown[]) => Promise<R[]>;

export const decisionStatements = (query: Query): Pick<EngineStore, 'quarantined' | 'takeAct' | 'refuseDecision'> => ({
  quarantined: async (eventId) => {
    const rows = await query<{ topic: string; value: string; attempts: number }>(
      'select topic, value, attempts from quarantine where event_id = $1 and resolved_at is null',
      [eventId],
    );
    return rows[0] ?? null;
  },
  // Two statements: the second one sees what another instance has committed while the first one waited for it.
  takeAct: async (actId, eventId) => {
    await query('insert into decision (event_id, act_id) values ($1, $2) on conflict do nothing', [eventId, actId]);
    const rows = await query<{ event_id: string }>('select event_id from decision where act_id = $1 and refused is null', [actId]);
    return rows[0]?.event_id ?? null;
  },
  refuseDecision: async (eventId, actId, reason) => {
    const rows = await query(
      'insert into decision (event_id, act_id, refused) values ($1, $2, $3) on conflict do nothing returning event_id',
      [eventId, actId, reason],
    );
    return rows.length > 0;
  },
});
