/**
 * Takes a fetch in: one multi-row insert, then the offset may be committed. Every message gets a row: to be stepped,
 * handled at once with a reason, or quarantined whole with its lane stopped.
 */
import { headersOf, parseEnvelope, headerNames, type Envelope } from '../../../contracts/internal/envelope.js';
import type { Topic } from '../../../contracts/internal/topics.js';
import { printJson } from '../../kernel/json.js';
import type { TakenMessage, TakenBatch, Pulse } from '../kafka/consumer.js';
import { HoldPartition } from '../kafka/errors.js';
import type { Log } from '../log.js';
import { Together } from '../together.js';
import { deadLetter, OWN_TOPIC } from './batch.js';
import type { Tagged } from '../../kernel/flow.js';
import type { Catalogue } from './catalogue.js';
import type { Clock } from './clock.js';
import type { Arrival } from './definition.js';
import type { Engine, Passes } from './engine.js';
import { Floods, Patience } from './flood.js';
import { bodyHash, contentHash, storable } from './identity.js';
import type { Item, OriginalMessage } from './lanes.js';
import type { Sayer } from './sayer.js';
import { emptyParts, type PartRow, type Parts } from './step-statement.js';
import { DatabaseAway, writeUnlessStale, type EngineStore, type InboxRow, type OpenInboxRow, type OutboxRow } from './store.js';

