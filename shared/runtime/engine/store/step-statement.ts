/**
 * All that many steps change, in one statement: one commit, one round trip. All or nothing: when a journey had another
 * version, or an event was handled meanwhile, expect_all raises and nothing at all is written.
 *
 * `{{rows}}` stands for the rows of the part, one parameter of the composite type `<part>_row[]`, made by the migrations from
 * the same columns. A part without rows is left out; the statement does not depend on the size of a batch. Rows that are
 * updated come in the order of their ids, so that two instances do not wait for one another in a circle. Never join one part to another:
 * with hash joins switched off on these connections that is quadratic. So is a table that is gone through once with all rows of a batch beside
 * each of its rows, which the planner takes for cheap while its statistics say that nothing is there: what only reads is joined by
 * `lateral (... offset 0)`, what is updated names no condition of a partial index, and a row looked at is dear on these connections.
 */
import { rowsLiteral, type Field } from './composite.js';

export const PARTS = {
  created: {
    id: 'text',
    flow: 'text',
    subject: 'text',
    portfolio_id: 'text',
    status: 'text',
    state: 'jsonb',
    state_version: 'integer',
    policy: 'jsonb',
    opened_ms: 'double precision',
    effect_id: 'text',
    held: 'text',
    waits_for: 'text',
    owned_by: 'text',
    amount: 'text',
    currency: 'text',
    ended: 'boolean',
    waits: 'boolean',
    due_ms: 'double precision',
    overdue_ms: 'double precision',
  },
  moved: {
    id: 'text',
    version: 'integer',
    status: 'text',
    state: 'jsonb',
    state_version: 'integer',
    policy: 'jsonb',
    effect_id: 'text',
    held: 'text',
    waits_for: 'text',
    amount: 'text',
    currency: 'text',
    ended: 'boolean',
    waits: 'boolean',
    due_ms: 'double precision',
    overdue_ms: 'double precision',
  },
  planned: {
    id: 'text',
    journey_id: 'text',
    name: 'text',
    kind: 'text',
    owner: 'integer',
    request: 'jsonb',
    reference: 'text',
    at_ms: 'double precision',
  },
  closed: {
    id: 'text',
    status: 'text',
    generation: 'integer',
    owner: 'integer',
    attempt: 'integer',
    reference: 'text',
    request: 'jsonb',
    first_ms: 'double precision',
    last_ms: 'double precision',
    due_ms: 'double precision',
    result: 'jsonb',
    note: 'text',
    proof: 'text',
  },
  /** What an event was judged by: a decision that changes nothing must not rest on a stale memory either. */
  checked: { id: 'text', version: 'integer' },
  postponed: {
    id: 'text',
    was: 'text',
    generation: 'integer',
    status: 'text',
    attempt: 'integer',
    reference: 'text',
    due_ms: 'double precision',
    note: 'text',
  },
  said: { event_id: 'text', topic: 'text', key: 'text', headers: 'text', value: 'text' },
  told: { event_id: 'text', content_hash: 'text', portfolio_id: 'text', value: 'text' },
  history: {
    journey_id: 'text',
    version: 'integer',
    occasion: 'text',
    source: 'text',
    status: 'text',
    effect_id: 'text',
    said: 'text',
    note: 'text',
  },
  seen: { event_id: 'text', note: 'text' },
  quarantined: {
    event_id: 'text',
    portfolio_id: 'text',
    topic: 'text',
    partition: 'integer',
    offset: 'bigint',
    key: 'text',
    headers: 'text',
    value: 'text',
    error_class: 'text',
    reason: 'text',
  },
  blocked: { portfolio_id: 'text', event_id: 'text', reason: 'text' },
} as const;

export type PartName = keyof typeof PARTS;
type ColumnValue<T extends string> = T extends 'text' | 'jsonb'
  ? string | null
  : T extends 'integer' | 'double precision'
    ? number | null
    : T extends 'bigint'
      ? string | number | null
      : boolean | null;
type Columns<P extends PartName> = { readonly [C in keyof (typeof PARTS)[P]]: ColumnValue<(typeof PARTS)[P][C] & string> };
/** Whose row it is, for those that seal it. What is no column of its part is not written. */
export type Whose = { readonly flow: string; readonly portfolio_id: string };
export type PartRow<P extends PartName> = Columns<P> & (P extends 'created' | 'moved' | 'planned' | 'closed' ? Whose : unknown);
export type Parts = { readonly [P in PartName]: PartRow<P>[] };

