/** One step statement upon tables in memory: what refuses it as a whole, and what it changes. */
import type { EffectStatus } from '../../shared/kernel/effect-life.js';
import type { EffectKind } from '../../shared/kernel/flow.js';
import type { PartRow, Parts } from '../../shared/runtime/engine/store/step-statement.js';
import { Stale } from '../../shared/runtime/engine/store/store.js';
import { ms, text } from './memory-rows.js';
import type { MemoryTables } from './memory-tables.js';

const LIVE: ReadonlySet<EffectStatus> = new Set(['planned', 'sending', 'accepted', 'unknown']);

/** What a database says of a key that is there already. */
const duplicate = (constraint: string): Error => Object.assign(new Error(`duplicate key: ${constraint}`), { code: '23505', constraint });

const refusalOfRows = (tables: MemoryTables, parts: Parts): Error | null => {
  for (const row of parts.planned) if (tables.effects.has(text(row.id))) return duplicate('effect_pkey');
  for (const row of parts.said) if (tables.outbox.has(text(row.event_id))) return duplicate('outbox_pkey');
  for (const row of parts.told) if (tables.inbox.has(text(row.event_id))) return duplicate('inbox_pkey');
  for (const row of parts.closed)
    if (row.proof !== null && tables.earlier.has(`${text(row.id)}|${String(tables.effects.get(text(row.id))?.generation)}`))
      return duplicate('earlier_request_pkey');
  for (const row of parts.closed)
    if (Number(row.generation) > 1 && row.proof === null && (tables.effects.get(text(row.id))?.proof ?? null) === null)
      return Object.assign(new Error('a new generation needs a proof'), { code: '23514' });
  return null;
};

/** Everything that could refuse the statement, before anything is changed. */
export const refusalOf = (tables: MemoryTables, parts: Parts): Error | null => {
  let done = 0;
  const opened = new Set<string>();
  for (const row of parts.created) {
    const subject = `${text(row.flow)}|${text(row.subject)}`;
    if (tables.journeys.has(text(row.id)) || opened.has(text(row.id))) continue;
    if (row.ended === false && (opened.has(subject) || tables.openOf(text(row.flow), text(row.subject)) !== undefined)) continue;
    opened.add(subject).add(text(row.id));
    done++;
  }
  for (const row of parts.moved) if (tables.journeys.get(text(row.id))?.version === row.version) done++;
  for (const row of parts.checked) if (tables.journeys.get(text(row.id))?.version === row.version) done++;
  for (const row of parts.seen) if (tables.unhandled.has(text(row.event_id))) done++;
  const expected = parts.created.length + parts.moved.length + parts.checked.length + parts.seen.length;
  if (done !== expected) return new Stale(`stale: ${String(done)} of ${String(expected)} rows`);
  for (const row of parts.moved) {
    const entry = tables.journeys.get(text(row.id));
    if (entry?.ended === true && row.ended === false && tables.openOf(entry.flow, entry.subject) !== undefined)
      return duplicate('journey_open');
  }
  for (const row of parts.history)
    if (tables.history.has(`${text(row.journey_id)}|${text(row.version)}`)) return new Stale('another instance wrote this version');
  return refusalOfRows(tables, parts);
};

const create = (tables: MemoryTables, row: PartRow<'created'>): void => {
  const overdueMs = ms(row.overdue_ms);
  tables.journeys.set(text(row.id), {
    id: text(row.id),
    flow: text(row.flow),
    subject: text(row.subject),
    portfolioId: text(row.portfolio_id),
    version: 1,
    status: text(row.status),
    state: text(row.state),
    stateVersion: Number(row.state_version),
    policy: row.policy === null ? null : text(row.policy),
    openedMs: Number(row.opened_ms),
    effectId: row.effect_id === null ? null : text(row.effect_id),
    held: row.held === null ? null : text(row.held),
    waitsFor: row.waits_for === null ? null : text(row.waits_for),
    ownedBy: text(row.owned_by),
    ended: row.ended === true,
    dueMs: ms(row.due_ms),
    overdueMs,
    alarmedMs: null,
    waitStatus: row.waits === true ? text(row.status) : null,
    waitOverdueMs: row.waits === true ? overdueMs : null,
  });
};

