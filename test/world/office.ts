/**
 * The people of this run: Anna acts, Ben approves. They look at the books of the bank before they say what happened, and can be called
 * at any time: what was asked before is not asked again, what failed because a service was dead is tried at the next look.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isRefusedPayment, type Entered, type Poison, sendPoison } from './people.js';
import type { World } from './world.js';
import { parseJson, printJson, type Printable } from '../../shared/kernel/json.js';

const act = z.object({
  id: z.string(),
  madeBy: z.string(),
  needsSecond: z.boolean(),
  approvedBy: z.string().nullable(),
});
const effect = z.object({
  effectId: z.string(),
  effect: z.string(),
  portfolioId: z.string(),
  reference: z.string().nullable(),
  note: z.string().nullable(),
  amount: z.string().nullable(),
  act: z.unknown().optional(),
});
type Parked = z.output<typeof effect>;
const letter = z.object({
  eventId: z.string(),
  service: z.string(),
  portfolioId: z.string().nullable(),
  waiting: z.unknown().transform(String),
});
const listOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item) });
const payments = z.object({
  payments: z.array(z.object({ endToEndId: z.string(), paymentId: z.string(), status: z.string() })),
});
type BankLine = z.output<typeof payments>['payments'][number];

const PAGE = 1_000;
const TIMEOUT_MS = 10_000;

/** What people say of a request, and the evidence they write down. */
interface Word {
  readonly answer: 'applied' | 'rejected' | 'send-again';
  readonly evidence: string;
}

export interface OfficeOptions {
  readonly world: World;
  readonly brokers: readonly string[];
  readonly operatorUrl: string;
  readonly tokens: { readonly anna: string; readonly ben: string };
  readonly say: (line: string) => void;
}

export class Office {
  readonly #o: OfficeOptions;
  readonly #poisons = new Map<string, Poison>();
  readonly #said = new Set<string>();
  #entered: readonly Entered[] = [];

  constructor(options: OfficeOptions) {
    this.#o = options;
  }

  /** What must be there before the first wish. */
  async prepare(entered: readonly Entered[]): Promise<void> {
    this.#entered = entered;
    for (const one of entered)
      if (one.plan.kind === 'poison') this.#poisons.set(one.customer.portfolioId, await sendPoison(this.#o.brokers, one));
  }

  async #ask<Schema extends z.ZodType>(who: 'anna' | 'ben', schema: Schema, path: string, content?: Printable): Promise<z.output<Schema>> {
    const answer = await fetch(`${this.#o.operatorUrl}${path}`, {
      method: content === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${this.#o.tokens[who]}`,
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(content === undefined ? {} : { body: printJson(content) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`operator service: ${path} answered ${answer.status}: ${text}`);
    return schema.parse(parseJson(text));
  }

  /** One look around, and what follows from it. Throws when the operator service is away. */
  async act(): Promise<void> {
    const { items: waiting } = await this.#ask('ben', listOf(act), `/acts?waiting=true&limit=${PAGE}`);
    for (const one of waiting)
      if (one.needsSecond && one.approvedBy === null && one.madeBy === 'anna')
        await this.#ask('ben', z.unknown(), '/acts/approve', { id: one.id });
    const { items: letters } = await this.#ask('anna', listOf(letter), `/dead-letters?limit=${PAGE}`);
    for (const one of letters) {
      const poison = this.#poisons.get(one.portfolioId ?? '');
      // The wish shall be seen to wait behind it.
      if (poison?.eventId !== one.eventId || one.waiting === '0') continue;
      await this.#ask('anna', z.unknown(), '/dead-letters/replay', {
        eventId: one.eventId,
        service: one.service,
        body: poison.corrected,
        why: 'the sender confirmed what was meant',
      });
    }
    const { items: parked } = await this.#ask('anna', listOf(effect), `/effects?parked=true&limit=${PAGE}`);
    // An answer that was not taken, because the bank could not be asked just then, is given again.
    for (const one of parked)
      if (one.act === undefined || one.act === null || one.note?.startsWith('not taken') === true) await this.#answer(one);
  }

  /** The chain of the operators' audit log is whole. */
  async auditHolds(): Promise<boolean> {
    const { whole } = await this.#ask('anna', z.object({ whole: z.boolean() }), '/audit/verification');
    return whole;
  }

  /** All that is known of a portfolio, as JSON. */
  async timeline(portfolioId: string): Promise<string> {
    return JSON.stringify(await this.#ask('anna', z.unknown(), `/journeys/${portfolioId}`), null, 1);
  }

  async #answer(parked: Parked): Promise<void> {
    const word = await this.#truth(parked);
    if (word === null) return;
    if (!this.#said.has(parked.effectId))
      this.#o.say(`anna answers ${parked.effect} (${parked.note ?? ''}): ${word.answer}, ${word.evidence}`);
    this.#said.add(parked.effectId);
    await this.#ask('anna', z.unknown(), '/effects/answer', { effectId: parked.effectId, ...word });
  }

  async #payments(reference: string): Promise<readonly BankLine[]> {
    const books = payments.parse(await this.#o.world.bank('GET', '/books'));
    return books.payments.filter(({ endToEndId }) => endToEndId === reference);
  }

  /** From the bank's own books; null where people have nothing to say yet, or where only the other side could tell: then it goes on waiting. */
  async #truth(parked: Parked): Promise<Word | null> {
    if (parked.effect === 'ClearSuspense') return this.#paidByHand(parked);
    if (parked.effect !== 'PayCounterAccount') return null;
    const lines = parked.reference === null ? [] : await this.#payments(parked.reference);
    const settled = lines.find(({ status }) => status === 'ACSC');
    if (settled !== undefined) return { answer: 'applied', evidence: settled.paymentId };
    if (isRefusedPayment(parked) || lines.some(({ status }) => status === 'RJCT'))
      return { answer: 'rejected', evidence: "refused in the bank's own books; it will not be made" };
    return null;
  }

  /** The cash of a refused transfer stands on the house account. People pay it at the bank's own screen, which may refuse again, and say so once it is settled. */
  async #paidByHand({ effectId, portfolioId, amount }: Parked): Promise<Word | null> {
    const customer = this.#entered.find((one) => one.customer.portfolioId === portfolioId)?.customer;
    if (customer === undefined || amount === null) return null;
    const hash = createHash('sha256').update(effectId).digest('hex').slice(0, 16).toUpperCase();
    for (let attempt = 1; ; attempt++) {
      const reference = `HAND${hash}${attempt}`;
      const lines = await this.#payments(reference);
      const settled = lines.find(({ status }) => status === 'ACSC');
      if (settled !== undefined) return { answer: 'applied', evidence: settled.paymentId };
      if (lines.some(({ status }) => status === 'RJCT')) continue;
      if (lines.length === 0) await this.#o.world.payByHand(customer, amount, reference);
      return null;
    }
  }
}
