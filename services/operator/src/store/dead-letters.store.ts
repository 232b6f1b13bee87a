import { schemaOf } from '../../../../contracts/internal/services.js';
import { JOURNEY_SERVICES, type DeadLetter, type DeadLetterFilter, type Fate, type Page, type Quarantine } from '../decide/operator.js';
import type { Opening } from './opening.js';
import { iso, isoOrNull, pageOf, rowsOf, type Opened, type Queryable } from './rows.js';

type Row = {
  service: Quarantine;
  event_id: string;
  topic: string;
  source: string | null;
  portfolio_id: string | null;
  error_class: string;
  reason: string;
  attempts: number;
  first_seen: Date;
  resolved_at: Date | null;
  resolution: string | null;
  waiting: string;
  value: string;
  headers: string;
};

const OF_SERVICES = JOURNEY_SERVICES.map(
  (service) => `
  select '${service}' as service, q.event_id, q.topic, q.topic || '/' || q."partition" || '/' || q."offset" as source, q.portfolio_id, q.error_class, q.reason, q.attempts,
    q.first_seen, q.resolved_at, q.resolution, q.value, q.headers,
    case when q.resolved_at is null then (select count(*) from ${schemaOf(service)}.inbox i where i.portfolio_id = q.portfolio_id and i.handled_at is null) else 0 end as waiting
  from ${schemaOf(service)}.quarantine q`,
).join(' union all ');
/** A body that no event came of: its topic is the webhook's address, and it has no lane. */
const OF_GATEWAY = `
  select 'gateway' as service, event_id, 'webhook:' || source as topic, null as source, null as portfolio_id, error_class, reason, 1 as attempts,
    first_seen, resolved_at, resolution, case when encode(substring(body for 9), 'escape') = 'sealed:1:' then encode(body, 'escape') else left(encode(body, 'escape'), 100000) end as value, '{}' as headers, 0 as waiting
  from gateway.quarantine`;

const letterOf = (row: Row, opening: Opening): DeadLetter => ({
  eventId: row.event_id,
  service: row.service,
  topic: row.topic,
  source: row.source,
  portfolioId: row.portfolio_id,
  errorClass: row.error_class,
  reason: row.reason,
  attempts: row.attempts,
  firstSeen: iso(row.first_seen),
  resolvedAt: isoOrNull(row.resolved_at),
  resolution: row.resolution,
  waiting: Number(row.waiting),
  value: row.service === 'gateway' ? opening.keptBody(row.value) : opening.message(row.value),
  headers: row.headers,
});

const read = async (
  { from, opening }: Opened,
  where: string,
  values: readonly unknown[],
  limit: number,
): Promise<readonly DeadLetter[]> => {
  const rows = await rowsOf<Row>(
    from,
    `select * from (${OF_SERVICES} union all ${OF_GATEWAY}) every where ${where} order by first_seen, event_id, service limit ${String(limit)}`,
    values,
  );
  return rows.map((row) => letterOf(row, opening));
};

export const listDeadLetters = async (from: Opened, filter: DeadLetterFilter): Promise<Page<DeadLetter>> => {
  const { eventId = null, eventIds = null, topic = null, reason = null, service = null, resolvedToo, limit } = filter;
  const where = `($1::text is null or event_id = $1) and ($2::text is null or topic = $2) and ($3::text is null or strpos(lower(reason || ' ' || error_class), lower($3)) > 0)
    and ($4::text is null or service = $4) and ($5::boolean or resolved_at is null) and ($6::text[] is null or event_id = any($6))`;
  return pageOf(await read(from, where, [eventId, topic, reason, service, resolvedToo, eventIds], limit + 1), limit);
};

export const deadLettersOfPortfolio = (from: Opened, portfolioId: string): Promise<readonly DeadLetter[]> =>
  read(from, 'portfolio_id = $1', [portfolioId], 200);

/** What became of messages that ran again, by `service/event id`. */
export const fatesOf = async (from: Queryable, targets: readonly string[]): Promise<ReadonlyMap<string, Fate>> => {
  const select = JOURNEY_SERVICES.map(
    (service) => `
    select '${service}/' || q.event_id as target, q.resolved_at is null as lies, q.attempts, q.reason, coalesce(i.handled_at is not null, true) as handled, i.note
    from ${schemaOf(service)}.quarantine q left join ${schemaOf(service)}.inbox i on i.event_id = q.event_id where '${service}/' || q.event_id = any($1::text[])`,
  ).join(' union all ');
  const rows = await rowsOf<Fate & { target: string }>(from, select, [targets]);
  return new Map(rows.map(({ target, ...fate }) => [target, fate]));
};

/** The gateway keeps bodies of no lane: closing one is all there is to do. False when it is unknown or closed. */
export const closeKeptBody = async (from: Queryable, eventId: string, resolution: string): Promise<boolean> => {
  const done = await rowsOf(
    from,
    'update gateway.quarantine set resolved_at = now(), resolution = $2 where event_id = $1 and resolved_at is null returning 1',
    [eventId, resolution],
  );
  return done.length > 0;
};
