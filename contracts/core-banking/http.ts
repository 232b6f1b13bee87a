/**
 * The payments API we ask of a bank: a thin façade over its core, in ISO 20022 words. Bearer token, JSON, amounts as text.
 * It is our own contract, so there is no vendor's page to cite; see README.md.
 */
import { z } from 'zod';
import { parseDecimal, type Decimal } from '../../shared/kernel/decimal.js';

export const PATHS = {
  payments: '/payments',
  paymentsByReference: (endToEndId: string): string => `/payments?endToEndId=${encodeURIComponent(endToEndId)}`,
  payment: (paymentId: string): string => `/payments/${encodeURIComponent(paymentId)}`,
  balances: (iban: string): string => `/accounts/${encodeURIComponent(iban)}/balances`,
  customer: (externalId: string): string => `/customers/${encodeURIComponent(externalId)}`,
} as const;

export const HEADER_IDEMPOTENCY_KEY = 'idempotency-key';
/** Longest `endToEndId` and `remittanceInformation`, in characters (ISO 20022 Max35Text, Max140Text). */
export const END_TO_END_ID_MAX = 35;
export const REMITTANCE_MAX = 140;
/** Longest name of a creditor, in characters (ISO 20022 Max140Text). */
export const CREDITOR_NAME_MAX = 140;

/** `"1250.00"`: text, never a JSON number. Becomes a canonical decimal. */
export const amountText = z
  .string()
  .max(40)
  .transform((text, context): Decimal => {
    const parsed = /^-?\d+(\.\d+)?$/.test(text) ? parseDecimal(text) : null;
    if (parsed !== null) return parsed;
    context.addIssue({ code: 'custom', message: 'not an amount' });
    return z.NEVER;
  });
export const currencyCode = z.string().regex(/^[A-Z]{3}$/);
export const money = z.object({ amount: amountText, currency: currencyCode });
const iban = z.string().regex(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$/);
/** SEPA alphabet; no slash at either end and no double slash. */
const reference = z
  .string()
  .min(1)
  .max(END_TO_END_ID_MAX)
  .regex(/^(?!\/)(?!.*\/\/)(?!.*\/$)[A-Za-z0-9/\-?:().,'+ ]+$/);

/** ISO 20022 external payment transaction status codes this API uses. Others may come: not an end, an alarm. */
export const PAYMENT_STATUSES = ['RCVD', 'ACTC', 'PDNG', 'ACSP', 'ACSC', 'RJCT', 'CANC'] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];
/** Settled, refused, cancelled. After ACSC a return may still come; the status stays ACSC. */
export const PAYMENT_ENDS: readonly PaymentStatus[] = ['ACSC', 'RJCT', 'CANC'];
/** The status when it is one of ours, or null. */
export const paymentStatusOf = (text: string): PaymentStatus | null => PAYMENT_STATUSES.find((status) => status === text) ?? null;

/** Reason codes (ISO 20022 external status reason) that the bank uses most. */
export const REASONS = {
  incorrectAccount: 'AC01',
  closedAccount: 'AC04',
  blockedAccount: 'AC06',
  transactionForbidden: 'AG01',
  insufficientFunds: 'AM04',
  duplication: 'AM05',
  unspecified: 'MS03',
  regulatory: 'RR04',
  cutOff: 'TM01',
} as const;

export const createPaymentRequest = z.strictObject({
  endToEndId: reference,
  uetr: z.guid(),
  debtorAccount: z.strictObject({ iban }),
  creditor: z.strictObject({ name: z.string().min(1).max(CREDITOR_NAME_MAX) }),
  creditorAccount: z.strictObject({ iban }),
  instructedAmount: money,
  remittanceInformation: z.string().max(REMITTANCE_MAX).optional(),
});
export type CreatePaymentRequest = z.infer<typeof createPaymentRequest>;

const absent = <T>(value: T | null | undefined): T | undefined => value ?? undefined;
const text = z.string().nullish().transform(absent);
/** The money came back after it was settled. `reason` is an ISO 20022 return reason code. */
export const paymentReturn = z.object({
  amount: z.union([money, amountText.transform((amount) => ({ amount, currency: undefined }))]),
  reason: z.string(),
  reference: z.string(),
});

/** `status` is text on purpose: a bank may send one that is not in the list. */
export const payment = z.object({
  paymentId: z.string().min(1),
  endToEndId: z.string().min(1),
  status: z.string().min(1),
  statusReason: text,
  instructedAmount: money,
  /** ISO 8601. */
  bookedAt: text,
  /** Where it went. Without it nobody's word that this payment was made by hand is taken. */
  creditorAccount: z
    .object({ iban: z.string().min(1) })
    .nullish()
    .transform(absent),
  return: paymentReturn.nullish().transform(absent),
});
export type Payment = z.infer<typeof payment>;
/** An empty list proves absence only once a request's longest life is over. */
export const paymentList = z.object({ items: z.array(payment) });

export const balances = z.object({
  items: z.array(z.object({ type: z.enum(['AVAILABLE', 'BOOKED']), amount: amountText, currency: currencyCode })),
});
export type Balances = z.infer<typeof balances>;

/** Core banking is the master of the counter account. */
export const customer = z.object({
  externalId: z.string().min(1),
  name: z.string(),
  status: z.string(),
  counterAccount: z
    .object({ iban: z.string().min(1), bic: text, ownerName: z.string(), changedAt: text })
    .nullish()
    .transform(absent),
});
export type Customer = z.infer<typeof customer>;

/** RFC 9457. `reason` holds the status reason code of a definite refusal (422). */
export const problem = z.object({ type: text, title: text, status: z.unknown().optional(), detail: text, code: text, reason: text });
export type Problem = z.infer<typeof problem>;
