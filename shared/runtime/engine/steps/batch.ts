/**
 * Turns what many steps have decided into the rows of one statement, and says what has to be done once it is written:
 * what to send, what to publish, what to tell other journeys.
 */
import { headersOf, printEnvelope } from '../../../../contracts/internal/envelope.js';
import { isoOf } from '../../../kernel/instant.js';
import { maskText } from '../../../kernel/account-mask.js';
import { Bug } from '../../../kernel/bug.js';
import type { EffectRecord } from '../../../kernel/effect-life.js';
import type { Emitted, Tagged } from '../../../kernel/flow.js';
import { printJson, type Printable } from '../../../kernel/json.js';
import { factsOf, type StepResult } from '../../../kernel/step.js';
import type { Catalogue } from '../catalogue.js';
import { contentHash, effectKey, storable } from '../identity.js';
import { deadLetter, LARGEST_LETTER_BYTES, outboxPart, quarantineRow } from '../inbox/dead-letter.js';
import { eventIdOf, type Item, type OriginalMessage } from './lanes.js';
import { emptyParts, type Parts } from '../store/step-statement.js';
import type { OutboxRow, StoredEffect, StoredJourney } from '../store/store.js';

export type OwnMessage = {
  readonly eventId: string;
  readonly portfolioId: string;
  readonly flow: string;
  readonly subject: string;
  readonly input: Tagged;
};
/** What follows once the statement is written. */
export type Written = {
  readonly item: Item;
  readonly journey: StoredJourney | null;
  readonly send: StoredEffect | null;
  readonly publish: readonly OutboxRow[];
  readonly sent: readonly OwnMessage[];
  readonly blocked: string | null;
};

/** Stands for a topic where one journey of this service told another something. */
export const OWN_TOPIC = 'own';

type Moved = Extract<StepResult, { kind: 'moved' }>;

const triggerOf = (item: Item): string => {
  switch (item.kind) {
    case 'input':
      return item.input.type;
    case 'effect':
      return item.event.type === 'Answered'
        ? `Answered: ${item.event.outcome.kind}`
        : item.event.type === 'Inquired'
          ? `Inquired: ${item.event.inquiry.found}`
          : item.event.type;
    case 'due-effect':
      return 'Sending';
    case 'look-again':
      return 'LookedAgain';
  }
};

const json = (value: unknown): string => printJson(value as Printable);
/** Notes are for people and bounded. They stay readable in the tables, so an account in them is masked. */
const short = (text: string | null): string | null =>
  text === null ? null : storable(maskText(text.length <= 500 ? text : `${text.slice(0, 497)}...`));

const storedAs = (effect: EffectRecord, request: unknown, reference: string | null, owner: number | null): StoredEffect => ({
  id: effect.id,
  name: effect.name,
  kind: effect.kind,
  status: effect.status,
  generation: effect.generation,
  attempt: effect.attempt,
  reference,
  plannedAtMs: effect.plannedAtMs,
  firstSentAtMs: effect.firstSentAtMs,
  lastSentAtMs: effect.lastSentAtMs,
  dueAtMs: effect.dueAtMs,
  note: effect.note,
  request,
  owner,
});

export class Batch {
  readonly parts: Parts = emptyParts();
  readonly written: Written[] = [];
  readonly #catalogue: Catalogue;
  readonly #ownerId: number;
  readonly #nowMs: number;

  constructor(catalogue: Catalogue, ownerId: number, nowMs: number) {
    this.#catalogue = catalogue;
    this.#ownerId = ownerId;
    this.#nowMs = nowMs;
  }

  get isEmpty(): boolean {
    const { created, moved, checked, seen, postponed, quarantined, blocked } = this.parts;
    return created.length + moved.length + checked.length + seen.length + postponed.length + quarantined.length + blocked.length === 0;
  }

