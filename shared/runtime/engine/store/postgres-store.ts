import type { Pool, QueryResultRow } from 'pg';
import {
  DatabaseAway,
  RowRefused,
  Stale,
  type DueEffect,
  type EngineStore,
  type Figure,
  type InboxRow,
  type OpenInboxRow,
  type OutboxRow,
  type StateVersions,
  type LoadedJourney,
  type StoredEffect,
  type Ingested,
} from './store.js';
import { decisionStatements } from './decisions.js';
import { bigintArray, intArray, textArray } from './binary-array.js';
import { DISCARD, OPEN_DECIDED_LANES, QUARANTINED, RELEASE_LANE, REPLAY, SEND_AGAIN, SET_ASIDE } from './quarantine-statements.js';
import { isUnset, rowsOf, stepStatement, unnested, type Parts } from './step-statement.js';
import { isAway } from '../../postgres/database.js';
import { STOPPED } from '../../stopping/stop-rules.js';
import type { EffectKind, Stated } from '../../../kernel/flow.js';
import type { EffectStatus } from '../../../kernel/effect-life.js';

type JourneyRow = {
  id: string;
  flow: string;
  subject: string;
  portfolio_id: string;
  version: number;
  state: Stated;
  state_version: number;
  policy: unknown;
  opened_ms: string;
  ended: boolean;
  held: string | null;
  effect_id: string | null;
  name: string;
  kind: EffectKind;
  effect_status: EffectStatus;
  generation: number;
  attempt: number;
  reference: string | null;
  request: unknown;
  owner: number | null;
  planned_ms: string;
  first_ms: string | null;
  last_ms: string | null;
  due_ms: string | null;
  note: string | null;
};

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`;
const JOURNEY_COLUMNS = `j.id, j.flow, j.subject, j.portfolio_id, j.version, j.state, j.state_version, j.policy, j.ended, j.held, e.id as effect_id, e.name, e.kind,
  e.status as effect_status, e.generation, e.attempt, e.reference, e.request, e.owner, e.note,
  ${ms('j.opened_at')} as opened_ms, ${ms('e.planned_at')} as planned_ms, ${ms('e.first_sent_at')} as first_ms, ${ms('e.last_sent_at')} as last_ms, ${ms('e.due_at')} as due_ms`;
// `lateral (... offset 0)`: each wanted one is looked up by its index. Left to choose, the planner goes through all open journeys with all that
// are wanted beside each of them, once its statistics say that none are open: see step-statement.ts.
const LOAD = `
  select ${JOURNEY_COLUMNS} from unnest($1::text[]) as wanted(id)
    cross join lateral (select * from journey where id = wanted.id offset 0) j
    left join lateral (select * from effect where id = j.effect_id offset 0) e on true
  union all
  select ${JOURNEY_COLUMNS} from unnest($2::text[], $3::text[]) as wanted(flow, subject)
    cross join lateral (select * from journey where flow = wanted.flow and subject = wanted.subject and not ended offset 0) j
    left join lateral (select * from effect where id = j.effect_id offset 0) e on true`;

const BY_REFERENCE = `
  select e.reference, e.journey_id, j.portfolio_id, e.id as effect_id, e.status, false as is_earlier, e.name, e.generation, null::jsonb as request,
    null::bigint as first_ms, null::bigint as last_ms
  from unnest($1::text[]) as wanted(reference)
    cross join lateral (select * from effect where reference = wanted.reference offset 0) e
    cross join lateral (select portfolio_id from journey where id = e.journey_id offset 0) j
  union all
  select r.reference, e.journey_id, j.portfolio_id, e.id, e.status, true, e.name, r.generation, r.request, ${ms('r.first_sent_at')}, ${ms('r.last_sent_at')}
  from unnest($1::text[]) as wanted(reference)
    cross join lateral (select * from earlier_request where reference = wanted.reference offset 0) r
    cross join lateral (select * from effect where id = r.effect_id offset 0) e
    cross join lateral (select portfolio_id from journey where id = e.journey_id offset 0) j`;

const FRESH = `
fresh as (
  insert into inbox (event_id, content_hash, topic, "partition", "offset", portfolio_id, value, handled_at, note)
  select event_id, content_hash, topic, "partition", "offset", portfolio_id, value, case when note is null then null else now() end, note
  from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::text[])
    as t(event_id, content_hash, topic, "partition", "offset", portfolio_id, value, note)
  on conflict (event_id) do nothing returning event_id)`;
/** Null: all of them are, which needs no list. */
const WHICH_ARE_FRESH =
  'select case when (select count(*) from fresh) < cardinality($1) then array(select event_id from fresh) end as fresh';
const INGEST = `with ${FRESH}\n${WHICH_ARE_FRESH}`;
/** With messages that could not be read: each of them once, however often it comes. */
const INGEST_WITH_BAD = `
with ${FRESH},
quarantined as (
  insert into quarantine (event_id, portfolio_id, topic, "partition", "offset", key, headers, value, error_class, reason)
  select * from ${unnested('quarantined', 9)} t where t.event_id in (select event_id from fresh) on conflict (event_id) do nothing),