const move = (tables: MemoryTables, row: PartRow<'moved'>): void => {
  const j = tables.journeys.get(text(row.id));
  if (j === undefined) return;
  const status = text(row.status);
  const overdueMs = ms(row.overdue_ms);
  const same = j.status === status;
  const waits = row.waits === true;
  if (!same) {
    j.overdueMs = waits && j.waitStatus === status ? j.waitOverdueMs : overdueMs;
    j.alarmedMs = null;
  }
  if (waits && j.waitStatus !== status) j.waitOverdueMs = overdueMs;
  if (waits) j.waitStatus = status;
  j.version++;
  j.status = status;
  j.state = text(row.state);
  j.stateVersion = Number(row.state_version);
  j.policy = row.policy === null ? null : text(row.policy);
  j.effectId = row.effect_id === null ? null : text(row.effect_id);
  j.held = row.held === null ? null : text(row.held);
  j.waitsFor = row.waits_for === null ? null : text(row.waits_for);
  j.ended = row.ended === true;
  j.dueMs = ms(row.due_ms);
};

const plan = (tables: MemoryTables, row: PartRow<'planned'>): void => {
  const atMs = Number(row.at_ms);
  tables.effects.set(text(row.id), {
    id: text(row.id),
    journeyId: text(row.journey_id),
    name: text(row.name),
    kind: text(row.kind) as EffectKind,
    generation: 1,
    status: 'sending',
    owner: row.owner,
    attempt: 1,
    request: text(row.request),
    reference: row.reference === null ? null : text(row.reference),
    plannedMs: atMs,
    firstMs: atMs,
    lastMs: atMs,
    dueMs: null,
    note: null,
    proof: null,
  });
};

const close = (tables: MemoryTables, row: PartRow<'closed'>): void => {
  const e = tables.effects.get(text(row.id));
  if (e === undefined) return;
  const { generation, reference, request, firstMs, lastMs } = e;
  if (row.proof !== null)
    tables.earlier.set(`${e.id}|${String(generation)}`, { effectId: e.id, generation, reference, request, firstMs, lastMs });
  e.status = text(row.status) as EffectStatus;
  e.generation = Number(row.generation);
  e.owner = row.owner;
  e.attempt = Number(row.attempt);
  if (row.reference !== null) e.reference = text(row.reference);
  if (row.request !== null) e.request = text(row.request);
  e.firstMs = ms(row.first_ms);
  e.lastMs = ms(row.last_ms);
  e.dueMs = ms(row.due_ms);
  e.note = row.note === null ? null : text(row.note);
  if (row.proof !== null) e.proof = text(row.proof);
};

const postpone = (tables: MemoryTables, row: PartRow<'postponed'>): void => {
  const e = tables.effects.get(text(row.id));
  if (e === undefined || !LIVE.has(e.status)) return;
  if (row.was !== null && (e.status !== row.was || e.generation !== Number(row.generation))) return;
  e.status = text(row.status) as EffectStatus;
  e.attempt = Number(row.attempt);
  if (row.reference !== null) e.reference = text(row.reference);
  e.dueMs = ms(row.due_ms);
  e.note = row.note === null ? null : text(row.note);
  e.owner = null;
};

/** All of the statement. Its refusal has been asked for before. */
export const applyParts = (tables: MemoryTables, parts: Parts): void => {
  for (const row of parts.created) create(tables, row);
  for (const row of parts.moved) move(tables, row);
  for (const row of parts.planned) plan(tables, row);
  for (const row of parts.closed) close(tables, row);
  for (const row of parts.postponed) postpone(tables, row);
  for (const row of parts.said) tables.emits(row);
  for (const row of parts.told)
    tables.arrives({
      eventId: text(row.event_id),
      contentHash: text(row.content_hash),
      topic: null,
      partition: null,
      offset: null,
      portfolioId: text(row.portfolio_id),
      value: text(row.value),
      note: null,
    });
  for (const row of parts.history) tables.history.add(`${text(row.journey_id)}|${text(row.version)}`);
  for (const row of parts.seen) tables.handled(text(row.event_id), row.note === null ? null : text(row.note));
  for (const row of parts.quarantined) tables.quarantinesAgain(row);
  for (const row of parts.blocked) tables.blocks(row);
};
