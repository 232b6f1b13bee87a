/**
 * Carries out what people have decided: says it on `operator.decision`, where the service concerned hears it. Acts lie in
 * the database, so a crash loses none; an act that is said twice carries the same event id.
 */
import { isoOf } from '../../../../shared/kernel/instant.js';
import { headersOf, printEnvelope } from '../../../../contracts/internal/envelope.js';
import type { Printable } from '../../../../shared/kernel/json.js';
import type { OperatorDecision } from '../../../../contracts/internal/events.js';
import { BEFORE_SIGNATURES, decisionOf } from '../decide/decisions.js';
import type { Act } from '../decide/operator.js';

export type CarryOutOptions = {
  readonly ready: (limit: number) => Promise<readonly Act[]>;
  readonly finish: (act: Act, failed: string | null) => Promise<void>;
  /** Resolves when Kafka has it. */
  readonly publish: (message: {
    readonly topic: string;
    readonly key: string;
    readonly value: string;
    readonly headers: Readonly<Record<string, string>>;
  }) => Promise<void>;
  /** Keeps the head of the audit log outside of the database. Resolves when Kafka has it. */
  readonly anchor: () => Promise<void>;
  /** True when the message can never be sent, so trying again is useless. */
  readonly isHopeless: (error: unknown) => boolean;
  readonly failed: (error: unknown) => void;
  readonly nowMs: () => number;
  /** What people wrote travels sealed. */
  readonly sealed: (eventId: string, decision: OperatorDecision) => { readonly [key: string]: Printable };
  readonly actsPerSecond: number;
};

const LOOK_EVERY_MS = 1_000;

export class CarryOut {
  readonly #o: CarryOutOptions;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #wakes = 0;
  #stopped = false;

  constructor(options: CarryOutOptions) {
    this.#o = options;
  }

  start(): void {
    this.#later(0);
  }

  /** Something may be ready. */
  wake(): void {
    this.#wakes++;
    if (!this.#busy) this.#later(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  #later(waitMs: number): void {
    if (this.#stopped) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#running = this.#turn();
    }, waitMs);
    this.#timer.unref();
  }

  /** One act a turn; the pause between turns is the rate. */
  async #turn(): Promise<void> {
    this.#busy = true;
    const wakes = this.#wakes;
    const carriedOut = await this.#next();
    this.#busy = false;
    this.#later(carriedOut || this.#wakes !== wakes ? 1_000 / this.#o.actsPerSecond : LOOK_EVERY_MS);
  }

  /** False when nothing was ready, or Kafka or the database is away: the act stays where it is. */
  async #next(): Promise<boolean> {
    try {
      const [act] = await this.#o.ready(1);
      if (act === undefined) return false;
      await this.#carryOut(act);
      return true;
    } catch (error) {
      this.#o.failed(error);
      return false;
    }
  }

  async #carryOut(act: Act): Promise<void> {
    const said = decisionOf(act);
    if (said === null) {
      await this.#o.finish(act, act.actId === null ? BEFORE_SIGNATURES : 'what was stored of it cannot be read');
      return;
    }
    // What moves money leaves only when the lines of its asking and of its approval are kept where this database cannot reach them.
    if (act.needsSecond) await this.#o.anchor();
    try {
      await this.#o.publish(this.#messageOf(said.decision, said.portfolioId));
    } catch (error) {
      if (!this.#o.isHopeless(error)) throw error;
      await this.#o.finish(act, error instanceof Error ? error.message : 'cannot be sent');
      return;
    }
    await this.#o.finish(act, null);
  }

  #messageOf(decision: OperatorDecision, portfolioId: string | null): Parameters<CarryOutOptions['publish']>[0] {
    const event = {
      id: `operator:act-${decision.actId}`,
      type: 'operator.decision',
      version: '1',
      occurredAt: isoOf(this.#o.nowMs()),
      portfolioId,
    };
    return {
      topic: 'operator.decision',
      key: portfolioId ?? decision.service,
      headers: headersOf(event),
      value: printEnvelope({ ...event, data: this.#o.sealed(event.id, decision) }),
    };
  }
}