  #seen(item: Item, note: string | null): void {
    const eventId = eventIdOf(item);
    if (eventId !== null) this.parts.seen.push({ event_id: eventId, note: short(note) });
  }

  /** What is judged by a journey is judged by its present version, or not at all. */
  #check(journey: StoredJourney | null): void {
    if (journey !== null) this.parts.checked.push({ id: journey.id, version: journey.version });
  }

  ignore(item: Item, note: string, journey: StoredJourney | null): void {
    this.#check(journey);
    this.#seen(item, note);
    this.written.push({ item, journey, send: null, publish: [], sent: [], blocked: null });
  }

  postpone(item: Item, journey: StoredJourney, effect: EffectRecord): void {
    const stored = journey.effect === null ? null : { ...journey.effect, ...effect };
    this.parts.postponed.push({
      id: effect.id,
      was: journey.effect?.status ?? null,
      generation: effect.generation,
      status: effect.status,
      attempt: effect.attempt,
      reference: effect.reference,
      due_ms: effect.dueAtMs,
      note: short(effect.note),
    });
    this.written.push({ item, journey: { ...journey, effect: stored }, send: null, publish: [], sent: [], blocked: null });
  }

  /** The lane stops; an input goes to quarantine whole and to the dead-letter topic, an answer parks its effect. */
  poison(item: Item, journey: StoredJourney | null, errorClass: string, reason: string): void {
    this.#check(journey);
    this.#seen(item, `${errorClass}: ${reason}`);
    const eventId = item.kind === 'input' ? item.eventId : null;
    const publish: OutboxRow[] = [];
    // A look that fails has nothing that people could decide on: it is logged, becomes overdue, and stops nobody else.
    if (item.kind !== 'look-again')
      this.parts.blocked.push({ portfolio_id: item.lane, event_id: eventId, reason: short(reason) ?? reason });
    if (item.kind === 'input' && item.original !== null) {
      publish.push(this.#quarantine(item.original, item, errorClass, reason));
    } else if (item.kind === 'input') {
      this.parts.quarantined.push({
        event_id: item.eventId,
        portfolio_id: item.lane,
        topic: OWN_TOPIC,
        partition: null,
        offset: null,
        key: null,
        headers: '{}',
        value: json({ tells: 'flow' in item.to ? item.to.flow : '', subject: 'flow' in item.to ? item.to.subject : '', input: item.input }),
        error_class: errorClass,
        reason: short(reason) ?? reason,
      });
    } else if (item.kind !== 'look-again') {
      this.parts.postponed.push({
        id: item.effectId,
        was: null,
        generation: null,
        status: 'parked',
        attempt: 0,
        reference: null,
        due_ms: null,
        note: short(`${errorClass}: ${reason}`),
      });
    }
    this.written.push({ item, journey, send: null, publish, sent: [], blocked: item.kind === 'look-again' ? null : item.lane });
  }

  #quarantine(original: OriginalMessage, item: Extract<Item, { kind: 'input' }>, errorClass: string, reason: string): OutboxRow {
    this.parts.quarantined.push(quarantineRow(original, item.eventId, item.lane, errorClass, short(reason) ?? reason));
    const letter = deadLetter(original, item.eventId, errorClass, reason, this.#nowMs);
    this.parts.said.push(outboxPart(letter));
    return letter;
  }

  move(item: Item, before: StoredJourney | null, stepResult: Moved): void {
    const { journey } = stepResult;
    const shown = this.#catalogue.shows(journey.flow, journey.state);
    const publish: OutboxRow[] = [];
    const sent: OwnMessage[] = [];
    this.#say(stepResult, publish, sent);
    const effect = this.#effectAfter(before, stepResult);
    // One literal for both, what a part has no column for is not written. No spread: with names behind it, it makes a new hidden class
    // for every object (Node 20), and whatever reads them is slow from then on.
    const row = {
      id: journey.id,
      flow: journey.flow,
      subject: journey.subject,
      portfolio_id: journey.portfolioId,
      owned_by: shown.ownedBy,
      version: before?.version ?? 0,
      status: journey.state.status,
      state: json(journey.state),
      state_version: this.#catalogue.stateVersion(journey.flow),
      policy: journey.policy === null ? null : json(journey.policy),
      opened_ms: journey.openedAtMs,
      effect_id: effect?.id ?? null,
      held: short(journey.held),
      waits_for: shown.waitsFor,
      amount: shown.amount,
      currency: shown.currency,
      ended: journey.ended,
      waits: shown.waits,
      due_ms: shown.looksAgainAfterMs === null || journey.ended ? null : this.#nowMs + shown.looksAgainAfterMs,
      overdue_ms: shown.overdueAfterMs === null ? null : this.#nowMs + shown.overdueAfterMs,
    };
    if (before === null) this.parts.created.push(row);
    else this.parts.moved.push(row);
    this.parts.history.push({
      journey_id: journey.id,
      version: journey.version,
      occasion: triggerOf(item),
      source: item.kind === 'input' ? (item.source ?? item.eventId) : null,
      status: journey.state.status,
      effect_id: stepResult.closing?.id ?? (stepResult.planned ? (effect?.id ?? null) : null),
      said:
        stepResult.emits.length === 0
          ? null
          : stepResult.emits.map((said) => ('event' in said ? said.event : `tells ${said.sends}`)).join(', '),
      note: short(stepResult.note),
    });
    this.#seen(item, null);
    const sends =
      effect !== null &&
      effect.status === 'sending' &&
      (stepResult.planned || (item.kind === 'due-effect' && stepResult.closing?.status === 'sending'));
    this.written.push({ item, journey: { ...journey, effect }, send: sends ? effect : null, publish, sent, blocked: null });
  }

  #effectAfter(before: StoredJourney | null, stepResult: Moved): StoredEffect | null {
    const { journey, closing } = stepResult;
    const { flow, portfolioId: portfolio_id } = journey;
    const again =
      before?.effect !== undefined && before.effect !== null && closing !== null && closing.generation > before.effect.generation
        ? this.#requestOf(journey, closing)
        : null;
    if (closing !== null) {
      this.parts.closed.push({
        flow,
        portfolio_id,
        id: closing.id,
        status: closing.status,
        generation: closing.generation,
        owner: closing.status === 'sending' ? this.#ownerId : null,
        attempt: closing.attempt,
        reference: again?.reference ?? closing.reference,
        request: again === null ? null : json(again.request),
        first_ms: closing.firstSentAtMs,
        last_ms: closing.lastSentAtMs,
        due_ms: closing.dueAtMs,
        result: stepResult.result === null || stepResult.result === undefined ? null : json(stepResult.result),
        note: short(closing.note),
        proof: again === null ? null : short(closing.note),
      });
    }
    const { effect } = journey;
    if (effect === null) return null;
    if (!stepResult.planned) {
      if (before?.effect?.id !== effect.id) return null;
      const { request, reference } = again ?? { request: before.effect.request, reference: effect.reference };
      return storedAs(effect, request, reference, effect.status === 'sending' ? this.#ownerId : null);
    }
    const { request, reference } = this.#requestOf(journey, effect);
    this.parts.planned.push({
      flow,
      portfolio_id,
      id: effect.id,
      journey_id: journey.id,
      name: effect.name,
      kind: effect.kind,
      owner: this.#ownerId,
      request: json(request),
      reference,
      at_ms: effect.plannedAtMs,
    });
    return storedAs(effect, request, reference, this.#ownerId);
  }

  /** Built once for each key and frozen with it. */
  #requestOf(journey: Moved['journey'], effect: EffectRecord): { readonly request: unknown; readonly reference: string | null } {
    const definition = this.#catalogue.effect(journey.flow, effect.name);
    const facts = factsOf(journey, this.#catalogue.binding(journey.flow).policy.now);
    const request: unknown = definition.request(journey.state, facts, effectKey(effect.id, effect.generation));
    return { request, reference: definition.reference?.(request) ?? null };
  }

  #say(stepResult: Moved, publish: OutboxRow[], sent: OwnMessage[]): void {
    const { journey } = stepResult;
    stepResult.emits.forEach((said: Emitted, index) => {
      const eventId = `${journey.id}.${String(journey.version)}.${String(index)}`;
      if ('sends' in said) {
        const value = json({ tells: said.sends, subject: said.subject, input: said.input as unknown as Printable });
        this.parts.told.push({ event_id: eventId, content_hash: contentHash(value), portfolio_id: journey.portfolioId, value });
        sent.push({ eventId, portfolioId: journey.portfolioId, flow: said.sends, subject: said.subject, input: said.input });
        return;
      }
      const event = {
        id: eventId,
        type: said.event,
        version: '1',
        occurredAt: isoOf(this.#nowMs),
        portfolioId: journey.portfolioId,
      };
      const row: OutboxRow = {
        eventId,
        topic: said.event,
        key: journey.portfolioId,
        headers: headersOf(event),
        value: printEnvelope({ data: said.data as unknown as Printable, ...event }),
      };
      if (row.key === '' || row.value.length > LARGEST_LETTER_BYTES)
        throw new Bug(`${row.topic} cannot be said: without a key or too large`);
      this.parts.said.push(outboxPart(row));
      publish.push(row);
    });
  }
}
