import { schemaOf } from '../../../../contracts/internal/services.js';
import {
  JOURNEY_SERVICES,
  type HistoryRow,
  type JourneyRow,
  type JourneyService,
  type Story,
  type StoryEffect,
  type StoryEvent,
  type StoryMessage,
} from '../decide/operator.js';
import { deadLettersOfPortfolio } from './dead-letters.store.js';
import { journeysBetween, journeysByIds } from './journeys.store.js';
import { iso, isoOrNull, jsonOf, rowsOf, type Opened, type Queryable } from './rows.js';

const MOST_JOURNEYS = 200;
const MOST_ROWS = 2_000;

const union = (select: (service: JourneyService) => string): string =>
  JOURNEY_SERVICES.map((service) => `(${select(service)})`).join(' union all ');

/** What an operator may type, the cheapest first: the last one has no index and reads every effect. */
const WAYS: readonly ((service: JourneyService) => string)[] = [
  (service) => `select id as journey_id from ${schemaOf(service)}.journey where id = $1`,
  (service) => `select journey_id from ${schemaOf(service)}.effect where id = $1 or reference = $1`,
  (service) => `select journey_id from ${schemaOf(service)}.effect where jsonb_typeof(result) = 'object'
    and $1 in (result ->> 'endToEndId', result ->> 'paymentId', result ->> 'cashOutId', result ->> 'orderId', result ->> 'transactionId') limit 1`,
];

const rootBy = async (from: Queryable, id: string, ways: typeof WAYS): Promise<JourneyRow | null> => {
  for (const way of ways) {
    const found = await rowsOf<{ journey_id: string }>(from, union(way), [id]);
    const [row] = await journeysByIds(
      from,
      found.slice(0, 1).map((one) => one.journey_id),
    );
    if (row !== undefined) return row;
  }
  return null;
};

const isWithdrawal = ({ flow }: JourneyRow): boolean => flow === 'withdrawal';
const isPayout = ({ flow }: JourneyRow): boolean => flow === 'payout';

/** A payout is told with its withdrawal; another withdrawal of the same portfolio is another story. */
const family = async (
  from: Queryable,
  root: JourneyRow,
): Promise<{ readonly journeys: readonly JourneyRow[]; readonly fromIso: string; readonly toIso: string | null }> => {
  const [asker] = isPayout(root) ? await journeysByIds(from, [root.subject]) : [];
  const head = asker ?? root;
  const last = head.ended ? (root.ended && root.since > head.since ? root.since : head.since) : null;
  const near = await journeysBetween(from, root.portfolioId, head.openedAt, last, MOST_JOURNEYS);
  const ours = near.filter((row) => {
    if (row.id === root.id || row.id === head.id) return true;
    if (!isWithdrawal(head)) return true;
    return isPayout(row) ? row.subject === head.id : !isWithdrawal(row);
  });
  const missing = [head, root].filter((row) => !ours.some(({ id }) => id === row.id));
  const journeys = [...new Map([...missing, ...ours].map((row) => [row.id, row])).values()];
  return { journeys, fromIso: head.openedAt, toIso: last };
};

const historyOf = async (
  from: Queryable,
  journeyIds: readonly string[],
  fromIso: string | null,
  toIso: string | null,
): Promise<readonly HistoryRow[]> => {
  type Row = {
    service: JourneyService;
    journey_id: string;
    version: number;
    at: Date;
    occasion: string;
    source: string | null;
    status: string;
    effect_id: string | null;
    said: string | null;
    note: string | null;
  };
  const rows = await rowsOf<Row>(
    from,
    `select * from (${union(
      (
        service,
      ) => `select '${service}' as service, journey_id, version, at, occasion, source, status, effect_id, said, note from ${schemaOf(service)}.history
        where journey_id = any($1::text[]) and ($2::timestamptz is null or at >= $2::timestamptz - interval '1 second') and ($3::timestamptz is null or at <= $3::timestamptz + interval '1 second')`,
    )}) every order by at, journey_id, version limit ${MOST_ROWS + 1}`,
    [journeyIds, fromIso, toIso],
  );
  return rows.map((row) => ({ ...row, journeyId: row.journey_id, at: iso(row.at), effectId: row.effect_id }));
};

const effectsOf = async (
  { from, opening }: Opened,
  journeyIds: readonly string[],
  fromIso: string | null,
  toIso: string | null,
): Promise<readonly StoryEffect[]> => {
  type Row = {
    service: JourneyService;
    id: string;
    journey_id: string;
    name: string;
    kind: string;
    generation: number;
    status: string;
    attempt: number;
    reference: string | null;
    planned_at: Date;
    last_sent_at: Date | null;
    note: string | null;
    request: string;
    result: string | null;
  };
  const rows = await rowsOf<Row>(
    from,
    `select * from (${union(
      (
        service,
      ) => `select '${service}' as service, id, journey_id, name, kind, generation, status, attempt, reference, planned_at, last_sent_at, note, request::text as request, result::text as result
        from unnest($1::text[]) as wanted(journey) join ${schemaOf(service)}.effect on id > wanted.journey || ':' and id < wanted.journey || ';' where ($2::timestamptz is null or planned_at >= $2::timestamptz - interval '5 seconds')
          and ($3::timestamptz is null or planned_at <= $3::timestamptz + interval '1 second')`,
    )}) every order by planned_at, id limit ${MOST_ROWS + 1}`,
    [journeyIds, fromIso, toIso],
  );
  const stored = rows.map((row) => ({ ...row, request: jsonOf(row.request), result: jsonOf(row.result) }));
  await opening.know(stored.flatMap(({ request, result }) => [request, result]));
  return stored.map((row) => ({
    ...row,
    journeyId: row.journey_id,
    plannedAt: iso(row.planned_at),
    lastSentAt: isoOrNull(row.last_sent_at),
    request: opening.json(row.request, row.id),
    result: opening.json(row.result, row.id),
  }));
};

