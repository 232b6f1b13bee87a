import { randomUUID } from 'node:crypto';
import { canonicalEventName, type EventName } from '../../../contracts/investsuite/events.js';
import { printJson, type Printable } from '../../../shared/kernel/json.js';
import type { Prng } from '../shared/prng.js';
import type { Delivery } from '../shared/webhook.js';
import type { Books } from './books.js';
import type { InvestSuiteFaults } from './faults.js';

export type OutgoingEvent = {
  readonly portfolioId: string;
  readonly subject: string;
  readonly action: string;
  readonly data: { readonly [key: string]: Printable };
};

/** What the JSON of the documentation says for each event. */
const DOCUMENTED: Readonly<Record<EventName, readonly [subject: string, action: string]>> = {
  'portfolio.creation': ['portfolios', 'creation'],
  'portfolio.status-update': ['portfolios', 'status-update'],
  'portfolio.withdrawal-request': ['portfolios', 'divest-amount-update'],
  'optimisations.status-update': ['optimizations', 'status-update'],
  'optimisations.owner-choice-update': ['optimizations', 'owner-choice-update'],
};

/** The other names that documentation pages and earlier versions use, and two that a bus may make of them. */
const VARIANTS: Readonly<Record<EventName, readonly string[]>> = {
  'portfolio.creation': ['portfolio.creation', 'Portfolios.Creation'],
  'portfolio.status-update': ['portfolio.status-update', 'portfolios.status_update'],
  'portfolio.withdrawal-request': [
    'portfolios.withdrawal',
    'portfolio.withdrawal-request',
    'portfolio.withdrawal',
    'PORTFOLIOS.DIVEST_AMOUNT_UPDATE',
  ],
  'optimisations.status-update': ['optimisations.status-update', 'optimization.status-update', 'Optimisation.status_update'],
  'optimisations.owner-choice-update': ['optimisations.owner-choice-update', 'OPTIMIZATIONS.OWNER_CHOICE_UPDATE'],
};

/** The minimum instant of Java, as every sample has it. */
const CREATED = '-1000000000-01-01T00:00:00Z';
const HELD_AT_MOST_MS = 2_000;
const LATE_MS = 1_000;
const EVENT_FAULTS = ['event-lost', 'event-late', 'event-reordered', 'event-duplicated'] as const;

export type EventsOutOptions = {
  readonly books: Books;
  readonly faults: InvestSuiteFaults;
  readonly prng: Prng;
  /** Where deliveries go; they are dropped, though booked, when there is nowhere. */
  readonly deliver: (delivery: Delivery) => void;
};

/** Tells the outside, with the faults of a bus: names, doubles, order, loss. */
export class EventsOut {
  readonly #options: EventsOutOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #held: (() => void)[] = [];

  constructor(options: EventsOutOptions) {
    this.#options = options;
  }

  emit(name: EventName, portfolioId: string, content: OutgoingEvent['data']): void {
    const [subject, action] = this.#nameFor(name, portfolioId);
    this.#send(name, { portfolioId, subject, action, data: content });
  }

  /** Deliveries waiting for their time. */
  waiting(): number {
    return this.#timers.size;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#held = [];
  }

  #nameFor(name: EventName, portfolioId: string): readonly [string, string] {
    const rule = this.#options.faults.strike(`event:${name}`, [portfolioId], ['event-name-variant']);
    if (rule === null) return DOCUMENTED[name];
    const variants = VARIANTS[name];
    const chosen = rule.detail ?? variants[this.#options.prng.below(variants.length)] ?? name;
    const point = chosen.indexOf('.');
    if (canonicalEventName(null, chosen) !== name) throw new RangeError(`${chosen} is not a name of ${name}`);
    return [chosen.slice(0, point), chosen.slice(point + 1)];
  }

  #send(name: EventName, event: OutgoingEvent): void {
    const { books, faults, deliver } = this.#options;
    const eventId = randomUUID();
    const body = printJson({
      id: eventId,
      created: CREATED,
      version: '1.0.0',
      subject: event.subject,
      action: event.action,
      data: event.data,
    });
    const rule = faults.strike(`event:${name}`, [event.portfolioId], EVENT_FAULTS);
    const fault = rule?.fault ?? 'sent';
    books.events.append({ eventId, portfolioId: event.portfolioId, name, subject: event.subject, action: event.action, fate: fault, body });
    const delivery: Delivery = { id: `msg_${eventId}`, body };
    const go = (): void => {
      deliver(delivery);
    };
    if (fault === 'event-lost') return;
    if (fault === 'event-late') this.#later(rule?.delayMs ?? LATE_MS, go);
    else if (fault === 'event-reordered') this.#hold(rule?.delayMs ?? HELD_AT_MOST_MS, go);
    else go();
    if (fault === 'event-duplicated') {
      const again = rule?.detail === 'same-delivery' ? delivery : { id: `msg_${randomUUID()}`, body };
      this.#later(rule?.delayMs ?? 0, () => {
        deliver(again);
      });
    }
    if (fault !== 'event-reordered') this.#releaseHeld();
  }

  #later(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delayMs);
    this.#timers.add(timer);
  }

  #hold(atMostMs: number, go: () => void): void {
    let gone = false;
    const once = (): void => {
      if (gone) return;
      gone = true;
      go();
    };
    this.#held.push(once);
    this.#later(atMostMs, once);
  }

  /** What was held back leaves a moment after the one that overtook it. */
  #releaseHeld(): void {
    const held = this.#held;
    this.#held = [];
    if (held.length === 0) return;
    this.#later(50, () => {
      for (const go of held) go();
    });
  }
}
