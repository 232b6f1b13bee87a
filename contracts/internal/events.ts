import { z } from 'zod';
import { parseDecimal, type Decimal } from '../../shared/kernel/decimal.js';
import { integerToken } from '../tokens.js';

/** An exact amount as text. On our own topics amounts are always text. */
export const amount = z.string().transform((text, context): Decimal => {
  const parsed = parseDecimal(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: 'not a decimal' });
  return z.NEVER;
});
export const currencyCode = z.string().regex(/^[A-Z]{3}$/);
export const id = z.string().min(1).max(128);

/** Type of the event on `portfolio.withdrawal-request` that our own look for pending withdrawals makes. It says no level and has no `original`. */
export const PENDING_WITHDRAWAL = 'portfolios.pending-withdrawal';

/** withdrawal -> payout: pay this, once, for this withdrawal. */
export const payoutRequested = z.object({
  withdrawalId: id,
  portfolioId: id,
  /** The owner at InvestSuite, whose counter account is paid. */
  ownerId: id,
  /** The customer's account at the broker. */
  brokerAccount: id,
  amount,
  currency: currencyCode,
});
export type PayoutRequested = z.output<typeof payoutRequested>;

/** payout -> withdrawal. `returned` may follow `paid`. */
export const payoutFinished = z.object({
  withdrawalId: id,
  portfolioId: id,
  outcome: z.enum(['paid', 'refused', 'returned']),
  amount,
  currency: currencyCode,
  /** Our reference on the payment; null when none was sent. */
  endToEndId: z.string().max(35).nullable(),
  /** The bank's id of the payment; null when none was made. */
  paymentId: z.string().max(128).nullable(),
  /** ISO 8601 UTC of the booking; null when not paid. */
  paidAt: z.string().nullable(),
  reason: z.string().max(500).nullable(),
});
export type PayoutFinished = z.output<typeof payoutFinished>;

/** Anybody -> portfolio: move these holdings, once, under this change id. */
export const portfolioChangeRequested = z.object({
  changeId: id,
  portfolioId: id,
  because: z.enum(['withdrawal-paid', 'order-executed', 'order-settled', 'deposit']),
  /** Signed changes per instrument; cash as `$CCY`. */
  deltas: z.array(z.object({ instrument: id, quantity: amount })).max(100),
  /** Lowers the divest amount by what was paid; `everything` clears the sentinel after a full withdrawal. */
  lowerDivestBy: z.union([z.object({ kind: z.literal('amount'), amount }), z.object({ kind: z.literal('everything') })]).nullable(),
  /** True when settled cash came in: whoever waits for cash is told once it is written. */
  cashSettled: z.boolean(),
});
export type PortfolioChangeRequested = z.output<typeof portfolioChangeRequested>;

/** portfolio -> whoever asked. */
export const portfolioChanged = z.object({
  changeId: id,
  portfolioId: id,
  because: portfolioChangeRequested.shape.because,
  /** The divest amount left after the write, as text, `everything`, or null when the level was not touched. */
  divestAmountLeft: z.string().max(500).nullable(),
  /** The level right before the write, in the same words: what the customer asked for then. Earlier releases do not say. */
  divestAmountBefore: z.string().max(500).nullable().default(null),
});
export type PortfolioChanged = z.output<typeof portfolioChanged>;

/** portfolio -> withdrawal: settled cash has been booked. */
export const portfolioCashSettled = z.object({ portfolioId: id, changeId: id });
export type PortfolioCashSettled = z.output<typeof portfolioCashSettled>;

/** Of one person, over the facts of the act: 64 bytes in base64 (Ed25519). */
const signature = z.string().min(1).max(100);
const signedByPeople = {
  service: id,
  /** Unique for ever; drawn by the person who asks. An act is carried out once. */
  actId: z.string().regex(/^[A-Za-z0-9-]{8,64}$/),
  by: id,
  signature,
  /** The second person, where one is needed; never the same as `by`. */
  approvedBy: id.nullable(),
  approval: signature.nullable(),
} as const;
const ofLetter = {
  eventId: z.string().min(1).max(200),
  attempts: z.string().regex(/^\d{1,9}$/),
  text: z.string().regex(/^[0-9a-f]{64}$/),
  why: z.string().min(1).max(1000),
} as const;

/** operator -> the service named. People have signed every fact of it (acts.ts); the service named checks that. */
export const operatorDecision = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('replay-dead-letter'),
    ...signedByPeople,
    ...ofLetter,
    /** A corrected message value instead of the stored one; null replays the stored one. `text` is the hash of the one that runs. */
    correctedValue: z.string().max(1_000_000).nullable(),
  }),
  z.object({ kind: z.literal('discard-dead-letter'), ...signedByPeople, ...ofLetter }),
  z.object({
    kind: z.literal('answer-effect'),
    ...signedByPeople,
    effectId: z.string().min(1).max(300),
    /** The generation that people saw: an answer to an earlier one is not carried out. */
    generation: integerToken,
    answer: z.enum(['applied', 'rejected', 'send-again']),
    evidence: z.string().min(1).max(1000),
  }),
]);
export type OperatorDecision = z.output<typeof operatorDecision>;

/** operator -> everybody, for ever: how far the audit log had come. Whoever cuts its end cannot take this back. */
export const auditHead = z.object({
  seq: integerToken,
  /** Of the line with this number, 64 hexadecimal digits. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AuditHead = z.output<typeof auditHead>;

export const ownEvents = {
  'payout.requested': payoutRequested,
  'payout.finished': payoutFinished,
  'portfolio.change-requested': portfolioChangeRequested,
  'portfolio.changed': portfolioChanged,
  'portfolio.cash-settled': portfolioCashSettled,
  'operator.decision': operatorDecision,
  'audit.head': auditHead,
} as const;

/** One of our own events, ready to be said by a flow. */
export type OwnEvent =
  | { readonly event: 'payout.requested'; readonly data: PayoutRequested }
  | { readonly event: 'payout.finished'; readonly data: PayoutFinished }
  | { readonly event: 'portfolio.change-requested'; readonly data: PortfolioChangeRequested }
  | { readonly event: 'portfolio.changed'; readonly data: PortfolioChanged }
  | { readonly event: 'portfolio.cash-settled'; readonly data: PortfolioCashSettled };
