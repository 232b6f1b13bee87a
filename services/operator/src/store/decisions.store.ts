import { schemaOf } from '../../../../contracts/internal/services.js';
import { JOURNEY_SERVICES, type Act, type AnswerFate, type JourneyService, type RefusedDecision } from '../decide/operator.js';
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

/** The words with which a service closes an answer that came too late: see operator-decisions.ts of the engine. */
const OVERTAKEN = 'no such parked effect';

const FATES_OF_ANSWERS = JOURNEY_SERVICES.map(
  (service) => `
  select a.act_id, coalesce(i.handled_at is not null, false) as handled, e.status, e.note,
    case when starts_with(i.note, '${OVERTAKEN}') then i.note end as overtaken
  from asked a join ${schemaOf(service)}.effect e on a.service = '${service}' and e.id = a.effect_id
    left join ${schemaOf(service)}.inbox i on i.event_id = 'operator:act-' || a.act_id`,
).join(' union all ');

/** By act id. Only the event that we have sent ourselves counts. */
export const answerFatesOf = async (from: Queryable, acts: readonly Act[]): Promise<ReadonlyMap<string, AnswerFate>> => {
  const answers = acts.filter(({ kind, actId }) => kind === 'answer-effect' && actId !== null);
  if (answers.length === 0) return new Map();
  const rows = await rowsOf<AnswerFate & { act_id: string }>(
    from,
    `with asked as (select * from unnest($1::text[], $2::text[], $3::text[]) as one(act_id, service, effect_id)) ${FATES_OF_ANSWERS}`,
    [
      answers.map(({ actId }) => actId),
      answers.map(({ details }) => details['service']),
      answers.map(({ details }) => details['effectId']),
    ],
  );
  return new Map(rows.map(({ act_id, ...fate }) => [act_id, fate]));
};
