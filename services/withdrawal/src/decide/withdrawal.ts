import { z } from 'zod';
import type { PortfolioNow } from '../../../../contracts/internal/standing.js';
import type { OwnEvent, PayoutFinished, PortfolioChanged } from '../../../../contracts/internal/events.js';
import { parseDecimal, type Decimal } from '../../../../shared/kernel/decimal.js';
import type { DivestAmount } from '../../../../shared/kernel/money.js';

const amount = z.custom<Decimal>((value) => typeof value === 'string' && parseDecimal(value) === value, 'not a canonical decimal');

const divestAmount = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nothing') }),
  z.object({ kind: z.literal('amount'), amount }),
  z.object({ kind: z.literal('everything') }),
]);

export const withdrawalStatuses = [
  'ReadingPortfolio',
  'CheckingCash',
  'AwaitingCash',
  'Paying',
  'RecordingTransaction',
  'UpdatingPortfolio',
  'Announcing',
  'Completed',
  'NothingAsked',
  'Cancelled',
  'Refused',
  'NotOurs',
  'AwaitingRule',
  'CalledOffTooLate',
  'Returned',
] as const;

/** One journey of cash from a portfolio to the counter account. Amounts in major units of the portfolio's currency. */
export const withdrawalState = z.object({
  status: z.enum(withdrawalStatuses),
  portfolioId: z.string(),
  /** What is needed to pay; from the newest read. */
  portfolio: z.object({ ownerId: z.string(), brokerAccount: z.string(), currency: z.string() }).nullable(),
  /** The level as last read at InvestSuite, never as an event said it. */
  asked: divestAmount.nullable(),
  /** It has waited for cash: when the divest request is gone afterwards, somebody has called it off. */
  waited: z.boolean(),
  /** Fixed in the commit that asks for the payout; less only when the customer has lowered the request before the transfer. */
  paying: amount.nullable(),
  /** The payout paid less than was asked of it. */
  paidLess: z.boolean(),
  /** When the bank booked the payment, ISO 8601. */
  paidAt: z.string().nullable(),
  /** A divest request came once the amount was fixed: another withdrawal follows this one. */
  arrivedLater: z.boolean(),
  /** The level that stood right before ours was lowered, where it was less than what we had paid: called off, or lowered, too late. */
  calledOffLate: z.string().nullable(),
  /** Why the bank sent the money back, when it did so before we were through. */
  returnedBecause: z.string().nullable(),
  /** For people: why it waits, was refused, or ended as it did. */
  reason: z.string().nullable(),
});
export type Withdrawal = Readonly<z.output<typeof withdrawalState>>;

export type WithdrawalInput =
  /** `level` is what the event said, null when nobody knows. Only a hint: the portfolio is read. */
  | { readonly type: 'DivestAmountUpdated'; readonly level: DivestAmount | null }
  | { readonly type: 'CashSettled' }
  | ({ readonly type: 'PayoutFinished' } & Pick<PayoutFinished, 'withdrawalId' | 'outcome' | 'amount' | 'currency' | 'paidAt' | 'reason'>)
  | ({ readonly type: 'PortfolioChanged' } & Pick<PortfolioChanged, 'changeId' | 'divestAmountLeft' | 'divestAmountBefore'>);

/** A portfolio as InvestSuite shows it now, and how the tenant's rules treat it. */
export type PortfolioRead = PortfolioNow;

/** What the broker says now. Amounts in the portfolio's currency. */
export type CashCheck = {
  /** Settled and free to leave. */
  readonly withdrawable: Decimal;
  /** Sold, not delivered yet. */
  readonly pendingSettlement: Decimal;
  /** Payments out that the broker has not finished. */
  readonly pendingOut: Decimal;
  readonly openOrders: number;
  readonly positions: number;
};

export type InvestSuiteRefusal = 'invalid' | 'not-found' | 'conflict' | 'forbidden' | 'changed-meanwhile';

export type WithdrawalEffects = {
  ReadPortfolio: { kind: 'read'; result: PortfolioRead; reason: 'not-found' | 'forbidden' };
  CheckCash: { kind: 'read'; result: CashCheck; reason: 'not-found' | 'other-currency' };
  /** InvestSuite knows no key here: a repeat books a second time. */
  RecordTransaction: { kind: 'once'; result: { readonly transactionId: string }; reason: InvestSuiteRefusal };
  AnnounceWithdrawal: { kind: 'by-key'; result: null; reason: InvestSuiteRefusal };
  /** Two people have seen that it was paid although it was called off. */
  SeeCalledOffLate: { kind: 'once'; result: null; reason: string };
};

export type WithdrawalEmits =
  | Extract<OwnEvent, { event: 'payout.requested' | 'portfolio.change-requested' }>
  | { readonly sends: 'withdrawal'; readonly subject: string; readonly input: WithdrawalInput };
