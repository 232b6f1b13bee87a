/**
 * The database of one service, in memory, with the meaning of postgres-store.ts: the same uniqueness, versions and
 * all-or-nothing. engine-store.contract.ts holds both to the same tests.
 */
import type { Stated } from '../../shared/kernel/flow.js';
import type { EffectStatus } from '../../shared/kernel/effect-life.js';
import type { Parts } from '../../shared/runtime/engine/store/step-statement.js';
import {
  NOT_SENDABLE,
  type DueEffect,
  type EngineStore,
  type InboxRow,
  type LoadedJourney,
  type OpenInboxRow,
  type OutboxRow,
  type QuarantinedMessage,
  type Referenced,
  type StateVersions,
  type StoredEffect,
  type Ingested,
} from '../../shared/runtime/engine/store/store.js';
import { STOPPED } from '../../shared/runtime/stopping/stop-rules.js';
import { answerEventId, contentHash } from '../../shared/runtime/engine/identity.js';
import { text, type EffectEntry, type InboxEntry, type JourneyEntry } from './memory-rows.js';
import { MemoryTables } from './memory-tables.js';
import { applyParts, refusalOf } from './memory-write.js';

const SWEPT: ReadonlySet<EffectStatus> = new Set(['planned', 'accepted', 'unknown']);
const FORGOTTEN_AFTER_MS = 120_000;
const DAY_MS = 86_400_000;

const isAnswer = ({ topic, value }: InboxEntry): boolean => topic === 'own' && value.startsWith('{"answers":');
const isReadable = (j: Pick<JourneyEntry, 'flow' | 'stateVersion'>, readable: StateVersions): boolean =>
  j.stateVersion <= (readable[j.flow] ?? 0);

export class MemoryStore extends MemoryTables implements EngineStore {
  /** Events that are decisions of people, and the one that each act belongs to. */
  readonly #decisions = new Set<string>();
  readonly #acts = new Map<string, string>();

