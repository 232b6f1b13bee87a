/** The payments API's words and ours. */
import {
  paymentStatusOf,
  type Customer,
  type Payment as WirePayment,
  type PaymentStatus,
} from '../../../../contracts/core-banking/http.js';
import { compare } from '../../../kernel/decimal.js';
import { instantMs, isoOf } from '../../../kernel/instant.js';
import type { Printable } from '../../../kernel/json.js';
import { wireAmount, type Currency } from '../../../kernel/money.js';
import type { BankCustomer, Payment, PaymentRequest, ShownPayment } from '../../../ports/core-banking.js';

export type PaymentState = 'settled' | 'on-its-way' | 'refused';

const STATES: Readonly<Record<PaymentStatus, PaymentState>> = {
  RCVD: 'on-its-way',
  ACTC: 'on-its-way',
  PDNG: 'on-its-way',
  ACSP: 'on-its-way',
  ACSC: 'settled',
  RJCT: 'refused',
  CANC: 'refused',
};

/** Null: not in the list, so no end. */
export const stateOf = (status: string): PaymentState | null => {
  const known = paymentStatusOf(status);
  return known === null ? null : STATES[known];
};

export const paymentBody = (request: PaymentRequest): Printable => ({
  endToEndId: request.endToEndId,
  uetr: request.uetr,
  debtorAccount: { iban: request.debtorIban },
  creditor: { name: request.creditorName },
  creditorAccount: { iban: request.creditorIban },
  instructedAmount: { amount: wireAmount(request.amount), currency: request.amount.currency },
  ...(request.remittanceInformation === '' ? {} : { remittanceInformation: request.remittanceInformation }),
});

/** A time that cannot be read is no time: it would be handed on as the day of the payment. */
const bookedAtOf = (text: string | undefined): string | null => {
  const bookedMs = text === undefined ? null : instantMs(text);
  if (text === undefined || bookedMs === null) return null;
  return text.endsWith('Z') ? text : isoOf(bookedMs);
};

export const paymentOf = (read: WirePayment): Payment => {
  const currency = read.instructedAmount.currency as Currency;
  return {
    paymentId: read.paymentId,
    endToEndId: read.endToEndId,
    amount: { amount: read.instructedAmount.amount, currency },
    bookedAt: bookedAtOf(read.bookedAt),
    returned:
      read.return === undefined
        ? null
        : {
            amount: { amount: read.return.amount.amount, currency: (read.return.amount.currency as Currency | undefined) ?? currency },
            reason: read.return.reason,
            reference: read.return.reference,
          },
  };
};

/** One that we may not have made ourselves. */
export const shownOf = (read: WirePayment): ShownPayment => {
  const state = stateOf(read.status);
  return {
    paymentId: read.paymentId,
    endToEndId: read.endToEndId,
    state: state === 'settled' || state === 'refused' ? state : 'open',
    amount: { amount: read.instructedAmount.amount, currency: read.instructedAmount.currency as Currency },
    creditorIban: read.creditorAccount === undefined ? null : read.creditorAccount.iban.replaceAll(' ', '').toUpperCase(),
    bookedAt: read.bookedAt ?? null,
    bookedAtMs: read.bookedAt === undefined ? null : instantMs(read.bookedAt),
    returned: read.return !== undefined,
  };
};

/** Null: the payment told is the payment asked for. */
export const differenceOf = (read: WirePayment, request: PaymentRequest): string | null => {
  if (read.endToEndId !== request.endToEndId) return 'another reference';
  if (read.instructedAmount.currency !== request.amount.currency) return 'another currency';
  if (compare(read.instructedAmount.amount, request.amount.amount) !== 0) return 'another amount';
  const { creditorIban } = shownOf(read);
  return creditorIban === null || creditorIban === request.creditorIban ? null : 'another account';
};

/** Only `ACTIVE` is active. */
export const customerOf = (read: Customer): BankCustomer => ({
  externalId: read.externalId,
  name: read.name,
  active: read.status === 'ACTIVE',
  counterAccount:
    read.counterAccount === undefined
      ? null
      : {
          iban: read.counterAccount.iban.replaceAll(' ', '').toUpperCase(),
          bic: read.counterAccount.bic ?? null,
          ownerName: read.counterAccount.ownerName,
          changedAt: read.counterAccount.changedAt ?? null,
        },
});
