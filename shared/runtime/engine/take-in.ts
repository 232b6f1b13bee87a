/**
 * Takes a fetch in: one multi-row insert, then the offset may be committed. Every message gets a row: to be stepped,
 * handled at once with a reason, or quarantined whole with its lane stopped.
 */
import { headersOf, parseEnvelope, headerNames, type Envelope } from '../../../contracts/internal/envelope.js';
import type { Topic } from '../../../contracts/internal/topics.js';
import { printJson } from '../../kernel/json.js';
import type { TakenMessage, TakenBatch, Pulse } from '../kafka/consumer.js';
import type { Log } from '../log.js';
import { deadLetter, OWN_TOPIC } from './batch.js';
import type { Tagged } from '../../kernel/flow.js';
import type { Catalogue } from './catalogue.js';
import type { Clock } from './clock.js';
import type { Arrival } from './definition.js';
import type { Engine, Passes } from './engine.js';
import { contentHash, storable } from './identity.js';
import type { Item, OriginalMessage } from './lanes.js';
import type { Sayer } from './sayer.js';
import { emptyParts } from './step-statement.js';
import { writeUnlessStale, type EngineStore, type InboxRow, type OpenInboxRow, type OutboxRow } from './store.js';

export type TakeInOptions = {
  readonly catalogue: Catalogue;
  readonly store: EngineStore;
  readonly engine: Engine;
  readonly sayer: Sayer;
  readonly log: Log;
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readonly passes: Passes;
  /** What people decide. `staysOpen`: the event is handled by a step, not by being taken in. */
  readonly decisions: { readonly carryOut: (event: Envelope) => Promise<void>; readonly staysOpen: (event: Envelope) => boolean };
};

export type Read =
  | {
      readonly kind: 'good';
      readonly eventId: string;
      readonly portfolioId: string;
      readonly arrivals: readonly Arrival[];
      readonly event: Envelope;
    }
  | { readonly kind: 'bad'; readonly eventId: string; readonly portfolioId: string; readonly errorClass: string; readonly reason: string };

