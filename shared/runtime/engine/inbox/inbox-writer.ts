/**
 * Takes a fetch in: one multi-row insert, then the offset may be committed. Every message gets a row: to be stepped,
 * handled at once with a reason, or quarantined whole with its lane stopped.
 */
import { headersOf, headerNames, printEnvelope, type Envelope } from '../../../../contracts/internal/envelope.js';
import { personalMembersOf } from '../../../../contracts/internal/personal.js';
import { Batcher } from '../../batching.js';
import type { FetchedBatch, FetchedMessage, Pulse } from '../../kafka/consumer.js';
import type { Log } from '../../process/log.js';
import { keptAsItCame, keptSealed, NOTHING_SEALED, type MessageSealing } from '../../sealing/sealed-message.js';
import { SealKeyMissing } from '../../sealing/sealer.js';
import type { Catalogue } from '../catalogue.js';
import type { Clock } from '../clock.js';
import type { Failpoint } from '../failpoints.js';
import { bodyHash, contentHash, storable } from '../identity.js';
import type { OutboxPublisher } from '../outbox/outbox-publisher.js';
import { OWN_TOPIC } from '../steps/batch.js';
import type { Item, OriginalMessage } from '../steps/lanes.js';
import type { Engine } from '../steps/step-loop.js';
import { emptyParts } from '../store/step-statement.js';
import {
  DatabaseAway,
  RowRefused,
  writeUnlessStale,
  type EngineStore,
  type InboxRow,
  type OpenInboxRow,
  type OutboxRow,
} from '../store/store.js';
import { readOwnRow, type OwnRow } from './handed-over.js';
import { PausedPartitions } from './paused-partitions.js';
import { Quarantine } from './quarantine.js';
import type { Refusal } from '../../signing/messages.js';
import type { Admission } from './admission.js';
import {
  asUnsigned,
  DECISIONS,
  inboxRowOf,
  isRefusedId,
  originalOf,
  readMessage,
  refusedMessage,
  type Read,
  type Taken,
} from './read-message.js';
import { NEWS, route, type Routed } from './route.js';

export type InboxWriterOptions = {
  readonly catalogue: Catalogue;
  readonly store: EngineStore;
  readonly engine: Engine;
  readonly outboxPublisher: OutboxPublisher;
  readonly log: Log;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'after' | 'soon'>;
  readonly failpoint: Failpoint;
  /** How often one message is tried of a partition that is paused. */
  readonly tryEveryMs?: number;
  /** Judges each message before anything of it is read. */
  readonly admission: Admission;
  /** Counts a message that was not admitted. */
  readonly onRefused?: (topic: string, why: Refusal) => void;
  /** Opens what came sealed, and seals what did not. Default: nothing is sealed. */
  readonly sealing?: MessageSealing | undefined;
  /** What people decide. `staysOpen`: the event is handled by a step, not by being taken in. */
  readonly decisions: { readonly carryOut: (event: Envelope) => Promise<void>; readonly staysOpen: (event: Envelope) => boolean };
};

const MOST_IN_MEMORY = 20_000;
/** So many messages of a partition are worth a statement of their own. */
const ENOUGH_FOR_ONE = 200;
/** More than partitions are handled at once: nobody waits for the statement of others. */
const MOST_ROUNDS = 16;
const UNDECIDED: ReadonlySet<string> = new Set(['planned', 'sending', 'accepted', 'unknown', 'parked']);

/** Never throws: a message whose mark cannot be made in our form has that of its text. Sealed again, the same message is another text. */
const markOf = (value: string, read: Read): string => {
  try {
    return bodyHash(read.kind === 'good' && read.wasSealed ? printEnvelope(read.event) : value, read.event);
  } catch {
    return contentHash(value);
  }
};

const placeOf = ({ original }: Pick<Taken, 'original'>): string => `${original.topic}/${String(original.partition)}/${original.offset}`;

