import { randomUUID } from 'node:crypto';
import { compare, minus, negated, sum, withDigits, type Decimal } from '../../../shared/kernel/decimal.js';
import type { Printable } from '../../../shared/kernel/json.js';
import { PAYMENT_ENDS, REASONS, type CreatePaymentRequest, type PaymentStatus } from '../../../contracts/core-banking/http.js';
import { createFeed, FEED_FAULTS, type FeedFault } from '../shared/feed.js';
import { createFaultBoard, type FaultBoard, type FaultRule } from '../shared/faults.js';
import { createArrivals, LINE_FAULTS, type Arrivals, type LineFault } from '../shared/http.js';
import type { Delivery } from '../shared/webhook.js';
import { bookedOf, createBooks, type Books } from './books.js';
import type { BankConfig } from './config.js';

/** What can go wrong inside the bank, beside the line (shared/http) and the callbacks (feed). */
export const BANK_FAULTS = [
  'forget-the-key',
  'wrong-amount-in-the-answer',
  'reject-later',
  'stay-pending',
  'return-after-settled',
  'never-calls-back',
  'counter-account-changed',
  'unknown-status',
] as const;
export type BankFault = (typeof BANK_FAULTS)[number];
export type AnyFault = BankFault | FeedFault | LineFault;

export type Payment = {
  readonly paymentId: string;
  readonly request: CreatePaymentRequest;
  readonly key: string | null;
  /** A payment told by no callback: only a look shows it. */
  readonly isSilent: boolean;
  status: PaymentStatus;
  statusReason: string | null;
  bookedAtMs: number | null;
  returned: { readonly amount: Decimal; readonly reason: string; readonly reference: string } | null;
};

export type Account = { readonly iban: string; readonly currency: string; readonly isClosed: boolean };
export type Customer = {
  readonly externalId: string;
  readonly name: string;
  readonly status: string;
  readonly counterAccount: {
    readonly iban: string;
    readonly bic: string | null;
    readonly ownerName: string;
    readonly changedAt: string;
  } | null;
};

export type Bank = {
  readonly config: BankConfig;
  readonly books: Books;
  readonly arrivals: Arrivals;
  readonly board: FaultBoard<AnyFault>;
  readonly accounts: Map<string, Account>;
  readonly customers: Map<string, Customer>;
  readonly payments: Map<string, Payment>;
  readonly strike: (operation: string, subjects: readonly string[], candidates: readonly AnyFault[]) => FaultRule<AnyFault> | null;
  readonly byReference: (endToEndId: string) => readonly Payment[];
  /** Takes the payment in. `refusal` is the reason of an immediate RJCT asked for by a fault. */
  readonly take: (request: CreatePaymentRequest, key: string | null, refusal: string | null) => Payment;
  readonly sendBack: (payment: Payment, reason: string) => void;
  readonly booked: (iban: string) => Decimal;
  /** Booked, less what is on its way out. */
  readonly available: (iban: string) => Decimal;
  readonly deposit: (iban: string, amount: Decimal, currency: string, remittanceInformation: string | null) => string;
  readonly view: (payment: Payment) => { readonly [key: string]: Printable };
};

export type Time = { readonly nowMs: () => number; readonly after: (delayMs: number, then: () => void) => void };
export type Mouths = { readonly paymentStatus: (delivery: Delivery) => void; readonly deposit: (delivery: Delivery) => void };

const isOver = (payment: Payment): boolean => PAYMENT_ENDS.includes(payment.status);
const text = (amount: Decimal): string => {
  const digits = amount.includes('.') ? Math.max(2, amount.length - amount.indexOf('.') - 1) : 2;
  return withDigits(amount, digits);
};
export const subjectsOfPayment = (request: CreatePaymentRequest): readonly string[] => [
  request.endToEndId,
  request.debtorAccount.iban,
  request.creditorAccount.iban,
  request.creditor.name,
];

const viewOf = (payment: Payment): { readonly [key: string]: Printable } => ({
  paymentId: payment.paymentId,
  endToEndId: payment.request.endToEndId,
  status: payment.status,
  statusReason: payment.statusReason ?? undefined,
  instructedAmount: { amount: text(payment.request.instructedAmount.amount), currency: payment.request.instructedAmount.currency },
  creditorAccount: { iban: payment.request.creditorAccount.iban },
  bookedAt: payment.bookedAtMs === null ? undefined : new Date(payment.bookedAtMs).toISOString(),
  return: payment.returned === null ? undefined : { ...payment.returned, amount: text(payment.returned.amount) },
});

type Life = Pick<Bank, 'take' | 'sendBack'>;

