/**
 * The database of one service, in memory, with the meaning of postgres-store.ts: the same uniqueness, versions and
 * all-or-nothing. engine-store.contract.ts holds both to the same tests.
 */
import type { EffectKind, Stated } from '../../shared/kernel/flow.js';
import type { EffectStatus } from '../../shared/kernel/effect-life.js';
import type { PartRow, Parts } from '../../shared/runtime/engine/store/step-statement.js';
import {
  Stale,
  type DueEffect,
  type EngineStore,
  type InboxRow,
  type LoadedJourney,
  type OpenInboxRow,
  type OutboxRow,
  type Referenced,
  type StateVersions,
  type StoredEffect,
  type TakenIn,
} from '../../shared/runtime/engine/store/store.js';
import { answerEventId, contentHash } from '../../shared/runtime/engine/identity.js';

export type InboxEntry = {
  readonly eventId: string;
  readonly seq: number;
  contentHash: string;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly portfolioId: string;
  value: string;
  readonly receivedAtMs: number;
  handledAtMs: number | null;
  note: string | null;
};
export type JourneyEntry = {
  readonly id: string;
  readonly flow: string;
  readonly subject: string;
  readonly portfolioId: string;
  version: number;
  status: string;
  state: string;
  stateVersion: number;
  policy: string | null;
  readonly openedMs: number;
  effectId: string | null;
  held: string | null;
  waitsFor: string | null;
  readonly ownedBy: string;
  ended: boolean;
  dueMs: number | null;
  overdueMs: number | null;
  alarmedMs: number | null;
  waitStatus: string | null;
  waitOverdueMs: number | null;
};
export type EffectEntry = {
  readonly id: string;
  readonly journeyId: string;
  readonly name: string;
  readonly kind: EffectKind;
  generation: number;
  status: EffectStatus;
  owner: number | null;
  attempt: number;
  request: string;
  reference: string | null;
  readonly plannedMs: number;
  firstMs: number | null;
  lastMs: number | null;
  dueMs: number | null;
  note: string | null;
  proof: string | null;
};
export type QuarantineEntry = {
  readonly eventId: string;
  readonly portfolioId: string;
  readonly topic: string;
  readonly partition: number | null;
  readonly offset: string | number | null;
  readonly key: string | null;
  readonly headers: string;
  value: string;
  errorClass: string;
  reason: string;
  attempts: number;
  readonly firstSeenMs: number;
  resolvedMs: number | null;
};
type EarlierEntry = Pick<EffectEntry, 'generation' | 'reference' | 'request' | 'firstMs' | 'lastMs'> & { readonly effectId: string };
type OutboxEntry = OutboxRow & { readonly createdMs: number; sentMs: number | null };
type Lane = { eventId: string | null; reason: string; readonly sinceMs: number };

const LIVE: ReadonlySet<EffectStatus> = new Set(['planned', 'sending', 'accepted', 'unknown']);
const SWEPT: ReadonlySet<EffectStatus> = new Set(['planned', 'accepted', 'unknown']);
const FORGOTTEN_AFTER_MS = 120_000;
const DAY_MS = 86_400_000;

const text = (value: string | number | null): string => String(value);
const ms = (value: string | number | null): number | null => (value === null ? null : Number(value));
const isReadable = (j: Pick<JourneyEntry, 'flow' | 'stateVersion'>, readable: StateVersions): boolean =>
  j.stateVersion <= (readable[j.flow] ?? 0);
/** What a database says of a key that is there already. */
const duplicate = (constraint: string): Error => Object.assign(new Error(`duplicate key: ${constraint}`), { code: '23505', constraint });

