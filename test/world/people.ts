/**
 * The two operators of a run: Anna acts, Ben approves. They look at the books of the bank before they say what happened, and correct the
 * messages that nobody could read. They may look at any time: what was asked before is not asked again, and what failed because a service
 * was dead is tried at the next look.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Entered } from './customers.js';
import type { ParkedEffect } from './facts.js';
import { labelOf } from './mix.js';
import type { AnswerableEffect, OperatorClient, WaitingLetter } from './operator-client.js';
import { sendPoison, type Poison } from './poison.js';
import type { OutgoingMessage } from '../../shared/runtime/kafka/producer.js';
import type { World } from './world.js';

const payments = z.object({
  payments: z.array(z.object({ endToEndId: z.string(), paymentId: z.string(), status: z.string() })),
});
type BankLine = z.output<typeof payments>['payments'][number];

/** What people say of a request, and the evidence they write down. */
interface Word {
  readonly answer: 'applied' | 'rejected';
  readonly evidence: string;
}

export interface PeopleOptions {
  readonly world: World;
  /** As the service that may send it. */
  readonly send: (message: OutgoingMessage) => Promise<void>;
  readonly anna: OperatorClient;
  readonly ben: OperatorClient;
  readonly say: (line: string) => void;
  /** Whose requests they answer: only of customers whose transfer was to be refused, or of everybody. The others go on waiting. */
  readonly answersFor: 'planned refusals' | 'everybody';
}

const isRefusedPayment = ({ effect, note }: Pick<ParkedEffect, 'effect' | 'note'>): boolean =>
  effect === 'PayCounterAccount' && note?.includes('the bank refused') === true;

/** Nobody has answered, or the answer was not taken because the bank could not be asked just then. */
const isUnanswered = ({ act, note }: AnswerableEffect): boolean => !act || note?.startsWith('not taken') === true;

export class People {
  readonly #o: PeopleOptions;
  readonly #entered = new Map<string, Entered>();
  readonly #poisons = new Map<string, Poison>();
  /** What they have still to do, by portfolio. */
  readonly #toCorrect = new Set<string>();
  readonly #toPay = new Set<string>();
  /** Portfolios whose message was corrected, and whose money was said to have arrived. */
  readonly #corrected = new Set<string>();
  readonly #arrived = new Set<string>();
  readonly #told = new Set<string>();

  constructor(options: PeopleOptions) {
    this.#o = options;
  }

  /** What must be there before the first divest request. */
  async prepare(entered: readonly Entered[]): Promise<void> {
    for (const one of entered) {
      const { portfolioId } = one.customer;
      this.#entered.set(portfolioId, one);
      if (one.plan.kind === 'refused-transfer') this.#toPay.add(portfolioId);
      if (one.plan.kind === 'poison') {
        this.#poisons.set(portfolioId, await sendPoison(this.#o.send, one));
        this.#toCorrect.add(portfolioId);
      }
    }
  }

  /** True as long as one of them has still to do something about this customer. */
  willAct(portfolioId: string): boolean {
    return this.#toPay.has(portfolioId) || this.#toCorrect.has(portfolioId);
  }

  /** One look around, and what follows from it. Throws when the operator service is away. */
  async act(): Promise<void> {
    const { anna, ben } = this.#o;
    for (const one of await ben.waitingActs())
      if (one.needsSecond && one.approvedBy === null && one.madeBy === 'anna') await ben.approve(one.id);
    await this.#correct(await anna.deadLetters());
    const parked = await anna.parked();
    for (const portfolioId of this.#arrived)
      if (parked.every((effect) => effect.portfolioId !== portfolioId)) this.#toPay.delete(portfolioId);
    for (const effect of parked) if (this.#answers(effect) && isUnanswered(effect)) await this.#answer(effect);
  }

  /** One line about each thing: it may be asked several times until a service that was dead has taken it. */
  #tell(about: string, line: string): void {
    if (this.#told.has(about)) return;
    this.#told.add(about);
    this.#o.say(`-- ${line} --`);
  }

  #labelOf(portfolioId: string): string {
    const entered = this.#entered.get(portfolioId);
    return entered === undefined ? portfolioId : labelOf(entered.plan.number);
  }

  async #correct(letters: readonly WaitingLetter[]): Promise<void> {
    for (const [portfolioId, { eventId, corrected }] of this.#poisons) {
      const own = letters.filter((letter) => letter.portfolioId === portfolioId && letter.eventId === eventId);
      if (own.length === 0 && this.#corrected.has(portfolioId)) this.#toCorrect.delete(portfolioId);
      for (const { service, attempts, waiting } of own) {
        // The divest request shall be seen to wait behind it.
        if (waiting === '0') continue;
        this.#tell(
          `${service} ${eventId}`,
          `anna corrects the poison message of ${this.#labelOf(portfolioId)} for ${service} (${waiting} behind it) and lets it run again`,
        );
        await this.#o.anna.replay({ eventId, service, attempts, body: corrected, why: 'the sender confirmed what was meant' });
        this.#corrected.add(portfolioId);
      }
    }
  }

  #answers({ portfolioId }: AnswerableEffect): boolean {
    return this.#o.answersFor === 'everybody' || this.#entered.get(portfolioId)?.plan.kind === 'refused-transfer';
  }

  async #answer(parked: AnswerableEffect): Promise<void> {
    const word = await this.#truth(parked);
    if (word === null) return;
    const { effectId, effect, portfolioId, note } = parked;
    const label = this.#labelOf(portfolioId);
    const what = {
      applied: `says that ${label} was paid${effect === 'ClearSuspense' ? ' by hand' : ''} (${word.evidence})`,
      rejected: `gives up the transfer of ${label}: ${note ?? word.evidence}`,
    };
    this.#tell(`${effectId} ${word.answer}`, `anna ${what[word.answer]}; ben approves`);
    await this.#o.anna.answer(parked, word.answer, word.evidence);
    if (word.answer === 'applied') this.#arrived.add(portfolioId);
  }

  async #payments(reference: string): Promise<readonly BankLine[]> {
    const books = payments.parse(await this.#o.world.bank('GET', '/books'));
    return books.payments.filter(({ endToEndId }) => endToEndId === reference);
  }

  /** From the bank's own books; null where people have nothing to say yet, or where only the other side could tell: then it goes on waiting. */
  async #truth(parked: AnswerableEffect): Promise<Word | null> {
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
  async #paidByHand({ effectId, portfolioId, amount }: AnswerableEffect): Promise<Word | null> {
    const customer = this.#entered.get(portfolioId)?.customer;
    if (customer === undefined || amount === null) return null;
    const hash = createHash('sha256').update(effectId).digest('hex').slice(0, 16).toUpperCase();
    for (let attempt = 1; ; attempt++) {
      const reference = `HAND${hash}${attempt}`;
      const lines = await this.#payments(reference);
      const settled = lines.find(({ status }) => status === 'ACSC');
      if (settled !== undefined) return { answer: 'applied', evidence: settled.paymentId };
      if (lines.some(({ status }) => status === 'RJCT')) continue;
      if (lines.length === 0) {
        this.#tell(reference, `anna pays ${this.#labelOf(portfolioId)} by hand from the house account`);
        await this.#o.world.payByHand(customer, amount, reference);
      }
      return null;
    }
  }
}
