import { schemaOf } from '../../../../contracts/internal/services.js';
import { JOURNEY_SERVICES, type JourneyFilter, type JourneyRow, type JourneyService, type Page } from '../decide/operator.js';
import { iso, isoOrNull, pageOf, rowsOf, type Queryable } from './rows.js';

type Row = {
  service: JourneyService;
  id: string;
  flow: string;
  subject: string;
  portfolio_id: string;
  status: string;
  ended: boolean;
  waits_for: string | null;
  owned_by: string;
  amount: string | null;
  currency: string | null;
  opened_at: Date;
  since: Date;
  overdue_at: Date | null;
  held: string | null;
  effect_name: string | null;
  effect_status: string;
  effect_note: string | null;
  lane_blocked: string | null;
  state_reason: string | null;
  last_note: string | null;
};

const journeysOf = (service: JourneyService): string => `
  select '${service}' as service, j.id, j.flow, j.subject, j.portfolio_id, j.status, j.ended, j.waits_for, j.owned_by, j.amount, j.currency, j.opened_at, j.since,
    j.overdue_at, j.held, e.name as effect_name, e.status as effect_status, e.note as effect_note, b.reason as lane_blocked,
    case when jsonb_typeof(j.state) = 'object' then j.state ->> 'reason' end as state_reason, h.note as last_note
  from ${schemaOf(service)}.journey j
  left join ${schemaOf(service)}.effect e on e.id = j.effect_id
  left join ${schemaOf(service)}.blocked_lane b on b.portfolio_id = j.portfolio_id
  left join ${schemaOf(service)}.history h on h.journey_id = j.id and h.version = j.version`;

const everywhere = (where: string): string =>
  JOURNEY_SERVICES.map((service) => `${journeysOf(service)} where ${where}`).join(' union all ');

const rowOf = (row: Row): JourneyRow => ({
  service: row.service,
  id: row.id,
  flow: row.flow,
  subject: row.subject,
  portfolioId: row.portfolio_id,
  status: row.status,
  ended: row.ended,
  waitsFor: row.waits_for,
  ownedBy: row.owned_by,
  amount: row.amount,
  currency: row.currency,
  openedAt: iso(row.opened_at),
  since: iso(row.since),
  overdueAt: isoOrNull(row.overdue_at),
  held: row.held,
  effect: row.effect_name === null ? null : { name: row.effect_name, status: row.effect_status, note: row.effect_note },
  laneBlocked: row.lane_blocked,
  stateReason: row.state_reason,
  lastNote: row.last_note,
});

/** A portfolio that rests is open and waits for nobody: a wait that is overdue only in ten years, and no trouble. */
const AT_REST = `(j.overdue_at > now() + interval '10 years' and j.held is null and b.portfolio_id is null)`;

/** Oldest first: what has stood longest is on top. Open ones without those that rest, unless their status is asked for. */
export const listJourneys = async (from: Queryable, filter: JourneyFilter): Promise<Page<JourneyRow>> => {
  const where = `($1::text is null or j.status = $1) and ($2::text is null or j.portfolio_id = $2) and ($3::text is null or j.flow = $3)
    and (not $4::boolean or (not j.ended and j.overdue_at <= now())) and ($5::text = 'all' or j.ended = ($5 = 'ended'))
    and ($5 <> 'open' or $1 is not null or ${AT_REST} is not true)`;
  const { status = null, portfolio = null, journey = null, overdue, which, limit } = filter;
  const rows = await rowsOf<Row>(from, `select * from (${everywhere(where)}) every order by since, id limit $6`, [
    status,
    portfolio,
    journey,
    overdue,
    which,
    limit + 1,
  ]);
  return pageOf(rows.map(rowOf), limit);
};

export const openJourneysOf = async (from: Queryable, portfolioIds: readonly string[]): Promise<readonly JourneyRow[]> =>
  (await rowsOf<Row>(from, everywhere('not j.ended and j.portfolio_id = any($1::text[])'), [portfolioIds])).map(rowOf);

export const journeysByIds = async (from: Queryable, ids: readonly string[]): Promise<readonly JourneyRow[]> =>
  (await rowsOf<Row>(from, everywhere('j.id = any($1::text[])'), [ids])).map(rowOf);

/** Journeys of a portfolio that were open at some time between two instants, oldest first. */
export const journeysBetween = async (
  from: Queryable,
  portfolioId: string,
  fromIso: string,
  toIso: string | null,
  limit: number,
): Promise<readonly JourneyRow[]> => {
  const where = `j.portfolio_id = $1 and j.opened_at <= coalesce($3::timestamptz, now()) and (not j.ended or j.since >= $2::timestamptz)`;
  return (
    await rowsOf<Row>(from, `select * from (${everywhere(where)}) every order by opened_at, id limit $4`, [
      portfolioId,
      fromIso,
      toIso,
      limit,
    ])
  ).map(rowOf);
};
