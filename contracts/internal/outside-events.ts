/**
 * What an outside system has said, in our words. Its adapter writes them, the gateway puts them into `data`, services read
 * them. The sender's body stands beside them as `data.original`, for people: no service reads it.
 */
import { z } from 'zod';
import { isJsonObject } from '../tokens.js';
import { majorVersionOf, printEnvelope, type Envelope } from './envelope.js';
import { amount, currencyCode, id, PENDING_WITHDRAWAL } from './events.js';
import type { OutsideTopic } from './topics.js';

/** The name under which the other side speaks of an order, a cash-out or a payment. It has to fit an index. */
const reference = z.string().min(1).max(200);
const text = z.string().min(1);

/** How far a correction has come, as its sender says. `unlisted`: a word that the adapter does not know. */
export const CORRECTION_STAGES = ['created', 'updated', 'completed', 'unlisted'] as const;

/**
 * The broker corrects trades after their end (a bust, a cancel and rebill). Which ones is asked. `reference` is what the message is filed
 * under: the account or the customer as the broker names them, else the event. Both may be null: then people find the account.
 */
export const brokerCorrection = z.object({
  about: z.literal('correction'),
  reference,
  account: reference.nullable(),
  customer: reference.nullable(),
  stage: z.enum(CORRECTION_STAGES),
});
/** An order has changed. What has become of it is asked. */
export const brokerOrderChanged = z.object({ orderId: reference });
export const brokerOrderStatus = z.union([brokerCorrection, brokerOrderChanged], {
  error: 'says neither an order (orderId) nor a whole correction (about)',
});

/** Something has happened to cash. What has become of a cash-out is asked. */
export const brokerCashStatus = z.discriminatedUnion('about', [
  z.object({ about: z.literal('cash-out'), cashOutId: reference }),
  z.object({ about: z.literal('booking'), accountId: text, orderId: text.nullable() }),
  z.object({ about: z.literal('account'), accountId: text.nullable() }),
]);

export const TRANSFER_STATUSES = ['on-its-way', 'settled', 'refused', 'unlisted'] as const;
/** A payment has changed. The status is never believed, the bank is asked; a return is news of its own. */
export const transferStatus = z.object({
  endToEndId: reference,
  paymentId: reference,
  /** `unlisted`: a word that the adapter does not know. It is no end. */
  status: z.enum(TRANSFER_STATUSES),
  /** The money came back. `reason` is an ISO 20022 return reason code; the currency is null where the bank names none. */
  return: z.object({ amount, currency: currencyCode.nullable(), reason: z.string(), reference: z.string() }).nullable(),
});

/** Money came in on the account of a portfolio. */
export const deposit = z.object({
  depositId: reference,
  iban: text,
  amount,
  currency: currencyCode,
  /** As the bank writes it. */
  bookedAt: text,
  remittanceInformation: z.string().nullable(),
});

/** The divest amount of a portfolio was set, by whomever. */
export const withdrawalRequest = z.object({
  portfolioId: id,
  /** All that is asked for, not an increment; null when the event says no level. */
  level: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('nothing') }),
      z.object({ kind: z.literal('amount'), amount }),
      z.object({ kind: z.literal('everything') }),
    ])
    .nullable(),
  currency: z.string().nullable(),
});
export type WithdrawalRequest = z.output<typeof withdrawalRequest>;

export const PORTFOLIO_STATUSES = [
  'waiting-for-account',
  'waiting-for-policy',
  'waiting-for-funds',
  'active',
  'inactive',
  'unlisted',
] as const;
export const portfolioStatus = z.object({ portfolioId: id, status: z.enum(PORTFOLIO_STATUSES) });
export const portfolioCreation = z.object({ portfolioId: id, externalId: z.string().nullable(), ownerId: z.string().nullable() });

export const OPTIMISATION_STATUSES = ['pending', 'success', 'failure', 'infeasible', 'not-optimised', 'unlisted'] as const;
/** Old bodies of InvestSuite name no portfolio: null. */
export const optimisationStatus = z.object({
  optimizationId: text,
  portfolioId: id.nullable(),
  status: z.enum(OPTIMISATION_STATUSES),
  /** InvestSuite recommends to act on it; null when it does not say. */
  recommended: z.boolean().nullable(),
});

export const OWNER_CHOICES = ['accept', 'reject', 'reoptimize', 'ignored', 'unlisted'] as const;
export const ownerChoice = z.object({ optimizationId: text, portfolioId: id.nullable(), choice: z.enum(OWNER_CHOICES) });

export const outsideEvents = {
  'optimisations.status-update': optimisationStatus,
  'optimisations.owner-choice-update': ownerChoice,
  'portfolio.withdrawal-request': withdrawalRequest,
  'portfolio.status-update': portfolioStatus,
  'portfolio.creation': portfolioCreation,
  'broker.order-status': brokerOrderStatus,
  'broker.cash-status': brokerCashStatus,
  'core-banking.transfer-status': transferStatus,
  'core-banking.deposit': deposit,
} as const satisfies Readonly<Record<OutsideTopic, z.ZodType>>;

/** Our words for one event, and the topic they belong to. */
export type OutsideWords = {
  [T in OutsideTopic]: { readonly topic: T; readonly words: z.input<(typeof outsideEvents)[T]> };
}[OutsideTopic];

/**
 * A message of version 2 as the first release would have written it: what the sender said, without our words. So an event
 * has one mark in both forms, and its repetition is found whichever form came first. Null where there is no other form.
 */
export const printAsFirstRelease = (event: Envelope): string | null => {
  if (majorVersionOf(event) !== '2' || !isJsonObject(event.data)) return null;
  // Our own look for pending withdrawals has no sender: the first release left `data` empty.
  const said = event.type === PENDING_WITHDRAWAL ? {} : event.data['original'];
  return said === undefined ? null : printEnvelope({ ...event, version: '1', data: said });
};