/** In a form that every database takes, under an id of its own. Why it was refused is not known for certain. */
const refused = (one: Taken, why: string, portfolioId: string): Taken => {
  const { original } = one;
  const value = Buffer.from(original.value).toString('base64');
  return {
    original: { ...original, key: null, headers: { 'dlq-encoding': 'base64' }, value },
    read: { kind: 'bad', eventId: placeOf(one), portfolioId, errorClass: 'RowRefused', reason: why, event: null },
    hash: contentHash(value),
  };
};

/** Judged, and read where it counts. `fallbackId`: of a message whose envelope names none. */
const judged = (
  { catalogue, admission, sealing = NOTHING_SEALED }: InboxWriterOptions,
  original: OriginalMessage,
  fallbackId: string,
): Taken => {
  const admitted = admission(original);
  const { topic, value, key } = original;
  if (admitted.kind === 'refused')
    return {
      original: keptSealed(original, sealing),
      read: refusedMessage(original, admitted.why),
      hash: bodyHash(value, null),
    };
  // What others write is nothing of ours to open: it could name any key.
  const isOurs = admitted.kind === 'ours';
  const read = readMessage(
    catalogue,
    topic,
    value,
    fallbackId,
    key === null ? null : sealing.lane(key),
    isOurs ? sealing.open : NOTHING_SEALED.open,
  );
  return { original: keptAs(original, read, sealing), read: isOurs ? read : asUnsigned(read), hash: markOf(value, read) };
};

/** A message that can be read, and says nothing personal in clear, is kept as it travels; any other whole and sealed. */
const keptAs = (original: OriginalMessage, read: Read, sealing: MessageSealing): OriginalMessage => {
  const isSafe = read.kind === 'good' && (read.wasSealed || personalMembersOf(original.topic).length === 0);
  return isSafe ? original : keptSealed(original, sealing);
};

const takenOf = (options: InboxWriterOptions, message: FetchedMessage): Taken => {
  const original = originalOf(message);
  return judged(options, original, storable(message.headers[headerNames.eventId] ?? '') || placeOf({ original }));
};

/** Never what stands in a message: that may be anybody's, and anything. */
const tellOfRefused = ({ onRefused, log }: InboxWriterOptions, taken: readonly Taken[]): void => {
  for (const { read, original } of taken) {
    if (read.kind !== 'bad' || read.refused === undefined) continue;
    onRefused?.(original.topic, read.refused);
    log.error(
      { alarm: 'refused-message', eventId: read.eventId, topic: original.topic, why: read.refused },
      'a message was refused: it is in quarantine, and nothing of it was believed; somebody must look who writes to this topic',
    );
  }
};

export class InboxWriter {
  readonly #o: InboxWriterOptions;
  readonly #paused: PausedPartitions;
  readonly #quarantine: Quarantine;

  /** What partitions bring in one turn is one statement; a row that the database refuses holds up its own partition only. */
  readonly #batcher: Batcher<readonly Taken[], undefined>;

