import { schemaOf } from '../../../../contracts/internal/services.js';
import { JOURNEY_SERVICES, type JourneyService, type RefusedDecision } from '../decide/operator.js';
import { iso, rowsOf, type Queryable } from './rows.js';

type Row = { service: JourneyService; event_id: string; act_id: string | null; taken_at: Date; refused: string };

const OF_SERVICES = JOURNEY_SERVICES.map(
  (service) =>
    `select '${service}' as service, event_id, act_id, taken_at, refused from ${schemaOf(service)}.decision where refused is not null`,
).join(' union all ');

const refusedOf = (row: Row): RefusedDecision => ({
  service: row.service,
  eventId: row.event_id,
  actId: row.act_id,
  at: iso(row.taken_at),
  why: row.refused,
});

/** Newest first. */
export const refusedDecisions = async (from: Queryable, limit: number): Promise<readonly RefusedDecision[]> =>
  (await rowsOf<Row>(from, `select * from (${OF_SERVICES}) every order by taken_at desc, event_id limit $1`, [limit])).map(refusedOf);

/**
 * Why the service concerned has not carried out an act of ours, by act id. Anybody may send a decision under our act's id.
 * So only the event that we have sent ourselves counts.
 */
export const refusalsOf = async (from: Queryable, actIds: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const rows = await rowsOf<Row>(
    from,
    `select * from (${OF_SERVICES}) every where act_id = any($1::text[]) and event_id = 'operator:act-' || act_id`,
    [actIds],
  );
  return new Map(rows.map(({ act_id, refused }) => [act_id ?? '', refused]));
};
