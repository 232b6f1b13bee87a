/** What a payout tells the withdrawal that asked for it. */
import type { Payout, PayoutEmits } from './payout.js';

/** Longest reason that an event may carry. */
const LONGEST_REASON = 500;

export const finished = (p: Payout, outcome: PayoutEmits['data']['outcome'], reason: string | null): PayoutEmits => ({
  event: 'payout.finished',
  data: {
    withdrawalId: p.withdrawalId,
    portfolioId: p.portfolioId,
    outcome,
    amount: p.paying,
    currency: p.currency,
    endToEndId: p.payment?.endToEndId ?? null,
    paymentId: p.payment?.paymentId ?? null,
    paidAt: p.payment?.paidAt ?? null,
    reason: reason === null ? null : reason.slice(0, LONGEST_REASON),
  },
});
