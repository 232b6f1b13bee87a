/** What the bank calls us with, in our words. */
import { depositCallback, paymentStatusCallback } from '../../../../contracts/core-banking/callbacks.js';
import type { EventReader, ReadBody, SortedEvent } from '../../../../contracts/internal/event-reader.js';
import { problemsOf } from '../../../../contracts/tokens.js';
import type { Json } from '../../../kernel/json.js';
import { stateOf } from './mapping.js';

/** Event ids of every release begin with it. */
const SENDER = 'core-banking';

const paymentStatus = (body: Json): ReadBody => {
  const read = paymentStatusCallback.safeParse(body);
  if (!read.success) return { kind: 'malformed', problems: problemsOf(read.error) };
  const { eventId, endToEndId, paymentId, status, bookedAt, return: back } = read.data;
  const event: SortedEvent = {
    topic: 'core-banking.transfer-status',
    words: {
      endToEndId,
      paymentId,
      status: stateOf(status) ?? 'unlisted',
      return:
        back === undefined
          ? null
          : { amount: back.amount.amount, currency: back.amount.currency ?? null, reason: back.reason, reference: back.reference },
    },
    key: endToEndId,
    id: eventId,
    type: 'payment-status',
    occurredAt: bookedAt ?? null,
    portfolioId: null,
  };
  return { kind: 'event', event };
};

const deposit = (body: Json): ReadBody => {
  const read = depositCallback.safeParse(body);
  if (!read.success) return { kind: 'malformed', problems: problemsOf(read.error) };
  const { depositId, iban, amount, currency, bookedAt, remittanceInformation } = read.data;
  const event: SortedEvent = {
    topic: 'core-banking.deposit',
    words: { depositId, iban, amount, currency, bookedAt, remittanceInformation: remittanceInformation ?? null },
    key: iban,
    keyIsPersonal: true,
    id: depositId,
    type: 'deposit',
    occurredAt: bookedAt,
    portfolioId: null,
  };
  return { kind: 'event', event };
};

export const paymentsApiEvents: readonly EventReader[] = [
  {
    sender: SENDER,
    path: 'payment-status',
    topics: ['core-banking.transfer-status'],
    documented: {
      operationId: 'takePaymentStatus',
      summary: 'News of a payment, or an array of them',
      schema: { name: 'PaymentStatus', body: paymentStatusCallback },
    },
    read: paymentStatus,
  },
  {
    sender: SENDER,
    path: 'deposit',
    topics: ['core-banking.deposit'],
    documented: {
      operationId: 'takeDeposit',
      summary: 'Money came in; one deposit, or an array of them',
      schema: { name: 'Deposit', body: depositCallback },
    },
    read: deposit,
  },
];
