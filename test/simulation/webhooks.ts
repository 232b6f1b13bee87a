/**
 * What the outside systems say by themselves, as the gateway forwards it: at least once, in any order. Some of it still
 * comes in the form of the first release, and a repetition may come in the other form.
 */
import { headersOf, parseEnvelope, printEnvelope } from '../../contracts/internal/envelope.js';
import { printAsFirstRelease } from '../../contracts/internal/outside-events.js';
import type { OutsideTopic } from '../../contracts/internal/topics.js';
import { JsonNumber, type Json } from '../../shared/kernel/json.js';
import { forwarded, readerOf } from '../support/forwarded.js';
import { decimalOf } from './cents.js';
import type { Ground } from './ground.js';
import type { Topics } from './topics.js';

/** A transfer in the books of the bank. */
export type BankPayment = {
  readonly paymentId: string;
  readonly endToEndId: string;
  readonly iban: string;
  readonly cents: number;
  readonly atMs: number;
  status: 'pending' | 'settled' | 'rejected';
  returned: boolean;
};

const LATE_MS = 1_200;
const NOW = '2026-01-01T00:00:00Z';
const UNREADABLE = { unreadable: true };
/** Every so many messages are of the first release's form. */
const ONE_OLD_IN = 3;

export class Webhooks {
  readonly #ground: Ground;
  readonly #topics: Topics;
  /** What a malformed message should have been, for the people who correct it. */
  readonly corrections = new Map<string, string>();
  #sent = 0;

  constructor(ground: Ground, topics: Topics) {
    this.#ground = ground;
    this.#topics = topics;
  }

  /** As the gateway writes it. `mayBeLost`: the sender forgets it; only for news that is asked about anyway. */
  send(topic: OutsideTopic, body: Json, mayBeLost = false): void {
    const { faults, random, scheduler } = this.#ground;
    if (mayBeLost && faults.happens('webhook-lost')) return;
    const message = forwarded(readerOf(topic), body, NOW);
    if (message === null) throw new Error('the gateway forwards what this world says');
    const now = parseEnvelope(message.value);
    const then = parseEnvelope(printAsFirstRelease(now) ?? '');
    const malformed = faults.happens('message-malformed');
    const deliver = (nth: number) => (): void => {
      const event = nth % ONE_OLD_IN === 0 ? then : now;
      const right = printEnvelope({ ...event, data: event.data });
      if (malformed) this.corrections.set(event.id, right);
      const broken = event === now ? { unreadable: true, original: UNREADABLE } : UNREADABLE;
      const value = malformed ? printEnvelope({ ...event, data: broken }) : right;
      this.#topics.append({ topic, key: message.key, headers: headersOf(event), value });
    };
    scheduler.after(faults.happens('webhook-late') ? random.between(200, LATE_MS) : random.between(1, 20), null, deliver(this.#sent));
    if (faults.happens('webhook-twice')) scheduler.after(random.between(1, LATE_MS), null, deliver(this.#sent + 1));
  }

  transferStatus(payment: BankPayment, back: { readonly reason: string; readonly reference: string } | null): void {
    const eventId = `t${String(++this.#sent)}`;
    const amount = { amount: decimalOf(payment.cents), currency: 'EUR' };
    const call = {
      eventId,
      endToEndId: payment.endToEndId,
      paymentId: payment.paymentId,
      status: payment.status === 'settled' ? 'ACSC' : payment.status === 'pending' ? 'ACSP' : 'RJCT',
      instructedAmount: amount,
      ...(back === null ? {} : { return: { amount, ...back } }),
    };
    this.send('core-banking.transfer-status', call, back === null);
  }

  cashStatus(cashOutId: string, accountNo: string, status: string): void {
    const id = `r${String(++this.#sent)}`;
    const payload = { paymentID: cashOutId, accountNo, status };
    this.send('broker.cash-status', { id, type: 'redemptions.updated', timestamp: NOW, payload }, true);
  }

  /** The divest amount was set, by whomever. `level` as InvestSuite prints it. */
  request(portfolioId: string, level: string): void {
    const id = `w${String(++this.#sent)}`;
    const body = {
      id,
      created: NOW,
      version: '1.0.0',
      subject: 'portfolios',
      action: 'divest-amount-update',
      data: { id: portfolioId, divest_amount: new JsonNumber(level), currency: 'EUR' },
    };
    this.send('portfolio.withdrawal-request', body);
  }
}
