/** What goes wrong in a history. Each history has its own mix; every single stroke can be called off, to find out which ones matter. */
import type { Random } from './random.js';

/** `rate`: how often, per occasion, where a history has this kind at all. */
export const FAULTS = {
  crash: { rate: 1 / 250, does: 'a process dies between two of its turns, and starts again' },
  'crash-at-point': { rate: 1 / 60, does: 'a process dies at a named boundary of the engine, in the middle of a turn' },
  freeze: { rate: 1 / 300, does: 'a process stands still, is given up by the others, and wakes' },
  'lock-lost': { rate: 1 / 400, does: "the connection that holds a process's lock breaks" },
  'database-away': { rate: 1 / 40, does: 'the database cannot be reached; nothing is written' },
  'commit-answer-lost': { rate: 1 / 40, does: 'a statement is carried out, its answer is lost' },
  'commit-late': { rate: 1 / 60, does: 'a statement that was given up is carried out a little later' },
  'not-sent': { rate: 1 / 15, does: 'a request does not leave' },
  'rate-limited': { rate: 1 / 20, does: 'a request is refused for the moment' },
  'request-lost': { rate: 1 / 15, does: 'a request never arrives' },
  'request-late': { rate: 1 / 12, does: 'a request arrives long after it was given up' },
  'request-twice': { rate: 1 / 20, does: 'a proxy delivers a request twice, where the key makes that harmless' },
  'answer-lost': { rate: 1 / 10, does: 'a request is carried out, its answer is lost' },
  'answer-late': { rate: 1 / 20, does: 'an answer comes after its deadline' },
  'error-but-done': { rate: 1 / 20, does: 'the other side answers 5xx and has done it' },
  'error-not-done': { rate: 1 / 20, does: 'the other side answers 5xx and has not done it' },
  'publish-lost': { rate: 1 / 30, does: 'a message does not reach Kafka' },
  'publish-answer-lost': { rate: 1 / 30, does: 'a message reaches Kafka, the acknowledgement is lost' },
  'publish-late': { rate: 1 / 40, does: 'a message that was given up reaches Kafka later' },
  'offset-lost': { rate: 1 / 20, does: 'an offset is not committed: messages come again' },
  'partition-moved': { rate: 1 / 40, does: 'a partition goes to the other instance while a batch is in progress' },
  'webhook-twice': { rate: 1 / 8, does: 'a webhook comes twice' },
  'webhook-late': { rate: 1 / 8, does: 'a webhook comes late, after newer ones' },
  'webhook-lost': { rate: 1 / 12, does: 'a status webhook never comes' },
  'message-malformed': { rate: 1 / 40, does: 'a message cannot be read; people correct it or drop it' },
  'asked-twice': { rate: 1 / 8, does: 'the same payout is asked for twice, under two event ids' },
  'other-installation': { rate: 1 / 6, does: 'another installation takes up the same request, with keys of its own' },
  'wish-changed': { rate: 1 / 3, does: 'the customer changes the divest request meanwhile' },
  'request-lowered': { rate: 1 / 3, does: 'the customer lowers the divest request meanwhile' },
  'wish-cancelled': { rate: 1 / 6, does: 'the customer calls the divest request off' },
  'transfer-refused': { rate: 1 / 8, does: 'the bank refuses the transfer' },
  'transfer-returned': { rate: 1 / 10, does: 'the bank sends the money back after it was settled' },
  'cash-out-failed': { rate: 1 / 10, does: 'the broker takes a cash-out in, and it fails' },
  'settlement-late': { rate: 1 / 3, does: 'sold instruments settle late' },
  'decision-twice': { rate: 1 / 6, does: 'a decision of people comes twice' },
} as const;
export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

export type Stroke = { readonly index: number; readonly fault: FaultName };

/** Strokes of more kinds than these would drown a history instead of testing it. */
const MOST_CRASHES = 6;
const DEADLY: ReadonlySet<FaultName> = new Set(['crash', 'crash-at-point', 'freeze', 'lock-lost']);

export class Faults {
  readonly strokes: Stroke[] = [];
  readonly #rates: Readonly<Record<FaultName, number>>;
  readonly #random: Random;
  readonly #calledOff: ReadonlySet<number>;
  #index = 0;
  #deaths = 0;
  #healed = false;

  constructor(rates: Readonly<Record<FaultName, number>>, random: Random, calledOff: ReadonlySet<number>) {
    this.#rates = rates;
    this.#random = random;
    this.#calledOff = calledOff;
  }

  get healed(): boolean {
    return this.#healed;
  }
  /** From now on nothing goes wrong any more. */
  heal(): void {
    this.#healed = true;
  }

  happens(fault: FaultName): boolean {
    if (this.#healed) return false;
    const rate = this.#rates[fault];
    if (rate === 0 || this.#random.next() >= rate) return false;
    if (DEADLY.has(fault) && ++this.#deaths > MOST_CRASHES) return false;
    const index = this.#index++;
    if (this.#calledOff.has(index)) return false;
    this.strokes.push({ index, fault });
    return true;
  }

  /** The first of these that happens. */
  among<F extends FaultName>(faults: readonly F[]): F | null {
    if (this.#healed) return null;
    for (const fault of faults) if (this.happens(fault)) return fault;
    return null;
  }
}
