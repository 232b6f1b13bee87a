/** What the outside systems say by themselves, as the gateway forwards it: at least once, in any order. */
import { headersOf, printEnvelope } from '../../contracts/internal/envelope.js';
import type { Topic } from '../../contracts/internal/topics.js';
import { JsonNumber, type Printable } from '../../shared/kernel/json.js';
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

type News = {
  readonly topic: Topic;
  readonly key: string;
  readonly id: string;
  readonly type: string;
  readonly portfolioId: string | null;
  readonly data: Printable;
};

const LATE_MS = 1_200;

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
  send(news: News, mayBeLost = false): void {
    const { faults, random, scheduler } = this.#ground;
    if (mayBeLost && faults.happens('webhook-lost')) return;
    const event = { id: news.id, type: news.type, version: '1', occurredAt: '2026-01-01T00:00:00Z', portfolioId: news.portfolioId };
    const right = printEnvelope({ data: news.data, ...event });
    const malformed = faults.happens('message-malformed');
    if (malformed) this.corrections.set(news.id, right);
    const row = {
      topic: news.topic,
      key: news.key,
      headers: headersOf(event),
      value: malformed ? printEnvelope({ data: { unreadable: true }, ...event }) : right,
    };
    const deliver = (): void => {
      this.#topics.append(row);
    };
    scheduler.after(faults.happens('webhook-late') ? random.between(200, LATE_MS) : random.between(1, 20), null, deliver);
    if (faults.happens('webhook-twice')) scheduler.after(random.between(1, LATE_MS), null, deliver);
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
    this.send(
      {
        topic: 'core-banking.transfer-status',
        key: payment.endToEndId,
        id: `core-banking:${eventId}`,
        type: 'payment-status',
        portfolioId: null,
        data: call,
      },
      back === null,
    );
  }

  cashStatus(cashOutId: string, accountNo: string, status: string): void {
    const id = `r${String(++this.#sent)}`;
    const payload = { paymentID: cashOutId, status };
    this.send(
      {
        topic: 'broker.cash-status',
        key: accountNo,
        id: `drivewealth:${id}`,
        type: 'redemptions.updated',
        portfolioId: null,
        data: { id, type: 'redemptions.updated', timestamp: '2026-01-01T00:00:00Z', payload },
      },
      true,
    );
  }

  /** The divest amount was set, by whomever. `level` as InvestSuite prints it. */
  wish(portfolioId: string, level: string): void {
    const id = `w${String(++this.#sent)}`;
    const body = {
      id,
      created: '2026-01-01T00:00:00Z',
      version: '1.0.0',
      subject: 'portfolios',
      action: 'divest-amount-update',
      data: { id: portfolioId, divest_amount: new JsonNumber(level), currency: 'EUR' },
    };
    this.send({
      topic: 'portfolio.withdrawal-request',
      key: portfolioId,
      id: `investsuite:${id}`,
      type: 'portfolios.divest-amount-update',
      portfolioId,
      data: body,
    });
  }
}