export class MemoryStore implements EngineStore {
  readonly inbox = new Map<string, InboxEntry>();
  readonly journeys = new Map<string, JourneyEntry>();
  readonly effects = new Map<string, EffectEntry>();
  /** Requests that were given up for a new key, by effect and generation. */
  readonly earlier = new Map<string, EarlierEntry>();
  readonly history = new Set<string>();
  readonly outbox = new Map<string, OutboxEntry>();
  readonly blocked = new Map<string, Lane>();
  readonly quarantine = new Map<string, QuarantineEntry>();
  /** Owners that hold their lock. */
  readonly locks = new Set<number>();
  readonly #unhandled = new Map<string, InboxEntry>();
  readonly #unsent = new Map<string, OutboxEntry>();
  readonly #nowMs: () => number;
  #seq = 0;
  #owners = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get unhandled(): ReadonlyMap<string, InboxEntry> {
    return this.#unhandled;
  }
  get unsent(): ReadonlyMap<string, OutboxRow> {
    return this.#unsent;
  }

  /** A new owner, its lock held. */
  nextOwner(): number {
    this.locks.add(++this.#owners);
    return this.#owners;
  }

  #arrives(row: Omit<InboxEntry, 'seq' | 'receivedAtMs' | 'handledAtMs'>): void {
    const nowMs = this.#nowMs();
    const entry: InboxEntry = { seq: ++this.#seq, receivedAtMs: nowMs, handledAtMs: row.note === null ? null : nowMs, ...row };
    this.inbox.set(row.eventId, entry);
    if (row.note === null) this.#unhandled.set(row.eventId, entry);
  }

  #says(row: PartRow<'said'>): void {
    const entry: OutboxEntry = {
      eventId: text(row.event_id),
      topic: text(row.topic),
      key: text(row.key),
      headers: JSON.parse(text(row.headers)) as Record<string, string>,
      value: text(row.value),
      createdMs: this.#nowMs(),
      sentMs: null,
    };
    this.outbox.set(entry.eventId, entry);
    this.#unsent.set(entry.eventId, entry);
  }

  #quarantines(row: PartRow<'quarantined'>): void {
    this.quarantine.set(text(row.event_id), {
      eventId: text(row.event_id),
      portfolioId: text(row.portfolio_id),
      topic: text(row.topic),
      partition: row.partition,
      offset: row.offset,
      key: row.key === null ? null : text(row.key),
      headers: text(row.headers),
      value: text(row.value),
      errorClass: text(row.error_class),
      reason: text(row.reason),
      attempts: 1,
      firstSeenMs: this.#nowMs(),
      resolvedMs: null,
    });
  }

  #blocks(row: PartRow<'blocked'>): void {
    const lane = text(row.portfolio_id);
    if (this.blocked.has(lane)) return;
    this.blocked.set(lane, {
      eventId: row.event_id === null ? null : text(row.event_id),
      reason: text(row.reason),
      sinceMs: this.#nowMs(),
    });
  }

  async takeIn(rows: readonly InboxRow[], bad: Pick<Parts, 'quarantined' | 'blocked' | 'said'>): Promise<TakenIn> {
    const fresh = new Set<string>();
    const repeated: InboxRow[] = [];
    for (const row of rows) {
      if (this.inbox.has(row.eventId)) repeated.push(row);
      else {
        this.#arrives(row);
        fresh.add(row.eventId);
      }
    }
    for (const row of bad.quarantined)
      if (fresh.has(text(row.event_id)) && !this.quarantine.has(text(row.event_id))) this.#quarantines(row);
    for (const row of bad.blocked) if (fresh.has(text(row.event_id))) this.#blocks(row);
    for (const row of bad.said)
      if (fresh.has(text(row.event_id).replace(/\.dlq(\.\d+)?$/, '')) && !this.outbox.has(text(row.event_id))) this.#says(row);
    const conflicting = repeated.filter((row) => this.inbox.get(row.eventId)?.contentHash !== row.contentHash);
    return { fresh, conflicting: conflicting.map((row) => row.eventId) };
  }

  #stored(entry: EffectEntry): StoredEffect {
    return {
      id: entry.id,
      name: entry.name,
      kind: entry.kind,
      status: entry.status,
      generation: entry.generation,
      attempt: entry.attempt,
      reference: entry.reference,
      plannedAtMs: entry.plannedMs,
      firstSentAtMs: entry.firstMs,
      lastSentAtMs: entry.lastMs,
      dueAtMs: entry.dueMs,
      note: entry.note,
      request: JSON.parse(entry.request) as unknown,
      owner: entry.owner,
    };
  }

  #loaded(entry: JourneyEntry): LoadedJourney {
    const effect = entry.effectId === null ? undefined : this.effects.get(entry.effectId);
    return {
      id: entry.id,
      flow: entry.flow,
      subject: entry.subject,
      portfolioId: entry.portfolioId,
      version: entry.version,
      state: JSON.parse(entry.state) as Stated,
      stateVersion: entry.stateVersion,
      policy: entry.policy === null ? null : (JSON.parse(entry.policy) as unknown),
      openedAtMs: entry.openedMs,
      ended: entry.ended,
      held: entry.held,
      effect: effect === undefined ? null : this.#stored(effect),
    };
  }

  #openOf(flow: string, subject: string): JourneyEntry | undefined {
    for (const entry of this.journeys.values()) if (!entry.ended && entry.subject === subject && entry.flow === flow) return entry;
    return undefined;
  }

  async load(
    ids: readonly string[],
    open: readonly { readonly flow: string; readonly subject: string }[],
  ): Promise<readonly LoadedJourney[]> {
    const byId = ids.map((id) => this.journeys.get(id));
    const bySubject = open.map(({ flow, subject }) => this.#openOf(flow, subject));
    return [...byId, ...bySubject].flatMap((entry) => (entry === undefined ? [] : [this.#loaded(entry)]));
  }

  /** Everything that could refuse the statement, before anything is changed. */
  #refuses(parts: Parts): Error | null {
    let done = 0;
    const opened = new Set<string>();
    for (const row of parts.created) {
      const subject = `${text(row.flow)}|${text(row.subject)}`;
      if (this.journeys.has(text(row.id)) || opened.has(text(row.id))) continue;
      if (row.ended === false && (opened.has(subject) || this.#openOf(text(row.flow), text(row.subject)) !== undefined)) continue;
      opened.add(subject).add(text(row.id));
      done++;
    }
    for (const row of parts.moved) if (this.journeys.get(text(row.id))?.version === row.version) done++;
    for (const row of parts.checked) if (this.journeys.get(text(row.id))?.version === row.version) done++;
    for (const row of parts.seen) if (this.#unhandled.has(text(row.event_id))) done++;
    const expected = parts.created.length + parts.moved.length + parts.checked.length + parts.seen.length;
    if (done !== expected) return new Stale(`stale: ${String(done)} of ${String(expected)} rows`);
    for (const row of parts.moved) {
      const entry = this.journeys.get(text(row.id));
      if (entry?.ended === true && row.ended === false && this.#openOf(entry.flow, entry.subject) !== undefined)
        return duplicate('journey_open');
    }
    for (const row of parts.history)
      if (this.history.has(`${text(row.journey_id)}|${text(row.version)}`)) return new Stale('another copy wrote this version');
    return this.#refusesRows(parts);
  }

  #refusesRows(parts: Parts): Error | null {
    for (const row of parts.planned) if (this.effects.has(text(row.id))) return duplicate('effect_pkey');
    for (const row of parts.said) if (this.outbox.has(text(row.event_id))) return duplicate('outbox_pkey');
    for (const row of parts.told) if (this.inbox.has(text(row.event_id))) return duplicate('inbox_pkey');
    for (const row of parts.closed)
      if (row.proof !== null && this.earlier.has(`${text(row.id)}|${String(this.effects.get(text(row.id))?.generation)}`))
        return duplicate('earlier_request_pkey');
    for (const row of parts.closed)
      if (Number(row.generation) > 1 && row.proof === null && (this.effects.get(text(row.id))?.proof ?? null) === null)
        return Object.assign(new Error('a new generation needs a proof'), { code: '23514' });
    return null;
  }

  async write(parts: Parts): Promise<void> {
    const refusal = this.#refuses(parts);
    if (refusal !== null) throw refusal;
    for (const row of parts.created) this.#create(row);
    for (const row of parts.moved) this.#move(row);
    for (const row of parts.planned) this.#plan(row);
    for (const row of parts.closed) this.#close(row);
    for (const row of parts.postponed) this.#postpone(row);
    for (const row of parts.said) this.#says(row);
    for (const row of parts.told)
      this.#arrives({
        eventId: text(row.event_id),
        contentHash: text(row.content_hash),
        topic: null,
        partition: null,
        offset: null,
        portfolioId: text(row.portfolio_id),
        value: text(row.value),
        note: null,
      });
    for (const row of parts.history) this.history.add(`${text(row.journey_id)}|${text(row.version)}`);
    for (const row of parts.seen) this.#handled(text(row.event_id), row.note === null ? null : text(row.note));
    for (const row of parts.quarantined) this.#quarantinesAgain(row);
    for (const row of parts.blocked) this.#blocks(row);
  }

  #handled(eventId: string, note: string | null): void {
    const entry = this.#unhandled.get(eventId);
    if (entry === undefined) return;
    entry.handledAtMs = this.#nowMs();
    entry.note = note;
    this.#unhandled.delete(eventId);
  }

  #quarantinesAgain(row: PartRow<'quarantined'>): void {
    const known = this.quarantine.get(text(row.event_id));
    if (known === undefined) {
      this.#quarantines(row);
      return;
    }
    known.attempts++;
    known.errorClass = text(row.error_class);
    known.reason = text(row.reason);
    known.value = text(row.value);
    known.resolvedMs = null;
  }

  #create(row: PartRow<'created'>): void {
    const overdueMs = ms(row.overdue_ms);
    this.journeys.set(text(row.id), {
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
  }

  #move(row: PartRow<'moved'>): void {
    const j = this.journeys.get(text(row.id));
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
  }

  #plan(row: PartRow<'planned'>): void {
    const atMs = Number(row.at_ms);
    this.effects.set(text(row.id), {
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
  }

  #close(row: PartRow<'closed'>): void {
    const e = this.effects.get(text(row.id));
    if (e === undefined) return;
    const { generation, reference, request, firstMs, lastMs } = e;
    if (row.proof !== null)
      this.earlier.set(`${e.id}|${String(generation)}`, { effectId: e.id, generation, reference, request, firstMs, lastMs });
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
  }

  #postpone(row: PartRow<'postponed'>): void {
    const e = this.effects.get(text(row.id));
    if (e === undefined || !LIVE.has(e.status)) return;
    if (row.was !== null && (e.status !== row.was || e.generation !== Number(row.generation))) return;
    e.status = text(row.status) as EffectStatus;
    e.attempt = Number(row.attempt);
    if (row.reference !== null) e.reference = text(row.reference);
    e.dueMs = ms(row.due_ms);
    e.note = row.note === null ? null : text(row.note);
    e.owner = null;
  }

  async stillOpen(eventIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(eventIds.filter((id) => this.#unhandled.has(id)));
  }

  #placeOf(e: EffectEntry): Omit<Referenced, 'reference' | 'earlier'> {
    const portfolioId = this.journeys.get(e.journeyId)?.portfolioId ?? '';
    return { journeyId: e.journeyId, portfolioId, effectId: e.id, status: e.status };
  }

  async byReference(references: readonly string[]): ReturnType<EngineStore['byReference']> {
    const found = [...this.effects.values()].filter((e) => e.reference !== null && references.includes(e.reference));
    const present = found.map((e): Referenced => ({ reference: e.reference ?? '', ...this.#placeOf(e), earlier: null }));
    const before = [...this.earlier.values()].flatMap((r): Referenced[] => {
      const e = this.effects.get(r.effectId);
      if (e === undefined || r.reference === null || !references.includes(r.reference)) return [];
      const request = JSON.parse(r.request) as unknown;
      const earlier = { name: e.name, generation: r.generation, request, firstSentAtMs: r.firstMs, lastSentAtMs: r.lastMs };
      return [{ reference: r.reference, ...this.#placeOf(e), earlier }];
    });
    return [...present, ...before];
  }

  #openRow(entry: InboxEntry): OpenInboxRow {
    const kept = this.quarantine.get(entry.eventId);
    return {
      eventId: entry.eventId,
      portfolioId: entry.portfolioId,
      value: entry.value,
      topic: entry.topic,
      source: entry.topic === null ? null : `${entry.topic}/${text(entry.partition)}/${text(entry.offset)}`,
      quarantined:
        kept === undefined
          ? null
          : {
              key: kept.key,
              headers: JSON.parse(kept.headers) as Record<string, string>,
              attempts: kept.attempts,
              firstSeenAtMs: kept.firstSeenMs,
            },
    };
  }

  async openInbox(olderThanMs: number, limit: number, except: readonly string[]): Promise<readonly OpenInboxRow[]> {
    const before = this.#nowMs() - olderThanMs;
    const left = new Set(except);
    const open = [...this.#unhandled.values()].filter(
      (entry) => entry.receivedAtMs < before && !this.blocked.has(entry.portfolioId) && !left.has(entry.eventId),
    );
    open.sort((a, b) => a.seq - b.seq);
    return open.slice(0, limit).map((entry) => this.#openRow(entry));
  }

  async dueJourneys(limit: number, readable: StateVersions): ReturnType<EngineStore['dueJourneys']> {
    const nowMs = this.#nowMs();
    const due = [...this.journeys.values()].filter((j) => j.dueMs !== null && j.dueMs <= nowMs && isReadable(j, readable));
    due.sort((a, b) => (a.dueMs ?? 0) - (b.dueMs ?? 0));
    return due.slice(0, limit).map((j) => ({ journeyId: j.id, portfolioId: j.portfolioId }));
  }

  #effects(wanted: (e: EffectEntry) => boolean, limit: number, readable: StateVersions): readonly DueEffect[] {
    const found: { readonly dueMs: number; readonly due: DueEffect }[] = [];
    for (const e of this.effects.values()) {
      if (!wanted(e)) continue;
      const j = this.journeys.get(e.journeyId);
      if (j?.effectId !== e.id || !isReadable(j, readable)) continue;
      found.push({ dueMs: e.dueMs ?? 0, due: { effectId: e.id, journeyId: j.id, portfolioId: j.portfolioId, status: e.status } });
    }
    found.sort((a, b) => a.dueMs - b.dueMs);
    return found.slice(0, limit).map(({ due }) => due);
  }

  async dueEffects(graceMs: number, limit: number, readable: StateVersions): Promise<readonly DueEffect[]> {
    const until = this.#nowMs() - graceMs;
    return this.#effects((e) => e.dueMs !== null && e.dueMs <= until && SWEPT.has(e.status), limit, readable);
  }

  async orphanedEffects(ownId: number, limit: number, readable: StateVersions): Promise<readonly DueEffect[]> {
    const forgottenBefore = this.#nowMs() - FORGOTTEN_AFTER_MS;
    const gone = (e: EffectEntry): boolean =>
      e.owner === null || (e.owner === ownId && (e.lastMs ?? Infinity) < forgottenBefore) || !this.locks.has(e.owner);
    const isHandedOver = (e: EffectEntry): boolean => this.#unhandled.has(answerEventId(e.id, { ...e, lastSentAtMs: e.lastMs }));
    return this.#effects((e) => e.status === 'sending' && gone(e) && !isHandedOver(e), limit, readable);
  }

  #waitsForPeople(portfolioId: string, exceptEventId: string | null): QuarantineEntry | undefined {
    const open = [...this.quarantine.values()].filter(
      (q) => q.portfolioId === portfolioId && q.resolvedMs === null && q.errorClass !== 'OtherBody' && q.eventId !== exceptEventId,
    );
    return open.sort((a, b) => a.firstSeenMs - b.firstSeenMs)[0];
  }

  async openDecidedLanes(): Promise<void> {
    if (this.blocked.size === 0) return;
    const before = this.#nowMs() - 1_000;
    for (const [lane, { eventId, sinceMs }] of this.blocked)
      if (eventId !== null && sinceMs < before && this.#waitsForPeople(lane, null) === undefined) this.blocked.delete(lane);
  }

  async blockedLanes(): Promise<ReadonlySet<string>> {
    return new Set(this.blocked.keys());
  }

  async unsentOutbox(olderThanMs: number, limit: number): Promise<readonly OutboxRow[]> {
    const before = this.#nowMs() - olderThanMs;
    const unsent = [...this.#unsent.values()].filter((row) => row.createdMs < before);
    return unsent.slice(0, limit).map(({ eventId, topic, key, headers, value }) => ({ eventId, topic, key, headers, value }));
  }

  async markSent(eventIds: readonly string[]): Promise<void> {
    for (const id of eventIds) {
      const row = this.#unsent.get(id);
      if (row === undefined) continue;
      row.sentMs = this.#nowMs();
      this.#unsent.delete(id);
    }
  }

  async newlyOverdue(limit: number): ReturnType<EngineStore['newlyOverdue']> {
    const nowMs = this.#nowMs();
    const late = [...this.journeys.values()].filter(
      (j) => !j.ended && j.alarmedMs === null && j.overdueMs !== null && j.overdueMs <= nowMs,
    );
    return late.slice(0, limit).map((j) => {
      j.alarmedMs = nowMs;
      return { journeyId: j.id, flow: j.flow, status: j.status, waitsFor: j.waitsFor, held: j.held };
    });
  }

  async dropHandled(olderThanDays: number, limit: number): Promise<number> {
    const before = this.#nowMs() - olderThanDays * DAY_MS;
    const events = [...this.inbox.values()].filter((e) => e.handledAtMs !== null && e.handledAtMs < before).slice(0, limit);
    const messages = [...this.outbox.values()].filter((m) => m.sentMs !== null && m.sentMs < before).slice(0, limit);
    for (const { eventId } of events) this.inbox.delete(eventId);
    for (const { eventId } of messages) this.outbox.delete(eventId);
    return events.length + messages.length;
  }

  async figures(readable: StateVersions): ReturnType<EngineStore['figures']> {
    const left = [...this.journeys.values()].filter((j) => !j.ended && !isReadable(j, readable));
    return [
      { name: 'left_to_newer', labels: { what: 'journeys' }, value: left.length },
      { name: 'inbox_open', labels: {}, value: this.#unhandled.size },
      { name: 'outbox_open', labels: {}, value: this.#unsent.size },
      { name: 'quarantined', labels: {}, value: [...this.quarantine.values()].filter((q) => q.resolvedMs === null).length },
      { name: 'blocked_lanes', labels: {}, value: this.blocked.size },
    ];
  }

  /** A lane opens when what stopped it is released, unless another quarantined message waits for people. */
  #openLane(portfolioId: string, eventId: string | null): void {
    const lane = this.blocked.get(portfolioId);
    if (lane === undefined || lane.eventId !== eventId) return;
    const other = this.#waitsForPeople(portfolioId, eventId);
    if (other === undefined) this.blocked.delete(portfolioId);
    else {
      lane.eventId = other.eventId;
      lane.reason = other.reason;
    }
  }

  async replay(eventId: string, correctedValue: string | null): Promise<OpenInboxRow | null> {
    const kept = this.quarantine.get(eventId);
    if (kept === undefined || kept.resolvedMs !== null) return null;
    kept.resolvedMs = this.#nowMs();
    const value = correctedValue ?? kept.value;
    const known = this.inbox.get(eventId);
    if (known === undefined)
      this.#arrives({
        ...{ eventId, contentHash: contentHash(value), topic: kept.topic, partition: kept.partition },
        ...{ offset: kept.offset === null ? null : text(kept.offset), portfolioId: kept.portfolioId, value, note: null },
      });
    else {
      Object.assign(known, { value, handledAtMs: null, note: null });
      this.#unhandled.set(eventId, known);
    }
    this.#openLane(kept.portfolioId, eventId);
    const entry = this.inbox.get(eventId);
    return entry === undefined ? null : this.#openRow(entry);
  }

  async discard(eventId: string): Promise<boolean> {
    const kept = this.quarantine.get(eventId);
    if (kept === undefined || kept.resolvedMs !== null) return false;
    kept.resolvedMs = this.#nowMs();
    this.#openLane(kept.portfolioId, eventId);
    return true;
  }

  async releaseLane(portfolioId: string): Promise<void> {
    if (this.blocked.get(portfolioId)?.eventId === null) this.#openLane(portfolioId, null);
  }
}
