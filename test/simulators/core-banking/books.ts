import { plus, sum, ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import { createBook, type Book, type Line } from '../shared/book.js';

/** One movement on one of the bank's own accounts. `amount` is signed: what it adds. */
export type Posting = {
  readonly iban: string;
  readonly amount: Decimal;
  readonly currency: string;
  readonly what: 'opening' | 'payment' | 'return' | 'deposit';
  readonly paymentId: string | null;
};

/** A line per thing that happened to a payment. `amount` is positive. */
export type PaymentEntry = {
  readonly paymentId: string;
  readonly endToEndId: string;
  readonly what: 'created' | 'status' | 'returned';
  readonly status: string;
  readonly reason: string | null;
  readonly debtorIban: string;
  readonly creditorIban: string;
  readonly creditorName: string;
  readonly amount: Decimal;
  readonly currency: string;
  readonly key: string | null;
};

export type RequestEntry = {
  readonly endToEndId: string;
  readonly key: string | null;
  readonly what: 'applied' | 'repeated' | 'conflict' | 'forgotten';
  readonly paymentId: string;
};
export type StrikeEntry = { readonly fault: string; readonly operation: string; readonly subjects: readonly string[] };

export type Books = {
  readonly postings: Book<Posting>;
  readonly payments: Book<PaymentEntry>;
  readonly requests: Book<RequestEntry>;
  readonly strikes: Book<StrikeEntry>;
};

export const createBooks = (nowMs: () => number): Books => ({
  postings: createBook('postings', nowMs),
  payments: createBook('payments', nowMs),
  requests: createBook('requests', nowMs),
  strikes: createBook('strikes', nowMs),
});

export const bookedOf = (postings: readonly Line<Posting>[], iban: string): Decimal =>
  sum(postings.filter((line) => line.iban === iban).map((line) => line.amount));

export type CreditorSum = {
  readonly creditorIban: string;
  readonly currency: string;
  readonly settledCount: number;
  readonly settledSum: Decimal;
  readonly returnedCount: number;
  readonly returnedSum: Decimal;
  readonly endToEndIds: readonly string[];
};

/** Per creditor: what was settled and what came back. Refused payments do not count. */
export const creditorSums = (lines: readonly Line<PaymentEntry>[]): readonly CreditorSum[] => {
  const sums = new Map<string, CreditorSum>();
  for (const line of lines) {
    const isSettled = line.what === 'status' && line.status === 'ACSC';
    const isReturned = line.what === 'returned';
    if (!isSettled && !isReturned) continue;
    const key = `${line.creditorIban} ${line.currency}`;
    const before = sums.get(key) ?? {
      creditorIban: line.creditorIban,
      currency: line.currency,
      settledCount: 0,
      settledSum: ZERO,
      returnedCount: 0,
      returnedSum: ZERO,
      endToEndIds: [],
    };
    sums.set(
      key,
      isSettled
        ? {
            ...before,
            settledCount: before.settledCount + 1,
            settledSum: plus(before.settledSum, line.amount),
            endToEndIds: [...before.endToEndIds, line.endToEndId],
          }
        : { ...before, returnedCount: before.returnedCount + 1, returnedSum: plus(before.returnedSum, line.amount) },
    );
  }
  return [...sums.values()];
};