export const emptyParts = (): Parts => ({
  created: [],
  moved: [],
  checked: [],
  planned: [],
  closed: [],
  postponed: [],
  said: [],
  told: [],
  history: [],
  seen: [],
  quarantined: [],
  blocked: [],
});

/** For what is found by its id: `is null` would offer the planner the index of all that is open instead. */
export const isUnset = (column: string): string => `coalesce(${column}, 'infinity') = 'infinity'`;

/** How each part is written. The order does not matter: no part sees what another one writes. */
const WRITES: Readonly<Record<PartName, string>> = {
  created: `
  insert into journey (id, flow, subject, portfolio_id, version, status, state, state_version, policy, opened_at, effect_id, held, waits_for, owned_by, amount, currency, ended, due_at, overdue_at, wait_status, wait_overdue_at)
  select id, flow, subject, portfolio_id, 1, status, state, state_version, policy, to_timestamp(opened_ms / 1000), effect_id, held, waits_for, owned_by, amount, currency, ended,
         to_timestamp(due_ms / 1000), to_timestamp(overdue_ms / 1000),
         case when waits then status end, case when waits then to_timestamp(overdue_ms / 1000) end
  from {{rows}}
  on conflict do nothing returning 1`,
  moved: `
  update journey j set
    version = j.version + 1, status = m.status, state = m.state, state_version = m.state_version, policy = m.policy, effect_id = m.effect_id, held = m.held,
    waits_for = m.waits_for, amount = m.amount, currency = m.currency, ended = m.ended,
    since = case when j.status = m.status then j.since else now() end,
    due_at = to_timestamp(m.due_ms / 1000),
    overdue_at = case when j.status = m.status then j.overdue_at
      when m.waits and j.wait_status = m.status then j.wait_overdue_at else to_timestamp(m.overdue_ms / 1000) end,
    wait_status = case when m.waits then m.status else j.wait_status end,
    wait_overdue_at = case when m.waits and j.wait_status is distinct from m.status then to_timestamp(m.overdue_ms / 1000) else j.wait_overdue_at end,
    alarmed_at = case when j.status = m.status then j.alarmed_at else null end
  from {{rows}} m
  where j.id = m.id and j.version = m.version returning 1`,
  planned: `
  insert into effect (id, journey_id, name, kind, generation, status, owner, attempt, request, reference, planned_at, first_sent_at, last_sent_at)
  select id, journey_id, name, kind, 1, 'sending', owner, 1, request, reference,
         to_timestamp(at_ms / 1000), to_timestamp(at_ms / 1000), to_timestamp(at_ms / 1000)
  from {{rows}}`,
  closed: `
  update effect e set
    status = c.status, generation = c.generation, owner = c.owner, attempt = c.attempt, reference = coalesce(c.reference, e.reference),
    request = coalesce(c.request, e.request), first_sent_at = to_timestamp(c.first_ms / 1000), last_sent_at = to_timestamp(c.last_ms / 1000),
    due_at = to_timestamp(c.due_ms / 1000), result = c.result, note = c.note, proof = coalesce(c.proof, e.proof)
  from {{rows}} c
  where e.id = c.id`,
  postponed: `
  update effect e set status = p.status, attempt = p.attempt, reference = coalesce(p.reference, e.reference), due_at = to_timestamp(p.due_ms / 1000), note = p.note, owner = null
  from {{rows}} p
  where e.id = p.id and e.status in ('planned', 'sending', 'accepted', 'unknown')
    and (p.was is null or (e.status = p.was and e.generation = p.generation))`,
  checked: `
  select 1 from {{rows}} checked cross join lateral (select 1 from journey j where j.id = checked.id and j.version = checked.version offset 0) j`,
  said: `
  insert into outbox (event_id, topic, key, headers, value) select event_id, topic, key, headers, value from {{rows}}`,
  told: `
  insert into inbox (event_id, content_hash, portfolio_id, value) select event_id, content_hash, portfolio_id, value from {{rows}}`,
  history: `
  insert into history (journey_id, version, occasion, source, status, effect_id, said, note)
  select journey_id, version, occasion, source, status, effect_id, said, note from {{rows}}`,
  seen: `
  update inbox i set handled_at = now(), note = s.note
  from {{rows}} s
  where i.event_id = s.event_id and ${isUnset('i.handled_at')} returning 1`,
  quarantined: `
  insert into quarantine (event_id, portfolio_id, topic, "partition", "offset", key, headers, value, error_class, reason)
  select event_id, portfolio_id, topic, "partition", "offset", key, headers, value, error_class, reason from {{rows}}
  on conflict (event_id) do update set attempts = quarantine.attempts + 1, error_class = excluded.error_class, reason = excluded.reason, value = excluded.value, resolved_at = null, resolution = null`,
  blocked: `
  insert into blocked_lane (portfolio_id, event_id, reason) select portfolio_id, event_id, reason from {{rows}} on conflict do nothing`,
};
/** Only a new generation brings a proof: then what was asked under the key before is kept, for the other side may still speak of it. */
const KEPT = `
  insert into earlier_request (effect_id, generation, reference, request, first_sent_at, last_sent_at)
  select e.id, e.generation, e.reference, e.request, e.first_sent_at, e.last_sent_at
  from {{rows}} c cross join lateral (select * from effect e where e.id = c.id offset 0) e where c.proof is not null`;
