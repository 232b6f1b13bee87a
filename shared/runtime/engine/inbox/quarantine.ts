/** Keeps whole what cannot be read, stops its lane and publishes its dead letter; people decide what becomes of it. */
import type { Log } from '../../process/log.js';
import type { Clock } from '../clock.js';
import { storable } from '../identity.js';
import type { OutboxPublisher } from '../outbox/outbox-publisher.js';
import type { OriginalMessage } from '../steps/lanes.js';
import { emptyParts, type Parts } from '../store/step-statement.js';
import { OTHER_BODY, writeUnlessStale, type EngineStore, type InboxRow, type OutboxRow } from '../store/store.js';
import { deadLetter, outboxPart, quarantineRow } from './dead-letter.js';
import { boundedId, inboxRowOf, type Read, type Taken } from './read-message.js';

export type QuarantineOptions = {
  readonly store: Pick<EngineStore, 'ingest' | 'write'>;
  readonly outboxPublisher: Pick<OutboxPublisher, 'publish'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
  readonly refreshBlocked: () => Promise<void>;
};

type Bad = Extract<Read, { kind: 'bad' }>;

export class Quarantine {
  readonly #o: QuarantineOptions;

  constructor(options: QuarantineOptions) {
    this.#o = options;
  }

  /** The message whole, its lane stopped (unless it was not admitted), a dead letter. Returns the letter. */
  add(one: Taken, bad: Bad, rows: InboxRow[], parts: Pick<Parts, 'quarantined' | 'blocked' | 'said'>): OutboxRow {
    const { original } = one;
    const { eventId, portfolioId, errorClass } = bad;
    const reason = storable(bad.reason).slice(0, 500);
    const letter = deadLetter(original, eventId, errorClass, reason, this.#o.clock.nowMs());
    rows.push({ note: `quarantined: ${reason}`.slice(0, 500), ...inboxRowOf(one, eventId, portfolioId) });
    parts.quarantined.push(quarantineRow(original, eventId, portfolioId, errorClass, reason));
    if (bad.refused === undefined) parts.blocked.push({ portfolio_id: portfolioId, event_id: eventId, reason });
    parts.said.push(outboxPart(letter));
    return letter;
  }

  /**
   * A second body under a known id. The first one stands and the lane goes on: a repetition may have been written anew. The second is
   * kept under an id of its own, for people to see and decide.
   */
  async addOtherBodies(others: readonly Taken[]): Promise<void> {
    const rows: InboxRow[] = [];
    const parts = emptyParts();
    const letters = new Map<string, OutboxRow>();
    for (const one of others) {
      const eventId = boundedId(`${one.read.eventId}:other-body:${one.hash}`);
      if (letters.has(eventId)) continue;
      const reason = `came under the id of another message, ${one.read.eventId}, which was taken in before`;
      letters.set(
        eventId,
        this.add(
          one,
          { kind: 'bad', eventId, portfolioId: one.read.portfolioId, errorClass: OTHER_BODY, reason, event: one.read.event },
          rows,
          parts,
        ),
      );
    }
    const { fresh } = await this.#o.store.ingest(rows, { ...parts, blocked: [] });
    if (fresh.size === 0) return;
    this.#o.log.error(
      { alarm: 'another-body', eventIds: [...fresh] },
      'an event came again with another body: the first one stands, the other is in quarantine, somebody must look',
    );
    this.#o.outboxPublisher.publish([...letters].flatMap(([eventId, letter]) => (fresh.has(eventId) ? [letter] : [])));
  }

  /** A row of the inbox that cannot be read any more. */
  async addOpenRow(original: OriginalMessage, eventId: string, portfolioId: string, bad: Bad): Promise<void> {
    const reason = storable(bad.reason).slice(0, 500);
    const letter = deadLetter(original, eventId, bad.errorClass, reason, this.#o.clock.nowMs());
    const closed = await writeUnlessStale(this.#o.store, {
      ...emptyParts(),
      seen: [{ event_id: eventId, note: `quarantined: ${reason}`.slice(0, 500) }],
      quarantined: [quarantineRow(original, eventId, portfolioId, bad.errorClass, reason)],
      blocked: bad.refused === undefined ? [{ portfolio_id: portfolioId, event_id: eventId, reason }] : [],
      said: [outboxPart(letter)],
    });
    if (closed) this.#o.outboxPublisher.publish([letter]);
    await this.#o.refreshBlocked();
  }
}