  async ingest(rows: readonly InboxRow[], bad: Pick<Parts, 'quarantined' | 'blocked' | 'said'>): Promise<Ingested> {
    const fresh = new Set<string>();
    const repeated: InboxRow[] = [];
    for (const row of rows) {
      if (this.inbox.has(row.eventId)) repeated.push(row);
      else {
        this.arrives(row);
        fresh.add(row.eventId);
      }
    }
    for (const row of bad.quarantined) if (fresh.has(text(row.event_id)) && !this.quarantine.has(text(row.event_id))) this.quarantines(row);
    for (const row of bad.blocked) if (fresh.has(text(row.event_id))) this.blocks(row);
    for (const row of bad.said)
      if (fresh.has(text(row.event_id).replace(/\.dlq(\.\d+)?$/, '')) && !this.outbox.has(text(row.event_id))) this.emits(row);
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

  async load(
    ids: readonly string[],
    open: readonly { readonly flow: string; readonly subject: string }[],
  ): Promise<readonly LoadedJourney[]> {
    const byId = ids.map((id) => this.journeys.get(id));
    const bySubject = open.map(({ flow, subject }) => this.openOf(flow, subject));
    return [...byId, ...bySubject].flatMap((entry) => (entry === undefined ? [] : [this.#loaded(entry)]));
  }

  async write(parts: Parts): Promise<void> {
    const refusal = refusalOf(this, parts);
    if (refusal !== null) throw refusal;
    applyParts(this, parts);
  }

  async stillOpen(eventIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(eventIds.filter((id) => this.unhandled.has(id)));
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
              isCorrected: kept.value !== entry.value,
            },
    };
  }

  async openInbox(olderThanMs: number, limit: number, except: readonly string[]): Promise<readonly OpenInboxRow[]> {
    const before = this.nowMs() - olderThanMs;
    const left = new Set(except);
    const open = [...this.unhandled.values()].filter(
      (entry) => entry.receivedAtMs < before && (isAnswer(entry) || !this.blocked.has(entry.portfolioId)) && !left.has(entry.eventId),
    );
    open.sort((a, b) => a.seq - b.seq);
    return open.slice(0, limit).map((entry) => this.#openRow(entry));
  }

  async dueJourneys(limit: number, readable: StateVersions): ReturnType<EngineStore['dueJourneys']> {
    const nowMs = this.nowMs();
    const due = [...this.journeys.values()].filter((j) => j.dueMs !== null && j.dueMs <= nowMs && isReadable(j, readable));
    due.sort((a, b) => (a.dueMs ?? 0) - (b.dueMs ?? 0));
    return due.slice(0, limit).map((j) => ({ journeyId: j.id, portfolioId: j.portfolioId, version: j.version }));
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
    const until = this.nowMs() - graceMs;
    return this.#effects((e) => e.dueMs !== null && e.dueMs <= until && SWEPT.has(e.status), limit, readable);
  }

  async orphanedEffects(ownId: number, limit: number, readable: StateVersions): Promise<readonly DueEffect[]> {
    const forgottenBefore = this.nowMs() - FORGOTTEN_AFTER_MS;
    const gone = (e: EffectEntry): boolean =>
      e.owner === null || (e.owner === ownId && (e.lastMs ?? Infinity) < forgottenBefore) || !this.locks.has(e.owner);
    const isHandedOver = (e: EffectEntry): boolean => this.unhandled.has(answerEventId(e.id, { ...e, lastSentAtMs: e.lastMs }));
    return this.#effects((e) => e.status === 'sending' && gone(e) && !isHandedOver(e), limit, readable);
  }

  async openDecidedLanes(): Promise<void> {
    if (this.blocked.size === 0) return;
    const before = this.nowMs() - 1_000;
    for (const [lane, { eventId, sinceMs }] of this.blocked)
      if (eventId !== null && sinceMs < before && this.waitsForPeople(lane, null) === undefined) this.blocked.delete(lane);
  }

  async blockedLanes(): Promise<ReadonlySet<string>> {
    return new Set(this.blocked.keys());
  }

  async unsentOutbox(olderThanMs: number, limit: number): Promise<readonly OutboxRow[]> {
    const before = this.nowMs() - olderThanMs;
    const unsent = [...this.unsent.values()].filter((row) => row.createdMs < before);
    return unsent.slice(0, limit).map(({ eventId, topic, key, headers, value }) => ({ eventId, topic, key, headers, value }));
  }

  async markSent(eventIds: readonly string[]): Promise<void> {
    for (const id of eventIds) this.sent(id);
  }

  async putOffOverdue(roomMs: number): Promise<void> {
    const untilMs = this.nowMs() + roomMs;
    for (const journey of this.journeys.values()) {
      const effect = journey.effectId === null ? undefined : this.effects.get(journey.effectId);
      const isStopped = effect !== undefined && SWEPT.has(effect.status) && effect.note?.startsWith(STOPPED) === true;
      if (!journey.ended && isStopped && journey.overdueMs !== null && journey.overdueMs < untilMs) journey.overdueMs = untilMs;
    }
  }

  async setAside(rows: readonly { readonly eventId: string; readonly reason: string }[]): Promise<void> {
    for (const { eventId, reason } of rows) {
      const row = this.takenBack(eventId);
      if (row === undefined) continue;
      this.quarantinesAgain({
        ...{ event_id: eventId, portfolio_id: row.key, topic: row.topic, partition: null, offset: null, key: row.key },
        ...{ headers: JSON.stringify(row.headers), value: row.value, error_class: NOT_SENDABLE, reason },
      });
    }
  }

  async newlyOverdue(limit: number): ReturnType<EngineStore['newlyOverdue']> {
    const nowMs = this.nowMs();
    const late = [...this.journeys.values()].filter(
      (j) => !j.ended && j.alarmedMs === null && j.overdueMs !== null && j.overdueMs <= nowMs,
    );
    return late.slice(0, limit).map((j) => {
      j.alarmedMs = nowMs;
      return { journeyId: j.id, flow: j.flow, status: j.status, waitsFor: j.waitsFor, held: j.held };
    });
  }

  async dropHandled(olderThanDays: number, limit: number): Promise<number> {
    const before = this.nowMs() - olderThanDays * DAY_MS;
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
      { name: 'inbox_open', labels: {}, value: this.unhandled.size },
      { name: 'outbox_open', labels: {}, value: this.unsent.size },
      { name: 'quarantined', labels: {}, value: [...this.quarantine.values()].filter((q) => q.resolvedMs === null).length },
      { name: 'blocked_lanes', labels: {}, value: this.blocked.size },
    ];
  }

  async quarantined(eventId: string): Promise<QuarantinedMessage | null> {
    const kept = this.quarantine.get(eventId);
    return kept === undefined || kept.resolvedMs !== null ? null : { topic: kept.topic, value: kept.value, attempts: kept.attempts };
  }

  async takeAct(actId: string, eventId: string): Promise<string | null> {
    const known = this.#acts.get(actId);
    if (known !== undefined) return known;
    if (this.#decisions.has(eventId)) return null;
    this.#decisions.add(eventId);
    this.#acts.set(actId, eventId);
    return eventId;
  }

  async refuseDecision(eventId: string): Promise<boolean> {
    if (this.#decisions.has(eventId)) return false;
    this.#decisions.add(eventId);
    return true;
  }

  async sendAgain(eventId: string, correctedValue: string | null, _resolution: string, attempts?: number): Promise<boolean> {
    const kept = this.quarantine.get(eventId);
    if (kept?.errorClass !== NOT_SENDABLE || kept.resolvedMs !== null || kept.attempts !== (attempts ?? kept.attempts)) return false;
    kept.resolvedMs = this.nowMs();
    const { topic, key, headers } = kept;
    this.emits({ event_id: eventId, topic, key, headers, value: correctedValue ?? kept.value });
    return true;
  }

  async replay(eventId: string, correctedValue: string | null, _resolution: string, attempts?: number): Promise<OpenInboxRow | null> {
    const kept = this.quarantine.get(eventId);
    if (kept === undefined || kept.resolvedMs !== null || kept.attempts !== (attempts ?? kept.attempts)) return null;
    kept.resolvedMs = this.nowMs();
    const value = correctedValue ?? kept.value;
    const known = this.inbox.get(eventId);
    if (known === undefined)
      this.arrives({
        ...{ eventId, contentHash: contentHash(value), topic: kept.topic, partition: kept.partition },
        ...{ offset: kept.offset === null ? null : text(kept.offset), portfolioId: kept.portfolioId, value, note: null },
      });
    else this.opensAgain(known, value);
    this.openLane(kept.portfolioId, eventId);
    const entry = this.inbox.get(eventId);
    return entry === undefined ? null : this.#openRow(entry);
  }

  async discard(eventId: string, _resolution: string, attempts?: number): Promise<boolean> {
    const kept = this.quarantine.get(eventId);
    if (kept === undefined || kept.resolvedMs !== null || kept.attempts !== (attempts ?? kept.attempts)) return false;
    kept.resolvedMs = this.nowMs();
    this.openLane(kept.portfolioId, eventId);
    return true;
  }

  async releaseLane(portfolioId: string): Promise<void> {
    if (this.blocked.get(portfolioId)?.eventId === null) this.openLane(portfolioId, null);
  }
}