export type TakeInOptions = {
  readonly catalogue: Catalogue;
  readonly store: EngineStore;
  readonly engine: Engine;
  readonly sayer: Sayer;
  readonly log: Log;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'after' | 'soon'>;
  readonly passes: Passes;
  /** How often one message is tried of a partition that is held. */
  readonly tryEveryMs?: number;
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
  | {
      readonly kind: 'bad';
      readonly eventId: string;
      readonly portfolioId: string;
      readonly errorClass: string;
      readonly reason: string;
      /** Null when not even the envelope could be read. */
      readonly event: Envelope | null;
    };

/** A partition whose messages mostly fail is left alone for so long, and looked at again. */
const HOLD_MS = 2_000;
const DECISIONS: Topic = 'operator.decision';
const MOST_IN_MEMORY = 20_000;
/** So many messages of a partition are worth a statement of their own. */
const ENOUGH_FOR_ONE = 200;
/** More than partitions are handled at once: nobody waits for the statement of others. */
const MOST_ROUNDS = 16;
const UNDECIDED: ReadonlySet<string> = new Set(['planned', 'sending', 'accepted', 'unknown', 'parked']);
/** Marks a body that came under the id of another; it stops no lane. */
const OTHER_BODY = 'OtherBody';
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
      event,
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
    else if ('deliverByReference' in arrival) byReference.push({ source, original, ...arrival.deliverByReference });
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

const rowOf = ({ original, hash }: Taken, eventId: string, portfolioId: string): Omit<InboxRow, 'note'> => ({
  eventId,
  contentHash: hash,
  topic: original.topic,
  partition: original.partition,
  offset: original.offset,
  portfolioId,
  value: original.value,
});
const quarantineRow = (
  original: OriginalMessage,
  eventId: string,
  portfolioId: string,
  errorClass: string,
  reason: string,
): PartRow<'quarantined'> => ({
  event_id: eventId,
  portfolio_id: portfolioId,
  topic: original.topic,
  partition: original.partition,
  offset: original.offset,
  key: original.key,
  headers: printJson(original.headers),
  value: original.value,
  error_class: errorClass,
  reason,
});
const saidRow = (letter: OutboxRow): PartRow<'said'> => ({
  event_id: letter.eventId,
  topic: letter.topic,
  key: letter.key,
  headers: printJson(letter.headers),
  value: letter.value,
});

/** One message, what it was read as, and the mark of what it says. */
type Taken = { readonly original: OriginalMessage; readonly read: Read; readonly hash: string };
type Held = { readonly why: string; readonly atMs: number };
type Hindrance = { readonly why: string; readonly easing: boolean };

export class TakeIn {
  readonly #o: TakeInOptions;
  /** What could not be read, by topic and partition; what could not be stepped, the engine keeps. */
  readonly #unreadable: Floods;
  readonly #patience = new Map<string, Patience>();
  /** How far a partition that is held was taken in, message by message. */
  readonly #through = new Map<string, bigint>();
  readonly #held = new Map<string, Held>();

  /** What partitions bring in one turn is one statement; a row that the database refuses holds up its own partition only. */
  readonly #together: Together<readonly Taken[], undefined>;

  constructor(options: TakeInOptions) {
    this.#o = options;
    this.#unreadable = new Floods(options.clock);
    this.#together = new Together({
      work: async (lists) => {
        await this.#takeIn(lists.flat());
        return lists.map(() => undefined);
      },
      ...{ rounds: MOST_ROUNDS, most: MOST_ROUNDS, mostWaiting: Number.POSITIVE_INFINITY },
      isOfAll: (error) => error instanceof DatabaseAway,
      soon: options.clock.soon,
    });
  }

  /** Why nothing, or not everything, is taken in now: for readiness and alarms. */
  get heldBecause(): readonly string[] {
    const sinceMs = this.#o.clock.monotonicMs() - 5 * HOLD_MS;
    // A partition that went to another copy is not asked about here any more.
    return [...this.#held.values()].filter(({ atMs }) => atMs >= sinceMs).map(({ why }) => why);
  }

  readonly take = async (batch: TakenBatch, pulse: Pulse): Promise<void> => {
    const { catalogue, engine } = this.#o;
    // Memory is bounded: a process that cannot keep up takes no more in.
    while (engine.load > MOST_IN_MEMORY && engine.waitsBecause === null && !pulse.stopping()) {
      await new Promise<void>((resolve) => this.#o.clock.after(50, resolve));
      await pulse.heartbeat();
    }
    const place = `${batch.topic}/${String(batch.partition)}`;
    const through = this.#through.get(place);
    const read = batch.messages
      .filter((message) => through === undefined || BigInt(message.offset) > through)
      .map((message): Taken => {
        const original = originalOf(message);
        const fallbackId =
          storable(message.headers[headerNames.eventId] ?? '') || `${message.topic}/${String(message.partition)}/${message.offset}`;
        const one = readMessage(catalogue, message.topic, original.value, fallbackId, original.key);
        return { original, read: one, hash: bodyHash(original.value, one.event) };
      });
    await this.#takeOrHold(batch.topic, place, read, pulse);
    this.#held.delete(place);
    this.#through.delete(place);
    this.#patience.get(place)?.end();
  };

  /** While most of a partition fails, one now and then; the rest as soon as that is over. @throws HoldPartition. */
  async #takeOrHold(topic: string, place: string, read: readonly Taken[], pulse: Pulse): Promise<void> {
    for (let rest = read; rest.length > 0;) {
      const hindrance = this.#hindrance(topic, place, rest);
      if (hindrance === null) {
        // What people decide is carried out before it counts as taken in: nobody else waits for that.
        if (topic === DECISIONS || rest.length >= ENOUGH_FOR_ONE) await this.#takeIn(rest);
        else await this.#together.do(rest);
        this.#note(place, rest);
        return;
      }
      if (pulse.stopping() || !(hindrance.easing || this.#patienceOf(place).mayTry())) this.#hold(place, hindrance.why);
      const [first, ...others] = rest;
      if (first === undefined) return;
      this.#o.engine.partitions.of(place).trying();
      await this.#takeIn([first]);
      this.#note(place, [first]);
      this.#through.set(place, BigInt(first.original.offset));
      rest = others;
    }
  }

  #hindrance(topic: string, place: string, rest: readonly Taken[]): Hindrance | null {
    const { engine } = this.#o;
    // What people decide is taken in whatever happens: they may be mending it.
    if (engine.waitsBecause !== null && topic !== DECISIONS) return { why: engine.waitsBecause, easing: false };
    const bad = rest.filter(({ read }) => read.kind === 'bad').length;
    const unreadable = this.#unreadable.of(place);
    if (unreadable.isWith(bad, rest.length))
      return { why: `most messages of ${place} cannot be read`, easing: rest[0]?.read.kind === 'good' };
    const steps = engine.partitions.of(place);
    return steps.is ? { why: `most messages of ${place} end in quarantine`, easing: steps.eases } : null;
  }

  #note(place: string, taken: readonly Taken[]): void {
    this.#unreadable.of(place).note(taken.filter(({ read }) => read.kind === 'bad').length, taken.length);
  }

  #patienceOf(place: string): Patience {
    const known = this.#patience.get(place) ?? new Patience(this.#o.clock, this.#o.tryEveryMs);
    this.#patience.set(place, known);
    return known;
  }

  #hold(place: string, why: string): never {
    const nowMs = this.#o.clock.monotonicMs();
    if (!this.#held.has(place))
      this.#o.log.error(
        { alarm: 'flood', place, why },
        'the cause is not in the single message: nothing more is taken in until that is mended',
      );
    this.#held.set(place, { why, atMs: nowMs });
    throw new HoldPartition(why, HOLD_MS);
  }

  async #takeIn(read: readonly Taken[]): Promise<void> {
    const { store, engine, sayer } = this.#o;
    const parts = emptyParts();
    const rows: InboxRow[] = [];
    const letters = new Map<string, OutboxRow>();
    const routed = new Map<string, Routed>();
    const first = new Map<string, Taken>();
    const later: Taken[] = [];
    for (const one of read) {
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
        rows.push({ note: note?.slice(0, 500) ?? null, ...rowOf(one, one.read.eventId, where.items[0]?.lane ?? one.read.portfolioId) });
      } else letters.set(one.read.eventId, this.#quarantine(one, one.read, rows, parts));
    }
    const topics = (): string[] => read.map(({ original }) => original.topic);
    this.#o.passes('before-take-in', topics);
    const taken = await store.takeIn(rows, parts);
    this.#o.passes('after-take-in', topics);
    const conflicting = new Set(taken.conflicting);
    if (conflicting.size > 0) await this.#keepOtherBodies([...first.values()].filter(({ read: one }) => conflicting.has(one.eventId)));
    const fresh = [...letters].filter(([eventId]) => taken.fresh.has(eventId));
    if (fresh.length > 0) {
      sayer.say(fresh.map(([, letter]) => letter));
      await engine.refreshBlocked();
    }
    for (const { read: one } of first.values())
      if (one.kind === 'good' && one.event.type === DECISIONS && !conflicting.has(one.eventId)) await this.#o.decisions.carryOut(one.event);
    for (const [eventId, where] of routed) if (taken.fresh.has(eventId)) for (const item of where.items) engine.enqueue(item);
    // News is handled as it is taken in: whoever takes it in again may not have come to ask the first time.
    await this.#references(
      [...routed].map(([eventId, where]) => [eventId, taken.fresh.has(eventId) ? where : { ...where, byReference: [] }]),
    );
    // The same id twice in one fetch, with two bodies: the second is judged when the first one stands.
    if (later.length > 0) await this.#takeIn(later);
  }

  /** The message whole, its lane stopped, a dead letter. Returns the letter. */
  #quarantine(one: Taken, bad: Extract<Read, { kind: 'bad' }>, rows: InboxRow[], parts: Parts): OutboxRow {
    const { original } = one;
    const { eventId, portfolioId, errorClass } = bad;
    const reason = storable(bad.reason).slice(0, 500);
    const letter = deadLetter(original, eventId, errorClass, reason, this.#o.clock.nowMs());
    rows.push({ note: `quarantined: ${reason}`.slice(0, 500), ...rowOf(one, eventId, portfolioId) });
    parts.quarantined.push(quarantineRow(original, eventId, portfolioId, errorClass, reason));
    parts.blocked.push({ portfolio_id: portfolioId, event_id: eventId, reason });
    parts.said.push(saidRow(letter));
    return letter;
  }

  /**
   * A second body under a known id. The first one stands and the lane goes on: a repetition may have been written anew. The second is
   * kept under an id of its own, for people to see and decide.
   */
  async #keepOtherBodies(others: readonly Taken[]): Promise<void> {
    const rows: InboxRow[] = [];
    const parts = emptyParts();
    const letters = new Map<string, OutboxRow>();
    for (const one of others) {
      const eventId = named(`${one.read.eventId}:other-body:${one.hash}`);
      if (letters.has(eventId)) continue;
      const reason = `came under the id of another message, ${one.read.eventId}, which was taken in before`;
      const bad = { portfolioId: one.read.portfolioId, event: one.read.event };
      letters.set(eventId, this.#quarantine(one, { ...bad, kind: 'bad', eventId, errorClass: OTHER_BODY, reason }, rows, parts));
    }
    const { fresh } = await this.#o.store.takeIn(rows, { ...parts, blocked: [] });
    if (fresh.size === 0) return;
    this.#o.log.error(
      { alarm: 'another-body', eventIds: [...fresh] },
      'an event came again with another body: the first one stands, the other is in quarantine, somebody must look',
    );
    this.#o.sayer.say([...letters].flatMap(([eventId, letter]) => (fresh.has(eventId) ? [letter] : [])));
  }

  async #references(routed: readonly (readonly [string, Routed])[]): Promise<void> {
    const { store, engine } = this.#o;
    const hints = routed.flatMap(([, where]) => where.hints);
    const wanted = [...hints, ...routed.flatMap(([, where]) => where.byReference.map((one) => one.reference))];
    if (wanted.length === 0) return;
    const found = await store.byReference([...new Set(wanted)]);
    for (const effect of found)
      if (hints.includes(effect.reference) && (effect.earlier !== null || UNDECIDED.has(effect.status))) engine.lookNow(effect);
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
    const reason = storable(bad.reason).slice(0, 500);
    const letter = deadLetter(original, eventId, bad.errorClass, reason, this.#o.clock.nowMs());
    const closed = await writeUnlessStale(this.#o.store, {
      ...emptyParts(),
      seen: [{ event_id: eventId, note: `quarantined: ${reason}`.slice(0, 500) }],
      quarantined: [quarantineRow(original, eventId, portfolioId, bad.errorClass, reason)],
      blocked: [{ portfolio_id: portfolioId, event_id: eventId, reason }],
      said: [saidRow(letter)],
    });
    if (closed) this.#o.sayer.say([letter]);
    await this.#o.engine.refreshBlocked();
  }
}
