/** The bank, with books of its own. */
import type { CoreBankingPort, Payment, PaymentRequest } from '../../shared/ports/core-banking.js';
import type { OperationAbility, Inquiry, Outcome } from '../../shared/kernel/outcome.js';
import { EUR, centsOf, decimalOf } from './cents.js';
import type { Ground } from './ground.js';
import type { Network } from './network.js';
import { declaredLifeMs } from './plan.js';
import type { BankPayment, Webhooks } from './webhooks.js';

const DEDUPE_MS = 800;
const isoOf = (ms: number): string => new Date(ms).toISOString();

export class Bank {
  readonly payments: BankPayment[] = [];
  readonly #ground: Ground;
  readonly #webhooks: Webhooks;

  constructor(ground: Ground, webhooks: Webhooks) {
    this.#ground = ground;
    this.#webhooks = webhooks;
  }

  /** Only these moved money, or will. */
  live(): readonly BankPayment[] {
    return this.payments.filter((payment) => payment.status !== 'rejected');
  }

  #remembered(endToEndId: string): BankPayment | undefined {
    const { dedupe } = this.#ground.plan.bank;
    if (dedupe === 'never') return undefined;
    const sinceMs = dedupe === 'forever' ? 0 : this.#ground.scheduler.nowMs - DEDUPE_MS;
    return this.payments.find((payment) => payment.endToEndId === endToEndId && payment.atMs >= sinceMs);
  }

  arrive(request: PaymentRequest): Outcome<Payment> {
    const { plan, faults, scheduler, random, tell } = this.#ground;
    const known = this.#remembered(request.endToEndId);
    if (known !== undefined) return this.#said(known);
    const refused = faults.happens('transfer-refused');
    const payment: BankPayment = {
      paymentId: `pay-${String(this.payments.length + 1)}`,
      endToEndId: request.endToEndId,
      iban: request.creditorIban,
      cents: centsOf(request.amount.amount),
      atMs: scheduler.nowMs,
      status: refused ? 'rejected' : plan.bank.settles === 'at-once' ? 'settled' : 'pending',
      returned: false,
    };
    this.payments.push(payment);
    tell(
      'bank',
      () => `books ${payment.paymentId}: EUR ${decimalOf(payment.cents)} to ${payment.iban}, ${payment.status} (${payment.endToEndId})`,
    );
    if (payment.status === 'pending')
      scheduler.after(random.between(50, 2_000), null, () => {
        this.#settle(payment);
      });
    else this.#call(payment);
    return this.#said(payment);
  }

  /** Operators pay it themselves, at the counter. */
  payByHand(iban: string, cents: number): BankPayment {
    const payment: BankPayment = {
      ...{ paymentId: `hand-${String(this.payments.length + 1)}`, endToEndId: 'by hand', iban, cents },
      ...{ atMs: this.#ground.scheduler.nowMs, status: 'settled', returned: false },
    };
    this.payments.push(payment);
    this.#ground.tell('people', () => `pay EUR ${decimalOf(cents)} to ${iban} by hand`);
    return payment;
  }

  #settle(payment: BankPayment): void {
    payment.status = this.#ground.faults.happens('transfer-refused') ? 'rejected' : 'settled';
    this.#ground.tell('bank', () => `${payment.paymentId} is ${payment.status}`);
    this.#call(payment);
  }

  #call(payment: BankPayment): void {
    const { faults, scheduler, random } = this.#ground;
    this.#webhooks.transferStatus(payment, null);
    if (payment.status === 'settled' && faults.happens('transfer-returned'))
      scheduler.after(random.between(1, 2_000), null, () => {
        payment.returned = true;
        this.#ground.tell('bank', () => `${payment.paymentId} comes back`);
        this.#webhooks.transferStatus(payment, { reason: 'AC04', reference: `back-${payment.paymentId}` });
      });
  }

  #shown(payment: BankPayment): Payment {
    const amount = { amount: decimalOf(payment.cents), currency: EUR };
    return {
      paymentId: payment.paymentId,
      endToEndId: payment.endToEndId,
      amount,
      bookedAt: isoOf(payment.atMs),
      returned: payment.returned ? { amount, reason: 'AC04', reference: `back-${payment.paymentId}` } : null,
    };
  }

  #said(payment: BankPayment): Outcome<Payment> {
    switch (payment.status) {
      case 'pending':
        return { kind: 'accepted', reference: payment.endToEndId };
      case 'rejected':
        return { kind: 'rejected', reason: 'AC04' };
      case 'settled':
        return { kind: 'applied', result: this.#shown(payment) };
    }
  }

  find(endToEndId: string): Inquiry<Payment> {
    const { plan, scheduler } = this.#ground;
    const until = scheduler.nowMs - plan.bank.showsAfterMs;
    const found = this.payments.filter((payment) => payment.endToEndId === endToEndId && payment.atMs <= until);
    const [only, second] = found;
    if (only === undefined) return { found: 'absent' };
    if (second !== undefined) return { found: 'ambiguous', evidence: `${String(found.length)} payments under one reference` };
    switch (only.status) {
      case 'pending':
        return { found: 'pending', reference: endToEndId };
      case 'rejected':
        return { found: 'rejected', reason: 'AC04' };
      case 'settled':
        return { found: 'applied', result: this.#shown(only) };
    }
  }

  /** Whoever made it. */
  read(by: Parameters<CoreBankingPort['readPayment']>[0]): Awaited<ReturnType<CoreBankingPort['readPayment']>> {
    const found = this.payments.filter((one) => ('paymentId' in by ? one.paymentId === by.paymentId : one.endToEndId === by.endToEndId));
    const [only, second] = found;
    if (only === undefined) return { kind: 'rejected', reason: 'not-found' };
    if (second !== undefined) return { kind: 'rejected', reason: 'several' };
    const { paymentId, endToEndId, amount, bookedAt, returned } = this.#shown(only);
    const state = only.status === 'pending' ? 'open' : only.status === 'rejected' ? 'refused' : 'settled';
    const shown = { paymentId, endToEndId, amount, bookedAt, bookedAtMs: only.atMs, creditorIban: only.iban };
    return { kind: 'applied', result: { ...shown, state, returned: returned !== null } };
  }

  abilities(): CoreBankingPort['abilities'] {
    const { bank } = this.#ground.plan;
    const pay: OperationAbility = {
      repeatable: bank.repeatable,
      keyMemoryMs: bank.dedupe === 'a-while' ? DEDUPE_MS : null,
      longestLifeMs: declaredLifeMs(this.#ground.plan, bank.showsAfterMs),
      afterAbsence: bank.afterAbsence,
      source: 'the plan of this history',
    };
    return { pay };
  }
}

/** The bank as a service sees it. */
export const bankPort = (bank: Bank, network: Network, dedupes: boolean): CoreBankingPort => ({
  provider: 'simulated',
  abilities: bank.abilities(),
  canPay: () => null,
  pay: (request, { signal }) =>
    network.write<Outcome<Payment>>({
      what: `pay EUR ${request.amount.amount} (${request.endToEndId})`,
      signal,
      arrive: () => bank.arrive(request),
      retryable: (evidence, retryAfterMs) => ({ kind: 'retryable', evidence, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }),
      unknown: (evidence) => ({ kind: 'unknown', evidence }),
      harmlessTwice: dedupes,
    }),
  findPayment: (request, { signal }) =>
    network.read<Inquiry<Payment>>({
      what: `find payment ${request.endToEndId}`,
      signal,
      arrive: () => bank.find(request.endToEndId),
      retryable: (evidence) => ({ found: 'no-answer', evidence }),
      unknown: (evidence) => ({ found: 'no-answer', evidence }),
    }),
  readPayment: (by, signal) =>
    network.read<Awaited<ReturnType<CoreBankingPort['readPayment']>>>({
      what: `payment ${'paymentId' in by ? by.paymentId : by.endToEndId}`,
      signal,
      arrive: () => bank.read(by),
      retryable: (evidence) => ({ kind: 'retryable', evidence }),
      unknown: (evidence) => ({ kind: 'retryable', evidence }),
    }),
  readCustomer: (externalId, signal) =>
    network.read<Awaited<ReturnType<CoreBankingPort['readCustomer']>>>({
      what: `customer ${externalId}`,
      signal,
      arrive: () => ({
        kind: 'applied',
        result: {
          externalId,
          name: externalId,
          active: true,
          counterAccount: { iban: ibanOf(externalId), bic: null, ownerName: externalId, changedAt: null },
        },
      }),
      retryable: (evidence) => ({ kind: 'retryable', evidence }),
      unknown: (evidence) => ({ kind: 'retryable', evidence }),
    }),
});

/** Well-formed Dutch IBANs, one per customer. */
const IBANS: Readonly<Record<string, string>> = { 'C-P1': 'NL91ABNA0417164300', 'C-P2': 'NL02ABNA0123456789' };
export const ibanOf = (externalId: string): string => IBANS[externalId] ?? '';
/** The portfolio whose owner has this account. */
export const ownerOf = (iban: string): string =>
  Object.entries(IBANS)
    .find(([, one]) => one === iban)?.[0]
    .replace(/^C-/, '') ?? '';
export const HOUSE_IBAN = 'DE89370400440532013000';
