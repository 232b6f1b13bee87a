/**
 * All that many steps change, in one statement: one commit, one round trip. All or nothing: when a journey had another
 * version, or an event was handled meanwhile, expect_all raises and nothing at all is written.
 *
 * `{{name}}` stands for `unnest($1::text[], ...) as name(column, ...)`; the columns are listed in PARTS. Parameters are
 * arrays, so the statement is prepared once whatever the size of a batch. Never join one part to another: with hash
 * joins switched off on these connections that is quadratic.
 */
export const PARTS = {
  created: {
    id: 'text',
    flow: 'text',
    subject: 'text',
    portfolio_id: 'text',
    status: 'text',
    state: 'text',
    state_version: 'int',
    effect_id: 'text',
    held: 'text',
    waits_for: 'text',
    owned_by: 'text',
    amount: 'text',
    currency: 'text',
    ended: 'boolean',
    waits: 'boolean',
    due_ms: 'bigint',
    overdue_ms: 'bigint',
  },
  moved: {
    id: 'text',
    version: 'int',
    status: 'text',
    state: 'text',
    state_version: 'int',
    effect_id: 'text',
    held: 'text',
    waits_for: 'text',
    amount: 'text',
    currency: 'text',
    ended: 'boolean',
    waits: 'boolean',
    due_ms: 'bigint',
    overdue_ms: 'bigint',
  },
  planned: {
    id: 'text',
    journey_id: 'text',
    name: 'text',
    kind: 'text',
    owner: 'int',
    request: 'text',
    reference: 'text',
    at_ms: 'bigint',
  },
  closed: {
    id: 'text',
    status: 'text',
    generation: 'int',
    owner: 'int',
    attempt: 'int',
    reference: 'text',
    request: 'text',
    first_ms: 'bigint',
    last_ms: 'bigint',
    due_ms: 'bigint',
    result: 'text',
    note: 'text',
    proof: 'text',
  },
  /** What an event was judged by: a decision that changes nothing must not rest on a stale memory either. */
  checked: { id: 'text', version: 'int' },
  postponed: {
    id: 'text',
    was: 'text',
    generation: 'int',
    status: 'text',
    attempt: 'int',
    reference: 'text',
    due_ms: 'bigint',
    note: 'text',
  },
  said: { event_id: 'text', topic: 'text', key: 'text', headers: 'text', value: 'text' },
  told: { event_id: 'text', content_hash: 'text', portfolio_id: 'text', value: 'text' },
  history: {
    journey_id: 'text',
    version: 'int',
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
    partition: 'int',
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
type ColumnValue<T extends string> = T extends 'text' | 'bigint'
  ? string | number | null
  : T extends 'int'
    ? number | null
    : boolean | null;
export type PartRow<P extends PartName> = { readonly [C in keyof (typeof PARTS)[P]]: ColumnValue<(typeof PARTS)[P][C] & string> };
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

const SQL = `
with
created as (
  insert into journey (id, flow, subject, portfolio_id, version, status, state, state_version, effect_id, held, waits_for, owned_by, amount, currency, ended, due_at, overdue_at, wait_status, wait_overdue_at)
  select id, flow, subject, portfolio_id, 1, status, state::jsonb, state_version, effect_id, held, waits_for, owned_by, amount, currency, ended,
         to_timestamp(due_ms / 1000.0), to_timestamp(overdue_ms / 1000.0),
         case when waits then status end, case when waits then to_timestamp(overdue_ms / 1000.0) end
  from {{created}} order by id
  on conflict do nothing returning 1),
moved as (
  update journey j set
    version = j.version + 1, status = m.status, state = m.state::jsonb, state_version = m.state_version, effect_id = m.effect_id, held = m.held,
    waits_for = m.waits_for, amount = m.amount, currency = m.currency, ended = m.ended,
    since = case when j.status = m.status then j.since else now() end,
    due_at = to_timestamp(m.due_ms / 1000.0),
    overdue_at = case when j.status = m.status then j.overdue_at
      when m.waits and j.wait_status = m.status then j.wait_overdue_at else to_timestamp(m.overdue_ms / 1000.0) end,
    wait_status = case when m.waits then m.status else j.wait_status end,
    wait_overdue_at = case when m.waits and j.wait_status is distinct from m.status then to_timestamp(m.overdue_ms / 1000.0) else j.wait_overdue_at end,
    alarmed_at = case when j.status = m.status then j.alarmed_at else null end
  from (select * from {{moved}} order by id) m
  where j.id = m.id and j.version = m.version returning 1),
planned as (
  insert into effect (id, journey_id, name, kind, generation, status, owner, attempt, request, reference, planned_at, first_sent_at, last_sent_at)
  select id, journey_id, name, kind, 1, 'sending', owner, 1, request::jsonb, reference,
         to_timestamp(at_ms / 1000.0), to_timestamp(at_ms / 1000.0), to_timestamp(at_ms / 1000.0)
  from {{planned}}),
decided as (select * from {{closed}} order by id),
-- Only a new generation brings a proof: then what was asked under the key before is kept.
earlier as (
  insert into earlier_request (effect_id, generation, reference, request, first_sent_at, last_sent_at)
  select e.id, e.generation, e.reference, e.request, e.first_sent_at, e.last_sent_at
  from decided c join effect e on e.id = c.id where c.proof is not null),
closed as (
  update effect e set
    status = c.status, generation = c.generation, owner = c.owner, attempt = c.attempt, reference = coalesce(c.reference, e.reference),
    request = coalesce(c.request::jsonb, e.request), first_sent_at = to_timestamp(c.first_ms / 1000.0), last_sent_at = to_timestamp(c.last_ms / 1000.0),
    due_at = to_timestamp(c.due_ms / 1000.0), result = c.result::jsonb, note = c.note, proof = coalesce(c.proof, e.proof)
  from decided c
  where e.id = c.id),
postponed as (
  update effect e set status = p.status, attempt = p.attempt, reference = coalesce(p.reference, e.reference), due_at = to_timestamp(p.due_ms / 1000.0), note = p.note, owner = null
  from (select * from {{postponed}} order by id) p
  where e.id = p.id and e.status in ('planned', 'sending', 'accepted', 'unknown')
    and (p.was is null or (e.status = p.was and e.generation = p.generation))),
checked as (
  select 1 from {{checked}} join journey j on j.id = checked.id and j.version = checked.version),
said as (
  insert into outbox (event_id, topic, key, headers, value) select event_id, topic, key, headers, value from {{said}}),
told as (
  insert into inbox (event_id, content_hash, portfolio_id, value) select event_id, content_hash, portfolio_id, value from {{told}}),
history as (
  insert into history (journey_id, version, occasion, source, status, effect_id, said, note)
  select journey_id, version, occasion, source, status, effect_id, said, note from {{history}}),
seen as (
  update inbox i set handled_at = now(), note = s.note
  from (select * from {{seen}} order by event_id) s
  where i.event_id = s.event_id and i.handled_at is null returning 1),
quarantined as (
  insert into quarantine (event_id, portfolio_id, topic, "partition", "offset", key, headers, value, error_class, reason)
  select event_id, portfolio_id, topic, "partition", "offset", key, headers, value, error_class, reason from {{quarantined}}
  on conflict (event_id) do update set attempts = quarantine.attempts + 1, reason = excluded.reason, value = excluded.value, resolved_at = null, resolution = null),
blocked as (
  insert into blocked_lane (portfolio_id, event_id, reason) select portfolio_id, event_id, reason from {{blocked}} on conflict do nothing)
select expect_all($1::bigint, (select count(*) from created) + (select count(*) from moved) + (select count(*) from checked) + (select count(*) from seen))
`;

const quoted = (column: string): string => (column === 'partition' || column === 'offset' ? `"${column}"` : column);

const prepare = (): { readonly text: string; readonly order: readonly (readonly [PartName, string])[] } => {
  const order: (readonly [PartName, string])[] = [];
  const text = SQL.replace(/\{\{(\w+)\}\}/g, (_match, name: string) => {
    const columns = Object.entries(PARTS[name as PartName]);
    const arrays = columns.map(([column, type]) => {
      order.push([name as PartName, column]);
      return `$${String(order.length + 1)}::${type}[]`;
    });
    return `unnest(${arrays.join(', ')}) as ${name}(${columns.map(([column]) => quoted(column)).join(', ')})`;
  });
  return { text, order };
};

const prepared = prepare();

/** The statement for the driver: prepared under one name, parameters as arrays. */
export const stepStatement = (parts: Parts): { readonly name: string; readonly text: string; readonly values: readonly unknown[] } => {
  const expected = parts.created.length + parts.moved.length + parts.checked.length + parts.seen.length;
  const values: unknown[] = [expected];
  for (const [part, column] of prepared.order)
    values.push((parts[part] as readonly Record<string, unknown>[]).map((row) => row[column] ?? null));
  return { name: 'step', text: prepared.text, values };
};
