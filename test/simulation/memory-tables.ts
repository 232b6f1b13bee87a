/** The tables of one service's database, in memory, and what one row does to them. */
import type { PartRow } from '../../shared/runtime/engine/store/step-statement.js';
import { NOT_SENDABLE, OTHER_BODY } from '../../shared/runtime/engine/store/store.js';
import {
  text,
  type BlockedLane,
  type EarlierEntry,
  type EffectEntry,
  type InboxEntry,
  type JourneyEntry,
  type OutboxEntry,
  type QuarantineEntry,
} from './memory-rows.js';

/** What waits for people without stopping a lane. */
const STOPS_NO_LANE: ReadonlySet<string> = new Set([OTHER_BODY, NOT_SENDABLE]);

export class MemoryTables {
  readonly inbox = new Map<string, InboxEntry>();
  readonly journeys = new Map<string, JourneyEntry>();
  readonly effects = new Map<string, EffectEntry>();
  /** Requests that were given up for a new key, by effect and generation. */
  readonly earlier = new Map<string, EarlierEntry>();
  readonly history = new Set<string>();
  readonly outbox = new Map<string, OutboxEntry>();
  readonly blocked = new Map<string, BlockedLane>();
  readonly quarantine = new Map<string, QuarantineEntry>();
  /** Owners that hold their lock. */
  readonly locks = new Set<number>();
  readonly #unhandled = new Map<string, InboxEntry>();
  readonly #unsent = new Map<string, OutboxEntry>();
  readonly nowMs: () => number;
  #seq = 0;
  #owners = 0;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  get unhandled(): ReadonlyMap<string, InboxEntry> {
    return this.#unhandled;
  }
  get unsent(): ReadonlyMap<string, OutboxEntry> {
    return this.#unsent;
  }

  /** A new owner, its lock held. */
  nextOwner(): number {
    this.locks.add(++this.#owners);
    return this.#owners;
  }

  arrives(row: Omit<InboxEntry, 'seq' | 'receivedAtMs' | 'handledAtMs'>): void {
    const nowMs = this.nowMs();
    const entry: InboxEntry = { seq: ++this.#seq, receivedAtMs: nowMs, handledAtMs: row.note === null ? null : nowMs, ...row };
    this.inbox.set(row.eventId, entry);
    if (row.note === null) this.#unhandled.set(row.eventId, entry);
  }

  emits(row: PartRow<'said'>): void {
    const entry: OutboxEntry = {
      eventId: text(row.event_id),
      topic: text(row.topic),
      key: text(row.key),
      headers: JSON.parse(text(row.headers)) as Record<string, string>,
      value: text(row.value),
      createdMs: this.nowMs(),
      sentMs: null,
    };
    this.outbox.set(entry.eventId, entry);
    this.#unsent.set(entry.eventId, entry);
  }

  quarantines(row: PartRow<'quarantined'>): void {
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
      firstSeenMs: this.nowMs(),
      resolvedMs: null,
    });
  }

  quarantinesAgain(row: PartRow<'quarantined'>): void {
    const known = this.quarantine.get(text(row.event_id));
    if (known === undefined) {
      this.quarantines(row);
      return;
    }
    known.attempts++;
    known.errorClass = text(row.error_class);
    known.reason = text(row.reason);
    known.value = text(row.value);
    known.resolvedMs = null;
  }

  blocks(row: PartRow<'blocked'>): void {
    const lane = text(row.portfolio_id);
    if (this.blocked.has(lane)) return;
    this.blocked.set(lane, {
      eventId: row.event_id === null ? null : text(row.event_id),
      reason: text(row.reason),
      sinceMs: this.nowMs(),
    });
  }

  handled(eventId: string, note: string | null): void {
    const entry = this.#unhandled.get(eventId);
    if (entry === undefined) return;
    entry.handledAtMs = this.nowMs();
    entry.note = note;
    this.#unhandled.delete(eventId);
  }

  /** What was handled is to be handled again, with this value. */
  opensAgain(entry: InboxEntry, value: string): void {
    entry.value = value;
    entry.handledAtMs = null;
    entry.note = null;
    this.#unhandled.set(entry.eventId, entry);
  }

  sent(eventId: string): void {
    const row = this.#unsent.get(eventId);
    if (row === undefined) return;
    row.sentMs = this.nowMs();
    this.#unsent.delete(eventId);
  }

  /** It is neither sent nor to be sent. */
  takenBack(eventId: string): OutboxEntry | undefined {
    const row = this.#unsent.get(eventId);
    if (row === undefined) return undefined;
    this.#unsent.delete(eventId);
    this.outbox.delete(eventId);
    return row;
  }

  openOf(flow: string, subject: string): JourneyEntry | undefined {
    for (const entry of this.journeys.values()) if (!entry.ended && entry.subject === subject && entry.flow === flow) return entry;
    return undefined;
  }

  waitsForPeople(portfolioId: string, exceptEventId: string | null): QuarantineEntry | undefined {
    const open = [...this.quarantine.values()].filter(
      (q) => q.portfolioId === portfolioId && q.resolvedMs === null && !STOPS_NO_LANE.has(q.errorClass) && q.eventId !== exceptEventId,
    );
    return open.sort((a, b) => a.firstSeenMs - b.firstSeenMs)[0];
  }

  /** A lane opens when what stopped it is released, unless another quarantined message waits for people. */
  openLane(portfolioId: string, eventId: string | null): void {
    const lane = this.blocked.get(portfolioId);
    if (lane === undefined || lane.eventId !== eventId) return;
    const other = this.waitsForPeople(portfolioId, eventId);
    if (other === undefined) this.blocked.delete(portfolioId);
    else {
      lane.eventId = other.eventId;
      lane.reason = other.reason;
    }
  }
}
