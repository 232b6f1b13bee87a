/** What the bank calls us with, signed as Standard Webhooks. At least once, in any order. */
import { z } from 'zod';
import { amountText, currencyCode, money, paymentReturn } from './http.js';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** `POST /webhooks/core-banking/payment-status`. A payment the bank makes by itself carries the broker's movement id as `endToEndId`. */
export const paymentStatusCallback = z.object({
  eventId: z.string().min(1).max(200),
  endToEndId: z.string().min(1).max(200),
  paymentId: z.string().min(1).max(200),
  status: z.string().min(1),
  statusReason: text,
  instructedAmount: money,
  bookedAt: text,
  return: paymentReturn.nullish().transform((value) => value ?? undefined),
});
export type PaymentStatusCallback = z.infer<typeof paymentStatusCallback>;

/** `POST /webhooks/core-banking/deposit`. `iban` is the portfolio's brokerage account. */
export const depositCallback = z.object({
  depositId: z.string().min(1).max(200),
  iban: z.string().min(1),
  amount: amountText,
  currency: currencyCode,
  bookedAt: z.string().min(1),
  remittanceInformation: text,
});
export type DepositCallback = z.infer<typeof depositCallback>;