/** When more than half of at least this many messages are bad, the cause is ours: the consumer stops instead of filling the dead-letter topic. */
const FLOOD = 20;
const DECISIONS: Topic = 'operator.decision';
const MOST_IN_MEMORY = 20_000;
const UNDECIDED: ReadonlySet<string> = new Set(['planned', 'sending', 'accepted', 'unknown', 'parked']);
const LONGEST_ID = 200;
// Nothing of it is dropped, not even a mark at its beginning: it is kept as it came.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Says what is wrong without repeating what was sent: it may be personal. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'not readable';
  const { issues } = error as { issues?: readonly { path: readonly PropertyKey[]; message: string }[] };
  if (issues === undefined) return error.message;
  return issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'message'}: ${issue.message}`)
    .join('; ');
};

export const originalOf = (message: TakenMessage): OriginalMessage => {
  const { value } = message;
  let text: string;
  let headers = message.headers;
  try {
    text = value === null ? '' : utf8.decode(value);
    if (storable(text) !== text) throw new TypeError('NUL');
  } catch {
    text = value === null ? '' : value.toString('base64');
    headers = { ...headers, 'dlq-encoding': 'base64' };
  }
  return {
    topic: message.topic,
    partition: message.partition,
    offset: message.offset,
    key: message.key === null ? null : storable(message.key),
    headers,
    value: text,
  };
};

/** Longer names than any of ours would not fit an index; the whole one stays in the quarantine. */
const named = (text: string): string => (text.length <= LONGEST_ID ? text : `long:${contentHash(text)}`);

const idsOf = (arrival: Arrival): readonly string[] => {
  if ('ignored' in arrival) return [];
  if ('hint' in arrival) return [arrival.hint];
  if ('deliverByReference' in arrival) return [arrival.deliverByReference.reference];
  return [arrival.portfolioId, 'deliverTo' in arrival ? arrival.deliverTo.journeyId : arrival.deliver.subject];
};
/** What the database finds a journey or an effect by has to fit its indexes. @throws RangeError. */
const checked = (arrival: Arrival): Arrival => {
  for (const id of idsOf(arrival))
    if (id === '' || id.length > LONGEST_ID)
      throw new RangeError(`an id has ${String(id.length)} characters, not 1 to ${String(LONGEST_ID)}`);
  return arrival;
};

/** Parses one value as a message of this topic. Never throws: what cannot be read is `bad`, with the reason. */
export const readMessage = (catalogue: Catalogue, topic: string, value: string, fallbackId: string, key: string | null): Read => {
  let event: Envelope | null = null;
  try {
    event = parseEnvelope(value);
    const { portfolioId } = event;
    const arrivals = catalogue.consumesOf(topic).map((consume) => checked(consume.read(event as Envelope)));
    return { kind: 'good', eventId: event.id, portfolioId: portfolioId ?? named(key ?? ''), arrivals, event };
  } catch (error) {
    return {
      kind: 'bad',
      eventId: event?.id ?? named(fallbackId),
      portfolioId: event?.portfolioId ?? named(key === null || key === '' ? fallbackId : key),
      errorClass: error instanceof Error ? error.name : 'Unreadable',
      reason: reasonOf(error),
    };
  }
};

type Routed = {
  readonly note: string | null;
  readonly items: readonly Item[];
  readonly hints: readonly string[];
  readonly byReference: readonly ByReference[];
};
type ByReference = { readonly reference: string; readonly input: Tagged; readonly source: string; readonly original: OriginalMessage };

const route = (read: Extract<Read, { kind: 'good' }>, original: OriginalMessage): Routed => {
  const source = `${original.topic}/${String(original.partition)}/${original.offset}`;
  const items: Item[] = [];
  const hints: string[] = [];
  const byReference: ByReference[] = [];
  const notes: string[] = [];
  for (const arrival of read.arrivals) {
    if ('ignored' in arrival) notes.push(arrival.ignored);
    else if ('hint' in arrival) hints.push(arrival.hint);
    else if ('deliverByReference' in arrival) byReference.push({ ...arrival.deliverByReference, source, original });
    else
      items.push({
        kind: 'input',
        lane: arrival.portfolioId,
        eventId: read.eventId,
        source,
        input: 'deliverTo' in arrival ? arrival.deliverTo.input : arrival.deliver.input,
        original,
        tries: 0,
        to:
          'deliverTo' in arrival
            ? { journeyId: arrival.deliverTo.journeyId }
            : { flow: arrival.deliver.flow, subject: arrival.deliver.subject },
      });
  }
  if (items.length + byReference.length > 0) return { note: null, items, hints, byReference };
  return {
    note: hints.length > 0 ? 'news: the other side is asked' : notes.join('; ') || 'no business of this service',
    items,
    hints,
    byReference,
  };
};

export class TakeIn {
  readonly #o: TakeInOptions;
  /** The topic whose messages mostly cannot be read: nothing of it is taken in until that is mended. */
  unreadableTopic: string | null = null;

  constructor(options: TakeInOptions) {
    this.#o = options;
  }

  readonly take = async (batch: TakenBatch, pulse: Pulse): Promise<void> => {
    const { catalogue, engine, log } = this.#o;
    // Memory is bounded: a process that cannot keep up takes no more in.
    while (engine.load > MOST_IN_MEMORY && !pulse.stopping()) {
      await new Promise<void>((resolve) => this.#o.clock.after(50, resolve));
      await pulse.heartbeat();
    }
    const read = batch.messages.map((message) => {
      const original = originalOf(message);
      const fallbackId =
        storable(message.headers[headerNames.eventId] ?? '') || `${message.topic}/${String(message.partition)}/${message.offset}`;
      return { original, read: readMessage(catalogue, message.topic, original.value, fallbackId, original.key) };
    });
    const bad = read.filter((one) => one.read.kind === 'bad').length;
    if (bad >= FLOOD && bad * 2 > read.length) {
      log.error(
        { topic: batch.topic, partition: batch.partition, bad, of: read.length },
        'most messages cannot be read: the cause is ours; nothing is taken in until it is mended',
      );
      this.unreadableTopic = batch.topic;
      throw new Error('most messages of this batch cannot be read');
    }
    if (this.unreadableTopic === batch.topic) this.unreadableTopic = null;
    await this.#takeIn(read);
  };

  async #takeIn(read: readonly { readonly original: OriginalMessage; readonly read: Read }[]): Promise<void> {
    const { store, engine, sayer, log } = this.#o;
    const parts = emptyParts();
    const rows: InboxRow[] = [];
    const letters = new Map<string, OutboxRow>();
    const routed = new Map<string, Routed>();
    for (const { original, read: one } of read) {
      if (routed.has(one.eventId) || letters.has(one.eventId)) continue;
      const { topic, partition, offset } = original;
      const row = {
        eventId: one.eventId,
        contentHash: contentHash(original.value),
        topic,
        partition,
        offset,
        portfolioId: one.portfolioId,
        value: original.value,
      };
      if (one.kind === 'good') {
        const where = route(one, original);
        routed.set(one.eventId, where);
        rows.push({
          ...row,
          portfolioId: where.items[0]?.lane ?? row.portfolioId,
          note: topic !== DECISIONS ? where.note : this.#o.decisions.staysOpen(one.event) ? null : 'a decision of people',
        });
      } else {
        const letter = deadLetter(original, one.eventId, one.errorClass, one.reason, this.#o.clock.nowMs());
        letters.set(one.eventId, letter);
        rows.push({ ...row, note: `quarantined: ${one.reason}`.slice(0, 500) });
        parts.quarantined.push({
          event_id: one.eventId,
          portfolio_id: one.portfolioId,
          topic,
          partition,
          offset,
          key: original.key,
          headers: printJson(original.headers),
          value: original.value,
          error_class: one.errorClass,
          reason: one.reason.slice(0, 500),
        });
        parts.blocked.push({ portfolio_id: one.portfolioId, event_id: one.eventId, reason: one.reason.slice(0, 500) });
        parts.said.push({
          event_id: letter.eventId,
          topic: letter.topic,
          key: letter.key,
          headers: printJson(letter.headers),
          value: letter.value,
        });
      }
    }
    const topics = (): string[] => read.map(({ original }) => original.topic);
    this.#o.passes('before-take-in', topics);
    const taken = await store.takeIn(rows, parts);
    this.#o.passes('after-take-in', topics);
    if (taken.conflicting.length > 0)
      log.error({ eventIds: taken.conflicting }, 'an event came again with another body: the first one stands, somebody must look');
    const fresh = [...letters].filter(([eventId]) => taken.fresh.has(eventId));
    if (fresh.length > 0) {
      sayer.say(fresh.map(([, letter]) => letter));
      engine.setBlocked(await store.blockedLanes());
    }
    for (const { read: one } of read) if (one.kind === 'good' && one.event.type === DECISIONS) await this.#o.decisions.carryOut(one.event);
    for (const [eventId, where] of routed) if (taken.fresh.has(eventId)) for (const item of where.items) engine.enqueue(item);
    await this.#references([...routed].filter(([eventId]) => taken.fresh.has(eventId)));
  }

  async #references(fresh: readonly (readonly [string, Routed])[]): Promise<void> {
    const { store, engine } = this.#o;
    const hints = fresh.flatMap(([, where]) => where.hints);
    const wanted = [...hints, ...fresh.flatMap(([, where]) => where.byReference.map((one) => one.reference))];
    if (wanted.length === 0) return;
    const found = await store.byReference([...new Set(wanted)]);
    for (const effect of found)
      if (hints.includes(effect.reference) && (effect.earlier !== null || UNDECIDED.has(effect.status))) engine.lookNow(effect);
    for (const [eventId, where] of fresh)
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
    if (row.topic === null || row.topic === OWN_TOPIC) {
      const told = JSON.parse(row.value) as { tells: string; subject: string; input: { type: string } };
      return {
        kind: 'input',
        lane: row.portfolioId,
        eventId: row.eventId,
        source: null,
        to: { flow: told.tells, subject: told.subject },
        input: told.input,
        original: null,
        tries: 0,
      };
    }
    const [partition = '0', offset = '0'] = (row.source ?? '').split('/').slice(-2);
    const read = readMessage(this.#o.catalogue, row.topic, row.value, row.eventId, row.portfolioId);
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
    if (read.kind === 'bad') {
      await this.#quarantineAgain(original, row.eventId, row.portfolioId, read);
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

  async #quarantineAgain(
    original: OriginalMessage,
    eventId: string,
    portfolioId: string,
    bad: Extract<Read, { kind: 'bad' }>,
  ): Promise<void> {
    const letter = deadLetter(original, eventId, bad.errorClass, bad.reason, this.#o.clock.nowMs());
    const closed = await writeUnlessStale(this.#o.store, {
      ...emptyParts(),
      seen: [{ event_id: eventId, note: `quarantined: ${bad.reason}`.slice(0, 500) }],
      quarantined: [
        {
          event_id: eventId,
          portfolio_id: portfolioId,
          topic: original.topic,
          partition: original.partition,
          offset: original.offset,
          key: original.key,
          headers: printJson(original.headers),
          value: original.value,
          error_class: bad.errorClass,
          reason: bad.reason.slice(0, 500),
        },
      ],
      blocked: [{ portfolio_id: portfolioId, event_id: eventId, reason: bad.reason.slice(0, 500) }],
      said: [{ event_id: letter.eventId, topic: letter.topic, key: letter.key, headers: printJson(letter.headers), value: letter.value }],
    });
    if (closed) this.#o.sayer.say([letter]);
    this.#o.engine.setBlocked(await this.#o.store.blockedLanes());
  }
}