const createLife = (bank: () => Bank, time: Time, tell: (payment: Payment) => void): Life => {
  const note = (payment: Payment, what: 'created' | 'status' | 'returned'): void => {
    const { endToEndId, debtorAccount, creditorAccount, creditor, instructedAmount } = payment.request;
    bank().books.payments.append({
      paymentId: payment.paymentId,
      endToEndId,
      what,
      status: payment.status,
      reason: payment.statusReason,
      debtorIban: debtorAccount.iban,
      creditorIban: creditorAccount.iban,
      creditorName: creditor.name,
      amount: what === 'returned' ? (payment.returned?.amount ?? instructedAmount.amount) : instructedAmount.amount,
      currency: instructedAmount.currency,
      key: payment.key,
    });
  };
  const move = (payment: Payment, status: PaymentStatus, reason: string | null): void => {
    if (isOver(payment)) return;
    payment.status = status;
    payment.statusReason = reason;
    const { debtorAccount, creditorAccount, instructedAmount } = payment.request;
    if (status === 'ACSC') {
      payment.bookedAtMs = time.nowMs();
      const common = { currency: instructedAmount.currency, what: 'payment', paymentId: payment.paymentId } as const;
      bank().books.postings.append({ ...common, iban: debtorAccount.iban, amount: negated(instructedAmount.amount) });
      if (bank().accounts.has(creditorAccount.iban))
        bank().books.postings.append({ ...common, iban: creditorAccount.iban, amount: instructedAmount.amount });
    }
    note(payment, 'status');
    tell(payment);
  };
  const sendBack = (payment: Payment, reason: string): void => {
    if (payment.status !== 'ACSC' || payment.returned !== null) return;
    const { debtorAccount, creditorAccount, instructedAmount } = payment.request;
    payment.returned = { amount: instructedAmount.amount, reason, reference: `RTN-${payment.paymentId}` };
    const common = { currency: instructedAmount.currency, what: 'return', paymentId: payment.paymentId } as const;
    bank().books.postings.append({ ...common, iban: debtorAccount.iban, amount: instructedAmount.amount });
    if (bank().accounts.has(creditorAccount.iban))
      bank().books.postings.append({ ...common, iban: creditorAccount.iban, amount: negated(instructedAmount.amount) });
    note(payment, 'returned');
    tell(payment);
  };
  const refusalOf = (request: CreatePaymentRequest): string | null => {
    const debtor = bank().accounts.get(request.debtorAccount.iban);
    if (debtor === undefined) return REASONS.incorrectAccount;
    if (debtor.currency !== request.instructedAmount.currency) return 'AM03';
    if (bank().accounts.get(request.creditorAccount.iban)?.isClosed === true) return REASONS.closedAccount;
    return compare(bank().available(debtor.iban), request.instructedAmount.amount) < 0 ? REASONS.insufficientFunds : null;
  };
  const goOn = (payment: Payment): void => {
    const { statusMs, returnMs } = bank().config;
    const struck = (fault: BankFault): FaultRule<AnyFault> | null =>
      bank().strike('carry-out-payment', subjectsOfPayment(payment.request), [fault]);
    const stays = struck('stay-pending');
    const rejected = struck('reject-later');
    const comesBack = struck('return-after-settled');
    time.after(statusMs, () => {
      move(payment, 'ACSP', null);
      if (stays !== null && stays.delayMs === undefined) return;
      time.after(stays?.delayMs ?? statusMs, () => {
        if (rejected !== null) move(payment, 'RJCT', rejected.detail ?? REASONS.closedAccount);
        else move(payment, 'ACSC', null);
        if (comesBack !== null)
          time.after(comesBack.delayMs ?? returnMs, () => {
            sendBack(payment, comesBack.detail ?? REASONS.closedAccount);
          });
      });
    });
  };
  return {
    sendBack,
    take: (request, key, refusal) => {
      const reason = refusal ?? refusalOf(request);
      const payment: Payment = {
        paymentId: `PMT-${String(bank().payments.size + 1).padStart(6, '0')}-${randomUUID().slice(0, 8)}`,
        request,
        key,
        status: reason === null ? 'RCVD' : 'RJCT',
        statusReason: reason,
        bookedAtMs: null,
        returned: null,
        isSilent: bank().strike('payment-status', subjectsOfPayment(request), ['never-calls-back']) !== null,
      };
      bank().payments.set(payment.paymentId, payment);
      note(payment, 'created');
      if (reason === null) goOn(payment);
      return payment;
    },
  };
};

export const createBank = (config: BankConfig, time: Time, mouths: Mouths): Bank => {
  const books = createBooks(time.nowMs);
  const board = createFaultBoard<AnyFault>({
    names: [...BANK_FAULTS, ...FEED_FAULTS, ...LINE_FAULTS],
    seed: config.seed,
    onStrike: (rule, operation, subjects) => {
      books.strikes.append({ fault: rule.fault, operation, subjects });
    },
  });
  const statusFeed = createFeed({ send: mouths.paymentStatus, strike: board.strike, after: time.after });
  const depositFeed = createFeed({ send: mouths.deposit, strike: board.strike, after: time.after });
  const tell = (payment: Payment): void => {
    if (payment.isSilent) return;
    const eventId = `CBE-${randomUUID()}`;
    const unlisted = board.strike('payment-status', subjectsOfPayment(payment.request), ['unknown-status']) !== null;
    statusFeed.tell(
      eventId,
      'payment-status',
      { eventId, ...viewOf(payment), ...(unlisted ? { status: 'ACWP' } : {}) },
      subjectsOfPayment(payment.request),
    );
  };
  const bank: Bank = {
    config,
    books,
    arrivals: createArrivals(),
    board,
    strike: board.strike,
    accounts: new Map(),
    customers: new Map(),
    payments: new Map(),
    view: viewOf,
    ...createLife(() => bank, time, tell),
    byReference: (endToEndId) => [...bank.payments.values()].filter((payment) => payment.request.endToEndId === endToEndId),
    booked: (iban) => bookedOf(books.postings.all(), iban),
    available: (iban) => {
      const onTheWay = [...bank.payments.values()].filter((payment) => payment.request.debtorAccount.iban === iban && !isOver(payment));
      return minus(bank.booked(iban), sum(onTheWay.map((payment) => payment.request.instructedAmount.amount)));
    },
    deposit: (iban, amount, currency, remittanceInformation) => {
      const depositId = `DEP-${randomUUID()}`;
      books.postings.append({ iban, amount, currency, what: 'deposit', paymentId: null });
      depositFeed.tell(
        depositId,
        'deposit',
        {
          depositId,
          iban,
          amount: text(amount),
          currency,
          bookedAt: new Date(time.nowMs()).toISOString(),
          remittanceInformation: remittanceInformation ?? undefined,
        },
        [iban],
      );
      return depositId;
    },
  };
  return bank;
};

export { text as amountAsText };
