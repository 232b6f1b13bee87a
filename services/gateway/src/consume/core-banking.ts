import type { z } from 'zod';
import { depositCallback, paymentStatusCallback } from '../../../../contracts/core-banking/callbacks.js';
import { problemsOf } from '../../../../contracts/tokens.js';
import type { Json } from '../../../../shared/kernel/json.js';
import type { Forwarded, Sorted } from '../decide/forwarding.js';
import { eventIdOf } from './event-id.js';

const sorted = <S extends z.ZodType>(
  schema: S,
  body: Json,
  forward: (call: z.output<S>) => Pick<Forwarded, 'topic' | 'key' | 'eventId' | 'type' | 'occurredAt'>,
): Sorted => {
  const read = schema.safeParse(body);
  if (!read.success) return { kind: 'malformed', problems: problemsOf(read.error) };
  return { kind: 'forward', event: { ...forward(read.data), portfolioId: null, content: body } };
};

export const sortPaymentStatus = (body: Json): Sorted =>
  sorted(paymentStatusCallback, body, (call) => ({
    topic: 'core-banking.transfer-status',
    key: call.endToEndId,
    eventId: eventIdOf('core-banking', call.eventId),
    type: 'payment-status',
    occurredAt: call.bookedAt ?? null,
  }));

export const sortDeposit = (body: Json): Sorted =>
  sorted(depositCallback, body, (call) => ({
    topic: 'core-banking.deposit',
    key: call.iban,
    eventId: eventIdOf('core-banking', call.depositId),
    type: 'deposit',
    occurredAt: call.bookedAt,
  }));