/** What must be found as it was expected, or nothing at all is written. */
const COUNTED: readonly PartName[] = ['created', 'moved', 'checked', 'seen'];

type Prepared = { readonly name: string; readonly text: string };

const NAMES = Object.keys(PARTS) as PartName[];
const COLUMNS: ReadonlyMap<PartName, readonly string[]> = new Map(NAMES.map((part) => [part, Object.keys(PARTS[part])]));
const columnsOf = (part: PartName): readonly string[] => COLUMNS.get(part) ?? [];
const SORTED_BY: Readonly<Partial<Record<PartName, string>>> = {
  created: 'id',
  moved: 'id',
  closed: 'id',
  postponed: 'id',
  seen: 'event_id',
};

/** The rows of a part, from one parameter. */
export const unnested = (part: PartName, parameter: number): string => `unnest($${String(parameter)}::${part}_row[])`;

const prepare = (present: readonly PartName[], keepsEarlier: boolean): Prepared => {
  const parameterOf = (part: PartName): number => present.indexOf(part) + 2;
  const write = (name: string, sql: string, part: PartName): string =>
    `${name} as (${sql.replace('{{rows}}', () => unnested(part, parameterOf(part)))})`;
  const writes = present.map((part) => write(part, WRITES[part], part));
  if (keepsEarlier) writes.push(write('earlier', KEPT, 'closed'));
  const counts = present.filter((part) => COUNTED.includes(part)).map((part) => `(select count(*) from ${part})`);
  return {
    name: `step ${present.map((part) => NAMES.indexOf(part).toString(36)).join('')}${keepsEarlier ? ' earlier' : ''}`,
    text: `with ${writes.join(',\n')}\nselect expect_all($1::bigint, ${counts.length === 0 ? '0' : counts.join(' + ')})`,
  };
};

/** By the parts that have rows. In practice a few dozen of them: what journeys do together is much alike. */
const prepared = new Map<string, Prepared>();

const literalOf = (part: PartName, rows: readonly Readonly<Record<string, Field>>[]): string => {
  const by = SORTED_BY[part];
  if (by === undefined || rows.length === 1) return rowsLiteral(rows, columnsOf(part));
  const sorted = [...rows].sort((a, b) => ((a[by] ?? '') < (b[by] ?? '') ? -1 : 1));
  return rowsLiteral(sorted, columnsOf(part));
};

/** The statement for the driver: prepared under one name for the parts that have rows, one parameter for each. */
export const stepStatement = (parts: Parts): { readonly name: string; readonly text: string; readonly values: readonly unknown[] } => {
  const present = NAMES.filter((part) => parts[part].length > 0);
  const keepsEarlier = parts.closed.some((row) => row.proof !== null);
  const key = `${present.join(' ')}${keepsEarlier ? ' earlier' : ''}`;
  let statement = prepared.get(key);
  if (statement === undefined) {
    statement = prepare(present, keepsEarlier);
    prepared.set(key, statement);
  }
  const expected = COUNTED.reduce((sum, part) => sum + parts[part].length, 0);
  return { ...statement, values: [expected, ...present.map((part) => literalOf(part, parts[part]))] };
};

/** The rows of one part, as a parameter for another statement. */
export const rowsOf = <P extends PartName>(part: P, rows: Parts[P]): string => rowsLiteral(rows, columnsOf(part));