/** Events that a step names, and whatever else came for the portfolio or under one of its references meanwhile. */
const eventsOf = async (
  { from, opening }: Opened,
  wanted: {
    readonly keys: readonly string[];
    readonly sources: readonly string[];
    readonly fromIso: string | null;
    readonly toIso: string | null;
  },
): Promise<readonly StoryEvent[]> => {
  type Row = {
    service: JourneyService;
    event_id: string;
    source: string | null;
    received_at: Date;
    handled_at: Date | null;
    note: string | null;
    value: string;
  };
  const source = `topic || '/' || "partition" || '/' || "offset"`;
  const rows = await rowsOf<Row>(
    from,
    `select * from (${union(
      (
        service,
      ) => `select '${service}' as service, event_id, ${source} as source, received_at, handled_at, note, value from ${schemaOf(service)}.inbox
        where event_id = any($2::text[]) or (portfolio_id = any($1::text[]) and (${source} = any($2::text[])
          or (($3::timestamptz is null or received_at >= $3::timestamptz - interval '1 second') and ($4::timestamptz is null or received_at <= $4::timestamptz + interval '1 second'))))`,
    )}) every order by received_at limit ${MOST_ROWS + 1}`,
    [wanted.keys, wanted.sources, wanted.fromIso, wanted.toIso],
  );
  return rows.map((row) => ({
    service: row.service,
    eventId: row.event_id,
    source: row.source,
    at: iso(row.received_at),
    note: row.note,
    handled: row.handled_at !== null,
    value: opening.message(row.value),
  }));
};

/** Ids of what a step has said are made of its journey, its version and a count. */
const saidIds = (history: readonly HistoryRow[]): readonly string[] =>
  history.flatMap(({ journeyId, version, said }) =>
    said === null ? [] : said.split(', ').map((_what, index) => `${journeyId}.${String(version)}.${String(index)}`),
  );

const messagesOf = async ({ from, opening }: Opened, eventIds: readonly string[]): Promise<readonly StoryMessage[]> => {
  type Row = { service: JourneyService; event_id: string; topic: string; created_at: Date; sent_at: Date | null; value: string };
  const rows = await rowsOf<Row>(
    from,
    union(
      (service) =>
        `select '${service}' as service, event_id, topic, created_at, sent_at, value from ${schemaOf(service)}.outbox where event_id = any($1::text[])`,
    ),
    [eventIds],
  );
  return rows.map((row) => ({
    service: row.service,
    eventId: row.event_id,
    topic: row.topic,
    at: iso(row.created_at),
    sentAt: isoOrNull(row.sent_at),
    value: opening.message(row.value),
  }));
};

type Scope = {
  readonly rootId: string | null;
  readonly portfolioId: string;
  readonly journeys: readonly JourneyRow[];
  readonly fromIso: string | null;
  readonly toIso: string | null;
};

const scopeOf = async (opened: Opened, id: string): Promise<Scope | null> => {
  const { from } = opened;
  const named = await rootBy(from, id, WAYS.slice(0, 2));
  if (named !== null) return { rootId: named.id, portfolioId: named.portfolioId, ...(await family(from, named)) };
  const journeys = await journeysBetween(from, id, '-infinity', null, MOST_JOURNEYS);
  const isPortfolio = journeys.length > 0 || (await deadLettersOfPortfolio(opened, id)).length > 0;
  if (isPortfolio) return { rootId: null, portfolioId: id, journeys, fromIso: null, toIso: null };
  const root = await rootBy(from, id, WAYS.slice(2));
  return root === null ? null : { rootId: root.id, portfolioId: root.portfolioId, ...(await family(from, root)) };
};

/** Null when nothing goes by this id. */
export const readStory = async (opened: Opened, id: string): Promise<Story | null> => {
  const { from } = opened;
  const scope = await scopeOf(opened, id);
  if (scope === null) return null;
  const { portfolioId, journeys, fromIso, toIso } = scope;
  const ids = journeys.map((journey) => journey.id);
  const history = await historyOf(from, ids, fromIso, toIso);
  const effects = await effectsOf(opened, ids, fromIso, toIso);
  const keys = [portfolioId, ...effects.flatMap(({ reference }) => (reference === null ? [] : [reference]))];
  const events = await eventsOf(opened, {
    keys,
    sources: history.flatMap(({ source }) => (source === null ? [] : [source])),
    fromIso,
    toIso,
  });
  const messages = await messagesOf(opened, saidIds(history));
  const letters = await deadLettersOfPortfolio(opened, portfolioId);
  const deadLetters = letters.filter(
    (letter) =>
      (fromIso === null || letter.resolvedAt === null || letter.resolvedAt >= fromIso) && (toIso === null || letter.firstSeen <= toIso),
  );
  const cut = [history, effects, events].some((rows) => rows.length > MOST_ROWS) || journeys.length >= MOST_JOURNEYS;
  return { rootId: scope.rootId, portfolioId, journeys, history, effects, events, messages, deadLetters, cut };
};