blocked as (
  insert into blocked_lane (portfolio_id, event_id, reason) select t.* from ${unnested('blocked', 10)} t
  where t.event_id in (select event_id from fresh) on conflict do nothing),
said as (
  insert into outbox (event_id, topic, key, headers, value) select t.* from ${unnested('said', 11)} t
  where regexp_replace(t.event_id, '\\.dlq(\\.\\d+)?$', '') in (select event_id from fresh) on conflict (event_id) do nothing)
${WHICH_ARE_FRESH}`;

/** `$n`: the flows that this process knows, with the version of their states, as JSON. */
const isReadable = (parameter: string): string => `(j.state_version <= coalesce((${parameter}::jsonb ->> j.flow)::int, 0))`;
/** See `answerEventId`. Its answer waits in the inbox: nobody needs to ask. */
const IS_NOT_HANDED_OVER = `not exists (
  select 1 from inbox i where i.event_id = e.id || '.answer.' || e.generation || '.' || ${ms('e.last_sent_at')} and ${isUnset('i.handled_at')})`;

/** An answer that an instance has handed over passes a blocked lane, as it does in memory. */
const IS_ANSWER = `(i.topic = 'own' and i.value like '{"answers":%')`;

type InboxOpen = {
  event_id: string;
  portfolio_id: string;
  value: string;
  topic: string | null;
  source: string | null;
  kept_key: string | null;
  kept_headers: string | null;
  attempts: number | null;
  first_seen: Date | null;
  is_corrected: boolean | null;
};
const openRow = (row: InboxOpen): OpenInboxRow => ({
  eventId: row.event_id,
  portfolioId: row.portfolio_id,
  value: row.value,
  topic: row.topic,
  source: row.source,
  quarantined:
    row.kept_headers === null
      ? null
      : {
          key: row.kept_key,
          headers: JSON.parse(row.kept_headers) as Record<string, string>,
          attempts: row.attempts ?? 0,
          firstSeenAtMs: row.first_seen?.getTime() ?? 0,
          isCorrected: row.is_corrected === true,
        },
});

const column = <T, K extends keyof T>(rows: readonly T[], key: K): T[K][] => rows.map((row) => row[key]);
const number = (text: string | null): number | null => (text === null ? null : Number(text));

const effectOf = (row: JourneyRow): StoredEffect | null =>
  row.effect_id === null
    ? null
    : {
        id: row.effect_id,
        name: row.name,
        kind: row.kind,
        status: row.effect_status,
        generation: row.generation,
        attempt: row.attempt,
        reference: row.reference,
        plannedAtMs: Number(row.planned_ms),
        firstSentAtMs: number(row.first_ms),
        lastSentAtMs: number(row.last_ms),
        dueAtMs: number(row.due_ms),
        note: row.note,
        request: row.request,
        owner: row.owner,
      };

const NEWLY_OVERDUE = `update journey set alarmed_at = now() where id in
    (select id from journey where not ended and alarmed_at is null and overdue_at <= now() limit $1 for update skip locked)
  returning id, flow, status, waits_for, held`;
const PUT_OFF_OVERDUE = `
  update journey j set overdue_at = now() + $1::float8 * interval '1 ms'
  from (select o.id from journey o cross join lateral (select 1 from effect e
      where e.id = o.effect_id and e.status in ('planned', 'accepted', 'unknown') and starts_with(e.note, '${STOPPED}') offset 0) e
    where not o.ended and o.overdue_at < now() + $1::float8 * interval '1 ms' for update of o skip locked) stopped
  where j.id = stopped.id`;

/** In sweeps, one a second: longer than a statement may run. */
const LOOKS_AFTER_A_CHANGE = 15;
const LOOKS_EVERY = 30;

export class PostgresStore implements EngineStore {
  readonly #pool: Pool;
  readonly #lockClass: number;
  readonly quarantined: EngineStore['quarantined'];
  readonly takeAct: EngineStore['takeAct'];
  readonly refuseDecision: EngineStore['refuseDecision'];
  #livingBefore = '';
  #looksLeft = LOOKS_AFTER_A_CHANGE;

  constructor(pool: Pool, lockClass: number) {
    this.#pool = pool;
    this.#lockClass = lockClass;
    const { quarantined, takeAct, refuseDecision } = decisionStatements((text, values) => this.#query(text, values));
    [this.quarantined, this.takeAct, this.refuseDecision] = [quarantined, takeAct, refuseDecision];
  }

  async #query<R extends QueryResultRow>(text: string, values: readonly unknown[], name?: string): Promise<R[]> {
    try {
      const result = await this.#pool.query<R>({ text, values: [...values], ...(name === undefined ? {} : { name }) });
      return result.rows;
    } catch (cause) {
      if ((cause as { code?: string }).code === 'CMW01') throw new Stale((cause as Error).message);
      // A key that two instances insert at once is the same news as a stale version.
      if ((cause as { code?: string; constraint?: string }).constraint === 'history_pkey')
        throw new Stale('another instance wrote this version');
      const { message, code = null } = cause as Error & { readonly code?: string };
      if (isAway(cause)) throw new DatabaseAway(`${message} (${code ?? 'no SQLSTATE'})`, { cause });
      throw new RowRefused(message, code, { cause });
    }
  }

  async ingest(rows: readonly InboxRow[], bad: Pick<Parts, 'quarantined' | 'blocked' | 'said'>): Promise<Ingested> {
    const isGood = bad.quarantined.length + bad.said.length === 0;
    const [answer] = await this.#query<{ fresh: string[] | null }>(
      isGood ? INGEST : INGEST_WITH_BAD,
      [
        textArray(column(rows, 'eventId')),
        textArray(column(rows, 'contentHash')),
        textArray(column(rows, 'topic')),
        intArray(column(rows, 'partition')),
        bigintArray(column(rows, 'offset')),
        textArray(column(rows, 'portfolioId')),
        textArray(column(rows, 'value')),
        textArray(column(rows, 'note')),
        ...(isGood ? [] : [rowsOf('quarantined', bad.quarantined), rowsOf('blocked', bad.blocked), rowsOf('said', bad.said)]),
      ],
      isGood ? 'ingest' : 'ingest-with-bad',
    );
    const known = new Set(answer?.fresh ?? column(rows, 'eventId'));
    const repeated = rows.filter((row) => !known.has(row.eventId));
    if (repeated.length === 0) return { fresh: known, conflicting: [] };
    const stored = await this.#query<{ event_id: string; content_hash: string }>(
      'select event_id, content_hash from inbox where event_id = any($1::text[])',
      [column(repeated, 'eventId')],
    );
    const hashes = new Map(stored.map((row) => [row.event_id, row.content_hash]));
    return { fresh: known, conflicting: repeated.filter((row) => hashes.get(row.eventId) !== row.contentHash).map((row) => row.eventId) };
  }

  async load(
    ids: readonly string[],
    open: readonly { readonly flow: string; readonly subject: string }[],
  ): Promise<readonly LoadedJourney[]> {
    const rows = await this.#query<JourneyRow>(LOAD, [ids, column(open, 'flow'), column(open, 'subject')], 'load');
    return rows.map((row) => ({
      id: row.id,
      flow: row.flow,
      subject: row.subject,
      portfolioId: row.portfolio_id,
      version: row.version,
      state: row.state,
      stateVersion: row.state_version,
      policy: row.policy,
      openedAtMs: Number(row.opened_ms),
      ended: row.ended,
      held: row.held,
      effect: effectOf(row),
    }));
  }

  async write(parts: Parts): Promise<void> {
    const { text, values, name } = stepStatement(parts);
    await this.#query(text, values, name);
  }

  async stillOpen(eventIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#query<{ event_id: string }>(
      `select event_id from inbox where event_id = any($1::text[]) and ${isUnset('handled_at')}`,
      [eventIds],
    );
    return new Set(column(rows, 'event_id'));
  }

  async byReference(references: readonly string[]): ReturnType<EngineStore['byReference']> {
    type Row = Pick<JourneyRow, 'name' | 'generation' | 'request' | 'first_ms' | 'last_ms' | 'portfolio_id'> & {
      reference: string;
      journey_id: string;
      effect_id: string;
      status: string;
      is_earlier: boolean;
    };
    const rows = await this.#query<Row>(BY_REFERENCE, [references], 'by-reference');
    return rows.map((row) => ({
      reference: row.reference,
      journeyId: row.journey_id,
      portfolioId: row.portfolio_id,
      effectId: row.effect_id,
      status: row.status,
      earlier: row.is_earlier
        ? {
            name: row.name,
            generation: row.generation,
            request: row.request,
            firstSentAtMs: number(row.first_ms),
            lastSentAtMs: number(row.last_ms),
          }
        : null,
    }));
  }

  async openInbox(olderThanMs: number, limit: number, except: readonly string[]): Promise<readonly OpenInboxRow[]> {
    const rows = await this.#query<InboxOpen>(
      `select i.event_id, i.portfolio_id, i.value, i.topic, i.topic || '/' || i."partition" || '/' || i."offset" as source, ${QUARANTINED} from inbox i
         left join quarantine q on q.event_id = i.event_id
       where i.handled_at is null and i.received_at < now() - $1::int * interval '1 ms'
         and (${IS_ANSWER} or not exists (select 1 from blocked_lane b where b.portfolio_id = i.portfolio_id))
         and i.event_id <> all($3::text[])
       order by i.seq limit $2`,
      [olderThanMs, limit, except],
    );
    return rows.map(openRow);
  }

  async dueJourneys(limit: number, readable: StateVersions): ReturnType<EngineStore['dueJourneys']> {
    const rows = await this.#query<{ id: string; portfolio_id: string; version: number }>(
      `select j.id, j.portfolio_id, j.version from journey j where j.due_at <= now() and ${isReadable('$2')} order by j.due_at limit $1`,
      [limit, JSON.stringify(readable)],
    );
    return rows.map((row) => ({ journeyId: row.id, portfolioId: row.portfolio_id, version: row.version }));
  }

  async #effects(where: string, values: readonly unknown[]): Promise<readonly DueEffect[]> {
    const rows = await this.#query<{ id: string; journey_id: string; portfolio_id: string; status: string }>(
      `select e.id, e.journey_id, j.portfolio_id, e.status from effect e join journey j on j.id = e.journey_id and j.effect_id = e.id where ${where}`,
      values,
    );
    return rows.map((row) => ({ effectId: row.id, journeyId: row.journey_id, portfolioId: row.portfolio_id, status: row.status }));
  }

  dueEffects(graceMs: number, limit: number, readable: StateVersions): Promise<readonly DueEffect[]> {
    return this.#effects(
      `e.due_at <= now() - $1::int * interval '1 ms' and e.status in ('planned', 'accepted', 'unknown') and ${isReadable('$3')}
       order by e.due_at limit $2`,
      [graceMs, limit, JSON.stringify(readable)],
    );
  }

  /** Owners whose lock is held. Locks are each database's own, but all of a server are listed; with two keys one shows as classid, objid, objsubid 2. */
  async #living(): Promise<readonly number[]> {
    const owners = await this.#query<{ owner: string }>(
      `select objid as owner from pg_locks where locktype = 'advisory' and classid::bigint = $1 and objsubid = 2 and granted
         and database = (select oid from pg_database where datname = current_database()) order by 1`,
      [this.#lockClass],
      'owners',
    );
    return owners.map(({ owner }) => Number(owner));
  }

  /**
   * Looks through the open journeys, which is dear, so it is done when it can find something: while an owner has just come or
   * gone (a statement of its own may still be on its way for as long as the server lets it run), and now and then.
   */
  async orphanedEffects(ownId: number, limit: number, readable: StateVersions): Promise<readonly DueEffect[]> {
    const living = await this.#living();
    if (living.join() !== this.#livingBefore) this.#looksLeft = LOOKS_AFTER_A_CHANGE;
    this.#livingBefore = living.join();
    if (--this.#looksLeft <= 0 && this.#looksLeft % LOOKS_EVERY !== 0) return [];
    const orphanedBut = (owners: readonly number[]): Promise<readonly DueEffect[]> =>
      this.#effects(
        `not j.ended and j.effect_id is not null and e.status = 'sending' and (e.owner is null or (e.owner = $3 and e.last_sent_at < now() - interval '2 minutes')
         or e.owner <> all($1::int[])) and ${isReadable('$4')} and ${IS_NOT_HANDED_OVER} limit $2`,
        [owners, limit, ownId, JSON.stringify(readable)],
      );
    let found = await orphanedBut(living);
    // Whoever came after the first question is not gone.
    if (found.length > 0) found = await orphanedBut([...living, ...(await this.#living())]);
    if (found.length > 0) this.#looksLeft = Math.max(this.#looksLeft, LOOKS_AFTER_A_CHANGE);
    return found;
  }

  async openDecidedLanes(): Promise<void> {
    await this.#query(OPEN_DECIDED_LANES, []);
  }

  async blockedLanes(): Promise<ReadonlySet<string>> {
    return new Set(column(await this.#query<{ portfolio_id: string }>('select portfolio_id from blocked_lane', []), 'portfolio_id'));
  }

  async unsentOutbox(olderThanMs: number, limit: number): Promise<readonly OutboxRow[]> {
    const rows = await this.#query<{ event_id: string; topic: string; key: string; headers: string; value: string }>(
      `select event_id, topic, key, headers, value from outbox where sent_at is null and created_at < now() - $1::int * interval '1 ms' order by seq limit $2`,
      [olderThanMs, limit],
    );
    return rows.map((row) => ({
      eventId: row.event_id,
      topic: row.topic,
      key: row.key,
      headers: JSON.parse(row.headers) as Record<string, string>,
      value: row.value,
    }));
  }

  async markSent(eventIds: readonly string[]): Promise<void> {
    await this.#query(
      `update outbox set sent_at = now() where event_id = any($1::text[]) and ${isUnset('sent_at')}`,
      [eventIds],
      'mark-sent',
    );
  }

  async putOffOverdue(roomMs: number): Promise<void> {
    await this.#query(PUT_OFF_OVERDUE, [roomMs]);
  }

  async setAside(rows: readonly { readonly eventId: string; readonly reason: string }[]): Promise<void> {
    await this.#query(SET_ASIDE, [column(rows, 'eventId'), column(rows, 'reason').map((reason) => reason.slice(0, 500))]);
  }

  async newlyOverdue(limit: number): ReturnType<EngineStore['newlyOverdue']> {
    const rows = await this.#query<{ id: string; flow: string; status: string; waits_for: string | null; held: string | null }>(
      NEWLY_OVERDUE,
      [limit],
    );
    return rows.map((row) => ({ journeyId: row.id, flow: row.flow, status: row.status, waitsFor: row.waits_for, held: row.held }));
  }

  async dropHandled(olderThanDays: number, limit: number): Promise<number> {
    const rows = await this.#query<{ count: string }>(
      `with old_events as (
         delete from inbox where event_id in (select event_id from inbox where handled_at < now() - $1::int * interval '1 day' limit $2) returning 1),
       old_messages as (
         delete from outbox where event_id in (select event_id from outbox where sent_at < now() - $1::int * interval '1 day' limit $2) returning 1)
       select (select count(*) from old_events) + (select count(*) from old_messages) as count`,
      [olderThanDays, limit],
    );
    return Number(rows[0]?.count ?? 0);
  }

  async figures(readable: StateVersions): ReturnType<EngineStore['figures']> {
    const rows = await this.#query<Pick<Figure, 'name' | 'labels'> & { value: string }>(
      `select 'open_journeys' as name, jsonb_build_object('flow', flow, 'status', status) as labels, count(*) as value from journey where not ended group by flow, status
       union all select 'left_to_newer', '{"what": "journeys"}', count(*) from journey j where not j.ended and not ${isReadable('$1')}
       union all select 'overdue_journeys', '{}', count(*) from journey where not ended and overdue_at <= now()
       union all select 'open_effects', jsonb_build_object('name', e.name, 'status', e.status), count(*) from journey j join effect e on e.id = j.effect_id
         where not j.ended and e.status in ('planned', 'sending', 'accepted', 'unknown', 'parked') group by e.name, e.status
       union all select 'inbox_open', '{}', count(*) from inbox where handled_at is null
       union all select 'outbox_open', '{}', count(*) from outbox where sent_at is null
       union all select 'quarantined', '{}', count(*) from quarantine where resolved_at is null
       union all select 'blocked_lanes', '{}', count(*) from blocked_lane`,
      [JSON.stringify(readable)],
    );
    return rows.map((row) => ({ name: row.name, labels: row.labels, value: Number(row.value) }));
  }

  async sendAgain(eventId: string, correctedValue: string | null, resolution: string, attempts?: number): Promise<boolean> {
    const rows = await this.#query(SEND_AGAIN, [eventId, resolution, correctedValue, attempts ?? null]);
    return rows.length > 0;
  }

  async replay(eventId: string, correctedValue: string | null, resolution: string, attempts?: number): Promise<OpenInboxRow | null> {
    const rows = await this.#query<InboxOpen>(REPLAY, [eventId, resolution, correctedValue, attempts ?? null]);
    const row = rows[0];
    return row === undefined ? null : openRow(row);
  }

  async discard(eventId: string, resolution: string, attempts?: number): Promise<boolean> {
    const rows = await this.#query(DISCARD, [eventId, resolution, attempts ?? null]);
    return rows.length > 0;
  }

  async releaseLane(portfolioId: string): Promise<void> {
    await this.#query(RELEASE_LANE, [portfolioId]);
  }
}