  constructor(options: InboxWriterOptions) {
    this.#o = options;
    const { engine, store, outboxPublisher, clock, log, tryEveryMs } = options;
    this.#paused = new PausedPartitions({ engine, clock, log, tryEveryMs });
    this.#quarantine = new Quarantine({
      store,
      outboxPublisher: outboxPublisher,
      clock,
      log,
      refreshBlocked: () => engine.refreshBlocked(),
    });
    this.#batcher = new Batcher({
      work: async (lists) => {
        await this.#ingest(lists.flat());
        return lists.map(() => undefined);
      },
      ...{ rounds: MOST_ROUNDS, most: MOST_ROUNDS, mostWaiting: Number.POSITIVE_INFINITY },
      isOfAll: (error) => error instanceof DatabaseAway,
      soon: options.clock.soon,
    });
  }

  /** Why nothing, or not everything, is ingested now: for readiness and alarms. */
  get heldBecause(): readonly string[] {
    return this.#paused.reasons;
  }

  readonly take = async (batch: FetchedBatch, pulse: Pulse): Promise<void> => {
    const { engine } = this.#o;
    // Memory is bounded: a process that cannot keep up takes no more in.
    while (engine.load > MOST_IN_MEMORY && engine.waitsBecause === null && !pulse.stopping()) {
      await new Promise<void>((resolve) => this.#o.clock.after(50, resolve));
      await pulse.heartbeat();
    }
    const place = `${batch.topic}/${String(batch.partition)}`;
    const through = this.#paused.through(place);
    const messages = this.#read(
      place,
      batch.messages.filter((message) => through === undefined || BigInt(message.offset) > through),
    );
    await this.#takeOrPause(batch.topic, place, messages, pulse);
    this.#paused.goesOn(place);
  };

  /** Nothing is wrong with a message whose key is missing: the partition waits until the key is there. @throws HoldPartition. */
  #read(place: string, messages: readonly FetchedMessage[]): readonly Taken[] {
    try {
      return messages.map((message) => takenOf(this.#o, message));
    } catch (error) {
      if (error instanceof SealKeyMissing) this.#paused.pause(place, `${place} cannot be read: ${error.message}`);
      throw error;
    }
  }

  /** While most of a partition fails, one now and then; the rest as soon as that is over. @throws HoldPartition. */
  async #takeOrPause(topic: string, place: string, messages: readonly Taken[], pulse: Pulse): Promise<void> {
    for (let rest = messages; rest.length > 0;) {
      const hindrance = this.#paused.hindrance(topic, place, rest);
      if (hindrance === null) {
        // What people decide is carried out before it counts as taken in: nobody else waits for that.
        await this.#inParts(rest, topic === DECISIONS || rest.length >= ENOUGH_FOR_ONE ? this.#ingestAlone : this.#ingestTogether);
        this.#paused.note(place, rest);
        return;
      }
      if (pulse.stopping() || !(hindrance.easing || this.#paused.mayTry(place))) this.#paused.pause(place, hindrance.why);
      const [first, ...others] = rest;
      if (first === undefined) return;
      this.#paused.trying(place);
      await this.#inParts([first], this.#ingestAlone);
      this.#paused.tried(place, first);
      rest = others;
    }
  }

  readonly #ingestAlone = (messages: readonly Taken[]): Promise<void> => this.#ingest(messages);
  readonly #ingestTogether = async (messages: readonly Taken[]): Promise<void> => {
    await this.#batcher.do(messages);
  };

  /** What the database refuses for its content is found by cutting in halves, and goes to quarantine. It must not hold up its partition for ever. */
  async #inParts(messages: readonly Taken[], ingest: (messages: readonly Taken[]) => Promise<void>): Promise<void> {
    try {
      await ingest(messages);
    } catch (error) {
      const [only, ...others] = messages;
      if (!(error instanceof RowRefused) || only === undefined) throw error;
      if (others.length > 0) {
        const middle = Math.ceil(messages.length / 2);
        await this.#inParts(messages.slice(0, middle), this.#ingestAlone);
        await this.#inParts(messages.slice(middle), this.#ingestAlone);
        return;
      }
      this.#o.log.error(
        { err: error, topic: only.original.topic, partition: only.original.partition, offset: only.original.offset },
        'the database refuses a message for its content: it goes to quarantine',
      );
      try {
        await this.#ingest([refused(only, error.message, only.read.portfolioId)]);
      } catch (again) {
        if (!(again instanceof RowRefused)) throw again;
        // Even the name of its lane is refused: it gets one of its own.
        await this.#ingest([refused(only, error.message, placeOf(only))]);
      }
    }
  }

  async #ingest(messages: readonly Taken[]): Promise<void> {
    const { store, engine, outboxPublisher } = this.#o;
    const parts = emptyParts();
    const rows: InboxRow[] = [];
    const letters = new Map<string, OutboxRow>();
    const routed = new Map<string, Routed>();
    const first = new Map<string, Taken>();
    const later: Taken[] = [];
    for (const one of messages) {
      const before = first.get(one.read.eventId);
      if (before !== undefined) {
        if (before.hash !== one.hash) later.push(one);
        continue;
      }
      first.set(one.read.eventId, one);
      if (one.read.kind === 'good') {
        const where = route(one.read, one.original);
        routed.set(one.read.eventId, where);
        const note =
          one.original.topic !== DECISIONS ? where.note : this.#o.decisions.staysOpen(one.read.event) ? null : 'a decision of people';
        rows.push({
          note: note?.slice(0, 500) ?? null,
          ...inboxRowOf(one, one.read.eventId, where.items[0]?.lane ?? one.read.portfolioId),
        });
      } else letters.set(one.read.eventId, this.#quarantine.add(one, one.read, rows, parts));
    }
    const topics = (): string[] => messages.map(({ original }) => original.topic);
    this.#o.failpoint('before-ingest', topics);
    const taken = await store.ingest(rows, parts);
    this.#o.failpoint('after-ingest', topics);
    const conflicting = new Set(taken.conflicting);
    if (conflicting.size > 0)
      await this.#quarantine.addOtherBodies([...first.values()].filter(({ read }) => conflicting.has(read.eventId)));
    const fresh = [...letters].filter(([eventId]) => taken.fresh.has(eventId));
    if (fresh.length > 0) {
      outboxPublisher.publish(fresh.map(([, letter]) => letter));
      await engine.refreshBlocked();
    }
    tellOfRefused(
      this.#o,
      [...first.values()].filter(({ read }) => taken.fresh.has(read.eventId)),
    );
    // Whatever a message calls itself: what people decide comes on its own topic, which nobody else fills.
    for (const { read, original } of first.values())
      if (read.kind === 'good' && original.topic === DECISIONS && !conflicting.has(read.eventId))
        await this.#o.decisions.carryOut(read.event);
    for (const [eventId, where] of routed) if (taken.fresh.has(eventId)) for (const item of where.items) engine.enqueue(item);
    // News is handled as it is taken in: whoever takes it in again may not have come to ask the first time.
    await this.#references(
      [...routed].map(([eventId, where]) => [eventId, taken.fresh.has(eventId) ? where : { ...where, byReference: [] }]),
    );
    // The same id twice in one fetch, with two bodies: the second is judged when the first one stands.
    if (later.length > 0) await this.#ingest(later);
  }

  async #references(routed: readonly (readonly [string, Routed])[]): Promise<void> {
    const { store, engine } = this.#o;
    const notifications = routed.flatMap(([, where]) => where.notifications);
    const wanted = [...notifications, ...routed.flatMap(([, where]) => where.byReference.map((one) => one.reference))];
    if (wanted.length === 0) return;
    const found = await store.byReference([...new Set(wanted)]);
    for (const effect of found)
      if (notifications.includes(effect.reference) && (effect.earlier !== null || UNDECIDED.has(effect.status))) engine.checkNow(effect);
    for (const [eventId, where] of routed)
      for (const { reference, input, source, original } of where.byReference) {
        const owner = found.find((effect) => effect.reference === reference);
        engine.enqueue({
          kind: 'input',
          lane: owner?.portfolioId ?? reference,
          eventId,
          source,
          input,
          original,
          tries: 0,
          to: { journeyId: owner?.journeyId ?? `none:${reference}` },
        });
      }
  }

  /** Makes an inbox row of the database an item again: after a crash, or when a person lets it run again. */
  async again(row: OpenInboxRow): Promise<Item | null> {
    if (row.topic === null || row.topic === OWN_TOPIC) return this.#ownAgain(row);
    if (row.topic !== DECISIONS && this.#o.catalogue.consumesOf(row.topic).length === 0) {
      this.#o.engine.leftToNewer.leaveEvent(row.eventId);
      return null;
    }
    const [partition = '0', offset = '0'] = (row.source ?? '').split('/').slice(-2);
    const { sealing = NOTHING_SEALED } = this.#o;
    const asItCame = sealing.asItCame(row.value);
    const read = readMessage(this.#o.catalogue, row.topic, asItCame, row.eventId, row.portfolioId, sealing.open);
    const { quarantined: before } = row;
    // The inbox keeps no headers. Those of a message that can be read are in its envelope too.
    const headers =
      before?.headers ?? (read.kind === 'good' ? headersOf({ ...read.event, id: row.eventId }) : { [headerNames.eventId]: row.eventId });
    const original: OriginalMessage = {
      topic: row.topic,
      partition: Number(partition),
      offset,
      key: before === null ? row.portfolioId : before.key,
      headers,
      value: row.value,
      ...(before === null ? {} : { before }),
    };
    if (isRefusedId(row.eventId) && before?.isCorrected !== true) {
      await this.#refusedAgain(keptAsItCame(original, sealing), row);
      return null;
    }
    if (read.kind === 'bad') {
      await this.#quarantine.addOpenRow(original, row.eventId, row.portfolioId, read);
      return null;
    }
    if (row.topic === DECISIONS) {
      await this.#o.decisions.carryOut({ ...read.event, id: row.eventId });
      return null;
    }
    const where = route({ ...read, eventId: row.eventId }, original);
    await this.#references([[row.eventId, where]]);
    // A correction may have made it no business of ours: it must not stay open for ever.
    if (where.note !== null)
      await writeUnlessStale(this.#o.store, { ...emptyParts(), seen: [{ event_id: row.eventId, note: where.note.slice(0, 500) }] });
    return where.items[0] ?? null;
  }

  /**
   * A refused message that runs again as it came is judged again: its key may be known by now. Then it is taken in under its own id, where a
   * true message of that id may be already; if not, it is refused again. Only a corrected text is somebody's own word.
   */
  async #refusedAgain(original: OriginalMessage, row: OpenInboxRow): Promise<void> {
    const { before: _before, ...whole } = original;
    const taken = judged(this.#o, whole, row.eventId);
    if (taken.read.kind === 'bad' && taken.read.refused !== undefined) {
      await this.#quarantine.addOpenRow(taken.original, row.eventId, row.portfolioId, taken.read);
      return;
    }
    await this.#ingest([taken]);
    const note = `admitted now, taken in as ${taken.read.eventId}`;
    await writeUnlessStale(this.#o.store, { ...emptyParts(), seen: [{ event_id: row.eventId, note: note.slice(0, 500) }] });
  }

  /** Nobody can read it, today or later: people must. There is no dead letter of it, because it never was on Kafka. */
  async #quarantineOwn(row: OpenInboxRow, reason: string): Promise<void> {
    const { eventId: event_id, portfolioId: portfolio_id, value } = row;
    const place = { topic: OWN_TOPIC, partition: null, offset: null, key: null, headers: '{}' };
    await writeUnlessStale(this.#o.store, {
      ...emptyParts(),
      seen: [{ event_id, note: `quarantined: ${reason}` }],
      quarantined: [{ event_id, portfolio_id, ...place, value, error_class: 'Unreadable', reason }],
      blocked: [{ portfolio_id, event_id, reason }],
    });
    await this.#o.engine.refreshBlocked();
  }

  /** What a journey has sent to another one, or an instance has handed over. */
  async #ownAgain(row: OpenInboxRow): Promise<Item | null> {
    const { catalogue, engine, store } = this.#o;
    const { portfolioId: lane, eventId } = row;
    let own: OwnRow;
    try {
      own = readOwnRow((this.#o.sealing ?? NOTHING_SEALED).asItCame(row.value));
    } catch (error) {
      await this.#quarantineOwn(row, error instanceof Error ? error.message : 'unreadable');
      return null;
    }
    if (own === null) {
      engine.leftToNewer.leaveEvent(eventId);
      return null;
    }
    if ('tells' in own) {
      const to = { flow: own.tells, subject: own.subject };
      return { kind: 'input', lane, eventId, source: null, to, input: own.input, original: null, tries: 0 };
    }
    const { journeyId } = own;
    if ('answers' in own)
      return { kind: 'effect', lane, journeyId, effectId: own.answers, event: own.event, eventId, isEarlier: own.isEarlier, tries: 0 };
    const [journey] = await store.load([journeyId], []);
    if (journey !== undefined && catalogue.isNewer(journey)) {
      engine.leftToNewer.leaveEvent(eventId);
      return null;
    }
    engine.checkNow({ journeyId, portfolioId: lane, effectId: own.notifies, earlier: own.earlier });
    await writeUnlessStale(store, { ...emptyParts(), seen: [{ event_id: eventId, note: NEWS }] });
    return null;
  }
}
